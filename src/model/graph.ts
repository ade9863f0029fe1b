import type { EdgeShape } from './plan.ts';

/** A box of the picture: a rule, or one of its tasks. */
export interface GraphNode {
  readonly rule: string;
  /** Position of the rule among those drawn: what it is coloured by. */
  readonly ruleNumber: number;
  /** Tasks that the targets need; 1 for a task; 0 for a rule that waits until its values are known. */
  readonly tasks: number;
  /** Params of a task with their values, in order of its key; empty for a rule. */
  readonly params: readonly (readonly [name: string, value: string])[];
}

/** From a producer to a consumer, as positions in `Graph.nodes`. */
export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  /** One for each way in which the consumer reads the producer; empty between tasks, and to a rule that waits. */
  readonly shapes: readonly { readonly shape: EdgeShape; readonly by: readonly string[] }[];
}

/** What `wfc graph` draws. */
export interface Graph {
  readonly name: string;
  readonly kind: 'rules' | 'tasks';
  /** Each after all that it depends on; rules that feed each other in some order. */
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}
