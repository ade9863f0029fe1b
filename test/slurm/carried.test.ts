/** Compiled where there is no Slurm, copied to where there is one and no wfc, handed in there, and the records copied back. */
import { renameSync } from 'node:fs';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { type Ended, type Experiment, experiment } from '../support/experiment.ts';
import type { Cluster } from './cluster.ts';
import { describeOnSlurm } from './suite.ts';

const SPEC = `params: {i: {from: 0, to: 3}}
rules:
  fit:
    input: data/{i}.txt
    output: out/{i}.txt
    code: auto
    run: ./fit {input} > {output}
  best:
    gather: i
    input: out/{i}.txt
    output: {path: best.txt, check: {run: "grep -q 3 {file}"}}
    run: cat {input} > {output}
`;

const FILES = {
  'profiles/default.yml': 'limits: {max_submit: 3}\nslurm: {partition: main}\n',
  ...Object.fromEntries([0, 1, 2, 3].map((i) => [`data/${i}.txt`, `${i}\n`])),
  fit: '#!/bin/bash\n[[ $(<"$1") != 2 ]] || { echo no lake >&2; exit 3; }\ncat "$1"\n',
};

/** A laptop: no Slurm to be found. */
const LAPTOP = { env: { PATH: '/nonexistent' } };

/** As `rsync -a` does it. */
function copy(from: Experiment, to: Experiment): Promise<unknown> {
  return execa('cp', ['-a', `${from.folder}/.`, to.folder]);
}

async function compiled(e: Experiment): Promise<string> {
  const { status, stdout, stderr } = await e.wfc('compile --target slurm', LAPTOP);
  expect(status, stderr).toBe(0);
  return /bash (\S+)/.exec(stdout)![1]!;
}

/** Hand in, with the place where it was compiled out of reach, and wait for the end. */
async function handedIn(cluster: Cluster, here: Experiment, laptop: Experiment, submit: string): Promise<void> {
  renameSync(laptop.folder, `${laptop.folder}.away`);
  const submitted = await cluster.run('bash', [submit], { cwd: here.folder });
  expect(submitted.exitCode, submitted.stderr).toBe(0);
  await cluster.waitForIdleQueue();
  renameSync(`${laptop.folder}.away`, laptop.folder);
}

describeOnSlurm('scripts that are carried to a cluster', { nodes: 1, cpusPerNode: 4 }, (cluster) => {
  it('run there without wfc; back home, their records say what is complete, and what to do after a failure', async () => {
    const [laptop, there] = [experiment(SPEC, FILES), experiment('')];
    laptop.executable('fit');
    const at = (args: string): Promise<Ended> => laptop.wfc(args, LAPTOP);

    const submit = await compiled(laptop);
    await copy(laptop, there);
    await handedIn(cluster(), there, laptop, submit);
    await copy(there, laptop);
    expect((await at('status')).stdout).toMatch(
      /^ +5 +3 +0 +0 +1 +1 +total\n\nfailed fit i=2: exit status 3 \(Slurm /m,
    );
    expect((await at('logs --failed')).stdout).toContain('| no lake');
    expect(await at('resume')).toMatchObject({ status: 3, stderr: expect.stringContaining('squeue does not answer') });

    laptop.edit('fit', '!= 2', '!= 9');
    const again = await compiled(laptop);
    await copy(laptop, there);
    await handedIn(cluster(), there, laptop, again);
    await copy(there, laptop);
    expect(laptop.read('best.txt')).toBe('0\n1\n2\n3\n');
    // The script was edited: all ran again, and nothing has to now.
    expect((await at('status')).stdout).toMatch(/^ +5 +5 +0 +0 +0 +0 +total$/m);
    expect((await at('resume')).stdout).toMatch(/^ +5 +0 +total$/m);
    expect((await laptop.run()).stderr).toBe('nothing to do: all 5 tasks are complete');
    expect((await there.run()).stderr).toBe('nothing to do: all 5 tasks are complete');
  });
});

it('a copy that keeps no times is not complete, and says so, until wfc accept', async () => {
  const [here, kept, lost] = [experiment(SPEC, FILES), experiment(''), experiment('')];
  here.executable('fit');
  here.edit('fit', '!= 2', '!= 9');
  await here.run();
  await copy(here, kept);
  expect((await kept.run()).stderr).toBe('nothing to do: all 5 tasks are complete');
  await execa('cp', ['-r', `${here.folder}/.`, lost.folder]);
  expect((await lost.wfc('plan')).stdout).toMatch(/^ +4 +4 +fit +output changed$/m);
  expect((await lost.wfc('accept')).status).toBe(0);
  expect((await lost.run()).stderr).toBe('nothing to do: all 5 tasks are complete');
});
