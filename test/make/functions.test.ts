/** Scripts that are put together from parts hold all that they call; a make that goes well has nothing to say of that. */
import { describe, expect, it } from 'vitest';
import { SCRIPTS, type Script } from '../../src/target/bundle.ts';
import { experiment } from '../support/experiment.ts';
import { shipped, template } from '../support/templates.ts';
import { make, writeMake } from './make.ts';

/** Names of functions that a script defines. */
function defined(script: string): Set<string> {
  return new Set([...script.matchAll(/^ *([\w]+)\(\) [{(]/gm)].map(([, name]) => name!));
}

const ALL = (Object.keys(SCRIPTS) as Script[]).map(shipped);
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
  it.each<[string, Script[]]>([
    ['an element', ['runner.sh']],
    ['the closing job', ['runner.sh', 'close-lib.sh']],
    ['a worker of wfc run', ['worker.sh']],
    ['a make', ['make.sh']],
    ['a task of make', ['task.sh']],
  ])('for %s defines every function of wfc that it names', (_, scripts) => {
    expect(missing(scripts.map(shipped).join('\n'))).toEqual([]);
  });

  it('is more than any of its files: the scan sees what is missing', () => {
    expect(missing(template('make/task.sh'))).toContain('_wfc_look');
  });

  it('begins with the head of its own file, and is the same each time', () => {
    for (const [name, files] of Object.entries(SCRIPTS)) {
      const own = template(files.at(-1)!);
      expect(shipped(name as Script).startsWith(own.slice(0, own.search(/^(?!#)/m)))).toBe(true);
      expect(shipped(name as Script)).toBe(shipped(name as Script));
    }
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
