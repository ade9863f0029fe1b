import { REPORT_STATES, type ReportState } from '../model/report-data.ts';
import { byParam } from './by-param.ts';
import { type Data, unpack } from './data.ts';
import { taskDetails } from './details.ts';
import { byId, element } from './dom.ts';
import { failureList } from './failures.ts';
import { matchingTasks } from './filter.ts';
import { count, countTasks } from './format.ts';
import { overview, rulesTable, subtitle } from './overview.ts';
import { showResources } from './resources.ts';
import { resultSections } from './results.ts';
import { TaskTable } from './table.ts';
import { Timeline } from './timeline.ts';

/** The page of a report: reads what the page carries, and draws it. */
async function start(): Promise<void> {
  const data = await unpack(byId('data').textContent ?? '');
  byId('subtitle').textContent = subtitle(data);
  const tasks = new TaskSection(data);
  byId('overview').append(...overview(data, (state) => tasks.choose({ state })));
  byId('rules').append(rulesTable(data, (rule) => tasks.choose({ rule: String(rule) })));
  await shown();
  const timeline = Timeline.of(data, (task) => tasks.reveal(task));
  byId('timeline').append(timeline?.element ?? element('p', { className: 'faint' }, 'Nothing has run yet.'));
  await shown();
  showResources(data, byId('resources'));
  byId('results-section').hidden = data.header.results.length === 0;
  byId('results').append(...resultSections(data, (task) => tasks.reveal(task)));
  const params = byParam(data);
  byId('params-section').hidden = params.length === 0;
  byId('params').append(...params);
  byId('failures-section').hidden = data.header.failures.length === 0;
  byId('failures').append(...failureList(data, (task) => tasks.reveal(task)));
  byId('tasks').append(...tasks.elements);
  tasks.apply();
  byId('spec').append(
    element(
      'details',
      { open: data.header.specText.split('\n').length <= 40 },
      element('summary', {}, data.header.specFile),
      element('pre', { className: 'spec' }, data.header.specText),
    ),
  );
  document.body.dataset.ready = 'true';
}

/** When what was drawn so far can be seen: the screens below may take as long again. At once where nobody looks. */
function shown(): Promise<void> {
  return new Promise((resolve) => {
    if (document.hidden) resolve();
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}

/** The table of all tasks, what narrows it, and the task that was chosen in it. */
class TaskSection {
  readonly elements: HTMLElement[];
  private readonly data: Data;
  private readonly text = element('input', { type: 'search', placeholder: 'filter: words, site=01022500, -done' });
  private readonly state: HTMLSelectElement;
  private readonly rule: HTMLSelectElement;
  private readonly found = element('span', { className: 'faint' });
  private readonly table: TaskTable;
  private readonly chosen = element('div');

  constructor(data: Data) {
    this.data = data;
    const option = (value: string, text: string): HTMLOptionElement => element('option', { value }, text);
    const states = REPORT_STATES.filter((_, s) => data.state.includes(s));
    this.state = element('select', {}, option('', 'all states'), ...states.map((state) => option(state, state)));
    const rules = data.header.rules.map((rule, r) => option(String(r), rule.name));
    this.rule = element('select', {}, option('', 'all rules'), ...rules);
    this.table = new TaskTable(data, (task) =>
      this.chosen.replaceChildren(taskDetails(data, task, (other) => this.reveal(other))),
    );
    this.text.setAttribute('aria-label', 'Filter tasks');
    this.state.setAttribute('aria-label', 'State');
    this.rule.setAttribute('aria-label', 'Rule');
    for (const input of [this.text, this.state, this.rule]) input.addEventListener('input', () => this.apply());
    this.found.setAttribute('aria-live', 'polite');
    this.chosen.setAttribute('aria-live', 'polite');
    const bar = element('div', { className: 'bar' }, this.text, this.rule, this.state, this.found, this.table.sideways);
    this.elements = [bar, this.table.element, this.chosen];
  }

  apply(): void {
    const { data } = this;
    const found = matchingTasks(data, {
      text: this.text.value,
      state: this.state.value === '' ? null : (this.state.value as ReportState),
      rule: this.rule.value === '' ? null : Number(this.rule.value),
    });
    this.found.textContent =
      found.length === data.count ? countTasks(data.count) : `${count(found.length)} of ${countTasks(data.count)}`;
    this.table.show(found);
  }

  /** Show the tasks of one rule or state. */
  choose({ rule = '', state = '' }: { rule?: string; state?: string }): void {
    this.text.value = '';
    this.rule.value = rule;
    this.state.value = state;
    this.apply();
    byId('tasks-heading').scrollIntoView();
  }

  /** Show one task. */
  reveal(task: number): void {
    this.table.select(task);
    this.chosen.scrollIntoView({ block: 'center' });
  }
}

start().catch((error: unknown) => {
  const problem = byId('problem');
  problem.hidden = false;
  problem.textContent = `This report can't be shown: ${(error as Error).message}. It needs a browser of 2023 or later.`;
});
