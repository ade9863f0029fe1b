/** `wfc import sbatch`: a job array that was written by hand, and the spec of it, leave the same files. */
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { Places } from '../../src/import/places.ts';
import { convertArray } from '../../src/import/sbatch/convert.ts';
import { arrayOf, readScript } from '../../src/import/sbatch/script.ts';
import { type Experiment, experiment } from '../support/experiment.ts';

interface Case {
  readonly script: string;
  readonly files?: Readonly<Record<string, string>>;
  /** What the spec holds. */
  readonly spec: readonly (string | RegExp)[];
}

const HEAD = '#!/bin/bash\n';

const CASES: Readonly<Record<string, Case>> = {
  'a line of a file, cut into fields': {
    script: `${HEAD}#SBATCH --array=1-4%2 --job-name=fit
#SBATCH -t 02:00:00 --mem=8G -c 2 -p gpu -A "hydro lab"
PARAMS=$(sed -n "\${SLURM_ARRAY_TASK_ID}p" params.txt)
LR=$(echo $PARAMS | awk '{print $1}')
SEED=$(echo "$PARAMS" | cut -d ' ' -f2)
OUT=out/lr_\${LR}_$SEED
mkdir -p $OUT
echo $LR $SEED \${SLURM_CPUS_PER_TASK:-2} > $OUT/fit.txt
`,
    files: { 'params.txt': '0.1 1\n0.10 2\n1e-3 1\n1e-3 2\n' },
    spec: [
      ...['    - {lr: 0.10, seed: 2}', '    output: out/lr_{lr}_{seed}/fit.txt'],
      ...['    resources: {time: 2h, mem: 8G, cpus: 2}', 'echo $LR $SEED {resources.cpus} > {output}'],
    ],
  },
  'an entry of an array in bash': {
    script: `${HEAD}#SBATCH --array=0-2
SITES=(01022500 "a b" '01030500')
SITE="\${SITES[$SLURM_ARRAY_TASK_ID]}"
mkdir -p out
echo "$SITE" >"out/$SLURM_ARRAY_TASK_ID.txt"
`,
    spec: ['    - {task: 1, site: "a b"}', '    output: out/{task}.txt', '    env: {SLURM_ARRAY_TASK_ID: "{task}"}'],
  },
  'all lines of a file': {
    script: `${HEAD}#SBATCH --array=0-2
mapfile -t names < names.txt
name=\${names[$SLURM_ARRAY_TASK_ID]}
mkdir -p out; printf '%s\\n' "$name" >> out/$name
`,
    files: { 'names.txt': 'one\ntwo\nthree\n' },
    spec: ['  name: {lines: names.txt}', '    output: out/{name}'],
  },
  'all rows of a CSV file': {
    script: `${HEAD}#SBATCH --array=1-3
line=$(head -n $((SLURM_ARRAY_TASK_ID+1)) runs.csv | tail -1)
IFS=, read -r model lr <<< "$line"
mkdir -p out
echo "{model}: $model" $lr > out/\${model}_\${lr}.txt
`,
    files: { 'runs.csv': 'model,lr\nlstm,0.1\ngru,0.1\ngru,0.2\n' },
    spec: ['  tasks: {csv: runs.csv}', '"{{model}}: $model"'],
  },
  'the index alone, which a program looks at': {
    script: `${HEAD}#SBATCH --array=1-5:2,8
#SBATCH --comment=x
bash work.sh
`,
    files: { 'work.sh': 'mkdir -p out; echo "$SLURM_ARRAY_TASK_ID" > out/of_$SLURM_ARRAY_TASK_ID\n' },
    spec: ['  task: [1, 3, 5, 8]', '    output: done/{task}', 'touch {output}'],
  },
};

async function byHand(made: Experiment, script: string): Promise<void> {
  const array = /--array=([\d,:%-]+)/.exec(script)![1]!;
  for (const index of arrayOf(array)!.indices)
    await execa('bash', ['job.sh'], { cwd: made.folder, env: { SLURM_ARRAY_TASK_ID: String(index) } });
}

const outputs = (made: Experiment): Record<string, string> =>
  Object.fromEntries(made.files('out').map((path) => [path, made.read(path)]));

it.each(Object.entries(CASES))(
  '%s: the spec leaves the files that the array leaves',
  async (_, { script, files, spec }) => {
    const [hand, made] = [experiment('', files), experiment('', files)];
    for (const one of [hand, made]) {
      one.remove('wfc.yml');
      one.write('job.sh', script);
    }
    await byHand(hand, script);
    const imported = await made.wfc('import sbatch job.sh');
    expect(imported.status, imported.stderr).toBe(0);
    const text = made.read('wfc.yml');
    for (const part of spec)
      expect(text).toMatch(typeof part === 'string' ? new RegExp(part.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')) : part);
    const ran = await made.run('--local -q');
    expect(ran.status, ran.stderr).toBe(0);
    expect(outputs(made)).toEqual(outputs(hand));
    expect(Object.keys(outputs(hand)).length).toBeGreaterThan(2);
  },
);

it('what belongs to the site goes into a profile, which no other profile is replaced by', async () => {
  const { script, files } = CASES['a line of a file, cut into fields']!;
  const made = experiment('', files);
  made.remove('wfc.yml');
  made.write('job.sh', script);
  expect((await made.wfc('import sbatch job.sh')).status).toBe(0);
  expect(made.read('profiles/default.yml')).toBe(
    'slurm: {partition: gpu, account: "hydro lab"}\npacking: {max_running: 2}\n',
  );
  expect((await made.wfc('validate')).status).toBe(0);
  made.write('profiles/default.yml', 'slurm: {}\n');
  const again = await made.wfc('import sbatch job.sh --out other.yml');
  expect([again.status, made.read('profiles/default.yml')]).toEqual([0, 'slurm: {}\n']);
  expect(again.stderr).toContain('profiles/default.yml is there already: put into it\nslurm: {partition: gpu');
  expect((await made.wfc('import sbatch job.sh')).stderr).toContain('wfc.yml exists already');
});

function convert(script: string, files: Readonly<Record<string, string>> = {}) {
  const places = new Places((file) => ({ file, text: script }));
  const readLines = (path: string): string[] | null => files[path]?.trimEnd().split('\n') ?? null;
  return convertArray(readScript('job.sh', script), { places, readLines });
}

it('flags have the meaning that sbatch gives them', () => {
  const { spec, profile, diagnostics } = convert(
    `${HEAD}#SBATCH -a 1-2 --time 90 --mem 500 --gres=gpu:2 -N2 --ntasks-per-node 4
# a comment
#SBATCH --time=1-12 --exclusive --mail-type=END -d afterok:7
srun ./mpi $SLURM_ARRAY_TASK_ID > out/$SLURM_ARRAY_TASK_ID.txt
#SBATCH --time=1
`,
  );
  expect(spec).toContain('resources: {time: 36h, mem: 500M, gpus: 2, nodes: 2, ranks_per_node: 4}');
  expect(spec).toContain('srun ./mpi $SLURM_ARRAY_TASK_ID > {output}');
  expect(profile).toBe('slurm: {extra: [--exclusive]}\n'.replace('[--exclusive]', '["--exclusive"]'));
  expect(diagnostics.map(({ message }) => message)).toEqual([
    expect.stringContaining('--mail-type=END is left out'),
    expect.stringContaining('--dependency=afterok:7 is left out: what waits for what is told by inputs and outputs'),
  ]);
});

it.each([
  ['no array', `${HEAD}echo\n`, 'it has no line "#SBATCH --array"'],
  ['an array that is not written out', `${HEAD}#SBATCH --array=1-$N\necho\n`, "--array=1-$N can't be read"],
  ['no commands', `${HEAD}#SBATCH --array=1-3\n`, 'there are no commands'],
  [
    'more elements than lines',
    `${HEAD}#SBATCH --array=1-3\nX=$(sed -n \${SLURM_ARRAY_TASK_ID}p x.txt)\necho $X\n`,
    'element 3 of the array has no value here',
  ],
])('%s: no spec is written, and it says why', (_, script, message) => {
  const { spec, diagnostics } = convert(script, { 'x.txt': 'a\nb\n' });
  expect(spec).toBeNull();
  expect(diagnostics.map((d) => d.message)).toContain(message);
});

it('an option that names a folder, or no ending, gives a folder; a redirection a file', () => {
  const outputOf = (command: string): string | undefined =>
    /output: (.*)/.exec(convert(`${HEAD}#SBATCH --array=1-3\n${command}\n`).spec!)?.[1];
  const id = '$SLURM_ARRAY_TASK_ID';
  expect(outputOf(`./fit --out-dir=runs/${id}.d`)).toBe('{path: "runs/{task}.d", directory: true}');
  expect(outputOf(`./fit -o "runs/${id}"`)).toBe('{path: "runs/{task}", directory: true}');
  expect(outputOf(`./fit --output runs/${id}.csv`)).toBe('runs/{task}.csv');
  expect(outputOf(`./fit > runs/${id} 2> /dev/null`)).toBe('runs/{task}');
  expect(outputOf(`./fit --seed ${id} > all.txt`)).toBe('done/{task}');
});

it('what it does not recognise stays as it is, and the index is there', () => {
  const { spec } = convert(
    `${HEAD}#SBATCH --array=1-3\nX=$(python3 pick.py $SLURM_ARRAY_TASK_ID)\nVALUES=($(seq 3))\nY=\${VALUES[$SLURM_ARRAY_TASK_ID]}\necho $X $Y\n`,
  );
  for (const line of [
    'X=$(python3 pick.py $SLURM_ARRAY_TASK_ID)',
    'VALUES=($(seq 3))',
    'Y=${VALUES[$SLURM_ARRAY_TASK_ID]}',
  ])
    expect(spec).toContain(`      ${line}\n`);
  expect(spec).toContain('task: {from: 1, to: 3}');
});
