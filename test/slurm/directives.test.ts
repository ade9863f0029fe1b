import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { experiment } from '../support/experiment.ts';

const hasSbatch = spawnSync('bash', ['-c', 'command -v sbatch']).status === 0;

/** What sbatch itself reads on the `#SBATCH` lines of a script. It asks for no controller before it tells that. */
async function readDirectives(script: string): Promise<Map<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'wfc-sbatch-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const configuration = `ClusterName=x\nSlurmctldHost=${hostname()}(127.0.0.1)\nSlurmctldPort=1\nNodeName=n1 CPUs=1\nPartitionName=p Nodes=n1\n`;
  writeFileSync(join(folder, 'slurm.conf'), configuration);
  const child = execa('sbatch', ['-vv', '--test-only', script], {
    cwd: folder,
    env: { SLURM_CONF: join(folder, 'slurm.conf') },
    reject: false,
    all: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const read = new Map<string, string>();
  for await (const line of child.iterable({ from: 'all' })) {
    const [, name, value] = /^sbatch: ([\w-]+) +: (.*)$/.exec(line) ?? [];
    if (name !== undefined) read.set(name, value!);
    // The line that closes the options; next it would wait for a controller.
    if (/end of defined options|rror|fatal/.test(line)) child.kill('SIGKILL');
  }
  return read;
}

const VALUES = [
  'a b --array=0-5',
  '#x',
  'a"b',
  "it's",
  'back\\slash\\',
  '$(x) `y` {{z}}',
  ' ',
  '"',
  '\u009b31m\u202e',
  'plain-1.0',
];

const SPEC = `
tables: {t: ${JSON.stringify(VALUES.map((v, i) => ({ i: `${i}`, v })))}}
rules:
  r:
    output: "o/{i}"
    run: touch {output}
    resources:
      slurm: {reservation: "{v}", extra: ["--comment={v} --wckey=key", '--account="a{v}z"', "--qos='b{v}y'"]}
`;

it.skipIf(!hasSbatch)('sbatch reads values as they are: alone, bare, and inside quotes of either kind', async () => {
  const e = experiment(SPEC);
  const compiled = await e.wfc('compile --target slurm --out S');
  expect([compiled.status, compiled.stderr]).toEqual([0, '']);
  const scripts = e.files('S').filter((path) => /\/\d+-r\.sh$/.test(path));
  expect(scripts).toHaveLength(VALUES.length);
  const read = await Promise.all(
    scripts.map(async (path) => {
      const options = await readDirectives(e.path(path));
      return ['reservation', 'comment', 'wckey', 'account', 'qos'].map((name) => options.get(name));
    }),
  );
  const expected = VALUES.map((v) => [v, v, 'key', `a${v}z`, `b${v}y`]);
  expect(read.sort()).toEqual(expected.sort());
});
