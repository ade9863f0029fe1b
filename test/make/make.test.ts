import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { execa } from 'execa';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import { smallSpec, specText } from '../compile/small-specs.ts';
import { compileText } from '../schema/compile-text.ts';
import { type Experiment, exampleCopy, experiment, gone, timeless } from '../support/experiment.ts';
import { make, planIn, render, startMake, treeOf, writeMake } from './make.ts';

const SPEC = `
params: {site: [a, b]}
rules:
  prep:
    input: source/{site}
    output: ["prep/{site}/x", "prep/{site}/y"]
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
  expect([e.calls(), e.has('prep'), e.has('.wfc/journal')]).toEqual([[], false, false]);
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
  const e = experiment(
    `
rules:
  slow: {output: slow, run: "echo going; sleep 1000", resources: {time: 1s}}
  again: {output: again, retries: 2, run: "echo try {attempt}; [[ {attempt} == 3 ]]; touch {output}"}
  small: {output: {path: small, check: [{min_bytes: 5}]}, run: "echo ab > {output}"}
  program: {output: {path: program, check: {run: "grep -q good {file}"}}, run: "echo bad > {output}; exit 0"}
  good: {output: {path: good, check: {run: "grep -q good {file}"}}, env: {V: "1.10"}, run: "echo good $V > {output}"}
  kept: {output: {path: kept, protected: true}, input: good, run: "cp {input} {output}"}
  none: {output: deep/er/none, run: "true"}
  link: {output: link, run: "ln -s no/where {output}"}
  empty: {output: {path: empty, directory: true}, run: "mkdir {output}"}
  input: {output: stdin, run: "! read -r line; touch {output}"}
  listed: {input: [one, two], output: listed, run: 'cat {input:list} > {output}; [[ -z "\${MAKEFLAGS-}$*" ]]'}
`,
    { one: '1', two: '2' },
  );
  writeMake(e);
  const { status, output } = await make(e, ['-k', '-j9']);
  expect(status).toBe(2);
  for (const text of [
    'failed: slow: time limit: stopped after 1 s',
    'failed: again: exit status 1 (attempt 2 of 3); log: .wfc/logs/again',
    'failed: small: its output has 3 of at least 5 bytes: small',
    'failed: program: its output does not pass its check: program',
    'failed: deep/er/none: it succeeded, but its output is missing: deep/er/none',
    'failed: link: it succeeded, but its output is a link that leads to nothing: link -> no/where',
    'failed: empty: its output directory is empty: empty',
  ])
    expect(output).toContain(text);
  expect(['slow', 'again', 'small', 'program', 'kept', 'empty', 'stdin'].filter((f) => e.has(f))).toEqual([
    'again',
    'kept',
    'stdin',
  ]);
  expect(e.read('listed')).toBe('one\ntwo\n');
  expect(e.read('good')).toBe('good 1.10\n');
  const logs = e.files('.wfc/logs');
  expect(timeless(e.read(logs.find((l) => l.includes('again'))!))).toBe(
    'try 1\nwfc: attempt 2, NOW, run 000001\ntry 2\nwfc: attempt 3, NOW, run 000001\ntry 3\n',
  );
  expect(e.read(logs.find((l) => l.includes('slow'))!)).toContain('going\nwfc: time limit of 1 s reached\n');
  expect((await make(e, ['kept'])).output).toContain('up to date');
  e.write('good', 'changed by hand, and good');
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
  expect((await make(made, ['parts/a'])).status).toBe(0);
  expect(made.has('parts/a/one')).toBe(true);
  made.remove('parts/a');
  made.calls();
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
    output: ["./{v}", "out/{v}"]
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
    input: ["dir{v}/x/y", "./{v}"]
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
});

/** Paths that no task makes. */
function sourcesOf(plan: Plan): string[] {
  return plan.rules.flatMap(({ inputs }) =>
    inputs.flatMap((input) => [...input.producers].flatMap((task, path) => (task < 0 ? [input.pathText(path)] : []))),
  );
}

it('random small specs leave the same tree', async () => {
  // The task that reads several files in one list, or none, gets a command of its own.
  const specs = fc.sample(smallSpec, { numRuns: 60, seed: 5 }).map((spec) => specText(spec));
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
    const [wfc, made] = [experiment(''), experiment('')];
    for (const e of [wfc, made]) {
      e.write('wfc.yml', json);
      for (const source of sourcesOf(plan)) e.write(source, `${source}\n`);
    }
    writeMake(made);
    const [ran, result] = await Promise.all([wfc.run('-j2'), make(made, ['-j4'])]);
    expect([ran.status, result.status], `${json}\n${ran.stderr}\n${result.output}`).toEqual([0, 0]);
    expect(treeOf(made)).toEqual(treeOf(wfc));
    expect((await make(made)).output).toContain('Nothing to be done');
    if (tried === 8) break;
  }
  expect(tried).toBeGreaterThan(3);
});

const EXAMPLES: Record<string, readonly string[]> = {
  'multitask-streamflow': ['site=01022500,01030500', 'factor=0', 'seed=0', 'epochs=2'],
  'optimizer-arms': ['start=1', 'steps=5'],
  'python-inline': ['batch=1,2', 'points=50'],
};
it.each(Object.keys(EXAMPLES))('example %s leaves the same tree', async (name) => {
  const [wfc, made] = [exampleCopy(name), exampleCopy(name)];
  writeMake(made, EXAMPLES[name]);
  const [ran, result] = await Promise.all([
    wfc.run(`-j2 ${EXAMPLES[name]!.map((s) => `--set ${s}`).join(' ')}`),
    make(made, ['-j4']),
  ]);
  expect([ran.status, result.status], `${ran.stderr}\n${result.output}`).toEqual([0, 0]);
  expect(treeOf(made)).toEqual(treeOf(wfc));
});

it('Ctrl-C stops the tasks, removes their outputs and leaves nothing running', async () => {
  const e = experiment(`
rules:
  done: {output: done, run: "touch {output}"}
  long: {input: done, output: long, run: "echo $BASHPID > pid; touch {output}; sleep 1000"}
`);
  writeMake(e);
  const running = startMake(e, ['-j2']);
  await Promise.all([e.filled('pid'), e.appeared('long')]);
  process.kill(-running.group, 'SIGINT');
  expect(await running.ended).not.toBe(0);
  await gone(Number(e.read('pid')));
  expect([e.has('done'), e.has('long'), e.files('.wfc/make-run')]).toEqual([true, false, []]);
});

it('after kill -9 the next make takes nothing half-written for complete, nor does wfc', async () => {
  const e = experiment('rules: {long: {output: long, run: "echo half > {output}; [[ -e ready ]] || sleep 1000"}}');
  writeMake(e);
  const running = startMake(e);
  await Promise.all([e.appeared('long'), e.started('long')]);
  process.kill(-running.group, 'SIGKILL');
  await running.ended;
  e.write('ready', '');
  expect((await e.wfc('plan')).stdout).toContain('output incomplete');
  expect((await make(e)).output).toContain('long: long');
  expect((await e.run()).stderr).toContain('nothing to do');
});

it('one that kept an old time is not made again for ever', async () => {
  const e = experiment('rules: {copy: {input: [a, b], output: c, run: "cp -p a c"}}', { a: 'a', b: 'b' });
  e.age('a', 1000);
  writeMake(e);
  expect((await make(e)).status).toBe(0);
  expect((await make(e)).output).toContain('Nothing to be done');
});

it('a gather of 27,270 files has no trouble with the length of a command line', async () => {
  const e = experiment(`
params: {site: {from: 1, to: 27}, seed: {from: 1, to: 1010}}
rules:
  combine:
    gather: [site, seed]
    input: data/a-long-name-of-a-site-{site}/a-long-name-of-a-seed-{seed}.csv
    output: combined
    run: "wc -l < {input:list} > {output}"
`);
  const plan = planIn(e.folder);
  const paths = sourcesOf(plan);
  for (const folder of new Set(paths.map(dirname))) mkdirSync(e.path(folder), { recursive: true });
  for (const path of paths) closeSync(openSync(e.path(path), 'w'));
  writeMake(e);
  expect((await make(e)).status).toBe(0);
  expect(e.read('combined').trim()).toBe('27270');
  expect((await make(e)).output).toContain('Nothing to be done');
  expect((await e.run()).stderr).toContain('nothing to do');
});

it('the scripts pass bash -n and shellcheck, and are the same each time', async () => {
  const e = experiment(SPEC, FILES);
  writeMake(e);
  const again = render(planIn(e.folder));
  for (const { path, content } of again) expect(e.read(`.wfc/make/${path}`)).toBe(content);
  for (const name of ['make.sh', 'task.sh', 'rules.sh']) {
    const file = e.path(`.wfc/make/${name}`);
    await execa('bash', ['-n', file]);
    const { stdout, failed } = await execa('shellcheck', [file], { reject: false });
    if (failed) expect(stdout).toBe('');
  }
});

it.each(['Makefile', 'tasks.mk', 'tables/temps.txt', 'tables/stand-ins.tsv'])('golden: %s', async (name) => {
  const e = experiment(`name: golden
params: {site: [a, "two words"], seed: [1, 2]}
rules:
  prep: {input: ["source {site}", {path: once.txt, ancient: true}], output: "prep/{site}.csv", run: "cp {input[0]} {output}"}
  fit:
    input: {data: "prep/{site}.csv"}
    output: {model: {path: "fit/{site}/{seed}", directory: true}, scores: "scores/{site}-{seed}"}
    run: mkdir {output.model}; cp {input.data} {output.model}/x; touch {output.scores}
    retries: 1
    resources: {time: 10m}
  draw: {output: {path: "draw/{seed}", temp: true}, run: "echo {seed} > {output}"}
  sum:
    gather: [site, seed]
    input: ["fit/{site}/{seed}/x", "draw/{seed}"]
    output: [sum.csv, sum.txt]
    run: cat {input} > {output[0]}; touch {output[1]}
`);
  const file = render(planIn(e.folder)).find((f) => f.path === name)!;
  await expect(file.content).toMatchFileSnapshot(`golden/${name.replaceAll('/', '-')}`);
});

it('the 81,912 tasks of the seed are read in about a second', async () => {
  const e = exampleCopy('multitask-streamflow');
  writeMake(e, ['size=full']);
  const began = performance.now();
  const { status, output } = await make(e, ['-n']);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  expect(status).toBe(0);
  const tasks = output.split('\n').filter((l) => l.includes('task.sh')).length;
  console.log(`make -n: ${tasks} tasks in ${seconds} s`);
  expect(tasks).toBe(81_912);
});
