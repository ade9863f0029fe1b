import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

it('a source file that two values of a gathered param name is read once, also by its list', async () => {
  const e = experiment(
    `
params: {n: [1, "01", 2]}
rules:
  all:
    gather: n
    input: "s/{n:02}"
    output: {text: all, list: list}
    run: |
      cat {input} > {output.text}
      cat {input:list} > {output.list}
`,
    { 's/01': 'one\n', 's/02': 'two\n' },
  );
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([0, expect.stringContaining('1 task done')]);
  expect([e.read('all'), e.read('list')]).toEqual(['one\ntwo\n', 's/01\ns/02\n']);
  e.write('s/02', 'TWO\n');
  expect((await e.run('-n')).stdout).toContain('input changed');
});
