/** `modules`, `conda` and `container` in elements of a real Slurm: what the submitting shell has reaches the tasks. */
import { expect, it } from 'vitest';
import {
  CONDA,
  CONTAINER,
  loginShell,
  missingModules,
  modulesTree,
  otherShell,
  outputs,
  standInCalls,
  standIns,
  withModules,
} from '../support/environments.ts';
import { CLI, type Experiment, experiment, gone } from '../support/experiment.ts';
import type { Cluster } from './cluster.ts';
import { summary } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

async function submit(cluster: Cluster, { folder }: Experiment, env: Record<string, string>): Promise<void> {
  const { exitCode, stderr } = await cluster.run(process.execPath, [CLI, 'run', '--slurm'], { cwd: folder, env });
  expect(exitCode, stderr).toBe(0);
}

function logs(made: Experiment): string {
  return made
    .files('.wfc/logs')
    .map((path) => made.read(path))
    .join('\n');
}

/** Packed: what one task's modules set must not be there for the next one of its element. */
const PACKED = { 'profiles/default.yml': 'packing: {tasks_per_element: 1000}\n' };

function packed(made: Experiment): Experiment {
  for (const [path, text] of Object.entries(PACKED)) made.write(path, text);
  return made;
}

describeOnSlurm('in an element', { nodes: 2, cpusPerNode: 4 }, (cluster) => {
  it.skipIf(missingModules !== null && process.env.CI !== 'true')(
    'modules of rules and of the profile are loaded, in order, and for no other task',
    async () => {
      const [fromLogin, fromOther, strict] = [withModules(), withModules(), withModules()].map(packed) as [
        Experiment,
        Experiment,
        Experiment,
      ];
      strict.write('profiles/default.yml', 'modules: [one, three]\n');
      await submit(cluster(), fromLogin, loginShell(fromLogin));
      await submit(cluster(), fromOther, otherShell(fromOther));
      await submit(cluster(), strict, loginShell(strict));
      await cluster().waitForIdleQueue();
      for (const made of [fromLogin, fromOther]) {
        expect(outputs(made)).toEqual(modulesTree(made));
        expect(logs(made)).toContain('WFC_TEST_NEVER_SET: unbound variable');
        expect(summary(made)).toMatch(/in all\s+4\s+3\s+1\s+0\s+0/);
      }
      // A module of the profile that is not there: no task runs.
      expect(outputs(strict)).toEqual({});
      const elements = strict.files('.wfc/journal').filter((path) => /elements\/\d.*\.out$/.test(path));
      expect(elements.map((path) => strict.read(path)).join('')).toContain('wfc: module load three failed on ');
      expect(summary(strict)).toMatch(/in all\s+4\s+0\s+/);
    },
  );

  it('a task with modules fails where there is no command "module", and says what to do', async () => {
    const made = packed(withModules());
    await submit(cluster(), made, {});
    await cluster().waitForIdleQueue();
    expect(logs(made)).toContain('wfc: module load one: there is no command "module" on ');
    expect(outputs(made)).toEqual({});
    expect(summary(made)).toMatch(/in all\s+4\s+0\s+3\s+1\s+0/);
  });

  it('conda (a stand-in) activates an environment; one that is not there fails its task', async () => {
    const made = packed(experiment(CONDA));
    await submit(cluster(), made, standIns(made, { conda: 'conda' }));
    await cluster().waitForIdleQueue();
    expect(outputs(made)).toEqual({ 'out/there.txt': 'torch\n' });
    expect(logs(made)).toContain('wfc: conda activate no such failed on ');
    expect(summary(made)).toMatch(/in all\s+3\s+1\s+2\s+0\s+0/);
    expect(standInCalls(made).filter((call) => call === 'conda activate torch')).toHaveLength(2);
  });

  it('a container (by a stand-in for apptainer) gets values unharmed: bash, Python, lists', async () => {
    const made = packed(experiment(CONTAINER));
    await submit(cluster(), made, standIns(made, { apptainer: 'apptainer' }));
    const plain = experiment(CONTAINER.replaceAll(/^ {4}container: .*\n/gm, ''));
    expect((await plain.run()).status).toBe(0);
    await cluster().waitForIdleQueue();
    expect(outputs(made)).toEqual(outputs(plain));
    expect(made.has('PWNED')).toBe(false);
    const calls = standInCalls(made);
    expect(calls).toHaveLength(12);
    expect(calls).toContain('apptainer exec images/$(touch PWNED).sif bash -c');
    expect(logs(made)).toBe('');
  });

  it('an interpreter is kept up for the tasks of an element, and gone when that ends', async () => {
    const made = packed(
      experiment(
        `
params: {n: {from: 1, to: 6}}
rules:
  one:
    shell: python3
    preload: noted
    output: out/{n}
    run: |
      import noted, os
      print('once', file=open({output}, 'w'))
      print(os.getppid(), file=open('preloaders', 'a'))
`,
        { 'noted.py': 'print("imported", file=open("imports", "a"))\n' },
      ),
    );
    await submit(cluster(), made, {});
    await cluster().waitForIdleQueue();
    expect(made.read('imports')).toBe('imported\n');
    expect(Object.keys(outputs(made))).toHaveLength(6);
    const preloaders = new Set(made.read('preloaders').trimEnd().split('\n'));
    expect(preloaders.size).toBe(1);
    for (const id of preloaders) await gone(Number(id));
  });
});
