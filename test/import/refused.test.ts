import { expect, it } from 'vitest';
import { snakefile } from './import.ts';

/** Name, Snakefile, what it must say. Nothing is written, unless the last part is the rule left to the user. */
const REFUSED: readonly (readonly [string, string, string])[] = [
  [
    'a checkpoint that decides which files are needed',
    'def f(w):\n    with checkpoints.a.get().output[0].open() as file:\n        return "b" if file.read().strip() == "yes" else "c"\n' +
      'rule all:\n    input: f\ncheckpoint a:\n    output: "a"\n    shell: "echo yes > {output}"\nrule b:\n    output: "{n,[bc]}"\n    shell: "touch {output}"\n',
    'Snakefile:5:5 error: f() in "input" of rule "all" chooses files by what stands in a, which "a" makes',
  ],
  [
    'a function that counts what a checkpoint lists',
    'import os\ndef f(w):\n    return [f"b/{i}" for i, _ in enumerate(os.listdir(checkpoints.a.get().output[0]))]\n' +
      'rule all:\n    input: f\ncheckpoint a:\n    output: directory("a")\n    shell: "mkdir {output}"\nrule b:\n    output: "b/{n}"\n    shell: "touch {output}"\n',
    'Snakefile:5:5 error: f() in "input" of rule "all" chooses files by what is listed in a, which "a" makes',
  ],
  ...["int(row['n']) > 5", "row['n'] != 'bad'"].map((which): readonly [string, string, string] => [
    `a function that takes lines of a checkpoint's table with ${which}`,
    'import csv\ndef f(w):\n    with open(checkpoints.a.get().output[0]) as file:\n' +
      `        return [f"b/{row['name']}" for row in csv.DictReader(file) if ${which}]\n` +
      'rule all:\n    input: f\ncheckpoint a:\n    output: "a.csv"\n    shell: "touch {output}"\nrule b:\n    output: "b/{n}"\n    shell: "touch {output}"\n',
    'Snakefile:6:5 error: f() in "input" of rule "all" takes only some of what stands in a.csv, which "a" makes',
  ]),
  [
    'a module from the network',
    'rule all:\n    input: "a"\nmodule m:\n    snakefile: "https://example.org/Snakefile"\nuse rule * from m\n',
    'Snakefile:3:1 error: module "m" is no file of this machine',
  ],
  [
    'rules of a module that is not there',
    'use rule a from m as b with:\n    input: "x"\n',
    'Snakefile:1:1 error: there is no module "m" before this line',
  ],
  [
    'an input function that fails',
    'def f(w):\n    return {}[w.n]\nrule all:\n    input: "b/1", "b/2"\nrule b:\n    input:\n        "x",\n        f\n    output: "b/{n}"\n    shell: "cp {input} {output}"\n',
    'Snakefile:8:9 error: f() in "input" of rule "b" fails for n=1: KeyError: \'1\'',
  ],
  [
    'an input function that ends its process',
    'import os\nrule all:\n    input: "b/1"\nrule b:\n    input: lambda w: os._exit(3)\n    output: "b/{n}"\n    shell: "cp {input} {output}"\n',
    'error: python3 ended with 3 while it called functions of Snakefile',
  ],
  [
    'unpack of what is neither a mapping nor a list',
    'def f(w):\n    return 1\nrule all:\n    input: unpack(f)\n    output: "b"\n    shell: "true"\n',
    'Snakefile:4:5 error: f() in "input" of rule "all" fails: TypeError: unpack() takes a dict or a list, not 1',
  ],
  [
    'what only later versions of Snakemake leave out',
    'rule all:\n    output:\n        dynamic("a/{n}.txt")\n',
    'Snakefile:3:9 error: dynamic() is not converted',
  ],
  [
    'a file of a remote storage',
    'rule all:\n    input:\n        storage("s3://b/x")\n    output: "o"\n    shell: "cp {input} {output}"\n',
    'Snakefile:3:9 error: storage() is needed here: files of a remote storage are no files of a spec',
  ],
  [
    'a file that tasks change in place',
    'rule all:\n    input: before_update("a")\n    output: update("a")\n    shell: "date >> {output}"\n',
    'Snakefile:2:5 error: before_update() is not converted',
  ],
  [
    'a module whose name is worked out',
    'for name in ["a", "b"]:\n    module:\n        name: name\n        snakefile: f"{name}.smk"\nrule all:\n    output: "a"\n',
    'Snakefile:2:5 error: a module without a name is not converted',
  ],
  [
    'paths with variables of their own',
    'pathvars:\n    x="y"\nrule all:\n    input: "<x>/a"\n',
    'Snakefile:1:1 error: "pathvars" is not converted',
  ],
  [
    'Python that fails',
    'X = 1\nY = undefined_name\nrule all:\n    input: "a"\n',
    "Snakefile:2:1 error: the Python of the Snakefile fails here: NameError: name 'undefined_name' is not defined",
  ],
  ['Python that does not parse', 'X = (1\nrule all:\n    input: "a"\n', "error: this can't be read as"],
  [
    'an unknown section',
    'rule all:\n    input: "a"\n    inputs: "b"\n',
    'Snakefile:3:5 error: "inputs" is no section of a rule',
  ],
  [
    'two rules for one file',
    'rule all:\n    input: "x.txt"\nrule a:\n    output: "{n}.txt"\n    shell: "touch {output}"\nrule b:\n    output: "{m}.txt"\n    shell: "touch {output}"\n',
    'Snakefile:2:5 error: x.txt could be made by rules "a" and "b"',
  ],
  [
    'a wildcard without a value',
    'rule all:\n    input: "b.x"\nrule b:\n    input: "{other}.csv"\n    output: "{n}.x"\n    shell: "true"\n',
    'Snakefile:4:5 error: {other} stands in no output of rule "b"',
  ],
  [
    'a rule that feeds itself for ever',
    'rule all:\n    input: "a.x"\nrule b:\n    input: "{n}.x.x"\n    output: "{n}.x"\n    shell: "true"\n',
    'error: rule "b" makes files that it reads itself, without an end',
  ],
  ['no rules at all', 'X = 1\n', 'Snakefile:1:1 error: there are no rules here'],
];

for (const [name, text, says] of REFUSED) {
  it(`${name}: says where and why, and writes nothing`, async () => {
    const made = snakefile(text);
    const { status, stdout, stderr } = await made.wfc('import snakefile Snakefile');
    expect(stderr).toContain(says);
    expect([status, stdout]).toEqual([2, '']);
    expect(made.has('wfc.yml')).toBe(false);
  });
}

const rule = (body: string, head = ''): string =>
  `${head}rule all:\n    input: "o.txt"\nrule r:\n    input: "i.txt"\n    output: "o.txt"\n${body}`;

/** Commands that can't be converted: the spec is written, and the rule fails until the user has finished it. */
const UNFINISHED: readonly (readonly [string, string, string])[] = [
  ['a tool of CWL', rule('    cwl: "a.cwl"\n'), 'error: "cwl" is not converted'],
  [
    'a param by function',
    rule('    params: n=lambda wildcards, input: 1 / 0\n    shell: "echo {params.n} > {output}"\n'),
    'error: param "n" fails: ZeroDivisionError: division by zero',
  ],
  [
    'a name defined nowhere',
    rule('    run:\n        nothing(output[0])\n'),
    '"nothing" is defined nowhere in the Snakefile',
  ],
  [
    'an unknown name in the command',
    rule('    shell: "echo {nothing} > {output}"\n'),
    'error: {nothing} is not known in a spec',
  ],
];

for (const [name, text, says] of UNFINISHED) {
  it(`${name}: the spec is written, with a command that fails until it is finished by hand`, async () => {
    const made = snakefile(text, { 'i.txt': 'x\n' });
    const { status, stderr } = await made.wfc('import snakefile Snakefile');
    expect(stderr).toContain(says);
    expect(stderr).toContain('to be finished by hand, and failing until then: r');
    expect(status).toBe(2);
    expect(made.read('wfc.yml')).toMatch(
      /echo 'not converted from Snakefile:.*\n.*exit 1|raise SystemExit\("not converted/,
    );
  });
}

it.each([UNFINISHED[0]!, UNFINISHED[3]!])('%s: a run says what is to be done, and makes nothing', async (_, text) => {
  const made = snakefile(text, { 'i.txt': 'x\n' });
  await made.wfc('import snakefile Snakefile');
  const run = await made.run('--local');
  expect([run.status, made.has('o.txt')]).toEqual([1, false]);
  expect(run.stderr + run.stdout).toContain('not converted from Snakefile:');
});

it('an expand over a part of the values gathers only these', async () => {
  const made = snakefile(
    'rule all:\n    input: "two.txt", expand("{s}.txt", s=["a", "b", "c"])\nrule two:\n    input: expand("{s}.txt", s=["a", "c"])\n' +
      '    output: "two.txt"\n    shell: "cat {input} > {output}"\nrule one:\n    output: "{s,[abc]}.txt"\n    shell: "echo {wildcards.s} > {output}"\n',
  );
  expect((await made.wfc('import snakefile Snakefile')).status).toBe(0);
  expect((await made.run('--local')).status).toBe(0);
  expect([made.read('two.txt'), made.has('b.txt')]).toEqual(['a\nc\n', true]);
});

it('two wildcards over one axis stay two params', async () => {
  const made = snakefile(
    'S = ["x", "y"]\nrule all:\n    input: expand("{a}-{b}.out", a=S, b=S)\nrule pair:\n    input: "{a}.in", "{b}.in"\n    output: "{a}-{b}.out"\n' +
      '    shell: "cat {input} > {output}"\nrule one:\n    output: "{s}.in"\n    shell: "echo {wildcards.s} > {output}"\n',
  );
  expect((await made.wfc('import snakefile Snakefile')).status).toBe(0);
  expect((await made.run('--local')).status).toBe(0);
  expect(made.read('x-y.out')).toBe('x\ny\n');
});

it('braces that are text stay text', async () => {
  const made = snakefile(
    'rule all:\n    input: expand("{s}.out", s=["1", "2"])\nrule one:\n    output: "{s}.out"\n' +
      '    shell: "s=5; echo ${{s}} {{s}} {{a,b}} {{other.x}} {{1..3}} > {output}"\n',
  );
  expect((await made.wfc('import snakefile Snakefile')).status).toBe(0);
  expect((await made.run('--local')).status).toBe(0);
  expect(made.read('2.out')).toBe('5 {s} a b {other.x} 1 2 3\n');
});
