/** Values that a rule makes, on all three executors: the example, and then its list changed. */
import { expect, it } from 'vitest';
import { make, treeOf } from '../make/make.ts';
import { CLI, exampleCopy, experiment } from '../support/experiment.ts';
import { describeOnSlurm } from './suite.ts';

const LOW_FLOWS = 'results/low_flows.csv';

describeOnSlurm('values that a rule makes', { nodes: 1, cpusPerNode: 4 }, (cluster) => {
  it('are taken by wfc run, make and Slurm alike, and so is a list that changed', async () => {
    const [here, made, slurm] = [1, 2, 3].map(() => exampleCopy('staged-sites')) as [
      ReturnType<typeof exampleCopy>,
      ReturnType<typeof exampleCopy>,
      ReturnType<typeof exampleCopy>,
    ];
    const compileAndMake = async (words: string): Promise<void> => {
      const compiled = await made.wfc('compile --target local');
      expect([compiled.status, compiled.stderr]).toEqual([0, expect.stringContaining(words)]);
      const { status, output } = await make(made, ['-j2']);
      expect(status, output).toBe(0);
    };
    const onSlurm = async (args: string): Promise<string> => {
      const { exitCode, stderr } = await cluster().run(process.execPath, [CLI, ...args.split(' ')], {
        cwd: slurm.folder,
      });
      expect(exitCode, stderr).toBe(0);
      return stderr;
    };
    const WAIT = 'flow, low_flows wait for results/sites.txt, which sites makes';

    // Followed, all of it is submitted, one stage after the other.
    const followed = onSlurm('run --slurm --watch');
    expect((await here.run()).stderr).toContain('8 tasks done');
    await compileAndMake(`${WAIT}; not written: compile again then`);
    expect(made.read('.wfc/make/Makefile')).toContain(`# ${WAIT}: compile again then.\n`);
    await compileAndMake('');
    expect(await followed).toContain(WAIT);
    expect(treeOf(made)).toEqual(treeOf(here));
    expect(treeOf(slurm)).toEqual(treeOf(here));

    for (const e of [here, made, slurm]) e.edit('catalog.csv', 'Carrabassett,7', 'Carrabassett,70');
    for (const e of [here, made, slurm]) e.edit('catalog.csv', 'Wild,36', 'Wild,3');
    // Not followed, each stage is the next resume.
    expect(await onSlurm('resume')).toContain(`${WAIT}; "wfc resume" submits what is known then`);
    const again = await here.run();
    await compileAndMake(WAIT);
    await cluster().waitForIdleQueue();
    const added = 'new by its list: 2 tasks, flow site=01047000 window=1, flow site=01047000 window=7\n';
    const gone = 'gone from its list: 2 tasks, flow site=01054200 window=1, flow site=01054200 window=7;';
    const resumed = await onSlurm('resume');
    expect(resumed).toContain(added);
    expect(resumed).toContain(gone);
    expect(again.stderr).toContain(added);
    expect(again.stderr).toContain('4 tasks done');
    expect(again.stderr).toContain('4 were complete');
    await compileAndMake('');
    await cluster().waitForIdleQueue();
    for (const e of [here, made, slurm]) {
      expect(e.read(LOW_FLOWS)).toMatch(/01047000/);
      expect(e.read(LOW_FLOWS)).not.toMatch(/01054200/);
      expect(JSON.parse((await e.wfc('plan --json')).stdout)).toMatchObject({ total: 8, run: 0, waiting: [] });
    }
    expect(treeOf(made)).toEqual(treeOf(here));
    expect(treeOf(slurm)).toEqual(treeOf(here));
  });

  it('a temp output that is read before and after is made once, and goes when the last stage is over', async () => {
    const e = experiment(`params: {site: {lines: sites.txt}}
rules:
  big: {output: {path: big.txt, temp: true}, run: "echo big >> calls; printf 'A\\nB\\n' > {output}"}
  names: {input: big.txt, output: {path: names.txt, temp: true}, run: "echo names >> calls; cp {input} {output}"}
  sites: {input: names.txt, output: sites.txt, run: "cp {input} {output}"}
  fit: {input: big.txt, output: "fits/{site}.txt", run: "cp {input} {output}"}
`);
    const run = (args: string) => cluster().run(process.execPath, [CLI, ...args.split(' ')], { cwd: e.folder });
    const compiled = await run('compile --target slurm --json');
    const manifest = JSON.parse(String(compiled.stdout));
    expect(manifest).toMatchObject({
      staged: [{ file: 'sites.txt', gives: 'site', rule: 'sites', known: false }],
      waiting: [{ rule: 'fit', for: ['sites.txt'] }],
    });
    const { exitCode, stderr } = await run('run --slurm --watch');
    expect(exitCode, String(stderr)).toBe(0);
    await cluster().waitForIdleQueue();
    expect([e.calls(), e.has('big.txt'), e.has('names.txt')]).toEqual([['big', 'names'], false, false]);
  });
});
