import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

/** Values that a shell, a glob, an option parser or a number format would spoil. */
const HOSTILE = [
  'two words',
  "it's",
  'say "hi"',
  '$(touch PWNED)',
  '`touch PWNED`',
  'a; touch PWNED',
  '$HOME',
  '*',
  '-rf',
  '--help',
  'Zürich 東京 🙂',
  '01022500',
  '1e-4',
  '1.0',
  'no',
  '~root',
  '!history',
  '#hash',
  'a\\b\\n',
  '{a,b}',
  '%s%n',
  ' outer blanks ',
  '[x]?',
  'a=b&c|d<e>f',
];
const PARAM = `params: {v: ${JSON.stringify(HOSTILE)}}\n`;

const read = (e: ReturnType<typeof experiment>, folder: string): string[] =>
  e.files(folder).map((file) => e.read(file));
const EXPECTED = HOSTILE.map((v) => `${v}\n`).sort();

it('bash commands get hostile values unharmed: bare, quoted, in a here-document, in env, in paths and logs', async () => {
  const e = experiment(`${PARAM}
rules:
  one:
    output: "out/{v}"
    log: "logs/{v}.log"
    env: {VALUE: "{v}"}
    run: |
      printf '%s\\n' {v} > {output}
      [[ "{v}" == "$VALUE" ]]
      [[ '{v}' == "$VALUE" ]]
      [[ $(cat <<'END'
      {v}
      END
      ) == {v} ]]
      printf '%s\\n' {v}
  all:
    gather: v
    input: "out/{v}"
    output: all
    run: cat {input} > {output}
`);
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([0, expect.stringMatching(/^25 tasks done/)]);
  expect(read(e, 'out').sort()).toEqual(EXPECTED);
  expect(read(e, 'logs').sort()).toEqual(EXPECTED);
  expect(e.read('all')).toBe(HOSTILE.map((v) => `${v}\n`).join(''));
  expect(e.files('.').filter((file) => file.includes('PWNED') && !file.includes('/'))).toEqual([]);
});

it('python3 scripts get hostile values unharmed', async () => {
  const e = experiment(`${PARAM}
rules:
  one:
    shell: python3
    output: "out/{v}"
    run: |
      open({output}, 'w').write({v} + '\\n')
`);
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([0, expect.stringMatching(/^24 tasks done/)]);
  expect(read(e, 'out').sort()).toEqual(EXPECTED);
});

it('a path that begins with a dash reaches commands as ./-…', async () => {
  const e = experiment(
    'params: {v: ["-n"]}\nrules: {one: {output: "{v}", run: "touch {output}; echo {output} > name"}}\n',
  );
  expect((await e.run()).status).toBe(0);
  expect([e.has('-n'), e.read('name')]).toEqual([true, './-n\n']);
  expect((await e.run()).stderr).toContain('nothing to do');
});

it('hostile names of the folder and the spec do no harm', async () => {
  const outer = experiment('rules: {}\n');
  const folder = `it's $(touch PWNED) 東京; "x"`;
  outer.write(
    `${folder}/a spec's.yml`,
    'wfc: 1\nrules: {one: {shell: python3, output: a, run: "open({output}, \'w\').close()"}}\n',
  );
  const run = outer.start(['run', `${folder}/a spec's.yml`]);
  expect((await run.ended).status).toBe(0);
  expect(outer.has(`${folder}/a`)).toBe(true);
  expect(outer.files('.').some((file) => file.endsWith('PWNED'))).toBe(false);
});

it('a value with a line break is refused in a path at compile, before anything runs', async () => {
  const e = experiment('params: {v: ["a\\nb"]}\nrules: {one: {output: "{v}", run: "touch {output}"}}\n');
  expect((await e.run()).status).toBe(2);
  expect(e.has('.wfc')).toBe(false);
});
