/** What values, names and braces become in commands. */
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';
import { bothWays, names, tree } from './tree.ts';

const SAY = 'rules: {one: {output: "o/{w}", run: "printf \'%s\\\\n\' {w} > {output}"}}\n';

it('a value with blanks is one word', async () => {
  const e = await bothWays(`params: {w: ["two words", " lead"]}\n${SAY}`);
  expect(tree(e)).toEqual({ 'o/ lead': ' lead\n', 'o/two words': 'two words\n' });
});

it('a value with quotes is text', async () => {
  const e = await bothWays(`params: {w: ["it's", 'a"b']}\n${SAY}`);
  expect(tree(e)).toEqual({ 'o/a"b': 'a"b\n', "o/it's": "it's\n" });
});

it('a value is never program text', async () => {
  const e = await bothWays(`params: {w: ["$(touch PWNED)", "; touch PWNED;", "\`touch PWNED\`", "*"]}\n${SAY}`);
  expect(names(e)).toEqual(['o/$(touch PWNED)', 'o/*', 'o/; touch PWNED;', 'o/`touch PWNED`']);
  expect(e.read('o/*')).toBe('*\n');
});

it('numbers keep the text that the spec wrote', async () => {
  const e = await bothWays(`params: {w: [01022500, 1e-4, 1.10, no]}\n${SAY}`);
  expect(e.files('o')).toEqual(['o/01022500', 'o/1.10', 'o/1e-4', 'o/no']);
  expect(e.read('o/01022500')).toBe('01022500\n');
});

it('an empty value in a path is an error', async () => {
  const e = experiment('params: {s: ["", a]}\nrules: {one: {output: "out/{s}.txt", run: "touch {output}"}}\n');
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([2, expect.stringContaining('empty')]);
  expect(names(e)).toEqual([]);
});

it('a file name with blanks is one word', async () => {
  const e = await bothWays(
    'rules: {one: {input: ["a file", other], output: "an output", run: "cat {input} > {output}"}}\n',
    { 'a file': '1', other: '2' },
  );
  expect(e.read('an output')).toBe('12');
});

it('doubled braces write single ones', async () => {
  const e = await bothWays('rules: {one: {output: o, run: "echo {{word}} > o"}}\n');
  expect(e.read('o')).toBe('{word}\n');
});

it('braces of awk and of bash stand for themselves', async () => {
  const e = await bothWays(`
rules:
  one:
    output: o
    run: |
      echo 'a 1' | awk '{ print $2 }' > o
      echo {a,b}{1..2} \${HOME:+home} >> o
`);
  expect(e.read('o')).toBe('1\na1 a2 b1 b2 home\n');
});

it('a placeholder that names nothing is an error before anything runs', async () => {
  const e = experiment(`
rules:
  first: {output: a, run: "touch a"}
  second: {input: a, output: b, run: "echo {nothing} > b"}
`);
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([2, expect.stringContaining('{nothing}')]);
  expect(names(e)).toEqual([]);
});

it('config of the command line beats --config, and that beats the spec', async () => {
  const e = experiment(
    'config: {x: spec, y: spec, z: spec}\nrules: {one: {output: o, run: "echo {config.x} {config.y} {config.z} > o"}}\n',
    { 'more.yml': 'y: file\nz: file\n' },
  );
  expect((await e.run('--set z=line --config more.yml')).status).toBe(0);
  expect(e.read('o')).toBe('spec file line\n');
  expect((await e.run('--config more.yml')).status).toBe(0);
  expect(e.read('o')).toBe('spec file file\n');
});

it('a command reads nothing from the terminal', async () => {
  const e = await bothWays(
    'rules: {one: {output: o, run: "if read -r x; then echo got > o; else echo none > o; fi"}}\n',
  );
  expect(e.read('o')).toBe('none\n');
  await execa('rm', ['o'], { cwd: e.folder });
  expect((await e.run()).status).toBe(0);
  expect(e.read('o')).toBe('none\n');
});
