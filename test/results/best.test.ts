import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

const SPEC = `params:
  seed: {from: 0, to: 2}
tables:
  settings: [{trial: a, lr: "0.10"}, {trial: b, lr: "0.20"}, {trial: c, lr: "0.30"}]
rules:
  fit:
    output: {csv: "fits/{trial}/{seed}.csv", json: "fits/{trial}/{seed}.json"}
    run: |
      if [ {trial} = c ] && [ {seed} = 2 ] && [ ! -e late ]; then exit 1; fi
      loss=$(cat "in/{trial}{seed}")
      printf 'loss,epoch\\n99,1\\n%s,2\\n' "$loss" > {output.csv}
      printf '{"score": {"r2": %s}}\\n' "\${loss/nan/null}" > {output.json}
results:
  loss: {path: "fits/{trial}/{seed}.csv", goal: min, over: seed}
  r2: {path: "fits/{trial}/{seed}.json", column: score.r2, goal: max}
`;

function study() {
  const made = experiment(SPEC);
  const losses = { a: ['3', '4', '5'], b: ['2', 'nan', '2'], c: ['1', '2', '0.5'] };
  for (const [trial, values] of Object.entries(losses))
    for (const [seed, loss] of values.entries()) made.write(`in/${trial}${seed}`, `${loss}\n`);
  return made;
}

it('settings are ranked by the mean of their repeats in the last rows of the files of complete tasks', async () => {
  const made = study();
  const before = await made.wfc('best');
  expect([before.status, before.stdout]).toEqual([
    0,
    'loss: no file yet of 9 files\nnot in yet: 9 of 9 files: 9 pending\n\n' +
      'r2: no file yet of 9 files\nnot in yet: 9 of 9 files: 9 pending',
  ]);
  expect((await made.run('-k')).status).toBe(1);
  // Not whole, whoever left it: its task has failed.
  made.write('fits/c/2.csv', 'loss\n-7\n');
  const { status, stdout } = await made.wfc('best --top 2');
  expect([status, stdout.split('\n')]).toEqual([
    0,
    [
      'loss: the lowest of 3 settings, by the mean over seed',
      'mean  deviation       n  trial  lr',
      ' 1.5    0.70711  2 of 3  c      0.30',
      '   4          1       3  a      0.10',
      'and 1 more setting',
      'not in yet: 1 of 9 files: 1 failed',
      'no finite number: 1 file, whose settings come last',
      '',
      'r2: the highest of 8 of 9 settings',
      'value  seed  trial  lr',
      '    5  2     a      0.10',
      '    4  1     a      0.10',
      'and 6 more settings',
      'not in yet: 1 of 9 files: 1 failed',
      'no finite number: 1 file, whose settings come last',
    ],
  ]);
  made.write('late', '');
  expect((await made.run()).status).toBe(0);
  const { results } = JSON.parse((await made.wfc('best --json')).stdout);
  expect(results[0]).toMatchObject({
    name: 'loss',
    goal: 'min',
    over: ['seed'],
    files: 9,
    read: 9,
    incomplete: 0,
    of: 3,
  });
  expect(results[0].best[0]).toMatchObject({ params: { trial: 'c', lr: '0.30' }, count: 3, of: 3 });
  expect(results[0].best[0].mean).toBeCloseTo(3.5 / 3, 12);
  expect(results[0].best[0].deviation).toBeCloseTo(Math.sqrt(((1 / 6) ** 2 + (5 / 6) ** 2 + (2 / 3) ** 2) / 2), 12);
  expect(results[0].best[2]).toEqual({
    params: { trial: 'b', lr: '0.20' },
    mean: null,
    deviation: null,
    count: 3,
    of: 3,
  });

  // What is asked for is all that counts; a file that lacks the column is named with what it has.
  made.edit('wfc.yml', 'column: score.r2', 'column: r2');
  made.edit('wfc.yml', 'goal: min', 'column: lose, goal: min');
  const wrong = await made.wfc('best --set trial=a --set seed=1');
  expect([wrong.status, wrong.stdout]).toEqual([1, 'loss: no file yet of 1 file\n\nr2: no file yet of 1 file']);
  expect(wrong.stderr).toBe(
    'warning: 1 file of "loss" can\'t be used:\n  fits/a/1.csv: it has no column "lose"; it has "loss", "epoch"\n' +
      'warning: 1 file of "r2" can\'t be used:\n  fits/a/1.json: it has no column "r2"; it has "score.r2"',
  );
});

it('a spec without results is told what to write, and a number of settings has to be one', async () => {
  const made = experiment('rules: {one: {output: a, run: "touch {output}"}}\n');
  const none = await made.wfc('best');
  expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('hint: declare what to compare: results:')]);
  const staged = experiment(`params: {site: {lines: sites.txt}}
rules:
  list: {output: sites.txt, run: "echo a > {output}"}
  fit: {output: "f/{site}.csv", run: "printf 'rmse\\\\n1\\\\n' > {output}"}
results: {rmse: {path: "f/{site}.csv", goal: min}}
`);
  const waits = await staged.wfc('best');
  expect([waits.status, waits.stdout]).toEqual([0, 'no result yet\nfit waits for sites.txt, which list makes']);
  const top = await made.wfc('best --top x');
  expect([top.status, top.stderr]).toEqual([2, expect.stringContaining('--top x: write a whole number from 1')]);
});
