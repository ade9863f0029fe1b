/** The runner under a real Slurm: its own time limit, requeue, scancel, a node that comes back. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../support/waiting.ts';
import type { Cluster } from './cluster.ts';
import { type FixtureStage, Submission } from './runner-fixture.ts';
import { describeOnSlurm, ended } from './suite.ts';

const JOURNAL = '.wfc/journal/000001-slurm-abc';

function submission(cluster: Cluster, name: string, stages: Record<string, FixtureStage>): Submission {
  return new Submission(stages, join(cluster.folder, 'work', name));
}

/** Submits a stage as an array; returns the job's id. */
function submit(cluster: Cluster, s: Submission, stage: string, ...args: string[]): Promise<string> {
  return cluster.submit(
    '--requeue',
    '--open-mode=append',
    `--chdir=${s.folder}`,
    `--output=${s.folder}/${stage}.%a.out`,
    ...args,
    join(s.folder, `D/scripts/${stage}.sh`),
    'D',
    JOURNAL,
  );
}

function records(s: Submission, stage: string, element = 0): string[] {
  return existsSync(join(s.folder, JOURNAL, `${stage}.${element}.tsv`)) ? s.events(stage, { element }) : [];
}

describeOnSlurm('the runner in an array', {}, (cluster) => {
  it('near its time limit, an element that got something done comes back and goes on; its neighbours do not', async () => {
    const s = submission(cluster(), 'requeue', {
      main: {
        elements: [
          [{ out: 'n0', run: 'echo n0 >>ran; : >n0' }],
          [
            { out: 'a', run: 'echo a >>ran; : >a' },
            { out: 'b', run: 'echo b >>ran; echo half >b; [[ ${SLURM_RESTART_COUNT-} ]] || sleep 1000' },
            { out: 'c', options: 'from=b', run: 'echo c >>ran; : >c' },
          ],
        ],
      },
      use: {
        settings: 'wfc_same_element=(main)',
        elements: [[], [{ out: 'd', options: 'from=c', run: 'echo d >>ran; : >d' }]],
      },
    });
    const job = await submit(cluster(), s, 'main', '--array=0-1');
    const next = await submit(cluster(), s, 'use', '--array=1', `--dependency=aftercorr:${job}?afterany:${job}`);
    await until(() => s.exists('b'), 'a task half-way');
    // As --signal=B:USR1@60 does, without the minute.
    await cluster().run('scancel', ['--batch', '--signal=USR1', `${job}_1`]);
    const states = await cluster().waitForJob(next, ended);
    expect([...states.values()]).toEqual(['COMPLETED']);
    expect([...(await cluster().jobStates(job)).values()]).toEqual(['COMPLETED', 'COMPLETED']);
    expect([...s.ran].sort()).toEqual(['a', 'b', 'b', 'c', 'd', 'n0']);
    expect(records(s, 'main', 1)).toEqual(['done a', 'started b', 'done b', 'started c', 'done c']);
    expect(s.list(JOURNAL).filter((n) => n.startsWith('main.1.'))).toHaveLength(2);
    expect(readFileSync(join(s.folder, 'main.1.out'), 'utf8')).toContain('out of time: goes on in a new attempt');
    expect((await s.close('main=2 use=2')).status).toBe(0);
  });

  it('an element that got nothing done in its time ends, and scancel ends one with 143', async () => {
    const endless = { settings: '', elements: [[{ out: 'a', run: 'echo half >"$out"; sleep 1000' }]] };
    const s = submission(cluster(), 'limit', { main: endless });
    const t = submission(cluster(), 'cancel', { main: endless });
    const [limited, cancelled] = await Promise.all([
      submit(cluster(), s, 'main', '--array=0'),
      submit(cluster(), t, 'main', '--array=0'),
    ]);
    await until(() => s.exists('a') && t.exists('a'), 'two tasks half-way');
    await cluster().run('scancel', ['--batch', '--signal=USR1', `${limited}_0`]);
    await cluster().run('scancel', [cancelled]);
    expect([...(await cluster().waitForJob(limited, ended)).values()]).toEqual(['FAILED']);
    expect([...(await cluster().waitForJob(cancelled, ended)).values()]).toEqual(['CANCELLED']);
    for (const [submitted, status] of [
      [s, '1'],
      [t, '143'],
    ] as const) {
      await expect.poll(() => submitted.journal('main').at(-1)).toEqual(['end', status]);
      expect(records(submitted, 'main')).toEqual(['started a', 'interrupted a']);
      expect(submitted.exists('a')).toBe(false);
    }
  });

  it('an element that was cancelled before it began is not waited for; one that still comes is', async () => {
    const s = submission(cluster(), 'dead', {
      main: { elements: [[{ out: 'a' }], [{ out: 'b' }]] },
      use: {
        settings: 'wfc_same_element=(main)',
        elements: [[{ out: 'c', options: 'from=a' }], [{ out: 'd', options: 'from=b' }]],
      },
    });
    const job = await submit(cluster(), s, 'main', '--array=0-1', '--hold');
    s.write(`${JOURNAL}/jobs.tsv`, `main\t${job}\t.\n`);
    // No dependency: they find out by themselves that nothing is there yet.
    const next = await submit(cluster(), s, 'use', '--array=0-1', '--export=ALL,wfc_wait_seconds=600');
    await cluster().run('scancel', [`${job}_0`]);
    const blocked = () => records(s, 'use', 0);
    await expect.poll(blocked).toEqual(['blocked c']);
    expect(s.read('use.0.out')).toContain('main.0 is not waited for: Slurm says nothing of it');
    expect(records(s, 'use', 1)).toEqual([]);
    await cluster().run('scontrol', ['release', job]);
    await cluster().waitForJob(next, ended);
    expect(records(s, 'use', 1)).toEqual(['started d', 'done d']);
  });

  it('an attempt that Slurm lost with its node stops itself when the next one starts elsewhere', async () => {
    const s = submission(cluster(), 'lost', {
      main: {
        elements: [
          [
            {
              out: 'a',
              run: 'echo $SLURMD_NODENAME >>nodes; [[ ${SLURM_RESTART_COUNT-} ]] || sleep 1000; echo ${SLURM_RESTART_COUNT-old} >a',
            },
          ],
        ],
      },
    });
    // The next one gives it time to see that: not a minute.
    const job = await submit(cluster(), s, 'main', '--array=0', '--export=ALL,wfc_wait_seconds=5');
    await until(() => s.exists('nodes'), 'a start');
    const node = s.read('nodes').trim();
    await cluster().killNode(node);
    expect([...(await cluster().waitForJob(job, ended)).values()]).toEqual(['COMPLETED']);
    expect(s.read('nodes').trim().split('\n')).toHaveLength(2);
    expect(s.read('a')).toBe('1\n');
    await expect.poll(() => s.read('main.0.out')).toContain('has taken over');
    expect(records(s, 'main')).toEqual(['started a', 'done a']);
    await cluster().startNode(node);
  });
});

describeOnSlurm('the runner under a memory limit', { nodes: 1, memory: 'cgroup' }, (cluster) => {
  it('says out of memory of a task that the kernel killed, and runs the others', async () => {
    const s = submission(cluster(), 'memory', {
      main: { elements: [[{ out: 'a', run: 'x=$(head -c 300M /dev/zero | tr "\\0" x); : >a' }, { out: 'b' }]] },
    });
    const job = await submit(cluster(), s, 'main', '--array=0', '--mem=60M');
    await cluster().waitForJob(job, ended);
    expect(s.field('main', 'failed', 'a', 4)).toBe('out_of_memory');
    expect(records(s, 'main').at(-1)).toBe('done b');
  });
});
