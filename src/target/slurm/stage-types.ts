import { hasRanks } from '../../plan/resources.ts';
import type { Request, Unit } from './units.ts';

/** What a site allows. */
export interface SiteLimits {
  /** Slurm's MaxArraySize: the highest index of an array is one less. */
  readonly maxArraySize: number;
  /** Array elements that one user may have queued. */
  readonly maxSubmit: number;
  /** Longest time that may be asked for, in seconds; null: not known. */
  readonly maxTimeSeconds: number | null;
  /** The same for a partition that a rule names itself; where this is missing, nothing is known of it. */
  readonly maxTimeOfPartition?: (partition: string) => number | null;
}

/** Longest time that a job of this request may ask for, in seconds; null: not known. */
export function maxTimeOf({ flags }: Request, limits: SiteLimits): number | null {
  const partition = flags.get('partition');
  return partition === undefined ? limits.maxTimeSeconds : (limits.maxTimeOfPartition?.(partition) ?? null);
}

/** How tasks are put into elements. */
export interface Packing {
  readonly tasksPerElement: number | 'auto';
  readonly fuse: 'auto' | 'never';
  /** Tasks at a time inside an element. */
  readonly lanes: number;
}

/**
 * Tasks at a time inside an element. As many as use a GPU together; those with GPUs of their own run one
 * after another. Beside ranks, which srun places in all of the element, nothing else runs.
 */
export function lanesOf({ resources }: Request, { lanes }: Packing): number {
  if (hasRanks(resources)) return 1;
  return resources.gpus > 0 ? resources.tasksPerGpu : lanes;
}

/** When an element of a stage is let go, with respect to one earlier stage. */
export interface StageWait {
  readonly stage: number;
  /** `counterpart`: the element of the same index has ended. `all`: the whole array has. */
  readonly kind: 'counterpart' | 'all';
  readonly why: string;
}

/** One job array. */
export interface Stage {
  readonly name: string;
  readonly rules: readonly string[];
  /** Per element its index in the array, ascending; sparse where only some blocks have tasks. */
  readonly indices: Int32Array;
  /** Tasks of element e: `tasks[offsets[e]]` to `tasks[offsets[e + 1] - 1]`, dependencies first. */
  readonly offsets: Int32Array;
  readonly tasks: Int32Array;
  readonly request: Request;
  /** Tasks at a time inside an element. */
  readonly lanes: number;
  /** What its elements ask for: the longest one's limits, over the lanes, and a reserve; null where a task has none. */
  readonly timeSeconds: number | null;
  /** The site's longest job is shorter than what they would need: they start again as often as it takes. */
  readonly isTimeCut: boolean;
  readonly waits: readonly StageWait[];
  /** Stages that it reads from, and whether only from the element of the same index: where the runner looks for records. */
  readonly sources: readonly { readonly stage: number; readonly sameElement: boolean }[];
  /** Why the tasks are put together this way. */
  readonly why: string;
  /** `local: true`: its one element runs where the submission is made, before it. */
  readonly local: boolean;
}

/** Whole GPUs that an element asks for, on each of its nodes. */
export function gpusPerNode({ request: { resources }, lanes }: Pick<Stage, 'request' | 'lanes'>): number {
  return Math.ceil((resources.gpus * lanes) / resources.tasksPerGpu);
}

/** A draft of a stage: which units, and which element each task is in. */
export interface Draft {
  readonly units: readonly Unit[];
  readonly rules: readonly string[];
  readonly request: Request;
  /** Element index and tasks, ascending by index. */
  readonly elements: readonly { readonly index: number; readonly tasks: readonly number[] }[];
  readonly aligned: boolean;
  readonly why: string;
  readonly local?: boolean;
}
