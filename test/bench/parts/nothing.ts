import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { race } from '../measure.ts';
import { atMost, type Section, TIMES_HEAD, timesRow } from '../report.ts';
import type { Session } from '../session.ts';
import { taskCount } from '../workload.ts';

/** A run where all is complete. */
export async function nothing(session: Session): Promise<Section> {
  const ninjaTree = session.tools.has('ninja') ? await session.builtTree('ninja') : '';
  const wfcTree = await session.builtTree('wfc');
  const contenders = session.contenders([
    { tool: 'wfc', name: 'wfc run --local', command: session.wfc('run', '--local'), folder: wfcTree },
    {
      tool: 'wfc',
      name: 'wfc run --local, the first time',
      command: session.wfc('run', '--local'),
      folder: wfcTree,
      prepare: () => rmSync(join(wfcTree, '.wfc/last-look'), { force: true }),
    },
    { tool: 'wfc', name: 'wfc plan', command: session.wfc('plan'), folder: wfcTree },
    { tool: 'ninja', name: 'ninja', command: ['ninja'], folder: ninjaTree },
    ...(ninjaTree === '' ? [] : [{ tool: 'make', name: 'make', command: ['make'], folder: ninjaTree } as const]),
  ]);
  const times = await race(contenders, session.repeats);
  const wfc = times.get('wfc run --local')!;
  const first = times.get('wfc run --local, the first time')!;
  const ninja = times.get('ninja');
  const make = times.get('make');
  return {
    title: 'Nothing to do',
    note: `All ${taskCount(session.size)} tasks are complete. wfc's tree was built by wfc, that of ninja and make by ninja; both hold the same files. wfc compares each file's time and size with its record, or with the last look where nothing has changed since; make and ninja compare times.`,
    head: TIMES_HEAD,
    rows: [...times.values()].map(timesRow),
    aims: [
      ...(ninja ? [atMost('time of wfc run --local by that of ninja', wfc.seconds / ninja.seconds, 1, '')] : []),
      ...(make ? [atMost('the first time by that of make', first.seconds / make.seconds, 1.2, '')] : []),
    ],
  };
}
