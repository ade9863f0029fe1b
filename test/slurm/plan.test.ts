/** What `wfc plan --target slurm` says is what compiling makes; what the site can't queue is refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';
import { ruleGraph } from './random-specs.ts';

const SPEC = `params:
  site: [a, b, c, d]
  seed: {from: 0, to: 4}
defaults: {resources: {cpus: 2, time: 30m}}
rules:
  fetch:
    local: true
    output: raw.txt
    run: touch {output}
  prep:
    input: raw.txt
    output: ["out/{site}/a", "out/{site}/b"]
    run: touch {output}
  fit:
    input: out/{site}/a
    output: out/{site}/{seed}
    run: touch {output}
    resources: {cpus: 3, gpus: 1, time: 1h}
  all:
    gather: [site, seed]
    input: out/{site}/{seed}
    output: all
    run: touch {output}
`;
const PROFILE = 'packing: {lanes: 2, tasks_per_element: 2}\n';

/** No Slurm to be found: limits are what the profile says, and the defaults. */
const NOWHERE = { env: { PATH: '/nonexistent' } };

interface Slurm {
  readonly stages: readonly { name: string; elements: number; tasks: number; why: string; local: boolean }[];
  readonly sbatchCalls: number;
  readonly queuedElements: number;
  readonly outputFiles: number;
  readonly ownFiles: number;
  readonly coreHours: number | null;
  readonly gpuHours: number | null;
  readonly problems: readonly string[];
}

async function planned(made: Experiment): Promise<Slurm> {
  const { stdout } = await made.wfc('plan --target slurm --json', NOWHERE);
  return (JSON.parse(stdout) as { slurm: Slurm }).slurm;
}

describe('wfc plan --target slurm', () => {
  it('tells each array with its reasons, and totals that are those of the compiled scripts', async () => {
    const made = experiment(SPEC, { 'profiles/default.yml': PROFILE });
    const { status, stdout } = await made.wfc('plan --target slurm', NOWHERE);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^1-fetch +1 +1 .* declared local: runs where the submission is made, before it$/m);
    expect(stdout).toMatch(
      /^2-prep +4 +2 .* nothing +its outputs do not name all of site × seed: tasks in order, packed evenly$/m,
    );
    expect(stdout).toMatch(/^3-fit +20 +10 .* all of 2 \(.*\) +an element for every 2 of site × seed$/m);
    expect(stdout).toMatch(/^4-all +1 +1 .* all of 3 \(its tasks read from many elements\) +one task$/m);

    const plan = await planned(made);
    expect((await made.wfc('compile --target slurm --out s', NOWHERE)).status).toBe(0);
    const submit = made.read('s/submit.sh');
    expect(submit.match(/^submit /gm)).toHaveLength(plan.sbatchCalls);
    const queued = plan.stages.filter(({ local }) => !local);
    const indices = queued.map(({ name }) => /^#SBATCH --array=(\S+)$/m.exec(made.read(`s/${name}.sh`))![1]!);
    expect(indices).toEqual(queued.map(({ elements }) => (elements === 1 ? '0' : `0-${elements - 1}`)));
    // The closing job too.
    expect(plan.queuedElements).toBe(queued.reduce((n, { elements }) => n + elements, 1));
    expect(plan.outputFiles).toBe(1 + 4 * 2 + 20 + 1);
    // Of each script that is handed in there is a copy in the journal folder.
    const written = made.files('s').length + plan.sbatchCalls;
    expect(Math.abs(plan.ownFiles - 2 * (plan.queuedElements - 1) - written)).toBeLessThan(5);
    // Two lanes take twice the CPUs and half the time, less idling, and the reserve; with a GPU there is one lane.
    const hours = (name: string): number => {
      const script = made.read(`s/${name}.sh`);
      const [, h, m, s] = /--time=(\d+):(\d+):(\d+)/.exec(script)!.map(Number) as [number, number, number, number];
      return Number(/--cpus-per-task=(\d+)/.exec(script)![1]) * (h + m / 60 + s / 3600);
    };
    const asked = queued.reduce((sum, { name, elements }) => sum + elements * hours(name), hours('close'));
    expect(plan.coreHours).toBeCloseTo(asked, 6);
    expect(hours('2-prep')).toBeGreaterThan(4 * 0.5);
    const fit = queued.find(({ name }) => name === '3-fit')!;
    expect(plan.gpuHours).toBeCloseTo(fit.elements * (hours('3-fit') / 3), 6);
    expect(stdout).toContain(`at most ${Math.ceil(plan.coreHours!).toLocaleString('en')} core-hours asked for`);
    expect(stdout).toContain(
      `${plan.sbatchCalls} sbatch calls, ${plan.queuedElements} queued elements, 30 output files`,
    );
  });

  it('says that core-hours are not known where a rule has no time', async () => {
    const made = experiment('rules:\n  one:\n    output: x\n    run: touch {output}\n');
    expect((await planned(made)).coreHours).toBeNull();
    expect((await made.wfc('plan --target slurm', NOWHERE)).stdout).toContain(
      'core-hours not known: a rule has no "time"',
    );
  });

  it('refuses what the site can not queue, with what to change; and so does compile', async () => {
    const made = experiment(SPEC, {
      'profiles/few.yml': 'limits: {max_submit: 3}\npacking: {fuse: never}\n',
      'profiles/short.yml': 'limits: {max_time: 40m}\n',
    });
    for (const [profile, problem, hint] of [
      ['few', 'the site lets you queue 3 array elements', 'raise max_submit in the profile'],
      ['short', 'a task of rule "fit" may take 1 h 0 min, and a job at most 40 min 0 s', 'lower "time" of the rule'],
    ] as const) {
      const plan = await made.wfc(`plan --target slurm --profile ${profile}`, NOWHERE);
      expect([plan.status, plan.stderr]).toEqual([3, expect.stringContaining(problem)]);
      expect(plan.stderr).toContain(hint);
      const compiled = await made.wfc(`compile --target slurm --out s --profile ${profile}`, NOWHERE);
      expect([compiled.status, compiled.stderr]).toEqual([3, expect.stringContaining(problem)]);
      expect(made.has('s')).toBe(false);
      const json = await made.wfc(`plan --target slurm --json --profile ${profile}`, NOWHERE);
      expect([json.status, (JSON.parse(json.stdout) as { slurm: Slurm }).slurm.problems[0]]).toEqual([
        3,
        expect.stringContaining(problem),
      ]);
    }
  });

  it('warns where a task of the longest time that a job may take leaves no room for the reserve; else not', async () => {
    const made = experiment('rules:\n  one: {output: x, run: "touch {output}", resources: {time: 40m}}\n', {
      'profiles/exact.yml': 'limits: {max_time: 40m}\n',
      'profiles/enough.yml': 'limits: {max_time: 45m}\n',
      'profiles/retries.yml': 'limits: {max_time: 75m}\n',
    });
    const what =
      'the "time" of rule "one" (40 min 0 s) and what a job needs besides (4 min 0 s) are more than the 40 min 0 s';
    for (const command of ['plan --target slurm', 'compile --target slurm --out s']) {
      const exact = await made.wfc(`${command} --profile exact`, NOWHERE);
      expect([exact.status, exact.stderr]).toEqual([0, expect.stringContaining(`warning: ${what}`)]);
      expect(exact.stderr).toContain('"time" up to 35 min fits');
      expect((await made.wfc(`${command} --profile enough`, NOWHERE)).stderr).toBe('');
    }
    expect(made.read('s/1-one.sh')).toMatch(/^#SBATCH --time=00:44:10$/m);
    made.edit('wfc.yml', 'time: 40m', 'time: 40m}, retries: 1');
    made.edit('wfc.yml', 'retries: 1}}', 'retries: 1}');
    const retries = await made.wfc('plan --target slurm --profile retries', NOWHERE);
    expect(retries.stderr).toContain('2 attempts of the "time" of rule "one" (40 min 0 s)');
  });

  it('puts 3,000 rules with a task each into a few arrays, wide where the graph is wide', async () => {
    // A shallow graph that hangs together: without cuts it would be one element.
    const made = experiment('');
    made.write('wfc.yml', ruleGraph(3000, 2000));
    const plan = await planned(made);
    expect(plan.sbatchCalls).toBeLessThanOrEqual(8);
    expect(plan.queuedElements).toBeLessThanOrEqual(1000);
    expect(plan.stages.reduce((n, { tasks }) => n + tasks, 0)).toBe(3000);
    expect((await made.wfc('compile --target slurm --out s', NOWHERE)).status).toBe(0);
    // Tasks one after another in the longest element of each array: not thousands.
    const longest = plan.stages.map(({ name }) => {
      const counts = readFileSync(made.path(`s/tables/${name}.index`), 'utf8')
        .trimEnd()
        .split('\n');
      return Math.max(...counts.map((line) => Number(line.split(' ')[1])));
    });
    expect(longest.reduce((a, b) => a + b)).toBeLessThan(300);
    expect(Buffer.byteLength(made.read('s/submit.sh'))).toBeLessThan(20_000);
  });
});
