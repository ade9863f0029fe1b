import { REPORT_STATES } from '../model/report-data.ts';
import { binsOf } from '../model/value-bins.ts';
import type { Data, RuleParam } from './data.ts';
import { element } from './dom.ts';
import { count, duration, memory } from './format.ts';
import { heatMap } from './heat-map.ts';
import { quantile, sortedKnown } from './statistics.ts';

/** What became of tasks by the values of their params: which fail, and which are slow. Of one rule at a time. */
export function byParam(data: Data): HTMLElement[] {
  const shown = [...data.header.rules.keys()].filter((rule) => varying(data, rule).length > 0);
  if (shown.length === 0) return [];
  const select = element(
    'select',
    {},
    ...shown.map((r) => element('option', { value: String(r) }, data.header.rules[r]!.name)),
  );
  select.setAttribute('aria-label', 'Rule by params');
  const box = element('div');
  const show = (): void => {
    const rule = Number(select.value);
    const params = varying(data, rule)
      .map((param) => ({ param, rows: rowsOf(data, rule, param) }))
      .sort((a, b) => failedSpread(b.rows) - failedSpread(a.rows));
    const tables = params.map(({ param, rows }) => paramTable(param, rows));
    box.replaceChildren(
      element('div', { className: 'by-param' }, ...tables),
      ...(params.length > 1
        ? [
            heatMap(
              data,
              rule,
              params.map(({ param }) => param),
            ),
          ]
        : []),
    );
  };
  select.value = String(mostTelling(data, shown));
  select.addEventListener('input', show);
  show();
  return [element('div', { className: 'bar' }, select), box];
}

/** Numbers of which there are more come in ranges. */
const MOST_VALUES = 16;

/** Params of which a rule has more than one value; last a long number of rows, such as `trial`, which says nothing itself. */
function varying(data: Data, rule: number): RuleParam[] {
  const found = data.paramsOf(rule).filter(({ ids }) => ids.some((id) => id !== ids[0]));
  const isIndex = ({ name }: RuleParam): boolean => {
    const values = data.header.values[name]!;
    const hasOthers = data.header.rules[rule]!.determined.length > 0;
    return hasOthers && values.length > MOST_VALUES && values.every((text, i) => text === String(i));
  };
  return [...found.filter((param) => !isIndex(param)), ...found.filter(isIndex)];
}

const FAILED = REPORT_STATES.indexOf('failed');

/** The rule that failed most, else the one that took longest. */
function mostTelling(data: Data, rules: readonly number[]): number {
  const weight = (r: number): number => {
    const { first, count } = data.header.rules[r]!;
    let [failed, took] = [0, 0];
    for (let task = first; task < first + count; task++) {
      if (data.state[task] === FAILED) failed++;
      took += data.duration[task]! > 0 ? data.duration[task]! : 0;
    }
    return failed * 1e12 + took;
  };
  return rules.reduce((best, r) => (weight(r) > weight(best) ? r : best));
}

interface ValueRow {
  readonly name: string;
  readonly total: number;
  readonly states: Uint32Array;
  readonly took: Float64Array;
  readonly peak: number;
}

/** As `wfc status --by` has it. */
function rowsOf(data: Data, rule: number, { name, ids }: RuleParam): ValueRow[] {
  const { first, count } = data.header.rules[rule]!;
  const { ofValue, names } = binsOf(data.header.values[name]!, MOST_VALUES);
  const states = names.map(() => new Uint32Array(REPORT_STATES.length));
  const took: number[][] = names.map(() => []);
  const peaks = new Float64Array(names.length).fill(Number.NaN);
  for (let i = 0; i < count; i++) {
    const bin = ofValue[ids[i]!]!;
    const task = first + i;
    states[bin]![data.state[task]!]!++;
    took[bin]!.push(data.duration[task]!);
    if (!(data.peak[task]! <= peaks[bin]!) && !Number.isNaN(data.peak[task])) peaks[bin] = data.peak[task]!;
  }
  return names.flatMap((value, bin) => {
    const total = states[bin]!.reduce((sum, n) => sum + n, 0);
    return total === 0
      ? []
      : { name: value, total, states: states[bin]!, took: sortedKnown(took[bin]!), peak: peaks[bin]! };
  });
}

/** How much the share of failed tasks differs from value to value: a param that tells more comes first. */
function failedSpread(rows: readonly ValueRow[]): number {
  const shares = rows.map(({ states, total }) => states[FAILED]! / total);
  return Math.max(...shares) - Math.min(...shares);
}

/** Rows that show without scrolling, by the style sheet. */
const MOST_IN_SIGHT = 13;

interface Shown {
  readonly title: string;
  readonly text: (row: ValueRow) => string;
  readonly isBad?: boolean;
}

function paramTable(param: RuleParam, rows: readonly ValueRow[]): HTMLElement {
  const number = (n: number): string => (n === 0 ? '–' : count(n));
  const states = REPORT_STATES.flatMap((state, s): Shown[] =>
    rows.some((row) => row.states[s]! > 0)
      ? [{ title: state, text: (row) => number(row.states[s]!), isBad: state === 'failed' }]
      : [],
  );
  const columns: Shown[] = [
    ...states,
    ...(rows.some(({ took }) => took.length > 0)
      ? [
          { title: 'median', text: ({ took }: ValueRow) => duration(quantile(took, 0.5)) },
          { title: 'longest', text: ({ took }: ValueRow) => duration(took.at(-1) ?? Number.NaN) },
        ]
      : []),
    ...(rows.some(({ peak }) => !Number.isNaN(peak))
      ? [{ title: 'memory', text: ({ peak }: ValueRow) => memory(peak) }]
      : []),
  ];
  const head = element('tr', {}, element('th', { scope: 'col' }, param.name));
  for (const { title } of columns) head.append(element('th', { scope: 'col', className: 'number' }, title));
  const body = rows.map((row) => {
    const line = element('tr', {}, element('th', { scope: 'row' }, row.name));
    for (const { text, isBad } of columns) {
      const shown = text(row);
      line.append(element('td', { className: isBad && shown !== '–' ? 'number bad' : 'number' }, shown));
    }
    return line;
  });
  const table = element('table', {}, element('thead', {}, head), element('tbody', {}, ...body));
  return element('div', { className: `scroll tall${rows.length > MOST_IN_SIGHT ? ' more-below' : ''}` }, table);
}
