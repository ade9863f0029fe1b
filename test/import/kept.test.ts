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
