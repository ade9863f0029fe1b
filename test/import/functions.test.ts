import { execa } from 'execa';
import { expect, it } from 'vitest';
import { folderOf, hasSnakemake, snakefile, snakemakeSteps, specSteps } from './import.ts';

/** The spec that a Snakefile becomes, which must have been written. */
async function specOf(text: string, files: Readonly<Record<string, string>> = {}) {
  const made = snakefile(text, files);
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([0, expect.stringContaining('written to wfc.yml')]);
  return { made, spec: made.read('wfc.yml'), stderr };
}

it.skipIf(!hasSnakemake)(
  'functions of all kinds: the same tasks as in a dry run, the same files after a run',
  async () => {
    const [ours, theirs] = [folderOf('functions'), folderOf('functions')];
    const wanted = await snakemakeSteps(theirs.folder);
    await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
    const { status, stderr } = await ours.wfc('import snakefile Snakefile');
    expect([status, stderr]).toEqual([0, expect.stringContaining('"mem_mb" of rule "fit" grows with each attempt')]);
    expect(specSteps(ours)).toEqual(wanted);
    const spec = ours.read('wfc.yml');
    // A pattern where a pattern does, also deep inside of what a function makes.
    expect(spec).toContain('data: data/{site}.csv');
    expect(spec).toContain('--out fits/{site}/{seed}');
    // What a function looks up is a column, and says whose it was.
    expect(spec).toMatch(/# forcing: from get_forcing\(\) in rule "fit" \(Snakefile:\d+\)/);
    expect(spec).toContain('forcing: raw/{forcing}.nc');
    expect((await ours.run('--local')).status).toBe(0);
    for (const folder of ['fits', 'groups']) {
      expect(ours.files(folder)).toEqual(theirs.files(folder));
      for (const file of ours.files(folder)) expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
    }
  },
);

it.skipIf(!hasSnakemake)(
  'all jobs are one group for functions that ask, as in Snakemake without a cluster',
  async () => {
    const { made, spec } = await specOf(
      'def shared(wildcards, groupid):\n    return f"cache.{groupid}.txt"\nrule all:\n    input: "a.out", "b.out"\n' +
        'rule cache:\n    output: "cache.{groupid}.txt"\n    group: "g"\n    shell: "touch {output}"\n' +
        'rule use:\n    input: shared\n    output: "{n}.out"\n    group: "g"\n    shell: "cp {input} {output}"\n',
    );
    expect(spec).toContain('input: cache.local.txt');
    expect(specSteps(made)).toEqual(await snakemakeSteps(made.folder));
  },
);

it('a step that reads the step before it becomes a column beside the steps', async () => {
  const { spec } = await specOf(
    'rule all:\n    input: expand("run/{site}/{step}.nc", site=["como", "garda"], step=range(1, 4))\nrule step:\n' +
      '    input: lambda w: f"run/{w.site}/{int(w.step) - 1}.nc" if w.step != "1" else "init.nc"\n' +
      '    output: "run/{site}/{step}.nc"\n    shell: "cp {input} {output}"\n',
    { 'init.nc': '' },
  );
  expect(spec).toContain('path: true');
  expect(spec).toContain('- {site: como, step: 2, step_input: run/como/1.nc}');
});

it("values of another rule that a function names are that rule's own param", async () => {
  const { spec } = await specOf(
    'BASIN = {"a": "po", "b": "po", "c": "rhine"}\nrule all:\n    input: expand("fits/{site}.txt", site=list("abc"))\n' +
      'rule fit:\n    input: lambda w: "basins/" + BASIN[w.site] + ".txt"\n    output: "fits/{site}.txt"\n' +
      '    shell: "cp {input} {output}"\nrule basin:\n    output: "basins/{basin}.txt"\n    shell: "echo {wildcards.basin} > {output}"\n',
  );
  expect(spec).toContain('- {site: a, basin: po}');
  expect(spec).toContain('input: basins/{basin}.txt');
  expect(spec).not.toContain('params:');
});

it('functions of Snakemake 8, a default and a branch, are worked out as it does', async () => {
  const { spec } = await specOf(
    'config["site"] = {"a": {"csv": "como.csv"}, "b": {"csv": "garda.csv"}}\nrule all:\n    input: collect("fits/{site}.txt", site=lookup(dpath="site", within=config))\n' +
      'rule fit:\n    input:\n        data=lookup(dpath="site/{site}/csv", within=config),\n        more=branch(lambda w: w.site == "a", then="a.txt", otherwise="data/{site}.txt"),\n' +
      '        mask=lookup(dpath="site/{site}/mask", within=config, default="mask.nc"),\n        switch=branch(True, then="on.txt"),\n' +
      '    output: "fits/{site}.txt"\n    shell: "cat {input} > {output}"\n',
  );
  expect(spec).toContain('- {site: a, data: como, more: a.txt}');
  expect(spec).toContain('- {site: b, data: garda, more: data/b.txt}');
  expect(spec).toContain('data: "{data}.csv"');
  expect(spec).toMatch(/mask: mask\.nc/);
  expect(spec).toMatch(/switch: on\.txt/);
});

it('an input that only some jobs have makes two rules, one that no job has is none', async () => {
  const { made, spec } = await specOf(
    'MASKS = {"a": "mask.txt"}\nrule all:\n    input: expand("out/{n}.txt", n=["a", "b", "c"]), "total.txt"\n' +
      'rule fit:\n    input: data="data/{n}.txt", mask=lambda w: MASKS.get(w.n, []), none=[]\n    output: "out/{n}.txt"\n' +
      '    shell: "cat {input.data} {input.mask} {input.none} > {output}"\n' +
      'rule total:\n    input: data=expand("out/{n}.txt", n=["a", "b", "c"]), none=branch(False, then="x")\n    output: "total.txt"\n' +
      '    run:\n        assert not input.none\n        open(output[0], "w").write("".join(open(path).read() for path in input.data))\n',
    { 'data/a.txt': 'a\n', 'data/b.txt': 'b\n', 'data/c.txt': 'c\n', 'mask.txt': 'm\n' },
  );
  expect(spec).toContain('  fit_2:  # Snakefile:4');
  expect((await made.run('--local')).status).toBe(0);
  expect(made.read('total.txt')).toBe('a\nm\nb\nc\n');
});

it('an input that is one path for some jobs and a list for others keeps its name', async () => {
  const { made, spec } = await specOf(
    'def reads(w):\n    return "raw/single.txt" if w.s == "a" else expand("raw/{s}_{end}.txt", s=w.s, end=[1, 2])\n' +
      'rule all:\n    input: "o/a", "o/b"\nrule one:\n    input: reads=reads, index="i.txt"\n    output: "o/{s}"\n    shell: "cat {input.index} {input.reads} > {output}"\n',
  );
  expect(specSteps(made)).toEqual(['one: o/a <- i.txt raw/single.txt', 'one: o/b <- i.txt raw/b_1.txt raw/b_2.txt']);
  expect(spec).toContain('run: cat {input.index} {input.reads} > {output}');
});

it('params of Snakemake 9 that name inputs and outputs are worked out as it does, in scripts, too', async () => {
  const { made, spec } = await specOf(
    'from collections import namedtuple\nRow = namedtuple("Row", "n")\nrule all:\n    input: collect("out/{row.n}.txt", row=Row("1")), "out/both.txt"\n' +
      'rule one:\n    input: data="data/deep/{n}.csv", sums="sums.md5"\n    output: multiext("out/{n}", text=".txt", more=".log")\n' +
      '    params: subpath(input.data, parent=True), subpath(input[0], basename=True, strip_suffix=".csv"), subpath(input.data, ancestor=2),\n' +
      '        lambda w, input: parse_input(input.sums, parser=extract_checksum, file=f"{w.n}.csv"), first=extract_checksum(input.sums, file="1.csv"), mem=resources.mem_mb\n' +
      '    resources: mem_mb=100\n    log: lambda w: f"logs/{w.n}.txt"\n    shell: "echo {params} > {output.text}; touch {output.more}"\n' +
      'rule both:\n    input: flatten([[rules.one.output.text.format(n=1)], "out/2.txt"])\n    output: "out/both.txt"\n' +
      '    params: folder=subpath(input[0], parent=True), n=lambda w, threads: threads + 1\n    script: "both.py"\n',
    {
      'data/deep/1.csv': '',
      'data/deep/2.csv': '',
      'sums.md5': 'abc  1.csv\ndef *2.csv\n',
      'both.py': 'open(snakemake.output[0], "w").write(f"{snakemake.params.folder} {snakemake.params.n}")\n',
    },
  );
  expect(spec).toContain("params=Named(folder='out', n=2)");
  expect(spec).toContain('log: logs/{n}.txt');
  expect((await made.run('--local')).status).toBe(0);
  const texts = ['1', '2', 'both'].map((name) => made.read(`out/${name}.txt`));
  expect(texts).toEqual(['data/deep 1 data abc abc 100\n', 'data/deep 2 data def abc 100\n', 'out 2']);
});

it('a param that reads a file which a task makes is worked out in the task', async () => {
  const { made, spec } = await specOf(
    'def words(wildcards, input):\n    with open(input[0]) as opened:\n        return {"first": opened.read().split()[0]}\n' +
      'rule all:\n    input: "out.txt"\nrule use:\n    input: "made.txt"\n    output: "out.txt"\n    params: words=words\n' +
      '    shell: "echo {params.words[first]} > {output}"\nrule make:\n    output: "made.txt"\n    shell: "echo one two > {output}"\n',
  );
  expect(spec).toContain('params=params_of_use(input=Files({input}), wildcards=Wildcards())');
  expect((await made.run('--local')).status).toBe(0);
  expect(made.read('out.txt')).toBe('one\n');
});

it('values of params are as Python writes them, and several words of a shell where they are', async () => {
  const { made, spec } = await specOf(
    'OPTIONS = {"a": ["-x", 1, "-v"], "b": "", "c": "-q"}\nrule all:\n    input: expand("o/{n}.txt", n=list("abc")), expand("p/{n}.txt", n=[1, 2])\n' +
      'rule words:\n    params: lambda wildcards: OPTIONS[wildcards.n]\n    output: "o/{n,[abc]}.txt"\n' +
      '    shell: "for w in {params}; do echo $w; done > {output}; echo \'{params}\' \\"{params}\\" >> {output}"\n' +
      'rule typed:\n    params: x=lambda wildcards: int(wildcards.n) / 2, same=lambda wildcards: int(wildcards.n)\n' +
      '    output: "p/{n,[12]}.txt"\n    shell: "echo {params.x} {params.same} > {output}"\n',
  );
  expect(spec).toContain('x: 0.5');
  expect((await made.run('--local')).status).toBe(0);
  const read = (name: string): string => made.read(`${name}.txt`);
  expect([read('o/a'), read('o/b'), read('o/c')]).toEqual(['-x\n1\n-v\n-x 1 -v -x 1 -v\n', ' \n', '-q\n-q -q\n']);
  expect([read('p/1'), read('p/2')]).toEqual(['0.5 1\n', '1.0 2\n']);
});

it('a list of paths that is long, or differs in length, is gathered; what is no rule’s own is one column', async () => {
  const { spec, stderr } = await specOf(
    'import os\nYEARS = {"a": range(1990, 1993), "b": range(2000, 2008)}\nrule all:\n    input: expand("m/{site}.nc", site=YEARS)\n' +
      'rule merge:\n    input: years=lambda w: [f"in/{w.site}/{y}.nc" for y in YEARS[w.site]]\n    output: "m/{site}.nc"\n' +
      '    params: lambda w, input: len(input.years), where=lambda w, output: os.path.dirname(output[0])\n' +
      '    resources: mem_mb=lambda w, input, attempt: 100 * attempt * len(input), runtime=lambda w: None\n' +
      '    threads: lambda w: 4\n    shell: "cat {input.years} > {output} # {params[0]} {params.where}"\n',
  );
  expect(spec).toContain('input: {years: "in/{site}/{years}.nc"}');
  expect(spec).toContain('gather: [years]');
  expect(spec).toContain('mem: "{merge_mem_mb}M"');
  expect(spec).toContain('cpus: 4');
  expect(spec.match(/- \{site: b, .*years: \d+/g)).toHaveLength(8);
  expect(stderr).toContain('"runtime" of rule "merge" is left out: its function gives None');
});

it('paths that Python wrote out are a pattern again, where they are all that a rule makes', async () => {
  const { spec } = await specOf(
    'S = ["a", "b", "c"]\nrule all:\n    input: [f"out/{s}_{n}.txt" for s in S for n in (1, 2)] + ["sum.txt", "two.txt"]\n' +
      'rule one:\n    output: "out/{s}_{n}.txt"\n    shell: "echo {wildcards.s} > {output}"\n' +
      'rule sum:\n    input: ["out/%s_1.txt" % s for s in S]\n    output: "sum.txt"\n    shell: "cat {input} > {output}"\n' +
      'rule two:\n    input: ["out/%s_1.txt" % s for s in S]\n    output: "two.txt"\n    shell: "cat {input[0]} {input[2]} > {output}"\n',
  );
  expect(spec).toContain('targets: ["out/{s}_{n}.txt", sum.txt, two.txt]');
  expect(spec).toContain('gather: [s]\n    input: out/{s}_1.txt\n    output: sum.txt');
  expect(spec).toContain('input: [out/a_1.txt, out/b_1.txt, out/c_1.txt]\n    output: two.txt');
});
