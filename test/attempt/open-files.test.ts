/**
 * A file that is removed while a process has it open lives on in its folder: on NFS as `.nfs…`, with FUSE as `.fuse_hidden…`.
 * The process here is one that left the attempt's process group, so that nothing of wfc's ends it.
 */
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { missingLag } from '../slurm/lagging.ts';
import { experiment } from '../support/experiment.ts';
import { until } from '../support/waiting.ts';
import { attempt, EXECUTORS } from './executors.ts';

const why = missingLag();
if (why !== null && process.env.CI === 'true') throw new Error(why);

/** Make goes by times: to it, what lies in the folder is the output. */
const BY_RECORDS = EXECUTORS.filter((executor) => executor !== 'make');

const SPEC = `rules:
  one:
    output: {path: a, directory: true}
    run: |
      mkdir a
      echo x > a/x
      if [[ ! -e let-go ]]; then
        setsid bash -c 'exec 3<a/x; : > open; until [[ -e let-go ]]; do sleep 0.05; done; exec 3<&-; rm open' &
        until [[ -e open ]]; do sleep 0.02; done
        exit 1
      fi
  other: {output: b, run: ": > {output}"}
`;

describe.skipIf(why !== null)('a directory output that holds a removed file which is still open', () => {
  it.each(BY_RECORDS)('by %s, its task fails, others go on, and once the file is closed it runs', async (executor) => {
    const made = experiment(SPEC);
    await execa('bindfs', [made.folder, made.folder]);
    onTestFinished(async () => {
      made.write('let-go', '');
      await until(() => !made.has('open'), 'the file is closed');
      await execa('fusermount3', ['-u', '-z', made.folder]);
    });
    const first = await attempt(executor, made);
    expect(first).toMatchObject({ ended: 'badly', untold: [], markers: [] });
    expect(first.journal.filter((line) => / a /.test(line))).toEqual(['started a 1', 'failed a 1 exit_status:1']);
    expect(first.journal).toContain('done b');
    expect(Object.keys(first.files).filter((path) => path !== 'open')).toEqual([
      'a/',
      expect.stringMatching(/^a\/\.fuse_hidden/),
      'b',
    ]);
    const second = await attempt(executor, made);
    expect([second.ended, second.journal.filter((line) => / a /.test(line)).at(-1)]).toEqual([
      'badly',
      'failed a 0 no_room:a',
    ]);
    made.write('let-go', '');
    await until(() => !made.has('open'), 'the file is closed');
    const third = await attempt(executor, made);
    expect([third.ended, third.journal.includes('done a')]).toEqual(['well', true]);
    expect(made.files('a')).toEqual(['a/x']);
  });
});
