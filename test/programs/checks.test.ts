/** Outputs that are there already: where what they are checked for changed, wfc looks whether they pass it now. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type Experiment, experiment, gone } from '../support/experiment.ts';

const SPEC = `
params: {i: [1, 2]}
rules:
  make: {output: {path: "out/{i}", check: nonempty}, run: "echo {i} >> calls; echo text {i} > {output}"}
`;

/** Complete, with another check since. */
async function complete(check: string, spec = SPEC): Promise<Experiment> {
  const e = experiment(spec);
  await e.run();
  e.calls();
  e.edit('wfc.yml', 'check: nonempty', `check: {run: ${JSON.stringify(check)}}`);
  return e;
}

describe.skipIf(availableParallelism() < 2)(
  'programs that check run side by side: each of two waits for the other',
  () => {
    // Where they run one after the other, the first gives up.
    const MEET = `touch "met.$1"
for ((i = 0; i < 1000; i++)); do [[ -e met.1 && -e met.2 ]] && exit 0; sleep 0.01; done
exit 1
`;

    it.each([
      ['plan', 'for its decisions', ''],
      ['run', 'for its decisions', ''],
      ['accept', 'for what it takes', '; true'],
    ])('in wfc %s, %s', async (command, _, edit) => {
      const e = await complete('bash meet "$(basename {file})"');
      e.write('meet', MEET);
      if (edit !== '') e.edit('wfc.yml', '> {output}', `> {output}${edit}`);
      const { status, stdout, stderr } = await e.wfc(command);
      expect([status, stdout + stderr]).toEqual([0, expect.not.stringContaining('check failed')]);
      await e.run();
      expect(e.calls()).toEqual([]);
    });
  },
);

it('one that fails, in whatever part, fails for its own output alone', async () => {
  const e = await complete('[[ ! -v seen ]]; seen=1; grep "text 2" {file} | cat; test -e {file}');
  expect((await e.wfc('why out/2')).stdout).toContain('make i=2 is complete');
  expect((await e.wfc('why out/1')).stdout).toMatch(/^ {2}out\/1 does not pass its check$/m);
  await e.run();
  expect(e.calls()).toEqual(['1']);
});

it('all outputs of a task that do not pass are named', async () => {
  const e = await complete(
    'grep -q long {file}',
    'rules:\n  make: {output: [{path: a, check: nonempty}, {path: b, check: {run: "test -e {file}"}}, c], run: "for f in {output}; do echo text > $f; done"}\n',
  );
  e.edit('wfc.yml', 'test -e', 'grep -q longer');
  const { stdout } = await e.wfc('why a');
  expect(stdout.match(/^ {2}. does not pass its check$/gm)).toEqual([
    '  a does not pass its check',
    '  b does not pass its check',
  ]);
});

it('a path and a command in any writing are checked as they are', async () => {
  const spec = SPEC.replace('"out/{i}"', '"-ö ut/\'{i}"');
  const e = await complete("grep -q 'text' {file} && test \"ä\" = ä && [[ $(cat) == '' ]]", spec);
  expect((await e.wfc('plan')).stdout).toMatch(/ 0 {2}make +complete$/m);
  e.edit('wfc.yml', 'ä', 'ö');
  expect((await e.wfc('plan')).stdout).toContain('check failed');
});

it('a check ends with the wfc that asked', async () => {
  const e = await complete('echo $BASHPID > pid.$(basename {file}); sleep infinity');
  const plan = e.start(['plan']);
  await e.filled('pid.1');
  plan.kill('SIGKILL');
  await gone(Number(e.read('pid.1')));
});

it('where the output of a task before it does not pass, a task runs whatever its own check says', async () => {
  const e = await complete(
    'false',
    'rules:\n  a: {output: {path: a, check: nonempty}, run: "echo text > {output}"}\n  b: {input: a, output: {path: b, check: nonempty}, run: "cp {input} {output}"}\n',
  );
  e.edit('wfc.yml', 'check: nonempty', 'check: {run: "test -e {file}"}');
  expect((await e.wfc('why b')).stdout).toMatch(/^b: upstream runs[\s\S]*^ {2}a: check failed/m);
});
