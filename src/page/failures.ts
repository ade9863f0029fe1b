import { countOf } from '../model/counts.ts';
import { type FailureKind, failureKinds } from '../model/failure-kinds.ts';
import type { ReportFailure, ReportHeader } from '../model/report-data.ts';
import { type ParamValues, valueWords } from '../model/value-words.ts';
import type { Data } from './data.ts';
import { element } from './dom.ts';
import { count, countTasks } from './format.ts';

/** Of so many tasks of a kind the names show at once; the others open. */
const SHOWN = 12;
/** More names than these make a page slow. */
const MAX_NAMES = 2000;
const MAX_KINDS = 40;

/** The failures, those that look alike together, the largest kinds first. */
export function failureList(data: Data, onTask: (task: number) => void): HTMLElement[] {
  const kinds = failureKinds(data.header.failures, ({ task }) => data.ruleOf(task).name);
  const shown = kinds
    .slice(0, MAX_KINDS)
    .map((kind, i) => kindElement(data, kind, data.header.blocks[i]!, i === 0, onTask));
  if (kinds.length > MAX_KINDS) {
    const words = `and ${countOf(kinds.length - MAX_KINDS, 'more kind')}; all tasks are in the table below`;
    shown.push(element('p', { className: 'faint' }, words));
  }
  return shown;
}

function kindElement(
  data: Data,
  kind: FailureKind<ReportFailure>,
  blocks: ReportHeader['blocks'][number],
  open: boolean,
  onTask: (task: number) => void,
): HTMLElement {
  const { rule, reason, lastLine, failures } = kind;
  const summary = element(
    'summary',
    { className: 'kind' },
    element('strong', {}, rule),
    ` ${reason}`,
    ...(lastLine === null ? [] : [' · ', element('code', {}, lastLine)]),
    element('span', { className: 'faint' }, ` · ${countTasks(failures.length)}`),
  );
  const box = element('details', { open, className: 'failure' }, summary);
  const example = failures.find((f) => f.logEnd) ?? failures[0]!;
  const names = (some: readonly ReportFailure[]): HTMLElement =>
    element('p', {}, ...some.flatMap((f, i) => [i > 0 ? ', ' : '', nameButton(data, f.task, onTask)]));
  if (failures.length > SHOWN) box.append(element('p', {}, valueWords(paramValues(data, failures)).join(' · ')));
  box.append(names(failures.slice(0, SHOWN)));
  if (failures.length > SHOWN) box.append(otherNames(failures.slice(SHOWN), names));
  if (blocks.length > 0) box.append(element('p', {}, blocksWords(blocks)));
  if (example.reason !== reason) box.append(element('p', {}, example.reason));
  if (failures.length > 1 && example.logEnd)
    box.append(element('p', { className: 'faint' }, `The log of ${data.taskName(example.task)}:`));
  box.append(
    example.logEnd
      ? element('pre', { className: 'log' }, example.logEnd.join('\n'))
      : element('p', { className: 'faint' }, 'No log was written, or it is not in this report.'),
  );
  return box;
}

function paramValues(data: Data, failures: readonly ReportFailure[]): ParamValues[] {
  return data.ruleOf(failures[0]!.task).params.map((name, p) => ({
    name,
    values: [...new Set(failures.map(({ task }) => data.valueOf(task, p)))],
    of: data.header.values[name]!.length,
  }));
}

function blocksWords(blocks: ReportHeader['blocks'][number]): string {
  const all = blocks.reduce((sum, { tasks }) => sum + tasks, 0);
  return `Blocks ${countTasks(all)}: ${blocks.map(({ rule, tasks }) => `${count(tasks)} of ${rule}`).join(', ')}.`;
}

/** Made when it opens: there may be thousands. */
function otherNames(
  others: readonly ReportFailure[],
  names: (some: readonly ReportFailure[]) => HTMLElement,
): HTMLElement {
  const box = element(
    'details',
    {},
    element('summary', { className: 'faint' }, `and ${countOf(others.length, 'more task')}`),
  );
  const open = (): void => {
    box.append(names(others.slice(0, MAX_NAMES)));
    if (others.length > MAX_NAMES)
      box.append(
        element('p', { className: 'faint' }, `and ${countTasks(others.length - MAX_NAMES)} in the table below`),
      );
  };
  box.addEventListener('toggle', open, { once: true });
  return box;
}

function nameButton(data: Data, task: number, onTask: (task: number) => void): HTMLElement {
  const button = element('button', { type: 'button' }, data.taskName(task));
  button.addEventListener('click', () => onTask(task));
  return button;
}
