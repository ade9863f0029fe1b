import { REPORT_STATES } from '../model/report-data.ts';
import type { Data } from './data.ts';

export const SORT_KEYS = [
  'state',
  'rule',
  'params',
  'start',
  'duration',
  'wait',
  'cpus',
  'memory',
  'host',
  'slurm',
  'attempt',
] as const;
export type SortKey = (typeof SORT_KEYS)[number];

export interface Order {
  readonly key: SortKey;
  readonly direction: 'ascending' | 'descending';
}

/** What is wrong comes before what is fine. */
const STATE_ORDER = ['failed', 'stopped', 'blocked', 'running', 'pending', 'done'] as const;

/** Tasks in an order; equal ones as the spec has them, and what is not known last in either direction. */
export function sortTasks(data: Data, tasks: Uint32Array, { key, direction }: Order): Uint32Array {
  const read = readerOf(data, key);
  const sign = direction === 'ascending' ? 1 : -1;
  const values = new Float64Array(data.count);
  for (const task of tasks) {
    const value = read(task);
    values[task] = Number.isNaN(value) ? Number.POSITIVE_INFINITY : value * sign;
  }
  // Infinity less Infinity is no order: those are equal.
  return tasks.slice().sort((a, b) => (values[a] === values[b] ? a - b : values[a]! - values[b]!));
}

function readerOf(data: Data, key: SortKey): (task: number) => number {
  switch (key) {
    case 'state': {
      const ranks = REPORT_STATES.map((state) => STATE_ORDER.indexOf(state));
      return (task) => ranks[data.state[task]!]!;
    }
    case 'rule':
      return (task) => data.rule[task]!;
    case 'params':
      // Tasks of a rule are numbered in the order of their params.
      return (task) => task - data.ruleOf(task).first;
    case 'start':
      return (task) => data.start[task]!;
    case 'duration':
      return (task) => data.duration[task]!;
    case 'wait':
      return (task) => data.wait[task]!;
    case 'cpus':
      return (task) => data.resourcesOf(task).cpus;
    case 'memory':
      return (task) => data.peak[task]!;
    case 'host':
      return rankReader(data.header.hosts, data.host);
    case 'slurm':
      return rankReader(data.header.slurmIds, data.slurm);
    case 'attempt':
      return (task) => data.attempt[task] || Number.NaN;
  }
}

/** By texts as people sort them: 9 before 10. An empty one is not known. */
function rankReader(texts: readonly string[], ids: ArrayLike<number>): (task: number) => number {
  const compare = new Intl.Collator('en', { numeric: true }).compare;
  const ranks = new Float64Array(texts.length);
  [...texts.keys()]
    .sort((a, b) => compare(texts[a]!, texts[b]!))
    .forEach((id, rank) => {
      ranks[id] = texts[id] === '' ? Number.NaN : rank;
    });
  return (task) => ranks[ids[task]!]!;
}
