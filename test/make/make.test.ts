import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { smallSpec, specText } from '../compile/small-specs.ts';
import { compileText } from '../schema/compile-text.ts';
import { type Experiment, experiment } from '../support/experiment.ts';
import { make, treeOf, writeMake } from './make.ts';

const SPEC = `
params: {site: [a, b]}
rules:
  prep:
    input: source/{site}
    output: [prep/{site}/x, prep/{site}/y]
    run: echo prep {site} >> calls; cp {input} {output[0]}; cp {input} {output[1]}
  fit:
    input: prep/{site}/x
    output: fit/{site}
    run: echo fit {site} >> calls; cat {input} > {output}
  plot:
    input: prep/{site}/y
    output: plot/{site}
    run: echo plot {site} >> calls; cat {input} > {output}; echo noted {site}
  all:
    gather: site
    input: {fits: "fit/{site}", plots: "plot/{site}"}
    output: all
    run: echo all >> calls; cat {input} > {output}
`;
const FILES = { 'source/a': 'A', 'source/b': 'B' };
const FIRST = ['all', 'fit a', 'fit b', 'plot a', 'plot b', 'prep a', 'prep b'];

/** The same experiment twice: run by wfc, and by make. */
async function bothWays(
  spec: string,
  files: Readonly<Record<string, string>>,
  prepare: (e: Experiment) => void = () => {},
): Promise<{ wfc: Experiment; made: Experiment }> {
  const [wfc, made] = [experiment(spec, files), experiment(spec, files)];
  for (const e of [wfc, made]) prepare(e);
  writeMake(made);
  const [ran, result] = await Promise.all([wfc.run('-j4'), make(made, ['-j4'])]);
  expect([ran.status, ran.stderr], ran.stderr).toEqual([0, expect.anything()]);
  expect([result.status, result.output], result.output).toEqual([0, expect.anything()]);
  return { wfc, made };
}

it('makes the same tree as wfc run; a second make does nothing; what depends on a changed input is made again', async () => {
  const { wfc, made } = await bothWays(SPEC, FILES);
  expect(treeOf(made)).toEqual(treeOf(wfc));
  expect(made.calls()).toEqual(FIRST);
  expect(await make(made)).toEqual({ status: 0, output: expect.stringContaining('Nothing to be done') });
  expect(made.calls()).toEqual([]);
  made.write('source/a', 'another');
  expect((await make(made, ['-j4'])).status).toBe(0);
  expect(made.calls()).toEqual(['all', 'fit a', 'plot a', 'prep a']);
  made.remove('prep/a/x');
  await make(made, ['-j4']);
  expect(made.calls()).toEqual(['all', 'fit a', 'plot a', 'prep a']);
});

it('wfc knows what make has done, and make what wfc has done', async () => {
  const { wfc, made } = await bothWays(SPEC, FILES);
  expect((await made.run()).stderr).toContain('nothing to do');
  writeMake(wfc);
  expect((await make(wfc)).output).toContain('Nothing to be done');
  made.write('source/a', 'another');
  await make(made, ['-j4']);
  expect((await made.run()).stderr).toContain('nothing to do');
});

it('starts from any folder, and takes goals', async () => {
  const e = experiment(SPEC, FILES);
  writeMake(e, [], "out's $HOME/a b");
  expect(await make(e, ['fit/a', 'plot/a'], { place: "out's $HOME/a b", cwd: e.path('source') })).toMatchObject({
    status: 0,
  });
  expect(e.calls()).toEqual(['fit a', 'plot a', 'prep a']);
  const inside = await make(e, ['-j4'], { place: "out's $HOME/a b", cwd: e.path("out's $HOME/a b") });
  expect(inside.status, inside.output).toBe(0);
  expect(e.calls()).toEqual(['all', 'fit b', 'plot b', 'prep b']);
});

it('-n shows what would run and runs nothing', async () => {
  const e = experiment(SPEC, FILES);
  writeMake(e);
  const { status, output } = await make(e, ['-n']);
  expect(status).toBe(0);
  expect(output.split('\n').filter((l) => l.includes('task.sh'))).toHaveLength(7);
  expect([e.calls(), e.has('prep'), e.files('.wfc/journal')]).toEqual([[], false, []]);
});

it('after a failure its outputs are gone and -k makes all that does not depend on it', async () => {
  const spec = SPEC.replace('echo fit {site} >> calls;', 'echo half > {output}; [[ {site} != a ]];');
  const e = experiment(spec, FILES);
  writeMake(e);
  const { status, output } = await make(e, ['-k', '-j4']);
  expect(status).toBe(2);
  expect(output).toContain('failed: fit/a: exit status 1');
  expect(e.files('fit')).toEqual(['fit/b']);
  expect(e.calls()).toEqual(['plot a', 'plot b', 'prep a', 'prep b']);
  expect(e.has('all')).toBe(false);
});

it('limits, retries, checks, protected outputs, logs, env and missing outputs are as in wfc run', async () => {
  const e = experiment(`
rules:
  slow: {output: slow, run: "trap '' TERM; echo going; sleep 60 & wait; sleep 60", resources: {time: 1s}}
  again: {output: again, retries: 2, run: "echo try {attempt}; [[ {attempt} == 3 ]]; touch {output}"}
  small: {output: {path: small, check: [{min_bytes: 5}]}, run: "echo ab > {output}"}
  program: {output: {path: program, check: {run: "grep -q good {file}"}}, run: "echo bad > {output}; exit 0"}
  good: {output: {path: good, check: {run: "grep -q good {file}"}}, env: {V: "1.10"}, run: "echo good $V > {output}"}
  kept: {output: {path: kept, protected: true}, input: good, run: "cp {input} {output}"}
  none: {output: deep/er/none, run: "true"}
  empty: {output: {path: empty, directory: true}, run: "mkdir {output}"}
  input: {output: stdin, run: "! read -r line; touch {output}"}
`);
  writeMake(e);
  const { status, output } = await make(e, ['-k', '-j9']);
  expect(status).toBe(2);
  for (const text of [
    'failed: slow: time limit: stopped after 1 s',
    'failed: again: exit status 1 (attempt 2 of 3); log: .wfc/logs/again',
    'failed: small: its output has 3 of at least 5 bytes: small',
    'failed: program: exit status 1',
    'failed: deep/er/none: it succeeded, but its output is missing: deep/er/none',
    'failed: empty: its output directory is empty: empty',
  ])
    expect(output).toContain(text);
  expect(['slow', 'again', 'small', 'program', 'kept', 'empty', 'stdin'].filter((f) => e.has(f))).toEqual([
    'again',
    'kept',
    'stdin',
  ]);
  expect(e.read('good')).toBe('good 1.10\n');
  const logs = e.files('.wfc/logs');
  expect(e.read(logs.find((l) => l.includes('again'))!)).toBe(
    'try 1\nwfc: attempt 2\ntry 2\nwfc: attempt 3\ntry 3\n',
  );
  expect(e.read(logs.find((l) => l.includes('slow'))!)).toContain('going\nwfc: time limit of 1 s reached\n');
  e.write('good', 'other');
  expect((await make(e, ['-W', 'good', 'kept'])).output).not.toContain('failed: kept');
  e.write('good', 'good');
  expect((await make(e, ['kept'])).output).toContain('its output is protected');
});

it('temp outputs go at the end, come back for who needs them, and directories are known by their stand-ins', async () => {
  const spec = `
params: {site: [a, b]}
rules:
  unpack:
    input: source/{site}
    output: {path: "big/{site}", temp: true}
    run: echo unpack {site} >> calls; cp -p {input} {output}
  split:
    input: big/{site}
    output: [{path: "parts/{site}", directory: true}, {path: "scratch {site}", directory: true, temp: true}]
    run: echo split {site} >> calls; mkdir {output}; cp {input} {output[0]}/one; cp {input} {output[1]}/two
  count:
    input: ["parts/{site}/one", "scratch {site}", {path: rarely, ancient: true}]
    output: count/{site}
    run: echo count {site} >> calls; cat {input[0]} {input[1]}/two > {output}
  lonely: {input: source/a, output: {path: lonely, temp: true}, run: "echo lonely >> calls; touch {output}"}
`;
  const files = { ...FILES, rarely: '' };
  const { wfc, made } = await bothWays(spec, files);
  expect(treeOf(made)).toEqual(treeOf(wfc));
  const first = ['count a', 'count b', 'lonely', 'split a', 'split b', 'unpack a', 'unpack b'];
  expect(made.calls()).toEqual(first);
  expect((await make(made, ['-j4'])).output).toContain('Nothing to be done');
  expect((await made.run()).stderr).toContain('nothing to do');
  made.write('rarely', 'changed');
  made.write('parts/a/more', 'put in later');
  expect((await make(made, ['-j4'])).output).toContain('Nothing to be done');
  made.remove('count/b');
  expect((await make(made, ['-j4'])).status).toBe(0);
  expect(made.calls()).toEqual(['count b', 'split b', 'unpack b']);
  made.remove('parts/a');
  expect((await make(made, ['-j4'])).status).toBe(0);
  expect(made.calls()).toEqual(['count a', 'split a', 'unpack a']);
  expect((await make(made, ['-j4'])).output).toContain('Nothing to be done');
  expect(made.files('big')).toEqual([]);
  wfc.calls();
  writeMake(wfc);
  expect((await make(wfc)).status).toBe(0);
  // Make can't know that this one ran: its output was temp, and nothing is left of it.
  expect(wfc.calls()).toEqual(['lonely']);
});

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
  'Zürich 東京 🙂',
  '~root',
  '#hash',
  'a\\b\\n',
  '{a,b}',
  '%',
  'a%b',
  ' outer blanks ',
  '[x]?',
  'a=b&c|d<e>f',
  'a:b',
  'lib(member)',
  '@x',
  '.PHONY',
  'define',
  '$@',
  'ends with \\',
  'all',
];

it('hostile values do no harm, in sources, outputs, directories, logs and commands', async () => {
  const spec = `params: {v: ${JSON.stringify(HOSTILE)}}
rules:
  one:
    input: "in {v}"
    output: ["{v}", "out/{v}"]
    log: "logs/{v}.log"
    run: |
      printf '%s\\n' {v} > {output[0]}; cat {input} {output[0]} > {output[1]}
      printf '%s\\n' {v} '{v}' "{v}"
  folder:
    input: "out/{v}"
    output: {path: "dir{v}/x", directory: true}
    run: mkdir {output}; cp {input} {output}/y
  gathered:
    gather: v
    input: ["dir{v}/x/y", "{v}"]
    output: "gathered all"
    run: cat {input} > {output}; cat {input:list} >> list
`;
  const files = Object.fromEntries(HOSTILE.map((v) => [`in ${v}`, `from ${v}\n`]));
  const { wfc, made } = await bothWays(spec, files);
  expect(treeOf(made)).toEqual(treeOf(wfc));
  expect(Object.keys(treeOf(made)).filter((path) => path === 'PWNED')).toEqual([]);
  expect((await make(made, ['-j4'])).output).toContain('Nothing to be done');
  expect((await made.run()).stderr).toContain('nothing to do');
  made.write('in a; touch PWNED', 'changed');
  made.remove('out/$(touch PWNED)');
  const again = await make(made, ['-j4']);
  expect(again.output.split('\n').filter((l) => /^(one|folder|gathered):/.test(l)).length).toBe(5);
}, 120_000);

it('random small specs leave the same tree', async () => {
  // The task that reads several files in one list, or none, gets a command of its own.
  const specs = fc.sample(smallSpec, { numRuns: 60, seed: 5 }).map(specText);
  let tried = 0;
  for (const text of specs) {
    const spec = JSON.parse(text) as { rules: Record<string, { input?: string[]; output: string[]; run: string }> };
    for (const [name, rule] of Object.entries(spec.rules)) {
      rule.run = `for f in {output}; do cat ${rule.input ? '{input}' : '/dev/null'} > "$f"; echo ${name} >> "$f"; done`;
    }
    const json = JSON.stringify(spec);
    const { plan } = compileText(json);
    if (!plan || plan.neededCount > 12 || plan.neededCount < 3) continue;
    tried++;
    const [wfc, made] = [experiment(json.slice(json.indexOf('"params"') - 0)), experiment('')];
    for (const e of [wfc, made]) {
      e.write('wfc.yml', json);
      e.write('source.txt', 'source\n');
    }
    writeMake(made);
    const [ran, result] = await Promise.all([wfc.run('-j2'), make(made, ['-j4'])]);
    expect([ran.status, result.status], `${json}\n${ran.stderr}\n${result.output}`).toEqual([0, 0]);
    expect(treeOf(made)).toEqual(treeOf(wfc));
    expect((await make(made)).output).toContain('Nothing to be done');
    if (tried === 8) break;
  }
  expect(tried).toBeGreaterThan(3);
}, 120_000);

const EXAMPLES: Record<string, readonly string[]> = {
  'multitask-streamflow': ['site=01022500,01030500', 'factor=0', 'seed=0', 'epochs=2'],
  'optimizer-arms': ['start=1', 'steps=5'],
  'python-inline': ['batch=1,2', 'points=50'],
};
it.each(Object.keys(EXAMPLES))('example %s leaves the same tree', async (name) => {
  const source = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const [wfc, made] = [experiment(''), experiment('')];
  for (const e of [wfc, made]) cpSync(source, join(e.folder), { recursive: true, filter: (f) => !/\.wfc$/.test(f) });
  writeMake(made, EXAMPLES[name]);
  const [ran, result] = await Promise.all([
    wfc.run(`-j2 ${EXAMPLES[name]!.map((s) => `--set ${s}`).join(' ')}`),
    make(made, ['-j4']),
  ]);
  expect([ran.status, result.status], `${ran.stderr}\n${result.output}`).toEqual([0, 0]);
  expect(treeOf(made)).toEqual(treeOf(wfc));
});
