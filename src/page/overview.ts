import { countOf } from '../model/counts.ts';
import { REPORT_STATES, type ReportState } from '../model/report-data.ts';
import { ruleColour } from '../model/rule-colours.ts';
import type { Data } from './data.ts';
import { element, swatch } from './dom.ts';
import { count, countTasks, duration, hours, time } from './format.ts';
import { quantile, sortedKnown } from './statistics.ts';
import { endsOf, mostAtOnce, wholeRange } from './timeline-rows.ts';

export function subtitle({ header, count }: Data): string {
  const rules = header.rules.length;
  return [
    `${countTasks(count)} of ${countOf(rules, 'rule')}`,
    header.specFile,
    ...header.choices,
    `made ${time(header.madeAtSeconds)}`,
  ].join(' · ');
}

/** How far all is, and what it took. */
export function overview(data: Data, onState: (state: string) => void): HTMLElement[] {
  const waiting = data.header.waiting.map((line) => element('p', { className: 'faint' }, `Not known yet: ${line}.`));
  return [stateBar(data, onState), ...waiting, tiles(data)];
}

function stateBar(data: Data, onState: (state: string) => void): HTMLElement {
  const counts = new Array<number>(REPORT_STATES.length).fill(0);
  for (const state of data.state) counts[state]!++;
  const bar = element('div', { className: 'states' });
  bar.setAttribute('aria-hidden', 'true');
  const legend = element('div', { className: 'legend' });
  REPORT_STATES.forEach((state, s) => {
    if (counts[s] === 0) return;
    const part = element('span', { className: `part ${state}` });
    part.style.flexGrow = String(counts[s]);
    bar.append(part);
    const share = (100 * counts[s]!) / data.count;
    const percent = share > 0 && share < 1 ? '<1' : share > 99 && share < 100 ? '>99' : Math.round(share);
    const button = element('button', { type: 'button', className: `state ${state}` }, `${count(counts[s]!)} ${state}`);
    button.append(element('span', { className: 'faint' }, ` ${percent} %`));
    button.addEventListener('click', () => onState(state));
    legend.append(button);
  });
  return element('div', {}, bar, legend);
}

function tiles(data: Data): HTMLElement {
  const ends = endsOf(data);
  const range = wholeRange(data, ends);
  const used = usedBy(data, 0, data.count);
  const waits = sortedKnown(data.wait);
  const hosts = new Set(data.header.hosts.filter((host) => host !== ''));
  const list: HTMLElement[] = [];
  const tile = (title: string, value: string, note: string): void => {
    const made = element('div', { className: 'tile' }, element('div', { className: 'title' }, title));
    made.append(element('div', { className: 'value' }, value), element('div', { className: 'faint' }, note));
    list.push(made);
  };
  tile(
    'Core-hours',
    hours(used.coreSeconds),
    used.gpuSeconds > 0 ? `and ${hours(used.gpuSeconds)} GPU-hours` : askedNote(used),
  );
  tile(
    'From start to end',
    range ? duration(range.to - range.from) : '–',
    range ? `since ${time(data.header.originSeconds + range.from)}` : 'nothing has run',
  );
  const total = waits.reduce((sum, wait) => sum + wait, 0);
  tile(
    'Waiting',
    waits.length > 0 ? `${hours(total)} h` : '–',
    waits.length > 0
      ? `from ready to started; half of them ${duration(quantile(waits, 0.5))} or less`
      : 'the records do not tell',
  );
  const most = mostAtOnce(data, ends);
  const hostWords =
    hosts.size === 0
      ? 'hosts are not known'
      : hosts.size === 1
        ? `on ${[...hosts][0]}`
        : `on ${count(hosts.size)} hosts`;
  tile('At a time', count(most), most > 0 ? `tasks at most, ${hostWords}` : 'nothing has run');
  const { preload } = data.header;
  if (preload !== null) {
    tile(
      'Imports spared',
      `${hours(preload.sparedSeconds)} h`,
      `${countOf(preload.scripts, 'script')} shared ${countOf(preload.starts, 'import')} of ${duration(preload.seconds / preload.starts)}`,
    );
  }
  const failed = data.failed.task.length;
  if (failed > 0) tile('Failed attempts', count(failed), 'also those after which another one succeeded');
  return element('div', { className: 'tiles' }, ...list);
}

interface Used {
  readonly coreSeconds: number;
  /** What the time limits of the same tasks come to; null where one had none. */
  readonly askedSeconds: number | null;
  readonly gpuSeconds: number;
}

/** By the last successful attempts of the tasks from `first` to `end - 1`. */
function usedBy(data: Data, first: number, end: number): Used {
  let coreSeconds = 0;
  let askedSeconds: number | null = 0;
  let gpuSeconds = 0;
  for (let task = first; task < end; task++) {
    const took = data.duration[task]!;
    if (Number.isNaN(took)) continue;
    const { cpus, gpus, timeSeconds } = data.resourcesOf(task);
    coreSeconds += took * cpus;
    gpuSeconds += took * gpus;
    askedSeconds = askedSeconds === null || timeSeconds === null ? null : askedSeconds + timeSeconds * cpus;
  }
  return { coreSeconds, askedSeconds, gpuSeconds };
}

function askedNote({ askedSeconds, coreSeconds }: Used): string {
  if (askedSeconds === null || askedSeconds === 0) return 'by successful attempts';
  return `of ${hours(askedSeconds)} that the limits allow: ${share(coreSeconds / askedSeconds)}`;
}

function share(value: number): string {
  return value < 0.01 ? 'under 1 %' : `${Math.round(value * 100)} %`;
}

/** A line for each rule: how far it is and what it took. */
export function rulesTable(data: Data, onRule: (rule: number) => void): HTMLElement {
  const titles = ['rule', 'tasks', 'done', 'failed', 'took, median', 'waited, median', 'core-hours'];
  const head = element(
    'tr',
    {},
    ...titles.map((title, i) => element('th', { scope: 'col', className: i > 0 ? 'number' : '' }, title)),
  );
  const rows = data.header.rules.map((rule, r) => {
    const withState = (state: ReportState): number => {
      const wanted = REPORT_STATES.indexOf(state);
      let found = 0;
      for (let task = rule.first; task < rule.first + rule.count; task++) if (data.state[task] === wanted) found++;
      return found;
    };
    const middle = (values: typeof data.wait): number =>
      quantile(sortedKnown(values.subarray(rule.first, rule.first + rule.count)), 0.5);
    const failed = withState('failed');
    const button = element('button', { type: 'button', title: 'show its tasks' }, swatch(ruleColour(r)), rule.name);
    button.addEventListener('click', () => onRule(r));
    const cells = [
      count(rule.count),
      count(withState('done')),
      failed > 0 ? count(failed) : '–',
      duration(middle(data.duration)),
      duration(middle(data.wait)),
      hours(usedBy(data, rule.first, rule.first + rule.count).coreSeconds),
    ];
    const row = element('tr', {}, element('th', { scope: 'row' }, button));
    for (const [i, text] of cells.entries())
      row.append(element('td', { className: i === 2 && failed > 0 ? 'number bad' : 'number' }, text));
    return row;
  });
  return element(
    'div',
    { className: 'scroll' },
    element('table', { className: 'rules' }, element('thead', {}, head), element('tbody', {}, ...rows)),
  );
}
