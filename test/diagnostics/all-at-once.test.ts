/**
 * All at once: mistakes at different places do not hide each other, nor make others up. A valid spec takes on some of
 * the mistakes below together, and is told of each as if it were alone.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineAndColumn } from '../../src/model/source.ts';
import { compileText } from '../schema/compile-text.ts';

const SPEC = `wfc: 1
name: everything
config:
  epochs: 10
  root: out
  model: {width: 64}
params:
  site: {lines: sites.txt}
  seed: {from: 0, to: 2}
  lr: [0.1, 0.01]
  split: [train, test]
tables:
  arms:
    - {arm: lstm, depth: 2}
    - {arm: gru, depth: 3}
  stations: {csv: stations.csv}
exclude:
  - {arm: gru, seed: 2}
  - {lr: 0.1, split: test}
defaults:
  resources: {cpus: 1, mem: 2G}
  env: {THREADS: "{resources.cpus}"}
rules:
  prep:
    input: raw.csv
    output: "{config.root}/prep/{site}.npz"
    run: ./prep {input} {output} --site {site}
    resources: {cpus: 2, time: 10m}
    retries: 0
  train:
    input: {data: "out/prep/{site}.npz", extra: [common.csv, more.csv]}
    output:
      model: "out/{site}/{arm}_{seed}.bin"
      state: {path: "out/{site}/{arm}_{seed}.state", temp: true}
    run: ./train {input.data} {input.extra[0]} {output.model} {depth} --epochs {config.epochs}
    resources: {mem: 4G, time: 2h, slurm: {partition: gpu}}
    retries: 2
  score:
    shell: python3
    input: "out/{site}/{arm}_{seed}.bin"
    output: {path: "score/{site}/{arm}_{seed}.csv", check: nonempty}
    log: logs/{site}_{arm}_{seed}.log
    run: |
      score({input}, {output}, {seed})
  collect:
    gather: [seed, arm]
    input: score/{site}/{arm}_{seed}.csv
    output: all/{site}.csv
    run: cat {input} > {output}
  plot:
    input: all/{site}.csv
    output: plots/{site}_{lr}_{split}.png
    env: {WIDTH: "{config.model.width}"}
    run: ./plot {input} {lr} {split}
  station:
    output: stations/{station}.txt
    run: echo {area} > {output}
targets: [plot, station, "score/{site}/{arm}_{seed}.csv"]
`;

const FILES = { 'sites.txt': '01022500\n01030500\n', 'stations.csv': 'station,area\ns1,12\ns2,7\n' };

/** A mistake: what stands in the spec once, what takes its place, and what is then wrong. */
type Mistake = readonly [find: string, replace: string, told: string | RegExp];

const MISTAKES: readonly Mistake[] = [
  // The top, config, params, tables, exclude.
  ['wfc: 1', 'wfc: 2', 'this version of wfc reads version 1'],
  ['name: everything', 'nane: everything', 'unknown key "nane" in the spec'],
  ['  epochs: 10', '  epochs: [10]', /^"config.epochs" must be/],
  ['{width: 64}', '{width: null}', /^null means/],
  ['{from: 0, to: 2}', '{from: 0, too: 2}', 'unknown key "too" in param "seed"'],
  ['{from: 0, to: 2}', '{from: 0, to: x}', /^"to" of param "seed" must be a number/],
  ['lr: [0.1, 0.01]', 'lr: [0.1, 0.1]', 'param "lr" has the value "0.1" twice'],
  ['lr: [0.1, 0.01]', 'lr: {a: 0.1, b: 2}', /^param "lr" has none of the forms/],
  ['{lines: sites.txt}', '{lines: site.txt}', /^can't read site.txt/],
  ['[train, test]', '[]', '"split" has no values, so there is nothing to run'],
  ['{arm: gru, depth: 3}', '{arm: gru, dept: 3}', 'the first row of table "arms" has no "dept"'],
  ['{arm: lstm, depth: 2}', '{arm: lstm, depth: }', '"depth" has no value'],
  ['{csv: stations.csv}', '{csv: stations.cvs}', /^can't read stations.cvs/],
  ['{arm: gru, seed: 2}', '{arms: gru, seed: 2}', 'there is no param "arms"'],
  ['{lr: 0.1, split: test}', '{lr: {a: 1}, split: test}', /^"lr" of entry 2 of "exclude"/],
  // Defaults.
  ['{cpus: 1, mem: 2G}', '{cpu: 1, mem: 2G}', 'unknown key "cpu" in "defaults.resources"'],
  ['{cpus: 1, mem: 2G}', '{cpus: 1, mem: 2}', '"2" has no unit'],
  ['"{resources.cpus}"', '"{resources.cpu}"', /^"\{resources.cpu\}" is not a resource/],
  // One rule, in most of its keys.
  ['"{config.root}/prep', '"{config.roots}/prep', 'config has no key "roots"'],
  ['--site {site}\n', '--site {sit}\n', /^"\{sit\}" names no param/],
  ['{cpus: 2, time: 10m}', '{cpus: 2, time: 10}', '"10" has no unit'],
  ['{cpus: 2, time: 10m}', '{cpus: 2, tiem: 10m}', 'unknown key "tiem" in "resources" of rule "prep"'],
  ['retries: 0', 'threads: 4', 'unknown key "threads" in rule "prep"'],
  // Another, with names for its files.
  ['{data: "out/prep/{site}.npz"', '{data: "out/prep/{stie}.npz"', /^"\{stie\}" names no param/],
  ['"out/{site}/{arm}_{seed}.bin"\n      state', '"out/{site}/{am}_{seed}.bin"\n      state', /^"\{am\}" names no/],
  ['temp: true', 'temp: maybe', /temp" of rule "train" must be true or false/],
  ['{input.data} {', '{input.dta} {', 'the rule has no input named "dta"'],
  ['{input.extra[0]}', '{input.extra[7]}', /^there is no input.extra\[7\]/],
  ['{config.epochs}', '{config.epoch}', 'config has no key "epoch"'],
  ['{output.model} {depth}', '{output.model} {lr}', /^\{lr\} stands in no output/],
  ['{mem: 4G, time: 2h', '{memroy: 4G, time: 2h', 'unknown key "memroy" in "resources" of rule "train"'],
  ['{partition: gpu}', '{array: 0-3}', 'wfc itself sets --array in every job'],
  ['retries: 2', 'retries: two', /^"retries" of rule "train" must be/],
  // One of Python.
  ['logs/{site}_{arm}_{seed}.log', 'logs/{site}_{arm}.log', /^this log lacks/],
  ['check: nonempty', 'check: nonempy', /^"output.check" of rule "score"/],
  ['score({input}', 'score({inptu}', /^"\{inptu\}" names no/],
  ['shell: python3', 'shlel: python3', 'unknown key "shlel" in rule "score"'],
  // One that gathers.
  ['gather: [seed, arm]', 'gather: [seed, arm, split]', /^"split" is gathered, but/],
  ['gather: [seed, arm]', 'gather: [seed, amr]', 'there is no param "amr"'],
  ['gather: [seed, arm]', 'gahter: [seed, arm]', 'unknown key "gahter" in rule "collect"'],
  ['run: cat {input}', 'rnu: cat {input}', 'unknown key "rnu" in rule "collect"'],
  // The rest.
  ['env: {WIDTH:', 'env: {WID TH:', /^"WID TH" is not a name/],
  ['output: plots/', 'ouput: plots/', 'unknown key "ouput" in rule "plot"'],
  ['run: echo {area} > {output}', 'run: echo {area} > {output[1]}', /^\{output\} is one path/],
  ['[plot, station', '[plto, station', /^no rule is named "plto"/],
];

/** `line: message` of each error. */
function errorsOf(mistakes: readonly Mistake[]): string[] {
  let text = SPEC;
  for (const [find, replace] of mistakes) {
    if (text.split(find).length !== 2) throw new Error(`not once in the spec: ${find}`);
    text = text.replace(find, () => replace);
  }
  return compileText(text, { files: FILES })
    .diagnostics.filter((d) => d.severity === 'error')
    .map(
      ({ location, message }) => `${location ? lineAndColumn(location.source, location.start).line : ''}: ${message}`,
    )
    .sort();
}

const alone = new Map(MISTAKES.map((mistake) => [mistake, errorsOf([mistake])]));

/** Not of one place, and neither may have made the other. */
function areApart(a: Mistake, b: Mistake): boolean {
  const place = ([find]: Mistake): [number, number] => [SPEC.indexOf(find), SPEC.indexOf(find) + find.length];
  const [[a0, a1], [b0, b1]] = [place(a), place(b)];
  if (a0 < b1 && b0 < a1) return false;
  // Of a table that can't be read nobody knows the columns: any name may be one.
  const readsTable = (m: Mistake): boolean => m[0].includes('csv: stations');
  const isName = ({ 2: told }: Mistake): boolean => /names no|no param|named/.test(String(told));
  // An unknown name in an output may be the one that stands in no output.
  const isOutput = (m: Mistake): boolean => m[0].startsWith('"out/');
  const isFree = ({ 2: told }: Mistake): boolean => /stands in no output/.test(String(told));
  return [
    [a, b],
    [b, a],
  ].every(([x, y]) => !(readsTable(x!) && isName(y!)) && !(isOutput(x!) && isFree(y!)));
}

describe('all mistakes are told at once', () => {
  it('the spec is valid', () => expect(errorsOf([])).toEqual([]));

  it.each(MISTAKES)('alone: %j becomes %j', (...mistake) => {
    const { 2: told } = mistake;
    const matching =
      typeof told === 'string'
        ? expect.stringContaining(`: ${told}`)
        : expect.stringMatching(told.source.replace(/^\^/, ': '));
    expect(errorsOf([mistake])).toEqual([matching]);
  });

  it('together: each is told as it is alone, and nothing else', () => {
    const some = fc
      .uniqueArray(fc.constantFrom(...MISTAKES), { minLength: 2, maxLength: 9 })
      .map((list) => list.filter((m, i) => list.slice(0, i).every((other) => areApart(m, other))));
    fc.assert(
      fc.property(some, (mistakes) => {
        expect(errorsOf(mistakes)).toEqual(mistakes.flatMap((m) => alone.get(m)!).sort());
      }),
      { numRuns: 300, seed: 9 },
    );
  });

  it('together, all pairs', () => {
    const hidden: unknown[] = [];
    for (const [i, a] of MISTAKES.entries())
      for (const b of MISTAKES.slice(0, i)) {
        if (!areApart(a, b)) continue;
        const wanted = [...alone.get(a)!, ...alone.get(b)!].sort();
        const got = errorsOf([a, b]);
        if (JSON.stringify(got) !== JSON.stringify(wanted)) hidden.push({ a: a[1], b: b[1], wanted, got });
      }
    expect(hidden).toEqual([]);
  });
});
