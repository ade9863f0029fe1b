import { execa } from 'execa';
import { expect, it } from 'vitest';
import { pathToDebianPython } from '../support/programs.ts';
import { folderOf, hasSnakemake, snakefile } from './import.ts';

it.skipIf(!hasSnakemake)('a command keeps its lines, and means the same', async () => {
  const [ours, theirs] = [folderOf('kept'), folderOf('kept')];
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  expect((await ours.wfc('import snakefile Snakefile')).status).toBe(0);
  const spec = ours.read('wfc.yml');
  expect(spec).toContain('      echo {n} \\\n          --long-option y \\\n          --other "a   b" > {output}\n');
  expect(spec).toContain('      cat <<END >> {output}\n        text\n      END\n');
  expect(spec).toContain(
    "many pieces \\\n        --option-number-one {input[0]} \\\n        --option-number-two='it is long'",
  );
  expect(spec).toContain('    run: echo a b > {output}\n');
  expect(spec).toContain("      echo x \\\n        y |\n        sed 's/ \\\n      //' > {output}\n");
  expect(spec).toContain('      echo one > {output}\n      echo two \\\n        three >> {output}\n');
  expect((await ours.run('--local')).status).toBe(0);
  const made = theirs.files('o');
  expect(ours.files('o')).toEqual(made);
  for (const file of [...made, ...['t', 'u', 'v', 'w', 'x'].map((name) => `${name}.txt`)])
    expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
});

it('comments and docstrings stand where what they speak of has gone; what is switched off does not', async () => {
  const made = snakefile(
    `#!/usr/bin/env snakemake
configfile: "config/study.yaml"
# Networks that are compared.
MODELS = ["lstm", "gru"]
##########################
#  Boxes                 #
##########################
WIDTHS, HEIGHTS = [1, 2], [3, 4]

rule all:
    input:
        expand("fits/{model}/{seed}.txt", model=MODELS, seed=config["seeds"]),
        expand("boxes/{w}x{h}.txt", zip, w=WIDTHS, h=HEIGHTS)

# ---- Training ----
# One network, from f(0) on,
# with one seed.
rule fit:
    """Needs a minute.

    Writes its error.
    """
    output: "fits/{model}/{seed}.txt"
    shell: "echo {config[epochs]} {config[model][hidden]} {config[model][layers]} {config[plain]} > {output}"

# rule old:
#     output: "x"
rule box:
    output: "boxes/{w}x{h}.txt"
    shell: "touch {output}"
`,
    {
      'config/study.yaml':
        '# Where all begins.\n\n# Passes over the data.\nepochs: 3\nmodel:\n  # Units of a layer.\n  hidden: 64\n' +
        '  layers: 2   # one is too few\n# other: 7\nplain: x\n# Repeats.\nseeds: [1, 2, 3]\nunused: 1\n',
    },
  );
  expect((await made.wfc('import snakefile Snakefile')).status).toBe(0);
  const spec = made.read('wfc.yml');
  expect(spec.slice(spec.indexOf('config:'), spec.indexOf('targets:'))).toBe(`config:
  # Passes over the data.
  epochs: 3
  model:
    # Units of a layer.
    hidden: 64
    # one is too few
    layers: 2
  plain: x
params:
  # Networks that are compared.
  model: [lstm, gru]
  # Repeats.
  seed: [1, 2, 3]  # seeds of the config
tables:
  # Boxes
  w_and_h:
    - {w: 1, h: 3}
    - {w: 2, h: 4}
`);
  const above = ['Training', 'One network, from f(0) on,', 'with one seed.', 'Needs a minute.', 'Writes its error.'];
  expect(spec).toContain(`rules:\n${above.map((line) => `  # ${line}\n`).join('')}  fit:  # Snakefile:18\n`);
  expect(spec).toContain('\n\n  box:  # Snakefile:28\n');
  expect((await made.wfc('validate')).status).toBe(0);
});

const SITE = {
  'profiles/hpc/config.yaml': `cluster: >-
  mkdir -p logs && sbatch --parsable --partition=short -A hydro --mem={resources.mem_mb}
  --mail-user=me@x.org --mail-type=FAIL,END --exclusive -o logs/%j
jobs: 40
use-conda: true
keep-going: true
restart-times: 2
shadow-prefix: /scratch
default-resources:
  - mem_mb=2048
  - "disk_mb=max(2*input.size_mb, 1000)"
set-threads:
  - fit=4
set-resources:
  - fit:mem_mb=8192*attempt
  - fit:slurm_partition=gpu
  - fit:gpu=1
`,
  'profiles/laptop/config.yaml': 'cores: 4\nresources: [mem_mb=8000, gpu=1]\n',
  'config/cluster.yaml': `__default__: {partition: normal, time: "01:30:00", cpus: 2, output: "logs/{rule}", weird: 3}
fit: {mem: 16G, time: 1-00:00:00, cpus: 8, gres: "gpu:a100:1", nodes: 1}
`,
};
const SITE_FILE = `MAIL = "me@x.org"
rule all:
    input: expand("fits/{n}.txt", n=[1, 2]), "s.txt"
rule fit:
    output: "fits/{n}.txt"
    threads: 2
    resources: mem="1G"
    shell: "echo {threads} > {output}"
rule sum:
    output: "s.txt"
    shell: "echo 1 > {output}"
onstart:
    print("x")
onsuccess:
    print("done")
    shell("mail -s 'Study done' {MAIL} < {log}")
onerror:
    shell(f"mail -s 'An error' {MAIL} < {{log}}")
`;
const NOTIFY = `notify: |
  if [ "$WFC_STATUS" = done ]; then
    mail -s 'Study done' me@x.org
  else
    mail -s 'An error' me@x.org
  fi
`;

it('profiles and cluster.yaml become profiles; of several none speaks of rules unless it is named', async () => {
  const made = snakefile(SITE_FILE, SITE);
  const { status, stderr } = await made.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([
    0,
    expect.stringContaining('written to wfc.yml, profiles/hpc.yml, profiles/laptop.yml, profiles/default.yml: 2 rules'),
  ]);
  for (const said of [
    'Snakefile:12:1 warning: "onstart" is left out: nothing runs before the tasks',
    'profiles/hpc/config.yaml:6:1 warning: "keep-going" is left out: say "wfc run -k"',
    'profiles/hpc/config.yaml:8:1 warning: "shadow-prefix" is left out: a wfc profile has nothing like it',
    'profiles/hpc/config.yaml:11:3 warning: "disk_mb" of "default-resources" is left out: it is worked out for each job',
    'profiles/hpc/config.yaml:1:1 warning: what it says of resources and retries is left out',
    'config/cluster.yaml:1:1 warning: "weird" is left out: wfc knows no flag of sbatch by it',
  ])
    expect(stderr).toContain(said);
  expect(stderr).not.toContain('use-conda');
  expect(made.read('wfc.yml')).toContain('defaults: {resources: {time: 1h30m, cpus: 2}}  # of config/cluster.yaml\n');
  expect(made.read('wfc.yml')).toContain('resources: {cpus: 2, mem: 16G, time: 24h, gpus: "a100:1"}\n');
  const text = (name: string): string => made.read(`profiles/${name}.yml`).replace(/^#.*\n/, '');
  expect(text('default')).toBe(`slurm: {partition: normal}\n${NOTIFY}`);
  expect(text('laptop')).toBe(`local: {cpus: 4, mem: 8000M, gpus: 1}\n${NOTIFY}`);
  expect((await made.wfc('validate --profile hpc')).stdout).toContain('profile profiles/hpc.yml');

  const named = snakefile(SITE_FILE, SITE);
  const second = await named.wfc('import snakefile Snakefile --profile hpc');
  expect(second.stderr).toContain('config/cluster.yaml:1:1 warning: it is left out: profiles/hpc/config.yaml does not');
  expect(named.read('wfc.yml')).toContain(
    'defaults: {resources: {mem: 2G}, retries: 2}  # of profiles/hpc/config.yaml\n',
  );
  expect(named.read('wfc.yml')).toContain('resources: {mem: 8G, cpus: 4, gpus: 1, slurm: {partition: gpu}}\n');
  expect(named.read('profiles/hpc.yml')).toBe(
    '# Made from profiles/hpc/config.yaml by "wfc import snakefile"; for: wfc run --slurm --profile hpc.\n' +
      'slurm: {partition: short, account: hydro, extra: ["--exclusive"]}\npacking: {max_running: 40}\n' +
      `mail: {to: me@x.org, on: [end, fail]}\n${NOTIFY}`,
  );
  const refused = await named.wfc('import snakefile Snakefile --out other.yml --profile pbs');
  expect([refused.status, refused.stderr]).toEqual([
    2,
    expect.stringContaining('there is no profile of Snakemake "pbs", but hpc, laptop'),
  ]);
});

const ELSEWHERE = `configfile: "config.yml"
SITES = open("sites.txt").read().split()
workdir: config["where"]
NEAR, = glob_wildcards("in/{x}.txt")
rule all:
    input: expand("fits/{site}.txt", site=SITES), expand("got/{x}.txt", x=NEAR), "sum.txt"
rule fit:
    output: "fits/{site}.txt"
    script: "scripts/fit.py"
rule got:
    input: "in/{x}.txt"
    output: "got/{x}.txt"
    shell: "cp {input} {output}; basename $PWD >> {output}"
rule sum:
    input: expand("fits/{site}.txt", site=SITES)
    output: "sum.txt"
    run:
        open(output[0], "w").write(config["list"][0] + "".join(open(p).read() for p in input))
`;

it.skipIf(!hasSnakemake)('a workdir is where the spec stands, and its files are the same', async () => {
  const files = {
    'config.yml': 'where: results\nlist: [z]\n',
    'sites.txt': 'a b\n',
    'results/in/q.txt': 'q\n',
    'scripts/fit.py': 'open(snakemake.output[0], "w").write(snakemake.wildcards.site + str(snakemake.config))\n',
  };
  const [ours, theirs] = [snakefile(ELSEWHERE, files), snakefile(ELSEWHERE, files)];
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  const { status, stderr } = await ours.wfc('import snakefile Snakefile');
  expect([status, stderr]).toEqual([
    0,
    expect.stringContaining('written to results/wfc.yml, results/wfc_snakemake.py,'),
  ]);
  expect((await ours.wfc('run results/wfc.yml')).status).toBe(0);
  for (const file of ['fits/a.txt', 'fits/b.txt', 'got/q.txt', 'sum.txt'].map((name) => `results/${name}`))
    expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
  const again = await ours.wfc('import snakefile Snakefile');
  expect([again.status, again.stderr]).toEqual([2, expect.stringContaining('results/wfc.yml exists already')]);
  ours.write('config.yml', 'where: sites.txt/below\n');
  const refused = await ours.wfc('import snakefile Snakefile');
  expect([refused.status, refused.stderr]).toEqual([
    3,
    expect.stringContaining("the workdir sites.txt/below can't be made"),
  ]);
});

it.skipIf(!hasSnakemake)(
  'values that just stand in a file are taken from it; what pandas changed is written out',
  async () => {
    const made = snakefile(
      `import pandas as pd
samples = pd.read_csv("samples.csv").set_index("sample", drop=False)
arms = pd.read_csv("arms.tsv", sep="\\t", dtype=str)
SITES = [line.strip() for line in open("sites.txt")]
rule all:
    input:
        expand("maps/{sample}.txt", sample=samples["sample"]),
        expand("site/{site}.txt", site=SITES),
        expand("arm/{lr}_{width}.txt", zip, lr=arms.lr, width=arms.width),
        expand("dose/{dose}.txt", dose=pd.read_csv("dose.csv").dose)
rule map:
    input: lambda wildcards: samples.loc[wildcards.sample, "raw"]
    output: "maps/{sample}.txt"
    params: kind=lambda wildcards: samples.loc[wildcards.sample, "condition"]
    shell: "echo {params.kind} >> {output}"
rule site:
    output: "site/{site}.txt"
    shell: "touch {output}"
rule arm:
    output: "arm/{lr}_{width}.txt"
    shell: "touch {output}"
rule dose:
    output: "dose/{dose}.txt"
    shell: "touch {output}"
`,
      {
        'samples.csv': 'sample,condition,raw\ns1,dry,raw/1.txt\ns2,wet,raw/2.txt\n',
        'arms.tsv': 'lr\twidth\n1e-3\t64\n0.10\t32\n',
        'sites.txt': 'x\ny\n',
        'dose.csv': 'dose\n0.10\n',
      },
    );
    expect((await made.wfc('import snakefile Snakefile', { env: { PATH: pathToDebianPython() } })).status).toBe(0);
    const spec = made.read('wfc.yml');
    expect(spec).toContain('  site: {lines: sites.txt}\n  dose: [0.1]\n');
    expect(spec).toContain('tables:\n  lr_and_width: {csv: arms.tsv}\n  samples: {csv: samples.csv, path: true}\n');
    expect(spec).toContain('    input: "{raw}"\n');
    expect(spec).toContain('    run: echo {condition} >> {output}\n');
    made.write('sites.txt', 'x\ny\nz\n');
    expect(JSON.parse((await made.wfc('plan --json')).stdout).total).toBe(8);
  },
);

it('names are as short as can be, and one list is one param', async () => {
  const made = snakefile(
    `VIRUS = ["flu", "sars"]
QS = ["u", "v"]
container: "image.sif"
rule all:
    input: expand("fits/{microbe}.txt", microbe=["flu", "sars", "tb"]), "a.txt", "b.txt", "tile/1/2.txt", ["p1", "p2", "p3", "p4"], "s.txt", expand("y/{s}_{year}", s=["k"], year=range(4)), expand("runs/{q1}-{q2}-{q3}-{q4}", zip, q1=QS, q2=QS, q3=QS, q4=QS)
rule fit:
    output: "fits/{microbe}.txt"
    message: "Fit {wildcards.microbe}."
    threads: 1
    shell: "touch {output}"
rule first_summary:
    input: expand("fits/{virus}.txt", virus=VIRUS)
    output: "a.txt"
    shell: "cat {input} > {output}"
rule second_summary:
    input: expand("fits/{virus}.txt", virus=VIRUS)
    output: "b.txt"
    shell: "cat {input} > {output}"
rule make_tile:
    input: ["raw/{y}.txt"]
    output: "tile/{x}/{y}.txt"
    shell: "cat {input} > {output}"
rule settled:
    output: "s.txt"
    params: p={"first": "x" * 50, "second": {"deep": "y" * 40}}
    script: "s.R"
rule plots:
    output: "p1", "p2", "p3", "p4"
    shell: "touch {output}"
rule runs:
    output: "runs/{q1}-{q2}-{q3}-{q4}"
    shell: "touch {output}"
rule years:
    output: expand("y/{s}_{year}", s=["k"], year=range(4))
    shell: "touch {output}"
rule raw_tile:
    output: "raw/{x}.txt"
    run:
        open(output[0], "w").writelines({wildcards.x})
`,
    { 's.R': 'snakemake@params\n' },
  );
  expect((await made.wfc('import snakefile Snakefile')).status).toBe(0);
  const spec = made.read('wfc.yml');
  expect(spec).toContain('  virus: [flu, sars]\n');
  expect(spec).toContain('    gather: [virus]\n    input: fits/{virus}.txt\n    output: a.txt\n');
  expect(spec).toContain('    gather: [virus]\n    input: fits/{virus}.txt\n    output: b.txt\n');
  expect(spec).toContain('  # Fit {microbe}.\n  fit:');
  expect(spec).toContain('    input: raw/{y}.txt\n');
  expect(spec).toContain('  settings:\n    - {q1: u, q2: u, q3: u, q4: u}\n');
  expect(spec).not.toContain('cpus');
  expect(spec).toContain('"fits/{microbe}.txt", a.txt, b.txt, tile/1/2.txt, plots, s.txt, "y/{s}_{year}", "runs/');
  expect(spec.match(/container.*/g)).toEqual(['container: image.sif}']);
  expect(spec).toContain('writelines({ {y} })');
  // A line for each key of a wide mapping.
  expect(spec).toMatch(/p = list\(\n {10}"first" = "x+",\n {10}"second" = list\("deep" = "y+"\)\n {8}\)\),?\n/);
});
