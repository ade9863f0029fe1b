import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exampleCopy } from '../support/experiment.ts';
import { hasPythonModule, pathToDebianPython } from '../support/programs.ts';

function rowsOf(folder: string, path: string): string[] {
  return readFileSync(join(folder, path), 'utf8').trim().split('\n');
}

describe('the examples, run as their README says', () => {
  it('multitask-streamflow trains, predicts, evaluates and tells the error by factor; then there is nothing to do', async () => {
    const example = exampleCopy('multitask-streamflow');
    // Fewer sites and epochs than the default, to be quick: the same rules.
    const small = '--set site=01022500,01030500 --set epochs=2 --set seed=0,1';
    const first = await example.run(small);
    expect(first, first.stderr).toMatchObject({ status: 0 });
    expect(first.stdout).toMatch(/factor\s+error/);
    // A header, and 2 sites × 4 factors × 2 seeds.
    expect(rowsOf(example.folder, 'expA/overall_metrics.csv')).toHaveLength(1 + 2 * 4 * 2);
    expect((await example.run(small)).stderr).toContain('nothing to do');
  });

  it('multitask-streamflow at full size is the 81,912 tasks of the published study', async () => {
    const { stdout } = await exampleCopy('multitask-streamflow').wfc('plan --set size=full --json');
    const counts = JSON.parse(stdout) as { total: number; rules: { name: string; tasks: number }[] };
    expect(counts.total).toBe(81_912);
    expect(Object.fromEntries(counts.rules.map((r) => [r.name, r.tasks]))).toEqual({
      prep_io_data: 101,
      train_model: 27_270,
      make_predictions: 27_270,
      evaluate_predictions: 27_270,
      combine_metrics: 1,
    });
  });

  it('preloaded-streamflow ends with its comparison, and imports once for each task that runs at a time', async (context) => {
    if (!hasPythonModule('pandas')) context.skip("pandas is missing: install Debian's python3-pandas");
    const example = exampleCopy('preloaded-streamflow');
    example.edit('study.py', 'import numpy', "open('imports', 'a').write('x')\nimport numpy");
    const options = { env: { PATH: pathToDebianPython() } };
    const { status, stderr } = await example.run('-j2 --set epochs=2 --set seed=0', options);
    expect(status, stderr).toBe(0);
    expect(rowsOf(example.folder, 'efficiency.csv')).toHaveLength(1 + 4);
    expect(example.read('imports').length).toBeLessThanOrEqual(2);
  });

  it('long-training goes on from its checkpoints until all is trained', async () => {
    const example = exampleCopy('long-training');
    const { status, stderr } = await example.run('-j2');
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('goes on from its checkpoint (2 of 20)');
    expect(rowsOf(example.folder, 'results/comparison.csv')).toHaveLength(1 + 2);
    expect(example.files('ck')).toEqual([]);
  });

  it.each(['optimizer-arms', 'python-inline'])('%s ends with its comparison', async (name) => {
    const example = exampleCopy(name);
    const { status, stderr, stdout } = await example.run();
    expect(status, stderr).toBe(0);
    expect(rowsOf(example.folder, 'results/comparison.csv').length).toBeGreaterThan(2);
    expect(stdout.trim()).not.toBe('');
  });
});
