/** Scripts that are put together from parts hold all that they call; a make that goes well has nothing to say of that. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';
import { make, planIn, render, writeMake } from './make.ts';

const template = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../templates/${name}`, import.meta.url)), 'utf8');

/** Names of functions that a script defines. */
function defined(script: string): Set<string> {
  return new Set([...script.matchAll(/^ *([\w]+)\(\) [{(]/gm)].map(([, name]) => name!));
}

const ALL = ['runner.sh', 'close.sh', 'worker.sh', 'make/make.sh', 'make/task.sh'].map(template);
/** Every function that any of wfc's scripts defines. */
const KNOWN = new Set(ALL.flatMap((script) => [...defined(script)]));

/** Functions of wfc that a script names, other than in comments and as variables, and that it does not define. */
function missing(script: string): string[] {
  const own = defined(script);
  const code = script.replace(/^ *#.*$/gm, '');
  return [...new Set([...code.matchAll(/(?<![$\w{#!])_?wfc_[a-z_]+(?![\w=[+])/g)].map(([name]) => name))].filter(
    (name) => KNOWN.has(name) && !own.has(name),
  );
}

describe('what is put together', () => {
  it.each([
    ['an element', ['runner.sh']],
    ['the closing job', ['runner.sh', 'close.sh']],
    ['a worker of wfc run', ['worker.sh']],
  ])('for %s defines every function of wfc that it names', (_, parts) => {
    expect(missing(parts.map(template).join('\n'))).toEqual([]);
  });

  it('for a task of make defines every function of wfc that it names', () => {
    const made = experiment('rules: {one: {output: a, run: ": > {output}"}}');
    const files = new Map(render(planIn(made.folder)).map(({ path, content }) => [path, content]));
    const names = ['shared.sh', 'task.sh'];
    expect(missing(names.map((name) => files.get(name)!).join('\n'))).toEqual([]);
    // Each alone lacks something: the scan sees what is missing.
    expect(missing(files.get('task.sh')!)).toContain('_wfc_look');
  });
});

describe('the standard error of a make that goes well', () => {
  const SPEC = `params: {n: {from: 1, to: 70}}
rules:
  part: {output: "part/{n}.txt", run: "echo {n} > {output}"}
  whole:
    gather: n
    input: "part/{n}.txt"
    output: {all: {path: whole.txt, check: [nonempty, {run: "test -s {file}"}]}, kept: {path: kept, directory: true}}
    run: |
      cat {input} > {output.all}
      mkdir {output.kept}
      echo x > {output.kept}/x
  last: {input: [whole.txt, kept/x], output: {path: last, protected: true}, run: "cat {input} > {output}; echo said"}
`;
  it.each(['', '-s', '-s -j4', '-s -k'])('is empty: make %s', async (args) => {
    const made = experiment(SPEC);
    writeMake(made);
    const { status, output } = await make(made, args === '' ? [] : args.split(' '));
    expect([status, args.startsWith('-s') ? output : output.replace(/^\w+: \S+$/gm, '').trim()]).toEqual([0, '']);
    expect(made.read('last')).toContain('70');
  });
});
