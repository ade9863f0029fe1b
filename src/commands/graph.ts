import { fromHere } from '../io/files/spec-file.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Graph } from '../model/graph.ts';
import { writePicture } from '../session/picture-file.ts';
import { type CommonOptions, EXIT, type ExitStatus, openSession, printDiagnostics } from '../session/session.ts';
import { ruleGraph, taskGraph } from '../target/graph/build.ts';
import { renderDot } from '../target/graph/dot.ts';
import { countLabel } from '../target/graph/labels.ts';
import { renderMermaid } from '../target/graph/mermaid.ts';
import { renderText } from '../target/graph/text.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { countOf, jsonText, printable } from '../terminal/terminal.ts';

export const GRAPH_FORMATS = ['text', 'dot', 'mermaid', 'svg'] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

export interface GraphOptions extends CommonOptions {
  readonly format: GraphFormat;
  readonly tasks: boolean;
  /** From the working directory; null for standard output. */
  readonly out: string | null;
}

/** More boxes than this make no picture that anybody could read. */
const MAX_TASKS = 500;
export const MAX_SVG_RULES = 500;

/** `wfc graph`: the rules, or the tasks, and what depends on what. */
export async function graph(options: GraphOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  const { plan, warnings } = session;
  const tooMany = options.tasks ? tooManyTasks(plan.neededCount) : null;
  const drawn = tooMany ? null : options.tasks ? taskGraph(plan) : ruleGraph(plan);
  const mistake = tooMany ?? (options.format === 'svg' && !options.json ? tooManyRules(drawn!) : null);
  if (mistake || !drawn) {
    printDiagnostics([...warnings, ...(mistake ? [mistake] : [])], options);
    return EXIT.badSpec;
  }
  printDiagnostics(warnings, { ...options, json: false });
  const text = options.json ? graphJson(drawn) : await render(drawn, options.format);
  if (options.out === null) {
    writeOut(options.json || options.format === 'svg' ? text : printable(text));
    return EXIT.done;
  }
  const problem = writePicture(session, options.out, text, options);
  if (problem === null && !options.quiet) writeError(`written to ${printable(fromHere(options.out))}\n`);
  return problem ?? EXIT.done;
}

async function render(graph: Graph, format: GraphFormat): Promise<string> {
  switch (format) {
    case 'text': {
      const tasks = graph.nodes.reduce((sum, node) => sum + node.tasks, 0);
      const rules = new Set(graph.nodes.map((node) => node.rule)).size;
      const head = `${graph.name}: ${countOf(rules, 'rule')}, ${countLabel(tasks)}`;
      return `${head}\n\n${renderText(graph)}`;
    }
    case 'dot':
      return renderDot(graph);
    case 'mermaid':
      return renderMermaid(graph);
    case 'svg': {
      // Loaded only here: it brings a library for the layout.
      const { renderSvg } = await import('../target/graph/svg.ts');
      return renderSvg(graph);
    }
  }
}

function graphJson({ kind, nodes, edges }: Graph): string {
  const json = {
    kind,
    nodes: nodes.map(({ rule, tasks, params }, id) => ({ id, rule, tasks, params: Object.fromEntries(params) })),
    edges,
  };
  return `${jsonText(json)}\n`;
}

function tooManyTasks(count: number): Diagnostic | null {
  if (count <= MAX_TASKS) return null;
  return {
    severity: 'error',
    message: `--tasks: ${countLabel(count)} make no picture; it draws up to ${MAX_TASKS}`,
    location: null,
    hint: 'narrow it, such as --set seed=0,1 or --goal PATH, or leave --tasks out to see the rules',
  };
}

function tooManyRules({ nodes, kind }: Graph): Diagnostic | null {
  if (kind !== 'rules' || nodes.length <= MAX_SVG_RULES) return null;
  return {
    severity: 'error',
    message: `--format svg: ${countOf(nodes.length, 'rule')} make no picture; it draws up to ${MAX_SVG_RULES}`,
    location: null,
    hint: 'narrow it with --goal, or take --format text, dot or mermaid',
  };
}
