import { stripVTControlCharacters } from 'node:util';
import { quoteBash } from '../compile/rules/command.ts';
import { logEnd } from '../io/files/log-file.ts';
import { shippedText } from '../io/files/shipped.ts';
import { fromHere } from '../io/files/spec-file.ts';
import { readAttemptJournals } from '../io/state/attempt-journals.ts';
import type { PlannedRule } from '../model/plan.ts';
import { toldProblem } from '../model/problem.ts';
import type { ReportFailure } from '../model/report-data.ts';
import { emptyHistory, type History, NEVER_STARTED } from '../resume/history.ts';
import { STOP_WORDS } from '../resume/stop.ts';
import { writePicture } from '../session/picture-file.ts';
import { resultFiles } from '../session/results/report-results.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  openSession,
  printDiagnostics,
  type Session,
} from '../session/session.ts';
import { waitingLines } from '../session/staged/words.ts';
import { type ExplainedStop, lookAtAll, standingOf } from '../session/standing.ts';
import { ruleGraph, rulesInOrder } from '../target/graph/build.ts';
import { renderSvg } from '../target/graph/svg.ts';
import { collectReport } from '../target/report/collect.ts';
import { packReport } from '../target/report/pack.ts';
import { renderPage } from '../target/report/page.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { countOf, countTasks, jsonText, printable } from '../terminal/terminal.ts';
import { MAX_SVG_RULES } from './graph.ts';

export interface ReportOptions extends CommonOptions {
  /** From the working directory. */
  readonly out: string;
  readonly env: NodeJS.ProcessEnv;
}

/** `wfc report`: one HTML file that shows what became of the tasks, by the journals; outputs are not looked at. */
export async function report(options: ReportOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  printDiagnostics(session.warnings, { ...options, json: false });
  const text = await reportText(session, options);
  const problem = writePicture(session, options.out, text, options);
  if (problem !== null) return problem;
  const shown = fromHere(options.out);
  const { neededCount } = session.plan;
  if (options.json) writeOut(`${jsonText({ report: shown, tasks: neededCount, bytes: Buffer.byteLength(text) })}\n`);
  else if (!options.quiet)
    writeError(`${countTasks(neededCount)} reported in ${printable(shown)}; open it in a browser\n`);
  return EXIT.done;
}

async function reportText(session: Session, options: ReportOptions): Promise<string> {
  const { plan, state, spec } = session;
  const { history, queue } = await lookAtAll(session, options.env);
  const { states, stops } = await standingOf(session, { history, queue, env: options.env });
  const { columns, ...collected } = collectReport(plan, {
    rules: rulesInOrder(plan),
    states,
    attempts: readAttemptJournals(state.journals),
    interruptions: history?.interruptions ?? new Map(),
    failureOf: failures(session, history ?? emptyHistory(), stops),
    results: await resultFiles(session),
  });
  const header = {
    name: plan.workflow.name,
    specFile: fromHere(spec.source.file),
    specText: spec.source.text,
    choices: choicesOf(options),
    madeAtSeconds: Math.floor(Date.now() / 1000),
    waiting: waitingLines(plan),
    ...collected,
  };
  const graph = ruleGraph(plan);
  return renderPage({
    name: plan.workflow.name,
    data: packReport(header, columns),
    graph: graph.nodes.length > MAX_SVG_RULES ? null : renderSvg(graph),
    noGraph: `${countOf(graph.nodes.length, 'rule')} make no picture; "wfc graph --goal PATH" draws a part.`,
    template: shippedText('templates/report/report.html.hbs'),
    style: ['page', 'sections'].map((part) => shippedText(`templates/report/${part}.css`)).join(''),
    script: shippedText('dist/report-page.js'),
  });
}

function choicesOf({ settings, goals, configs, profile }: ReportOptions): string[] {
  return [
    ...settings.map((setting) => `--set ${quoteBash(setting)}`),
    ...goals.map((goal) => `--goal ${quoteBash(goal)}`),
    ...configs.map((config) => `--config ${quoteBash(config)}`),
    ...(profile === undefined ? [] : [`--profile ${quoteBash(profile)}`]),
  ];
}

/** Of more failures only the reasons are told: the first logs tell the story, and the file stays small. */
const MAX_LOGS = 1000;
const LOG_LINES = 12;
const MAX_LINE = 400;

/** Tasks that failed, and those that stopped, which need looking after as well. */
function failures({ disk }: Session, { failed }: History, stops: readonly ExplainedStop[]) {
  let logs = 0;
  const stopOf = new Map(stops.map((stop) => [stop.task, stop]));
  return (rule: PlannedRule, index: number): Omit<ReportFailure, 'task'> | null => {
    const stop = stopOf.get(rule.firstTask + index);
    if (stop) {
      const { cause, slurm, start } = stop;
      const words = STOP_WORDS[cause];
      const reason = `${words}${slurm === null ? '' : `: ${slurm}`}`;
      return { code: cause, reason, shortReason: words, attempt: start?.attempt ?? 0, logEnd: null };
    }
    const failure = failed.get(rule.outputTexts[0]!(index));
    if (!failure) return null;
    const isTold = failure.attempt !== NEVER_STARTED && logs++ < MAX_LOGS;
    const lines = isTold ? logEnd(disk.absolute(rule.logText(index)), LOG_LINES) : [];
    const end = lines.map((line) => cut(printable(stripVTControlCharacters(line)), MAX_LINE));
    const { problem, attempt } = failure;
    return { ...toldProblem(problem), attempt, logEnd: end.length > 0 ? end : null };
  };
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
