/** `modules`, `conda` and `container` in `wfc run --local` and in what make runs. */
import { describe, expect, it } from 'vitest';
import { make, treeOf } from '../make/make.ts';
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
import { type Experiment, experiment } from '../support/experiment.ts';

type Env = Readonly<Record<string, string>>;

interface Result {
  readonly status: number | undefined;
  /** All that was said, and all logs. */
  readonly said: string;
}

function withLogs(made: Experiment, status: number | undefined, said: string): Result {
  return { status, said: [said, ...made.files('.wfc/logs').map((path) => made.read(path))].join('\n') };
}

const EXECUTORS: readonly (readonly [string, (made: Experiment, env: Env) => Promise<Result>])[] = [
  [
    'wfc run --local',
    async (made, env) => {
      const { status, stderr } = await made.run('--local -k -j2', { env });
      return withLogs(made, status, stderr);
    },
  ],
  [
    'make',
    async (made, env) => {
      const compiled = await made.wfc('compile --target local');
      expect(compiled.status, compiled.stderr).toBe(0);
      const { status, output } = await make(made, ['-k', '-j2'], { env });
      // make says 2 where a task failed.
      return withLogs(made, status === 2 ? 1 : status, output);
    },
  ],
];

describe.each(EXECUTORS)('%s', (_, run) => {
  it.skipIf(missingModules !== null && process.env.CI !== 'true')(
    `loads modules before a command, in order, and for no other task${missingModules === null ? '' : `: ${missingModules}`}`,
    async () => {
      for (const shell of [loginShell, otherShell]) {
        const made = withModules();
        const { status, said } = await run(made, shell(made));
        expect(status, said).toBe(1);
        expect(outputs(made)).toEqual(modulesTree(made));
        expect(said).toContain('WFC_TEST_NEVER_SET: unbound variable');
      }
    },
  );

  it.skipIf(missingModules !== null && process.env.CI !== 'true')(
    'fails a task whose module does not exist, or can not be loaded here; others run',
    async () => {
      const made = withModules();
      made.write('modulefiles/two/2.0', '#%Module1.0\nputs stderr {not on this node}\nbreak\n');
      made.write('wfc.yml', made.read('wfc.yml').replace('modules: one', 'modules: three'));
      const { status, said } = await run(made, loginShell(made));
      expect(status).toBe(1);
      expect(said).toMatch(/wfc: module load two failed on \S/);
      expect(said).toMatch(/wfc: module load three failed on \S/);
      expect(Object.keys(outputs(made))).toEqual(['out/one/1.0.txt']);
    },
  );

  it('fails a task with modules where there is no command "module", and says what to do', async () => {
    const made = withModules();
    const { status, said } = await run(made, {});
    expect(status).toBe(1);
    expect(said).toContain('wfc: module load one: there is no command "module" on ');
    expect(said).toContain('start wfc from a login shell, or set MODULESHOME');
    expect(outputs(made)).toEqual({});
  });

  it('does not believe the success of a release 3 of modules (a stand-in) that loaded nothing', async () => {
    const env = {
      MODULE_VERSION: '3.2.10',
      'BASH_FUNC_module%%': '() { [[ $2 == two ]] || export TOOL=$2 LOADEDMODULES=$2; }',
    };
    const made = withModules();
    const { status, said } = await run(made, env);
    expect(status).toBe(1);
    expect(said).toContain('wfc: module load two: it is not loaded on ');
    expect(outputs(made)).toEqual({ 'out/one/1.0.txt': 'one/1.0 one/1.0\nnone\n' });
  });

  it('activates a conda environment (of a stand-in for conda), which may read unset variables; fails where it is not there', async () => {
    const made = experiment(CONDA);
    const { status, said } = await run(made, standIns(made, { conda: 'conda' }));
    expect(status).toBe(1);
    expect(outputs(made)).toEqual({ 'out/there.txt': 'torch\n' });
    expect(said).toContain('EnvironmentNameNotFound: no such');
    expect(said).toMatch(/wfc: conda activate no such failed on \S/);
    expect(said).toContain('WFC_TEST_NEVER_SET: unbound variable');
    expect(standInCalls(made).sort()).toEqual([
      'conda activate no such',
      ...Array<string>(2).fill('conda activate torch'),
      ...Array<string>(3).fill('conda shell.bash hook'),
    ]);
  });

  it('finds conda by CONDA_EXE, and says so where there is none', async () => {
    const made = experiment(CONDA);
    const { PATH: _path, ...env } = standIns(made, { 'other-name': 'conda' });
    await run(made, { ...env, CONDA_EXE: made.path('stand-ins/other-name') });
    expect(outputs(made)).toEqual({ 'out/there.txt': 'torch\n' });
    const none = experiment(CONDA);
    const { status, said } = await run(none, {});
    expect(status).toBe(1);
    expect(said).toContain('wfc: conda activate torch: there is no command "conda" on ');
    expect(outputs(none)).toEqual({});
  });

  it('runs commands in a container (by a stand-in for apptainer) with values unharmed: bash, Python, lists', async () => {
    const made = experiment(CONTAINER);
    const { status, said } = await run(made, standIns(made, { apptainer: 'apptainer' }));
    expect(status, said).toBe(0);
    expect(said).not.toContain('wfc_script');
    const plain = experiment(CONTAINER.replaceAll(/^ {4}container: .*\n/gm, ''));
    expect((await plain.run()).status).toBe(0);
    expect(outputs(made)).toEqual(outputs(plain));
    expect(Object.keys(outputs(made))).toHaveLength(12);
    expect(made.has('PWNED')).toBe(false);
    const calls = standInCalls(made);
    expect(calls).toHaveLength(12);
    expect(calls).toContain('apptainer exec images/$(touch PWNED).sif bash -c');
    expect(calls).toContain('apptainer exec all of it.sif bash -c');
  });

  it('calls singularity where there is no apptainer, and says so where there is neither', async () => {
    const made = experiment(
      'rules:\n  one: {output: out/x, container: i.sif, run: echo > {output}}\n'.replace(
        'run: echo > {output}',
        'run: "echo > {output}"',
      ),
    );
    const none = await run(made, {});
    expect(none.status).toBe(1);
    expect(none.said).toContain('wfc: container: there is no command "apptainer" (nor "singularity") on ');
    const { status, said } = await run(made, standIns(made, { singularity: 'apptainer' }));
    expect(status, said).toBe(0);
    expect(standInCalls(made)).toEqual(['singularity exec i.sif bash -c']);
    expect(Object.keys(treeOf(made))).toContain('out/x');
  });
});
