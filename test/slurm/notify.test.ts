/** What a profile asks for when all is over: here and in the closing job, with the same words in its environment. */
import { afterEach, describe, expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';
import { summary } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

const SPEC = `name: sweep
params: {i: [0, 1, 2]}
rules:
  one: {output: "{i}.txt", run: "test -e ready || test {i} != 2; touch {output}"}
  all: {gather: i, input: "{i}.txt", output: all.txt, run: "cat {input} > {output}"}
`;
const NOTIFY = `notify: |
  { printf '%s\\n' "$WFC_NAME $WFC_STATUS $WFC_DONE $WFC_FAILED" "$PWD"; cat; } > told
  echo a word
  exit 3
mail: {to: me@university.example, on: [end, fail]}
slurm: {mail-type: NONE}
`;

function told(made: Experiment): string[] {
  return made.read('told').split('\n');
}

describe('notify at the end of a local run', () => {
  it('reads the summary, and that it fails is told and changes nothing', async () => {
    const made = experiment(SPEC, { 'profiles/default.yml': NOTIFY });
    const failed = await made.run('-k -q');
    expect([failed.status, failed.stderr]).toEqual([
      1,
      expect.stringContaining('warning: notify of the profile failed with exit status 3'),
    ]);
    expect(told(made).slice(0, 3)).toEqual(['sweep failed 2 1', made.folder, 'failed one i=2: exit status 1']);
    expect(made.read('told')).toMatch(/^2 tasks done in .*, 1 failed, 1 blocked by it$/m);
    made.write('ready', '');
    const done = await made.run('--json');
    expect([done.status, told(made)[0]]).toEqual([0, 'sweep done 2 0']);
    expect(JSON.parse(done.stdout)).toMatchObject({ outcome: 'done' });
    made.write('told', '');
    expect((await made.run()).stderr).toContain('nothing to do');
    expect(made.read('told')).toBe('');
  });

  it('is checked as bash before anything runs', async () => {
    const made = experiment(SPEC, { 'profiles/default.yml': 'notify: "if"\n' });
    const { status, stderr } = await made.run();
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining("default.yml:1:9 error: bash can't read this command"),
    ]);
  });
});

describeOnSlurm('when a submission is over', { nodes: 1 }, (cluster) => {
  afterEach(async () => {
    await cluster().run('scancel', ['--me']);
    await cluster().waitForIdleQueue();
  });

  it('the closing job alone asks Slurm for mail, and gives the summary to notify', async () => {
    const made = experiment(SPEC, { 'profiles/default.yml': NOTIFY });
    const run = () => cluster().run(process.execPath, [CLI, 'run', '--slurm'], { cwd: made.folder });
    expect((await run()).exitCode).toBe(0);
    const { stdout } = await cluster().run('scontrol', ['--oneliner', 'show', 'job']);
    const mails = stdout.split('\n').filter((line) => /MailType=(?!NONE)/.test(line));
    expect(mails).toEqual([
      expect.stringMatching(/JobName=close\..*MailUser=me@university\.example MailType=END,FAIL/),
    ]);
    await cluster().waitForIdleQueue();
    expect(told(made).slice(0, 2)).toEqual(['sweep failed 2 1', made.folder]);
    expect(made.read('told')).toMatch(/^in all +4 +2 +1 +1 +0$/m);
    expect(summary(made)).toMatch(/warning: notify of the profile failed with exit status 3; it said: .*notify\.out$/m);
    made.write('ready', '');
    expect((await run()).exitCode).toBe(0);
    await cluster().waitForIdleQueue();
    expect(told(made)[0]).toBe('sweep done 2 0');
  });
});
