import type { Column } from '../../model/workflow.ts';
import { notInWords, notInYet } from '../../session/results/not-in-yet.ts';
import { type ResultValues, readResultValues, resultsHere } from '../../session/results/read-results.ts';
import { numberText, rankSettings, type Setting, type Settings, settingsOf } from '../../session/results/settings.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  look,
  openSession,
  printDiagnostics,
  type Session,
} from '../../session/session.ts';
import { stagedJson, waitingLines } from '../../session/staged/words.ts';
import { lookAtAll, standingOf } from '../../session/standing.ts';
import { writeError, writeOut } from '../../terminal/streams.ts';
import { countOf, formatCount, jsonText, paint, printable, table } from '../../terminal/terminal.ts';

export interface BestOptions extends CommonOptions {
  /** Settings to show of each result; null: ten, and with `--json` all. */
  readonly top: number | null;
  readonly env: NodeJS.ProcessEnv;
}

/** `wfc best`: the settings with the best mean of each result, by the files of complete tasks. */
export async function best(options: BestOptions): Promise<ExitStatus> {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  if (!options.json) printDiagnostics(session.warnings, options);
  const { plan } = session;
  if (plan.results.length === 0 && plan.staged.waiting.length > 0) {
    const lines = ['no result yet', ...waitingLines(plan)];
    writeOut(options.json ? `${jsonText({ results: [] })}\n` : `${lines.join('\n')}\n`);
    return EXIT.done;
  }
  if (plan.results.length === 0) {
    const hint = 'declare what to compare: results: {rmse: {path: "fits/{lr}.csv", column: rmse, goal: min}}';
    printDiagnostics([{ severity: 'error', message: 'the spec names no results', location: null, hint }], options);
    return EXIT.badSpec;
  }
  const { decisions } = await look(session);
  const { states } = await standingOf(session, { ...(await lookAtAll(session, options.env)), env: options.env });
  const ranked = plan.results.map((planned) => ({
    ...rank(session, readResultValues(planned, resultsHere(session, decisions))),
    notIn: notInYet(session, planned, decisions.reasons, states),
  }));
  if (options.json)
    writeOut(
      `${jsonText({ results: ranked.map((one) => rankedJson(one, options.top)), ...stagedJson(session.plan) })}\n`,
    );
  else {
    for (const [i, one] of ranked.entries()) tell(one, i > 0, options);
    const unknown = options.quiet ? [] : waitingLines(plan);
    if (unknown.length > 0) writeOut(`\nnot known yet: ${unknown.join('; ')}\n`);
  }
  return ranked.some(({ found }) => found.unreadable.length > 0) ? EXIT.taskFailed : EXIT.done;
}

interface Ranked {
  readonly found: ResultValues;
  readonly settings: Settings;
  /** Best first. */
  readonly order: readonly Setting[];
  /** See `notInYet`. */
  readonly notIn: ReadonlyMap<string, number>;
}

function rank({ plan }: Session, found: ResultValues): Omit<Ranked, 'notIn'> {
  const settings = settingsOf(plan.workflow.relation, found);
  return { found, settings, order: rankSettings(found, settings) };
}

const SHOWN = 10;

function tell({ found, settings, order, notIn }: Ranked, isLater: boolean, options: BestOptions): void {
  const { result } = found.planned;
  const { style, quiet } = options;
  const superlative = result.goal === 'min' ? 'lowest' : 'highest';
  const over = result.over.map((column) => column.name).join(', ');
  const mean = over === '' ? '' : `, by the mean over ${over}`;
  const shown = order.slice(0, options.top ?? SHOWN);
  if (isLater) writeOut('\n');
  writeOut(
    order.length === 0
      ? `${result.name}: no file yet of ${countOf(found.values.length, 'file')}\n`
      : `${result.name}: the ${superlative} of ${ofAll(order.length, settings.space.size)}${mean}\n${settingsTable(shown, settings, over !== '')}\n`,
  );
  if (order.length > shown.length) writeOut(`and ${countOf(order.length - shown.length, 'more setting')}\n`);
  if (quiet) return;
  if (found.incomplete > 0)
    writeOut(
      `not in yet: ${formatCount(found.incomplete)} of ${countOf(found.values.length, 'file')}: ${notInWords(notIn)}\n`,
    );
  if (found.notFinite > 0)
    writeOut(`no finite number: ${countOf(found.notFinite, 'file')}, whose settings come last\n`);
  const warning = paint(style, ['bold', 'yellow'], 'warning');
  if (found.unreadable.length === 0) return;
  const lines = found.unreadable.slice(0, 5).map(({ path, problem }) => `  ${printable(`${path}: ${problem}`)}\n`);
  const rest = found.unreadable.length - lines.length;
  writeError(
    `${warning}: ${countOf(found.unreadable.length, 'file')} of "${result.name}" can't be used:\n${lines.join('')}${rest > 0 ? `  and ${formatCount(rest)} more\n` : ''}`,
  );
}

/** `300 of 900 settings`, or `900 settings` where that is all. */
function ofAll(count: number, all: number): string {
  return count === all ? countOf(all, 'setting') : `${formatCount(count)} of ${countOf(all, 'setting')}`;
}

function settingsTable(shown: readonly Setting[], { space, columns }: Settings, hasRepeats: boolean): string {
  const readers = columns.map((column) => textReader(space, column));
  const spread = hasRepeats ? ['deviation', 'n'] : [];
  const rows = shown.map(({ tuple, mean, deviation, count, of }) => [
    numberText(mean),
    ...(hasRepeats ? [numberText(deviation ?? Number.NaN), count === of ? String(of) : `${count} of ${of}`] : []),
    ...readers.map((read) => printable(read(tuple))),
  ]);
  const titles = [hasRepeats ? 'mean' : 'value', ...spread, ...columns.map((column) => column.name)];
  return table([titles, ...rows], [true, ...spread.map(() => true), ...columns.map(() => false)]);
}

function textReader(space: Settings['space'], column: Column): (tuple: number) => string {
  const read = space.reader(column);
  return (tuple) => column.values[read(tuple)]!;
}

function rankedJson({ found, settings, order, notIn }: Ranked, top: number | null): object {
  const { planned, values, incomplete, read, notFinite, unreadable } = found;
  const { name, pattern, column, goal, over } = planned.result;
  const readers = settings.columns.map((c) => [c.name, textReader(settings.space, c)] as const);
  return {
    name,
    path: pattern.text,
    column,
    goal,
    over: over.map((c) => c.name),
    files: values.length,
    read,
    incomplete,
    notIn: Object.fromEntries(notIn),
    notFinite,
    unreadable,
    settings: order.length,
    of: settings.space.size,
    best: order.slice(0, top ?? order.length).map(({ tuple, mean, deviation, count, of }) => ({
      params: Object.fromEntries(readers.map(([param, text]) => [param, text(tuple)])),
      mean,
      deviation,
      count,
      of,
    })),
  };
}
