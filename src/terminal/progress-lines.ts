import { type Counts, leftCount, type RuleCounts } from '../model/counts.ts';
import {
  countOf,
  countTasks,
  cut,
  displayWidth,
  formatCount,
  formatDuration,
  paint,
  printable,
  type Style,
} from './terminal.ts';

export interface Room {
  readonly columns: number;
  readonly rows: number;
}

const RULES = 10;
const BAR = 20;
/** Room for `12 running  3 failed`. */
const WORDS = 22;

/** What is drawn on a terminal: a line a rule, then the totals. A line never fills the last column, where some wrap. */
export function progressLines(
  counts: Counts,
  rules: readonly RuleCounts[],
  rate: number,
  { columns, rows }: Room,
  style: Style,
): string[] {
  // The line above the block stays in sight, and the cursor needs one below it.
  const lines = rules.length < 2 ? [] : ruleLines(rules, Math.min(RULES, rows - 4), columns - 1, style);
  lines.push(totalsLine(counts, rate, style));
  return lines.map((line) => cut(line, columns - 1));
}

function ruleLines(rules: readonly RuleCounts[], room: number, width: number, style: Style): string[] {
  const { shown, rest } = chooseRules(rules, room);
  const names = shown.map((r) => cut(printable(r.name), Math.max(8, Math.floor(width / 3))));
  const nameWidth = Math.max(0, ...names.map(displayWidth));
  const numberWidth = Math.max(0, ...shown.map((r) => formatCount(r.total).length));
  const bar = Math.min(BAR, width - nameWidth - 2 * numberWidth - WORDS - 14);
  const lines = shown.map((rule, i) => {
    const parts = [
      names[i]! + ' '.repeat(nameWidth - displayWidth(names[i]!)),
      ...(bar >= 5 ? [barOf(rule, bar)] : []),
      `${String(percentDone(rule)).padStart(3)} %`,
      `${formatCount(rule.done).padStart(numberWidth)} of ${formatCount(rule.total).padStart(numberWidth)}`,
      ...standing(rule, style),
    ];
    const line = parts.join('  ').trimEnd();
    return isOver(rule) && rule.failed === 0 ? paint(style, 'dim', line) : line;
  });
  if (rest !== '') lines.push(rest);
  return lines;
}

/**
 * All rules where there is room for them: none jumps then. Else those with running tasks, then those that have begun,
 * and the next ones; of the others, how many there are.
 */
export function chooseRules<R extends Counts>(
  rules: readonly R[],
  room: number,
): { readonly shown: readonly R[]; readonly rest: string } {
  if (rules.length <= room) return { shown: rules, rest: '' };
  const open = rules.filter((r) => !isOver(r));
  const rank = (r: R): number => (r.running > 0 ? 0 : isAtWork(r) ? 1 : 2);
  const first = [0, 1, 2].flatMap((n) => open.filter((r) => rank(r) === n)).slice(0, Math.max(0, room));
  const chosen = new Set(first);
  const over = rules.length - open.length;
  const waiting = open.filter((r) => !isAtWork(r) && !chosen.has(r)).length;
  const working = open.length - first.length - waiting;
  const words = [
    over > 0 ? `${formatCount(over)} ended` : '',
    working > 0 ? `${formatCount(working)} at work` : '',
    waiting > 0 ? `${formatCount(waiting)} waiting` : '',
  ];
  const rest = `… and ${moreRules(rules.length - first.length)}: ${words.filter((w) => w !== '').join(', ')}`;
  return { shown: rules.filter((r) => chosen.has(r)), rest };
}

function moreRules(n: number): string {
  return countOf(n, 'more rule');
}

function isOver(counts: Counts): boolean {
  return leftCount(counts) === 0;
}

function isAtWork(counts: Counts): boolean {
  return !isOver(counts) && (counts.running > 0 || counts.done + counts.failed > 0);
}

/** `31,337 of 81,912 tasks done  38 %  1,900/s  26 s left  2 running`. */
export function totalsLine(counts: Counts, rate: number, style: Style): string {
  return [
    `${formatCount(counts.done)} of ${countTasks(counts.total)} done`,
    `${percentDone(counts)} %`,
    ...paceWords(leftCount(counts), rate),
    ...standing(counts, style),
  ].join('  ');
}

/** Rate and time left; nothing as long as no task has ended. */
export function paceWords(left: number, rate: number): string[] {
  if (rate <= 0) return [];
  const words = [
    rate >= 10
      ? `${formatCount(Math.round(rate))}/s`
      : rate >= 1
        ? `${rate.toFixed(1)}/s`
        : rate >= 1 / 60
          ? `${(rate * 60).toFixed(1)}/min`
          : `${(rate * 3600).toFixed(1)}/h`,
  ];
  if (left > 0) words.push(`${formatDuration(left / rate)} left`);
  return words;
}

/** The line of a log file: the totals, and what is at work. */
export function plainLine(counts: Counts, rules: readonly RuleCounts[], rate: number): string {
  const line = totalsLine(counts, rate, { colour: false });
  if (rules.length < 2) return line;
  const atWork = rules.filter(isAtWork);
  const named = atWork.slice(0, 3).map((r) => `${printable(r.name)} ${percentDone(r)} %`);
  if (atWork.length > named.length) named.push(moreRules(atWork.length - named.length));
  return named.length === 0 ? line : `${line}  (${named.join(', ')})`;
}

function standing(counts: Counts, style: Style): string[] {
  const words: string[] = [];
  if (counts.running > 0) words.push(`${formatCount(counts.running)} running`);
  if (counts.failed > 0) words.push(paint(style, 'red', `${formatCount(counts.failed)} failed`));
  if (counts.blocked > 0) words.push(`${formatCount(counts.blocked)} blocked`);
  return words;
}

/** Rounded down: 100 % is said where all is done, no sooner. */
function percentDone({ done, total }: Counts): number {
  return total === 0 ? 100 : Math.floor((done / total) * 100);
}

function barOf({ done, total }: Counts, width: number): string {
  const full = Math.floor((done / total) * width);
  return '#'.repeat(full) + '.'.repeat(width - full);
}
