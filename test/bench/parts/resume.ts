import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { race } from '../measure.ts';
import { formatSeconds, type Section, TIMES_HEAD, timesRow } from '../report.ts';
import type { Session } from '../session.ts';
import { everyTenth, taskCount } from '../workload.ts';

/** What is to be done again, after a tenth of the outputs was lost. */
export async function resume(session: Session): Promise<Section> {
  const wfcTree = await session.builtTree('wfc');
  const ninjaTree = session.tools.has('ninja') ? await session.builtTree('ninja') : '';
  const lost = everyTenth(session.size);
  for (const tree of [wfcTree, ninjaTree])
    if (tree !== '') for (const path of lost) rmSync(join(tree, path), { force: true });
  const contenders = session.contenders([
    { tool: 'wfc', name: 'wfc resume -n', command: session.wfc('resume', '-n'), folder: wfcTree },
    { tool: 'wfc', name: 'wfc plan', command: session.wfc('plan'), folder: wfcTree },
    { tool: 'ninja', name: 'ninja -n', command: ['ninja', '-n'], folder: ninjaTree },
    ...(ninjaTree === ''
      ? []
      : [{ tool: 'make', name: 'make -n', command: ['make', '-n'], folder: ninjaTree } as const]),
  ]);
  const times = await race(contenders, session.repeats);
  const wfc = times.get('wfc resume -n')!;
  const ninja = times.get('ninja -n');
  const beside = ninja ? ` wfc took ${(wfc.seconds / ninja.seconds).toFixed(2)} of the time of ninja.` : '';
  return {
    title: 'After a loss',
    note: `${lost.length} of the outputs of ${taskCount(session.size)} complete tasks were removed: what is to run again? wfc resume -n answers in ${formatSeconds(wfc.seconds)}.${beside}`,
    head: TIMES_HEAD,
    rows: [...times.values()].map(timesRow),
    aims: [],
  };
}
