import { execaSync } from 'execa';
import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

const has = (program: string): boolean => execaSync('which', [program], { reject: false }).exitCode === 0;

/** One rule over two sites that writes its site, its inputs one by one and a number, in some language. */
const spec = (shell: string, run: string): string => `
params: {site: ["01", b c]}
rules:
  one:
    shell: ${shell}
    input: {table: data.csv, others: [x, y]}
    output: out/{site}.txt
    resources: {cpus: 2}
    run: |
      ${run.split('\n').join('\n      ')}
`;

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `{ echo {site}; printf '%s\\n' {input.table} {input.others}; echo $(( {resources.cpus} + 1 )); } > {output}`,
  python3: `from helper import join
with open({output}, 'w') as f:
    f.write(join([{site}, {input.table}, *{input.others}, str({resources.cpus} + 1)]))`,
  node: `const { writeFileSync } = require('node:fs');
writeFileSync({output}, [{site}, {input.table}, ...{input.others}, {resources.cpus} + 1, ''].join('\\n'));`,
  Rscript: `writeLines(c({site}, {input.table}, {input.others}, as.character({resources.cpus} + 1)), {output})`,
};
const FILES = { 'data.csv': '', x: '', y: '', 'helper.py': 'def join(parts):\n    return "\\n".join(parts) + "\\n"\n' };

it.each(Object.keys(SCRIPTS))('%s gets values as values: texts, lists and numbers', async (shell) => {
  if (!has(shell)) return;
  const e = experiment(spec(shell, SCRIPTS[shell]!), FILES);
  expect((await e.run()).stderr).toMatch(/^2 tasks done/m);
  expect(e.read('out/01.txt')).toBe('01\ndata.csv\nx\ny\n3\n');
  expect(e.read('out/b c.txt')).toBe('b c\ndata.csv\nx\ny\n3\n');
});

it.each(['python3', 'node', 'Rscript'])(
  'an error in a %s script fails the task, and shows in its log',
  async (shell) => {
    if (!has(shell)) return;
    const raise = {
      python3: 'raise ValueError("bad fit")',
      node: 'throw new Error("bad fit")',
      Rscript: 'stop("bad fit")',
    };
    const e = experiment(`
rules:
  one:
    shell: ${shell}
    output: a
    run: |
      ${raise[shell as keyof typeof raise]}
`);
    const { status, stderr } = await e.run();
    expect(status).toBe(1);
    expect(stderr).toContain('failed one: exit status 1');
    expect(stderr).toMatch(/ {2}\| .*bad fit/);
  },
);

it('any other command line takes its script as a file, without placeholders', async () => {
  const e = experiment(`
rules:
  one:
    shell: perl -w
    output: a
    run: |
      my %h = (site => 1);
      open(my $f, '>', 'a'); print $f join(',', map { "$_=$h{$_}" } keys %h), "\\n";
`);
  expect((await e.run()).status).toBe(0);
  expect(e.read('a')).toBe('site=1\n');
});

it('a change of interpreter makes a task stale', async () => {
  const e = experiment('rules: {one: {output: a, shell: bash, run: "echo 1 > a"}}\n');
  await e.run();
  e.write('wfc.yml', e.read('wfc.yml').replace('bash', 'sh'));
  expect(JSON.parse((await e.wfc('plan --json')).stdout).rules[0].reasons).toEqual({ 'command changed': 1 });
});

it('{input:list} names a file with one input a line, as many as there are', async () => {
  const e = experiment(`
params: {n: {from: 1, to: 300}}
rules:
  one: {output: "parts/{n}", run: "echo {n} > {output}"}
  sum:
    gather: n
    input: {parts: "parts/{n}", extra: parts/7}
    output: sum
    run: |
      wc -l < {input:list} > {output}
      xargs cat < {input.parts:list} | paste -sd+ | bc >> {output} || awk '{ s += $1 } END { print s }' $(cat {input.parts:list}) >> {output}
`);
  const { status, stderr } = await e.run();
  expect([status, stderr.includes('failed')]).toEqual([0, false]);
  expect(e.read('sum').split('\n').slice(0, 2)).toEqual(['301', '45150']);
});

it('{config…} and env reach commands; a change of either makes the task stale', async () => {
  const e = experiment(`
config: {epochs: 10, model: {name: lstm}}
rules:
  one:
    output: a
    env: {EPOCHS: "{config.epochs}", VERSION: 1.10, THREADS: "{resources.cpus}"}
    run: echo "$EPOCHS $VERSION $THREADS {config.model.name}" > {output}
`);
  await e.run();
  expect(e.read('a')).toBe('10 1.10 1 lstm\n');
  await e.run('--set epochs=20');
  expect(e.read('a')).toBe('20 1.10 1 lstm\n');
  e.write('own.yml', 'model: {name: gru}\n');
  await e.run('--config own.yml');
  expect(e.read('a')).toBe('10 1.10 1 gru\n');
});
