import { ruleColour } from '../model/rule-colours.ts';
import type { Data } from './data.ts';
import { element, swatch } from './dom.ts';
import { duration, memory, time } from './format.ts';
import { type Order, type SortKey, sortTasks } from './sorting.ts';

/** In pixels; the style sheet has the same. */
const ROW_HEIGHT = 27;
/** Browsers have a largest height of an element; past this one, rows move faster than the scroll bar. */
const MAX_HEIGHT = 8_000_000;

const COLUMNS: readonly { readonly key: SortKey; readonly title: string; readonly isNumber: boolean }[] = [
  { key: 'state', title: 'state', isNumber: false },
  { key: 'rule', title: 'rule', isNumber: false },
  { key: 'params', title: 'params', isNumber: false },
  { key: 'start', title: 'start', isNumber: false },
  { key: 'duration', title: 'took', isNumber: true },
  { key: 'wait', title: 'waited', isNumber: true },
  { key: 'cpus', title: 'CPUs', isNumber: true },
  { key: 'memory', title: 'memory', isNumber: true },
  { key: 'host', title: 'host', isNumber: false },
  { key: 'slurm', title: 'Slurm', isNumber: false },
  { key: 'attempt', title: 'attempt', isNumber: true },
];

/** All tasks, of which only the rows that show are ever made. */
export class TaskTable {
  readonly element: HTMLElement;
  /** Shown while columns lie past the edge. */
  readonly sideways = element('span', { className: 'faint', hidden: true }, 'more columns: scroll sideways →');
  private readonly data: Data;
  private readonly onSelect: (task: number) => void;
  private readonly body = element('tbody');
  private readonly room = element('div', { className: 'room' });
  private readonly scroller: HTMLElement;
  private readonly headings = new Map<SortKey, HTMLElement>();
  private tasks: Uint32Array = new Uint32Array(0);
  private sorted: Uint32Array = new Uint32Array(0);
  private order: Order = { key: 'state', direction: 'ascending' };
  private selected = -1;

  constructor(data: Data, onSelect: (task: number) => void) {
    this.data = data;
    this.onSelect = onSelect;
    const shown = COLUMNS.filter(({ key }) => isOfUse(data, key));
    const row = element('tr', {}, ...shown.map((column) => this.heading(column)));
    const days = isOneDay(data) ? ' one-day' : '';
    const table = element('table', { className: `tasks${days}` }, element('thead', {}, row), this.body);
    this.room.append(table);
    this.scroller = element('div', { className: 'scroller', tabIndex: 0 }, this.room);
    this.scroller.setAttribute('aria-label', 'Tasks; arrow keys choose one');
    this.scroller.addEventListener('scroll', () => this.draw(), { passive: true });
    this.scroller.addEventListener('keydown', (event) => this.onKey(event));
    this.body.addEventListener('click', (event) => this.onClick(event));
    new ResizeObserver(() => this.draw()).observe(this.scroller);
    this.element = this.scroller;
  }

  show(tasks: Uint32Array): void {
    this.tasks = tasks;
    this.sort();
  }

  private heading({ key, title, isNumber }: (typeof COLUMNS)[number]): HTMLElement {
    const button = element('button', { type: 'button' }, title);
    const cell = element('th', { className: `${key}${isNumber ? ' number' : ''}`, scope: 'col' }, button);
    button.addEventListener('click', () => {
      const isSame = this.order.key === key;
      // The longest, the largest and the latest are looked for first.
      const first = isNumber ? 'descending' : 'ascending';
      const other = isNumber ? 'ascending' : 'descending';
      this.order = { key, direction: isSame && this.order.direction === first ? other : first };
      this.sort();
    });
    this.headings.set(key, cell);
    return cell;
  }

  private sort(): void {
    this.sorted = sortTasks(this.data, this.tasks, this.order);
    for (const [key, cell] of this.headings)
      cell.setAttribute('aria-sort', key === this.order.key ? this.order.direction : 'none');
    this.room.style.height = `${Math.min(MAX_HEIGHT, (this.sorted.length + 1) * ROW_HEIGHT + 2)}px`;
    this.scroller.scrollTop = 0;
    this.draw();
  }

  private get rowsInView(): number {
    return Math.max(1, Math.floor(this.scroller.clientHeight / ROW_HEIGHT) - 1);
  }

  private get firstInView(): number {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const last = Math.max(0, this.sorted.length - this.rowsInView);
    const range = scrollHeight - clientHeight;
    return range <= 0 ? 0 : Math.min(last, Math.round((scrollTop / range) * last));
  }

  private draw(): void {
    const first = this.firstInView;
    const rows = this.sorted.subarray(first, first + this.rowsInView + 1);
    this.body.replaceChildren(...Array.from(rows, (task) => this.row(task)));
    const { scrollLeft, scrollWidth, clientWidth } = this.scroller;
    this.scroller.classList.toggle('more-right', scrollWidth - clientWidth - scrollLeft > 1);
    this.sideways.hidden = scrollWidth - clientWidth <= 1;
  }

  private row(task: number): HTMLElement {
    const row = element('tr', { className: task === this.selected ? 'selected' : '' });
    row.dataset.task = String(task);
    for (const { key, isNumber } of COLUMNS) {
      if (!this.headings.has(key)) continue;
      const cell = element('td', { className: `${key}${isNumber ? ' number' : ''}` });
      cell.append(...this.content(task, key));
      if (key === 'params') cell.title = cell.textContent ?? '';
      row.append(cell);
    }
    return row;
  }

  private content(task: number, key: SortKey): (Node | string)[] {
    const { data } = this;
    const { header } = data;
    switch (key) {
      case 'state':
        return [element('span', { className: `state ${data.stateOf(task)}` }, data.stateOf(task))];
      case 'rule':
        return [swatch(ruleColour(data.rule[task]!)), data.ruleOf(task).name];
      case 'params':
        return [data.paramsText(task)];
      case 'start':
        return startOf(header.originSeconds + data.start[task]!);
      case 'duration':
        return [duration(data.duration[task]!)];
      case 'wait':
        return [duration(data.wait[task]!)];
      case 'cpus':
        return [String(data.resourcesOf(task).cpus)];
      case 'memory':
        return [memory(data.peak[task]!)];
      case 'host':
        return [header.hosts[data.host[task]!] || '–'];
      case 'slurm':
        return [header.slurmIds[data.slurm[task]!] || '–'];
      case 'attempt':
        return [data.attempt[task] ? String(data.attempt[task]) : '–'];
    }
  }

  private onClick(event: Event): void {
    const row = (event.target as Element).closest('tr');
    if (row?.dataset.task !== undefined) this.select(Number(row.dataset.task));
  }

  private onKey(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0 || this.sorted.length === 0) return;
    event.preventDefault();
    const at = this.sorted.indexOf(this.selected);
    const next = at < 0 ? this.firstInView : Math.min(this.sorted.length - 1, Math.max(0, at + step));
    this.select(this.sorted[next]!);
    const first = this.firstInView;
    const hidden = next < first ? next - first : Math.max(0, next - (first + this.rowsInView - 1));
    const { scrollHeight, clientHeight } = this.scroller;
    const last = Math.max(1, this.sorted.length - this.rowsInView);
    this.scroller.scrollTop += (hidden * (scrollHeight - clientHeight)) / last;
  }

  select(task: number): void {
    this.selected = task;
    for (const row of this.body.children)
      row.classList.toggle('selected', (row as HTMLElement).dataset.task === String(task));
    this.onSelect(task);
  }
}

/** The day apart, as it is left out where room is short and it says nothing. */
function startOf(seconds: number): (Node | string)[] {
  const [day, clock] = time(seconds).split(' ');
  return clock === undefined ? [day!] : [element('span', { className: 'day' }, `${day} `), clock];
}

function isOneDay({ header, start }: Data): boolean {
  const known = start.filter((seconds) => !Number.isNaN(seconds));
  const ends = [known.reduce((a, b) => Math.min(a, b), Infinity), known.reduce((a, b) => Math.max(a, b), -Infinity)];
  const [first, last] = ends.map((seconds) => time(header.originSeconds + seconds).slice(0, 10));
  return first === last;
}

/** Columns that would be empty are left out. */
function isOfUse({ header, peak, attempt, wait }: Data, key: SortKey): boolean {
  switch (key) {
    case 'memory':
      return peak.some((value) => !Number.isNaN(value));
    case 'slurm':
      return header.slurmIds.some((id) => id !== '');
    case 'host':
      return header.hosts.some((host) => host !== '');
    case 'attempt':
      return attempt.some((value) => value > 1);
    case 'wait':
      return wait.some((value) => !Number.isNaN(value));
    default:
      return true;
  }
}
