import { execa } from 'execa';
import { expect, it } from 'vitest';
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
