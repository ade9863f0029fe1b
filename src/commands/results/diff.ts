import {
  comparePlans,
  type ParamDifference,
  type PlanDifference,
  type PlanSide,
  type RuleDifference,
} from '../../session/diff/compare.ts';
import { type OtherSide, openOther } from '../../session/diff/other-side.ts';
import { compareResults, type ResultDifference, type SettingMean } from '../../session/diff/results.ts';
import { type RunSide, runWords } from '../../session/diff/runs.ts';
import { numberText } from '../../session/results/settings.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  openSession,
  printDiagnostics,
  type Session,
} from '../../session/session.ts';
import { waitingLines } from '../../session/staged/words.ts';
import { writeOut } from '../../terminal/streams.ts';
import { countOf, formatCount, jsonText, printable, table } from '../../terminal/terminal.ts';

export interface DiffOptions extends CommonOptions {
  /** A run, a revision of git, another spec or its folder, or a report. */
  readonly other: string;
}

/** `wfc diff OTHER`: what differs from another state of the experiment to this one. */
export async function diff(asked: DiffOptions): Promise<ExitStatus> {
  // A list that is to be made anew gives values all the same: those that it had.
  const options = { ...asked, lists: 'as they stand' as const };
  const here = openSession(options);
  if ('diagnostics' in here) {
    printDiagnostics(here.diagnostics, options);
    return EXIT.badSpec;
  }
  const other = await openOther(options.other, here, options);
  if ('diagnostics' in other) {
    printDiagnostics(other.diagnostics, options);
    return EXIT.badSpec;
  }
  const plans = comparePlans(sideOf(other.session), sideOf(here));
  const results = await compareResults(other, here);
  if (options.json) writeOut(`${jsonText({ other: options.other, ...runJson(other), ...plans, results })}\n`);
  else {
    const unknown = waitingLines(here.plan).map((line) => `not known yet: ${line}`);
    writeOut(`${printable([...diffLines(plans, results, options, other), ...unknown].join('\n'))}\n`);
  }
  return EXIT.done;
}

function sideOf({ plan, files }: Session): PlanSide {
  return {
    plan,
    codeText: (path) => {
      const read = files.readText(path);
      return 'text' in read ? read.text : '';
    },
  };
}

function runJson({ from }: OtherSide): object {
  if (from.kind !== 'run') return {};
  const { number, run } = from.run;
  return { run: { number, began: new Date(run.beganMs).toISOString(), ...run.options, leftOut: run.leftOut } };
}

function runLines(side: RunSide): string[] {
  const { leftOut } = side.run;
  return [
    `since ${runWords(side)}`,
    ...(leftOut.length > 0 ? [`too large to be kept, and taken as now: ${leftOut.join(', ')}`] : []),
    ...(side.later.some(({ run }) => run.replaced === null)
      ? ['results that a later run made anew were too many to be kept']
      : []),
    '',
  ];
}

function diffLines(
  { params, rules, tasks }: PlanDifference,
  results: readonly ResultDifference[],
  { other: named }: DiffOptions,
  { from }: OtherSide,
): string[] {
  const lines = from.kind === 'run' ? runLines(from.run) : [];
  if (params.length > 0) lines.push('params', ...indented(table(params.map(paramRow), [false, false])), '');
  if (rules.length > 0) lines.push('rules', ...indented(table(rules.map(ruleRow), [false, false])), '');
  const told = tasks.filter(({ added, dropped, changed, downstream }) => added + dropped + changed + downstream > 0);
  if (told.length === 0) lines.push(`the same tasks as in ${named}`);
  else {
    const counts = ['before', 'now', 'added', 'dropped', 'changed', 'downstream'] as const;
    const rows = told.map((task) => [
      ...counts.map((count) => (task[count] === 0 ? '' : formatCount(task[count]))),
      task.rule,
    ]);
    lines.push(table([[...counts, 'tasks of rule'], ...rows], [...counts.map(() => true), false]));
  }
  for (const result of results) lines.push('', ...resultLines(result));
  if (from.kind === 'git' && results.length > 0 && results.every(({ both, dropped }) => both + dropped === 0))
    lines.push('', `git keeps no results of ${named}: "wfc report" does, and may be named here`);
  return lines;
}

function indented(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}

function paramRow({ name, kind, added, dropped }: ParamDifference): string[] {
  const values = [
    ...(added.length > 0 && kind !== 'dropped' ? [`+ ${some(added)}`] : []),
    ...(dropped.length > 0 && kind !== 'added' ? [`- ${some(dropped)}`] : []),
  ];
  return [name, `${kind === 'changed' ? '' : `${kind}: `}${values.join('   ')}`];
}

const SHOWN_VALUES = 8;

function some(values: readonly string[]): string {
  const rest = values.length - SHOWN_VALUES;
  return `${values.slice(0, SHOWN_VALUES).join(', ')}${rest > 0 ? ` and ${formatCount(rest)} more` : ''}`;
}

function ruleRow({ name, kind, keys }: RuleDifference): string[] {
  return [name, kind === 'changed' ? keys.join(', ') : kind];
}

const SHOWN_SETTINGS = 10;

function resultLines({ name, goal, bestBefore, bestNow, both, added, dropped, ...rest }: ResultDifference): string[] {
  const { moved, incompleteBefore, incompleteNow } = rest;
  const best = (one: SettingMean | null): string =>
    one === null ? 'none' : `${numberText(one.mean)} (${paramsText(one.params)})`;
  const others = [
    ...(added > 0 ? [`${formatCount(added)} more here`] : []),
    ...(dropped > 0 ? [`${formatCount(dropped)} more there`] : []),
  ].map((words) => `, ${words}`);
  const lines = [
    `${name} (${goal}): best ${best(bestBefore)} before, ${best(bestNow)} now`,
    `  ${formatCount(moved.length)} of ${countOf(both, 'setting')} moved${others.join('')}`,
  ];
  if (incompleteBefore + incompleteNow > 0) {
    const left = [[incompleteBefore, 'there'] as const, [incompleteNow, 'here'] as const].flatMap(([files, where]) =>
      files > 0 ? `${countOf(files, 'file')} ${where}` : [],
    );
    lines.push(`  left out: ${left.join(' and ')}, whose tasks are not complete`);
  }
  if (moved.length === 0) return lines;
  const rows = moved
    .slice(0, SHOWN_SETTINGS)
    .map(({ params, before, now }) => [
      numberText(before),
      numberText(now),
      numberText(now - before),
      paramsText(params),
    ]);
  lines.push(...indented(table([['before', 'now', 'by', 'setting'], ...rows], [true, true, true, false])));
  if (moved.length > SHOWN_SETTINGS) lines.push(`  and ${countOf(moved.length - SHOWN_SETTINGS, 'more setting')}`);
  return lines;
}

function paramsText(params: Readonly<Record<string, string>>): string {
  return Object.entries(params)
    .map(([param, value]) => `${param}=${value}`)
    .join(' ');
}
