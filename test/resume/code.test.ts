/** Files of code count by their content, as the command does: in each executor, and whatever happens to them meanwhile. */
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { writeMake } from '../make/make.ts';
import { runBy, type SlurmChoice, type Way } from '../properties/executors.ts';
import { SlurmStandIn } from '../properties/stand-in.ts';
import { type Experiment, experiment } from '../support/experiment.ts';

const WAYS: readonly Way[] = ['local', 'make', 'submit.sh', 'run --slurm'];
/** One element, one lane: tasks run one after the other. */
const IN_TURN: SlurmChoice = { packing: { tasksPerElement: 2, fuse: 'auto', lanes: 1 }, slots: 1, seed: 1 };

const SPEC = `
params: {i: [1, 2]}
rules:
  fit:
    output: fit/{i}
    code: auto
    run: |
      echo fit {i} >> calls
      bash step.sh {i} > {output}
  sum: {gather: i, input: "fit/{i}", output: sum, run: "echo sum >> calls; cat {input} > {output}"}
`;
const FILES = { 'step.sh': '. ./lib.sh\necho "$1 $X"\n', 'lib.sh': 'X=1\n' };
const ALL = ['fit 1', 'fit 2', 'sum'];

async function planned(e: Experiment): Promise<Record<string, number>> {
  const { rules } = JSON.parse((await e.wfc('plan --json')).stdout) as { rules: { reasons: Record<string, number> }[] };
  return Object.assign({}, ...rules.map(({ reasons }) => reasons));
}

/** Another text of the same size, and the times that it had. */
function rewrite(e: Experiment, path: string, from: string, to: string): void {
  const { atime, mtime } = statSync(e.path(path));
  const text = readFileSync(e.path(path), 'utf8').replace(from, to);
  writeFileSync(e.path(path), text);
  utimesSync(e.path(path), atime, mtime);
}

it.each(WAYS)('%s: an edit of a code file makes its tasks stale, by its content and not by its time', async (way) => {
  const e = experiment(SPEC, FILES);
  const slurm = new SlurmStandIn();
  const run = async (): Promise<string[]> => {
    const { status, stderr } = await runBy(way, e, slurm, IN_TURN);
    expect([status, stderr]).toEqual([0, expect.anything()]);
    return e.calls();
  };
  expect(await run()).toEqual(ALL);
  expect(await planned(e)).toEqual({});
  expect(await run()).toEqual([]);
  e.age('step.sh', -100);
  e.age('lib.sh', 100);
  expect(await planned(e)).toEqual({});
  expect(await run()).toEqual([]);
  // Sourced by the script that the command names; and an older file put back.
  rewrite(e, 'lib.sh', 'X=1', 'X=2');
  expect(await planned(e)).toEqual({ 'code changed': 2, 'upstream runs': 1 });
  expect(await run()).toEqual(ALL);
  expect(e.read('sum')).toBe('1 2\n2 2\n');
  expect(await planned(e)).toEqual({});
  expect(await run()).toEqual([]);
});

it.each(WAYS)(
  '%s: the record tells the code that ran, not that of the time when it was decided or compiled',
  async (way) => {
    const e = experiment(
      `
defaults: {code: auto}
rules:
  first: {output: a, run: "bash step.sh a > {output}; echo '#' >> lib.sh"}
  second: {input: a, output: b, run: "bash step.sh b > {output}"}
`,
      FILES,
    );
    if (way === 'make') writeMake(e);
    const { status, stderr } = await runBy(way, e, new SlurmStandIn(), IN_TURN);
    expect([status, stderr]).toEqual([0, expect.anything()]);
    // The first ran as the code was; it edited it for the second, whose own reason would come before that.
    expect(await planned(e)).toEqual({ 'code changed': 1, 'upstream runs': 1 });
    expect((await e.wfc('why a')).stdout).toContain('lib.sh was edited');
  },
);

it('scripts for Slurm that are older than an edit run the code of now, and record that', async () => {
  const e = experiment(SPEC, FILES);
  const slurm = new SlurmStandIn();
  await e.wfc('compile --target slurm --out slurm', { env: slurm.env });
  rewrite(e, 'lib.sh', 'X=1', 'X=3');
  expect((await runBy('submit.sh', e, slurm, IN_TURN)).status).toBe(0);
  expect(e.read('sum')).toBe('1 3\n2 3\n');
  expect(await planned(e)).toEqual({});
});

it('wfc why names the file, --trust times does not look at it, and wfc accept takes what is there', async () => {
  const e = experiment(SPEC, FILES);
  await e.run();
  e.calls();
  e.edit('step.sh', 'echo', 'printf "%s\\n"');
  const { stdout } = await e.wfc('why fit/1');
  expect(stdout).toBe(
    'fit i=1: code changed (a file of its code is not as it was when the task ran)\n  step.sh was edited',
  );
  expect((await e.run('--trust times')).stderr).toContain('nothing to do');
  e.edit('step.sh', 'echo "$1 $X"'.replace('echo', 'printf "%s\\n"'), 'echo "$1 $X"');
  e.edit('lib.sh', 'X=1', 'X=1 # one');
  expect((await e.wfc('accept')).stderr).toBe('2 tasks taken as complete');
  expect((await e.run()).stderr).toContain('nothing to do');
  // The script of now, not that of the first run, is what was accepted.
  e.edit('lib.sh', 'X=1 # one', 'X=1');
  await e.run();
  expect(e.calls()).toEqual(ALL);
});

it('code that is declared later makes nothing stale, unless it was touched since the tasks ran; then why says so', async () => {
  const e = experiment(SPEC.replace('    code: auto\n', ''), FILES);
  expect((await e.run()).stderr).toContain(
    'rule "fit" uses step.sh and lib.sh, and an edit of them makes nothing stale',
  );
  e.calls();
  const declare = (): void => e.edit('wfc.yml', '    output: fit/{i}\n', '    output: fit/{i}\n    code: auto\n');
  const undeclared = e.read('wfc.yml');
  declare();
  expect((await e.run()).stderr).toBe('nothing to do: all 3 tasks are complete');
  // From now on it counts.
  rewrite(e, 'lib.sh', 'X=1', 'X=2');
  expect(await planned(e)).toEqual({ 'code changed': 2, 'upstream runs': 1 });
  e.write('wfc.yml', undeclared);
  expect(await planned(e)).toEqual({});
  expect((await e.run('--force fit')).status).toBe(0);
  rewrite(e, 'lib.sh', 'X=2', 'X=1');
  declare();
  expect(await planned(e)).toEqual({ 'code changed': 2, 'upstream runs': 1 });
  expect((await e.wfc('why fit/1')).stdout).toMatch(
    /its record does not tell which code ran, and lib.sh changed .*; "wfc accept" takes what is there/,
  );
});

it('many files of code count, too, also one that went', async () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `${name}.sh`);
  const e = experiment(
    `rules:\n  all: {output: all, code: [${names.join(', ')}], run: "echo all >> calls; cat *.sh > {output}"}\n`,
    Object.fromEntries(names.map((name) => [name, name])),
  );
  const slurm = new SlurmStandIn();
  for (const way of WAYS) {
    rewrite(e, 'c.sh', e.read('c.sh'), way);
    expect((await runBy(way, e, slurm, IN_TURN)).status).toBe(0);
    expect([way, e.calls(), await planned(e)]).toEqual([way, ['all'], {}]);
  }
  e.write('c.sh', 'other');
  expect((await e.wfc('why all')).stdout).toMatch(/one of its 6 files of code: c.sh changed .*, the last of them/);
});

it('where nothing was to be done, an edit that keeps size and time is seen all the same', async () => {
  const e = experiment(SPEC, FILES);
  await e.run();
  await e.run();
  e.calls();
  expect(e.has('.wfc/last-look')).toBe(true);
  rewrite(e, 'lib.sh', 'X=1', 'X=7');
  await e.run();
  expect(e.calls()).toEqual(ALL);
});

it('where all state is lost, code that is newer than an output counts as an input does', async () => {
  const e = experiment(SPEC, FILES);
  for (const file of Object.keys(FILES)) e.age(file, 100);
  await e.run();
  e.calls();
  e.remove('.wfc');
  expect((await e.run()).stderr).toContain('nothing to do');
  e.remove('.wfc');
  e.age('lib.sh', -100);
  expect(await planned(e)).toEqual({ 'input newer': 2, 'upstream runs': 1 });
});
