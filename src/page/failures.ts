import { countOf } from '../model/counts.ts';
import type { ReportFailure } from '../model/report-data.ts';
import type { Data } from './data.ts';
import { element } from './dom.ts';
import { countTasks } from './format.ts';

/** Of so many tasks of a group the log is shown. */
const SHOWN = 3;
const MAX_GROUPS = 40;

/** Failures of a rule for one reason. */
interface Group {
  readonly rule: string;
  readonly reason: string;
  readonly failures: ReportFailure[];
}

/** The failures, those of one rule and reason together, the largest groups first. */
export function failureList(data: Data, onTask: (task: number) => void): HTMLElement[] {
  const groups = groupsOf(data);
  const shown = groups.slice(0, MAX_GROUPS).map((group, i) => groupElement(data, group, onTask, i === 0));
  if (groups.length > MAX_GROUPS)
    shown.push(
      element(
        'p',
        { className: 'faint' },
        `and ${countOf(groups.length - MAX_GROUPS, 'more kind')}; all tasks are in the table below`,
      ),
    );
  return shown;
}

function groupsOf(data: Data): Group[] {
  const groups = new Map<string, Group>();
  for (const failure of data.header.failures) {
    const rule = data.ruleOf(failure.task).name;
    // Paths and numbers differ from task to task where the reason is the same.
    const reason = failure.reason.replace(/: .*/, '');
    const key = `${rule}\n${reason}`;
    let group = groups.get(key);
    if (!group) {
      group = { rule, reason, failures: [] };
      groups.set(key, group);
    }
    group.failures.push(failure);
  }
  return [...groups.values()].sort((a, b) => b.failures.length - a.failures.length);
}

function groupElement(
  data: Data,
  { rule, reason, failures }: Group,
  onTask: (task: number) => void,
  open: boolean,
): HTMLElement {
  const summary = element(
    'summary',
    {},
    element('strong', {}, rule),
    ` ${reason} `,
    element('span', { className: 'faint' }, countTasks(failures.length)),
  );
  const box = element('details', { open, className: 'failure' }, summary);
  // Those with a log tell more.
  const telling = [...failures.filter((f) => f.logEnd), ...failures.filter((f) => !f.logEnd)].slice(0, SHOWN);
  for (const failure of telling) {
    const button = element('button', { type: 'button' }, data.taskName(failure.task));
    button.addEventListener('click', () => onTask(failure.task));
    box.append(element('p', {}, button, `: ${failure.reason}`));
    box.append(
      failure.logEnd
        ? element('pre', { className: 'log' }, failure.logEnd.join('\n'))
        : element('p', { className: 'faint' }, 'It wrote no log, or its log is not in this report.'),
    );
  }
  if (failures.length > SHOWN)
    box.append(
      element('p', { className: 'faint' }, `and ${countTasks(failures.length - SHOWN)} more in the table below`),
    );
  return box;
}
