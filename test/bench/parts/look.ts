import { type SlowFiles, slowFiles, whyNoSlowFiles } from '../../support/slow-files.ts';
import { race } from '../measure.ts';
import { atMost, type Section, TIMES_HEAD, timesRow } from '../report.ts';
import type { Session } from '../session.ts';
import { taskCount } from '../workload.ts';

/** Microseconds that a look at a path takes, as on Lustre or NFS. */
const DELAY_US = 500;

/** A look at complete tasks where each file is far away. */
export async function look(session: Session): Promise<Section> {
  const title = 'A look on a slow file system';
  const reason = whyNoSlowFiles();
  if (reason !== null) return { title, note: `Left out: ${reason}.`, head: TIMES_HEAD, rows: [], aims: [] };
  const tree = await session.builtTree('wfc');
  let slow: SlowFiles | null = null;
  let most = 0;
  const unmount = async (): Promise<void> => {
    await slow?.unmount();
    most = Math.max(most, slow?.mostAtOnce() ?? 0);
    slow = null;
  };
  const contender = {
    name: 'wfc plan',
    command: session.wfc('plan'),
    folder: session.newFolder('shown'),
    // Anew before each: nothing of it is in the kernel's memory then.
    prepare: async (): Promise<void> => {
      await unmount();
      slow = await slowFiles(tree, DELAY_US, contender.folder);
    },
  };
  const times = await race([contender], session.repeats).finally(unmount);
  const wfc = times.get('wfc plan')!;
  return {
    title,
    note: `All ${taskCount(session.size)} tasks are complete. A program (FUSE) stands in for a file system where a look at a path takes ${DELAY_US / 1000} ms, the first one at each folder too; up to ${most} looks waited at the same time.`,
    head: TIMES_HEAD,
    rows: [timesRow(wfc)],
    aims: [atMost('seconds of wfc plan', wfc.seconds, 6, 's')],
  };
}
