/** The benchmark itself, at a size that takes no time: that it runs, and what it says. */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';
import { writeWorkload } from './workload.ts';

const START = fileURLToPath(new URL('../support/run-ts.mjs', import.meta.url));
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

function bench(...args: string[]) {
  return execa(process.execPath, [START, MAIN, ...args], { reject: false });
}

it('writes a Markdown table of each part that is asked for, and no aims of the full size at another', async () => {
  const small = ['--sites', '1', '--factors', '1', '--seeds', '2', '--repeats', '1', '--no-snakemake'];
  const { stdout, exitCode, stderr } = await bench('plan', 'nothing', ...small);
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toMatch(/^\| wfc plan +\| 0\.\d{3} s \| +\| 1 +\| \d\.\d{3} s \| \d+ MiB +\|$/m);
  expect(stdout).toMatch(/^\| wfc run --local +\| /m);
  expect(stdout).not.toContain('## Compile');
  expect(stdout).not.toContain('promised');
});

it('refuses parts and sizes that there are not, with exit status 2', async () => {
  for (const [args, complaint] of [
    [['plan', 'plam'], 'there is no part "plam"'],
    [['plan', '--sites', 'x'], 'sizes and repeats are whole numbers from 1 on'],
    [['--fast'], "Unknown option '--fast'"],
  ] as const) {
    const { stderr, exitCode } = await bench(...args);
    expect(stderr).toContain(complaint);
    expect(exitCode).toBe(2);
  }
});

it('gives all tools the same files to make', async () => {
  const trees: Record<string, string[]> = {};
  for (const [tool, command, args] of [
    ['wfc', 'node', [process.env.WFC_CLI!, 'run', '--local']],
    ['ninja', 'ninja', []],
    ['snakemake', 'snakemake', ['-q', '-c1']],
  ] as const) {
    const made = experiment('');
    writeWorkload(tool, made.folder, { sites: 2, factors: 1, seeds: 2 });
    const { exitCode, failed } = await execa(command, args, { cwd: made.folder, reject: false });
    if (failed && exitCode === undefined) continue;
    expect(exitCode).toBe(0);
    trees[tool] = made.files('out');
  }
  expect(trees.wfc).toHaveLength(2 + 3 * 4 + 1);
  for (const tree of Object.values(trees)) expect(tree).toEqual(trees.wfc);
});
