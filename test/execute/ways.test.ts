/**
 * `wfc run` has cheaper ways for simple commands (src/execute/attempt/way.ts), and an element for those without a process;
 * make runs each as it stands: on commands that are put together at random, all leave the same files, logs, exit statuses
 * and messages.
 */
import { readdirSync } from 'node:fs';
import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandShape } from '../../src/compile/bash/shape.ts';
import { attempt, type Outcome } from '../attempt/executors.ts';
import { experiment } from '../support/experiment.ts';

const HEAD = `config: {n: 7, back: 'a\\tb\\\\c', flag: '-n', odd: '$HOME \`x\` "q" '' * ~ é', empty: ''}\nrules:\n`;

const words = fc.constantFrom(
  ...[
    'a',
    '-n',
    '-e',
    "'b  c'",
    '"x\\ty"',
    'x\\ y',
    '\\\\t',
    '"\\$HOME"',
    '{config.n}',
    '{config.back}',
    '{config.odd}',
  ],
  ...[
    '"{config.flag}"',
    '{config.empty}',
    'a"{config.n}"b',
    '{config.flag}',
    '*.none',
    '{{p,q}}',
    '$HOME',
    '# said',
    '"a#b"',
  ],
);
const names = fc.constantFrom(
  ...[
    'echo',
    'echo',
    'echo',
    ':',
    'true',
    'printf "%s|%d\\\\n"',
    "printf '%s\\n'",
    'cat src',
    'cmp src',
    'none-such',
    './src',
  ],
  ...[
    'sh -c "exit 3"',
    'sh -c "kill -SEGV \\$\\$"',
    'sh -c "kill -TERM \\$\\$"',
    'sh -c "kill -PIPE \\$\\$"',
    'sh -c "exit 139"',
  ],
  ...['false', 'test -e src', 'ls -d', 'env -i', 'greet', 'seq 3', 'ls /none'],
);
const redirections = fc.constantFrom(
  ...[
    '',
    '',
    '> {output}',
    '> {output}',
    '>> {output} 2>&1',
    '2>/dev/null > {output}',
    '> none/x',
    '>&2',
    '< none',
    '< src > {output}',
  ],
  ...['>| "{output}"', '&> {output}', '> ""'],
);
const simple = fc
  .tuple(names, fc.array(words, { maxLength: 3 }), redirections)
  .map(([name, args, redirection]) => [name, ...args.filter((a) => a !== '# said'), redirection].join(' ').trim());
const joins = fc.constantFrom(' && ', ' && ', '; ', ' || ');
const command = fc
  .array(fc.tuple(simple, joins), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(([text, join], i) => (i === 0 ? text : `${join}${text}`)).join(''));

/** The spec's line and all, but not which folder its copy is in, nor the number of a process. */
function comparable({ ended, journal, files, logs }: Outcome): unknown {
  const said = Object.entries(logs).map(([path, text]) => [
    path,
    text
      .replaceAll('$_wfc_exec ', '')
      .replace(/^\S*commands\//gm, 'commands/')
      .replace(/(: line \d+:) +\d+ /g, '$1 PID '),
  ]);
  return { ended, journal: [...journal].sort(), files, logs: Object.fromEntries(said) };
}

describe('a simple command', () => {
  it('does in its cheaper way what it does as it stands', async () => {
    const commands = fc.sample(command, { numRuns: 150, seed: 7 });
    const kinds = commands.map(
      (text) => commandShape(text.replace(/\{[\w.]+\}/g, '"${wfc_x}"'), new Set(['wfc_x'])).kind,
    );
    for (const kind of ['builtins', 'program', 'other'])
      expect(kinds.filter((k) => k === kind).length).toBeGreaterThan(10);
    const rules = commands.map((text, i) => `  r${i}: {output: r${i}, run: ${JSON.stringify(text)}}\n`).join('');
    const outcomes: unknown[] = [];
    for (const executor of ['make', 'wfc run', 'an element'] as const) {
      const made = experiment(HEAD + rules, { src: 'x\n' });
      outcomes.push(comparable(await attempt(executor, made, { 'BASH_FUNC_greet%%': '() { echo hello "$@"; }' })));
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[2]).toEqual(outcomes[0]);
  });

  it('that starts no process is run in an element by the shell that waits for the next', async () => {
    const made = experiment(`rules:
  a: {output: a, run: "echo 1 > {output}"}
  b: {input: a, output: b, run: "echo 2 > {output}"}
  c: {input: b, output: c, run: "cat {input} > {output}"}
  d: {input: c, output: d, run: "echo 3 > {output}"}
`);
    await attempt('an element', made);
    const folder = '.wfc/journal/000001-slurm-element';
    const [journal] = readdirSync(made.path(folder)).filter((name) => name.endsWith('.tsv'));
    const lines = made
      .read(`${folder}/${journal}`)
      .split('\n')
      .map((line) => line.split('\t'));
    const groups = lines.filter(([kind]) => kind === 'started').map(([, , , , group]) => group);
    expect(groups.map((group) => groups.indexOf(group))).toEqual([0, 0, 0, 3]);
  });

  it('that keeps its shell waiting ends at its time limit, and the next task has a shell', async () => {
    const made = experiment(
      `rules:
  waits: {output: a, resources: {time: 1s}, run: "echo x > pipe"}
  goes_on: {output: b, input: src, run: "echo y > {output}"}
`,
      { src: '' },
    );
    await execa('mkfifo', [made.path('pipe')]);
    const { journal, files, markers } = await attempt('wfc run', made);
    expect([...journal].sort()).toEqual(['done b', 'failed a 1 time_limit:1', 'started a 1', 'started b 1']);
    expect([files, markers]).toEqual([{ b: 'y\n' }, []]);
  });
});
