import { mkdirSync } from 'node:fs';
import { race } from '../measure.ts';
import { atMost, type Section, TIMES_HEAD, timesRow } from '../report.ts';
import type { Session } from '../session.ts';

/** What a user waits for before wfc does anything. */
export async function start(session: Session): Promise<Section> {
  const folder = session.newFolder('empty');
  mkdirSync(folder);
  const node = { name: 'node -e 0', command: [process.execPath, '-e', '0'], folder } as const;
  const wfc = { name: 'wfc --version', command: session.wfc('--version'), folder };
  const times = await race([node, wfc], Math.max(session.repeats, 9));
  return {
    title: 'Start',
    note: 'Beside an empty Node, which is what no program in it can go below.',
    head: TIMES_HEAD,
    rows: [...times.values()].map(timesRow),
    aims: [atMost('wfc --version', times.get(wfc.name)!.seconds * 1000, 100, 'ms')],
  };
}
