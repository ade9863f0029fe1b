import { countOf } from '../model/counts.ts';
import type { Data, WentOn } from './data.ts';
import { element } from './dom.ts';
import { duration, memory, specMemory, specTime, time } from './format.ts';

/** All that is known of one task. */
export function taskDetails(data: Data, task: number, onTask: (task: number) => void): HTMLElement {
  const { header } = data;
  const rule = data.ruleOf(task);
  const failure = data.failureOf.get(task);
  const start = header.originSeconds + data.start[task]!;
  const slurm = header.slurmIds[data.slurm[task]!] ?? '';
  const attempt = data.attempt[task]!;
  const output = data.pathText(task, rule.output);
  const facts: [string, string][] = [
    ['state', [data.stateOf(task), ...(failure ? [failure.reason] : [])].join(': ')],
    ['started', Number.isNaN(start) ? '' : time(start)],
    ['took', Number.isNaN(data.duration[task]) ? '' : duration(data.duration[task]!)],
    ['waited', Number.isNaN(data.wait[task]) ? '' : duration(data.wait[task]!)],
    ['asked for', askedText(data, task)],
    ['memory used', Number.isNaN(data.peak[task]) ? '' : memory(data.peak[task]!)],
    [
      'host',
      [header.hosts[data.host[task]!] ?? '', slurm === '' ? '' : `Slurm ${slurm}`].filter((w) => w !== '').join(', '),
    ],
    ['attempt', attempt > 0 ? String(attempt) : ''],
    ['went on', wentOnText(data.wentOnOf.get(task))],
    ['output', output ?? ''],
    ['log', data.pathText(task, rule.log) ?? ''],
    ['more', output === null ? '' : `wfc why ${shellWord(output)}`],
  ];
  const list = element('dl');
  for (const [name, value] of facts) if (value !== '') list.append(element('dt', {}, name), element('dd', {}, value));
  const blocker = data.blockedBy.get(task);
  if (blocker !== undefined) {
    const button = element('button', { type: 'button' }, data.taskName(blocker));
    button.addEventListener('click', () => onTask(blocker));
    const others = `, which ${data.stateOf(blocker)}; "wfc why" tells whether others do, too`;
    list.append(element('dt', {}, 'blocked by'), element('dd', {}, button, others));
  }
  const box = element('div', { className: 'details' }, element('h3', {}, data.taskName(task)), list);
  if (failure?.logEnd) box.append(element('pre', { className: 'log' }, failure.logEnd.join('\n')));
  return box;
}

function wentOnText(wentOn: WentOn | undefined): string {
  if (!wentOn) return '';
  const { times, secondsApart } = wentOn;
  const apart = Number.isNaN(secondsApart) ? '' : `, ${duration(secondsApart)} apart`;
  return `${countOf(times, 'time')} from its checkpoint${apart}`;
}

function askedText(data: Data, task: number): string {
  const { cpus, memoryMiB, timeSeconds, gpus } = data.resourcesOf(task);
  return [
    countOf(cpus, 'CPU'),
    ...(gpus > 0 ? [countOf(gpus, 'GPU')] : []),
    ...(memoryMiB === null ? [] : [`mem ${specMemory(memoryMiB)}`]),
    ...(timeSeconds === null ? [] : [`time ${specTime(timeSeconds)}`]),
  ].join(', ');
}

/** A text as a shell takes it for one word. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
