import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';
import { describeWith } from '../support/programs.ts';

const SPEC = `params:
  lr: [0.1, 0.2]
  seed: {lines: seeds.txt}
rules:
  prep: {output: p, run: "echo 1 > {output}"}
  fit:
    input: p
    output: f/{lr}/{seed}.csv
    run: sh ./fit.sh {lr}{seed} > {output}
    code: fit.sh
    resources: {time: 1h}
  all: {gather: [lr, seed], input: "f/{lr}/{seed}.csv", output: all, run: "cat {input} > {output}"}
results:
  loss: {path: "f/{lr}/{seed}.csv", goal: min, over: seed}
`;
const FILES = { 'seeds.txt': '1\n2\n', 'fit.sh': 'printf "loss\\n%s\\n" "$1"\n' };

function git(made: Experiment, ...args: string[]): void {
  const config = ['-c', 'user.name=Ada', '-c', 'user.email=ada@study.example', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...config, ...args], { cwd: made.folder, stdio: 'pipe' });
}

async function linesOf(made: Experiment, args: string): Promise<string[]> {
  const { status, stdout, stderr } = await made.wfc(args);
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n');
}

const TASKS = [
  'params',
  '  lr    + 0.3   - 0.1',
  '  seed  + 3',
  '',
  'rules',
  '  fit   resources, code',
  '  prep  dropped',
  '',
  'before  now  added  dropped  changed  downstream  tasks of rule',
  '     4    6      4        2        2              fit',
  '     1    1                        1              all',
  '     1                    1                       prep',
];

describeWith({ program: 'git', package: 'git' }, 'wfc diff', () => {
  it('tells what differs from a revision, from another folder, and from an earlier report', async () => {
    const made = experiment(SPEC, FILES);
    git(made, 'init', '-q');
    git(made, 'add', 'wfc.yml', 'seeds.txt', 'fit.sh');
    git(made, 'commit', '-qm', 'one');
    expect((await made.run()).status).toBe(0);
    expect((await made.wfc('report -q --out monday.html')).status).toBe(0);
    expect(await linesOf(made, 'diff HEAD')).toEqual([
      'the same tasks as in HEAD',
      '',
      'loss (min): best none before, 0.115 (lr=0.1) now',
      '  0 of 0 settings moved, 2 more here',
      '',
      'git keeps no results of HEAD: "wfc report" does, and may be named here',
    ]);
    const since = (run: number, words = ''): unknown =>
      expect.stringMatching(new RegExp(`^since run ${run} of [-\\d]{10} [\\d:]{5} UTC${words}$`));
    const best = 'loss (min): best 0.115 (lr=0.1) before, 0.115 (lr=0.1) now';
    expect(await linesOf(made, 'diff last')).toEqual([
      ...[since(1), '', 'the same tasks as in last', '', best, '  0 of 2 settings moved'],
    ]);
    const other = experiment('');
    // To the nanosecond, as Node's own copy does not.
    execFileSync('cp', ['-a', `${made.folder}/.`, other.folder]);

    made.edit('wfc.yml', 'lr: [0.1, 0.2]', 'lr: [0.2, 0.3]');
    made.edit('wfc.yml', '  prep: {output: p, run: "echo 1 > {output}"}\n', '');
    made.edit('wfc.yml', 'time: 1h', 'time: 2h');
    made.write('seeds.txt', '1\n2\n3\n');
    made.write('fit.sh', 'printf "loss\\n1%s\\n" "$1"\n');
    expect((await made.run()).status).toBe(0);
    expect(await linesOf(made, 'diff HEAD')).toEqual([
      ...TASKS,
      '',
      'loss (min): best none before, 10.22 (lr=0.2) now',
      '  0 of 0 settings moved, 2 more here',
      '',
      'git keeps no results of HEAD: "wfc report" does, and may be named here',
    ]);
    const moved = [
      '',
      'loss (min): best 0.115 (lr=0.1) before, 10.22 (lr=0.2) now',
      '  1 of 1 setting moved, 1 more here, 1 more there',
      '  before    now      by  setting',
      '   0.215  10.22  10.005  lr=0.2',
    ];
    expect(await linesOf(made, `diff ${other.folder}`)).toEqual([...TASKS, ...moved]);
    // What the second run made anew, it kept.
    expect(await linesOf(made, 'diff last~1')).toEqual([since(1), '', ...TASKS, ...moved]);
    expect((await made.run('--set lr=0.2 --force f/0.2/1.csv')).status).toBe(0);
    expect(await linesOf(made, 'diff 1')).toEqual([since(1), '', ...TASKS, ...moved]);
    expect((await linesOf(made, 'diff 3')).slice(0, 4)).toEqual([
      ...[since(3, ' \\(--set lr=0.2\\)'), '', 'params', '  lr  + 0.3'],
    ]);
    const none = await made.wfc('diff 9');
    expect([none.status, none.stderr]).toEqual([
      2,
      expect.stringMatching(/no run that is kept\n {2}hint: the last ones are run 1 of .*, run 2 of .*, run 3 of /),
    ]);
    const { results } = JSON.parse((await made.wfc('diff monday.html --json')).stdout);
    expect(results[0].moved).toMatchObject([{ params: { lr: '0.2' }, now: 10.22 }]);
    expect(results[0].moved[0].before).toBeCloseTo(0.215, 6);
    git(made, 'add', 'f');
    git(made, 'commit', '-qam', 'results');
    expect((await linesOf(made, 'diff HEAD')).slice(-2)).toEqual([
      'loss (min): best 10.22 (lr=0.2) before, 10.22 (lr=0.2) now',
      '  0 of 2 settings moved',
    ]);
    const wrong = await made.wfc('diff HEAD~7');
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      'error: "HEAD~7" is no file or folder here, and no revision of git\n' +
        '  hint: name a run (last, last~1, or its number), a revision such as HEAD~1, another spec or its folder, or the file of an earlier "wfc report"',
    ]);
    made.write('page.html', '<p>none</p>');
    expect((await made.wfc('diff page.html')).stderr).toContain('page.html is no report of wfc');
  });
});
