import { describe, expect, it } from 'vitest';
import { localLimits } from '../../src/execute/machine.ts';
import { partitionsOf, type Site } from '../../src/io/slurm/site.ts';
import { NO_PROFILE, type Profile } from '../../src/model/profile.ts';
import { siteLimits, stageProblems } from '../../src/submit/stages.ts';
import { attemptsSeconds, RESERVE_SECONDS } from '../../src/target/slurm/reserve.ts';
import { planStages, type SiteLimits, type Stage } from '../../src/target/slurm/stages.ts';
import { alone } from '../support/alone.ts';
import { type Experiment, experiment } from '../support/experiment.ts';
import { planOf } from './compile-text.ts';

// --- which profile ---

const ONE = 'rules:\n  one:\n    output: x\n    run: touch {output}\n';
const LANES = (lanes: number): string => `packing: {lanes: ${lanes}}\n`;

/** What \`wfc validate\` says of the profile. */
async function profileUsed(made: Experiment, args = '', env: Record<string, string> = {}): Promise<string> {
  const { stdout, stderr } = await made.wfc(`validate ${args}`.trim(), {
    env: { XDG_CONFIG_HOME: made.path('config'), ...env },
  });
  return `${stdout}${stderr}`.replace(/^.*valid: 1 rule, 1 task(; )?/, '').trim();
}

describe('--profile', () => {
  it('looks beside the spec, then in the user folder; a path or an ending names a file', async () => {
    const made = experiment(ONE, {
      'profiles/both.yml': LANES(1),
      'config/wfc/profiles/both.yml': LANES(2),
      'config/wfc/profiles/mine.json': '{"packing": {"lanes": 3}}',
      'site.yaml': LANES(4),
    });
    expect(await profileUsed(made, '--profile both')).toBe('profile profiles/both.yml');
    expect(await profileUsed(made, '--profile mine')).toBe(`profile ${made.path('config/wfc/profiles/mine.json')}`);
    expect(await profileUsed(made, '--profile site.yaml')).toBe('profile site.yaml');
    expect(await profileUsed(made, '--profile ./site.yaml')).toBe('profile ./site.yaml');
    expect(await profileUsed(made, '--profile mnie')).toContain('did you mean "mine"?');
    expect(await profileUsed(made)).toBe('');
  });

  it('names count from the spec, files from the working directory', async () => {
    const made = experiment(ONE, {
      'profiles/a.yml': LANES(1),
      'sub/profiles/b.yml': LANES(1),
      'sub/wfc.yml': `wfc: 1\n${ONE}`,
    });
    expect(await profileUsed(made, 'sub/wfc.yml --profile b')).toBe('profile sub/profiles/b.yml');
    expect(await profileUsed(made, 'sub/wfc.yml --profile profiles/a.yml')).toBe('profile profiles/a.yml');
    expect(await profileUsed(made, 'sub/wfc.yml --profile a')).toContain('there is no a.yml');
  });

  it('without it, one named "default" is used where there is one', async () => {
    const made = experiment(ONE, { 'home/.config/wfc/profiles/default.yml': LANES(1) });
    // A folder that is not absolute counts as not set.
    const env = { XDG_CONFIG_HOME: 'config', HOME: made.path('home') };
    expect(await profileUsed(made, '', env)).toBe(`profile ${made.path('home/.config/wfc/profiles/default.yml')}`);
    made.write('profiles/default.yml', LANES(1));
    expect(await profileUsed(made, '', env)).toBe('profile profiles/default.yml');
    made.write('profiles/default.yml', LANES(0));
    expect(await profileUsed(made, '', env)).toContain(
      'profiles/default.yml:1:18 error: "packing.lanes" must be at least 1',
    );
    expect((await made.run('', { env })).status).toBe(2);
    expect(made.has('x')).toBe(false);
  });
});

// --- on this machine ---

describe('the local part of a profile', () => {
  const machine = { cpus: 8, memoryMiB: 1000, gpus: ['0', '1', '2'] };
  const limits = (jobs: number | null, local: Partial<Profile['local']>) => {
    const { maxParallel, limits } = localLimits(machine, jobs, { ...NO_PROFILE.local, ...local });
    return { tasks: maxParallel, ...limits };
  };

  it('bounds tasks, CPUs, memory and GPUs; -j on the command line goes before it', () => {
    expect(limits(null, {})).toEqual({ tasks: 8, ...machine });
    expect(limits(3, {})).toEqual({ tasks: 3, ...machine, cpus: 3 });
    expect(limits(null, { jobs: 2 })).toEqual({ tasks: 2, ...machine, cpus: 2 });
    expect(limits(null, { cpus: 4 })).toEqual({ tasks: 4, ...machine, cpus: 4 });
    expect(limits(null, { jobs: 2, cpus: 6 })).toEqual({ tasks: 2, ...machine, cpus: 6 });
    expect(limits(5, { jobs: 2, cpus: 6 })).toEqual({ tasks: 5, ...machine, cpus: 5 });
    expect(limits(null, { memoryMiB: 5000, gpus: 2 })).toEqual({
      ...{ tasks: 8, cpus: 8 },
      memoryMiB: 5000,
      gpus: ['0', '1'],
    });
    expect(limits(null, { gpus: 0 }).gpus).toEqual([]);
    expect(limits(null, { gpus: 9 }).gpus).toEqual(machine.gpus);
  });

  it('sets how many tasks wfc run takes at a time', async () => {
    const run = async (local: string, resources: string, { args = '-k', meeting = false } = {}) => {
      const files = { 'profiles/default.yml': `local: ${local}\n` };
      return (await alone(resources, { meeting, files }).run(args)).status;
    };
    expect(await run('{jobs: 1}', '{}')).toBe(0);
    expect(await run('{jobs: 4}', '{}', { meeting: true })).toBe(1);
    expect(await run('{jobs: 1}', '{}', { args: '-k -j4', meeting: true })).toBe(1);
    expect(await run('{jobs: 4, cpus: 2}', '{cpus: 2}')).toBe(0);
    expect(await run('{jobs: 4, mem: 1G}', '{mem: 600M}')).toBe(0);
    expect(await run('{jobs: 4, mem: 2G}', '{mem: 600M}', { meeting: true })).toBe(1);
  });
});

// --- limits and packing on a cluster ---

const SWEEP = `wfc: 1
params: {site: [a, b, c, d], seed: {from: 0, to: 4}}
defaults: {resources: {mem: 1G, time: 10m}}
rules:
  prep: {output: "{site}/p", run: x}
  train: {input: "{site}/p", output: "{site}/{seed}/m", run: x}
  score: {input: "{site}/{seed}/m", output: "{site}/{seed}/s", run: x}
  all: {gather: [site, seed], input: "{site}/{seed}/s", output: all, run: x}
`;
const LIMITS: SiteLimits = { maxArraySize: 1001, maxSubmit: 1000, maxTimeSeconds: null };

function stagesOf(spec: string, packing: Partial<Profile['packing']>, limits: Partial<SiteLimits> = {}): Stage[] {
  const plan = planOf(spec);
  const options = { limits: { ...LIMITS, ...limits }, packing: { ...NO_PROFILE.packing, ...packing } };
  return planStages(plan, { included: plan.needed, ...options });
}

function problemsOf(
  spec: string,
  stated: Partial<Profile>,
  limits: Partial<SiteLimits> = {},
  site: Site | null = null,
): string[] {
  const plan = planOf(spec);
  const profile = { ...NO_PROFILE, ...stated };
  const all = { ...LIMITS, ...limits };
  const stages = planStages(plan, { included: plan.needed, limits: all, packing: profile.packing });
  return stageProblems(plan, stages, { limits: all, profile, site });
}

const shape = (stages: readonly Stage[]): string[] =>
  stages.map((s) => `${s.rules.join('+')} ${s.indices.length}/${s.tasks.length}`);

describe('packing', () => {
  it('tasks_per_element puts that many tasks of a rule into an element', () => {
    expect(shape(stagesOf(SWEEP, { tasksPerElement: 1 }))).toEqual(['prep 4/4', 'train+score 20/40', 'all 1/1']);
    expect(shape(stagesOf(SWEEP, { tasksPerElement: 3 }))).toEqual(['prep 2/4', 'train+score 7/40', 'all 1/1']);
    expect(shape(stagesOf(SWEEP, { tasksPerElement: 100 }))).toEqual(['prep 1/4', 'train+score 1/40', 'all 1/1']);
  });

  it('tasks_per_element grows where the site can not queue so many, also for rules outside the blocks', () => {
    expect(shape(stagesOf(SWEEP, { tasksPerElement: 1 }, { maxSubmit: 15 }))).toEqual([
      'prep 2/4',
      'train+score 10/40',
      'all 1/1',
    ]);
    const wide = `wfc: 1
params: {a: {from: 1, to: 300}, b: {from: 1, to: 250}}
rules:
  x: {output: "x{a}", run: x}
  y: {output: "y{b}", run: x}
`;
    expect(problemsOf(wide, { packing: { ...NO_PROFILE.packing, tasksPerElement: 1 } }, { maxSubmit: 100 })).toEqual(
      [],
    );
  });

  it('fuse: never gives each rule an array of its own', () => {
    expect(stagesOf(SWEEP, { fuse: 'never', tasksPerElement: 1 }).map((s) => s.rules)).toEqual([
      ['prep'],
      ['train'],
      ['score'],
      ['all'],
    ]);
  });

  it('lanes share the time of an element, but not below its longest chain; tasks with GPUs run one at a time', () => {
    // Of tasks of ten minutes, without what an attempt and a job take besides.
    const minutes = (stages: readonly Stage[]): number[] =>
      stages.map((s) => ((s.timeSeconds! - RESERVE_SECONDS) / attemptsSeconds(600, 0)) * 10);
    expect(minutes(stagesOf(SWEEP, { tasksPerElement: 4 }))).toEqual([40, 80, 10]);
    // Eight tasks of 10 minutes on two lanes: 40, and 10 more where the last chain of two begins late.
    expect(minutes(stagesOf(SWEEP, { tasksPerElement: 4, lanes: 2 }))).toEqual([25, 50, 10]);
    expect(minutes(stagesOf(SWEEP, { tasksPerElement: 1, lanes: 2 }))).toEqual([10, 20, 10]);
    const gpus = SWEEP.replace('mem: 1G', 'gpus: 1');
    expect(minutes(stagesOf(gpus, { tasksPerElement: 4, lanes: 2 }))).toEqual([40, 80, 10]);
  });
});

describe('limits', () => {
  const stated = (limits: Partial<Profile['limits']>) => ({ ...NO_PROFILE.limits, ...limits });
  const silent: Site = {
    cluster: 'c',
    version: '',
    partitions: [],
    maxArraySize: null,
    maxSubmit: null,
    accounts: [],
    qos: [],
  };
  /** A site with these lines of sinfo. */
  const siteOf = (...lines: string[]): Site => ({ ...silent, partitions: partitionsOf(lines.join('\n')) });
  const MINUTE = 'main*|up|00:01:00|1|64|64000|(null)|UNLIMITED';
  const numbers = (limits: Partial<Profile['limits']>, detected: Site, flags = new Map<string, string>()) => {
    const { maxTimeOfPartition, ...rest } = siteLimits({ ...NO_PROFILE, flags, limits: stated(limits) }, detected);
    return rest;
  };

  it('a profile states what the site does not say; where both do, the smaller counts', () => {
    expect(numbers({}, silent)).toEqual(LIMITS);
    expect(siteLimits(NO_PROFILE, null)).toMatchObject(LIMITS);
    const profile = { maxArraySize: 5000, maxSubmit: 3000, maxTimeSeconds: 3600 };
    expect(numbers(profile, silent)).toEqual(profile);
    const site = { ...siteOf(MINUTE), maxArraySize: 1001, maxSubmit: 9999 };
    expect(numbers(profile, site)).toEqual({ maxArraySize: 1001, maxSubmit: 3000, maxTimeSeconds: 60 });
    const low = { maxArraySize: 10, maxSubmit: 20, maxTimeSeconds: 30 };
    expect(numbers(low, site)).toEqual(low);
    expect(numbers(profile, { ...site, maxSubmit: 50 }).maxSubmit).toBe(50);
  });

  it('are those of the partition: that of the profile, or one that a rule names', () => {
    const site = siteOf(
      MINUTE,
      'long|up|00:15:00|1|64|64000|(null)|UNLIMITED',
      'free|up|infinite|1|64|64000|(null)|UNLIMITED',
    );
    expect(numbers({}, site).maxTimeSeconds).toBe(60);
    expect(numbers({}, site, new Map([['partition', 'long']])).maxTimeSeconds).toBe(900);
    // Of several, the one that gives the longest is where a long one runs.
    expect(numbers({}, site, new Map([['partition', 'main,long']])).maxTimeSeconds).toBe(900);
    expect(numbers({}, site, new Map([['partition', 'main,free']])).maxTimeSeconds).toBe(null);
    // What a profile says beside a partition is said of that partition.
    const short = { ...NO_PROFILE, flags: new Map([['partition', 'main']]), limits: stated({ maxTimeSeconds: 30 }) };
    const { maxTimeSeconds, maxTimeOfPartition } = siteLimits(short, site);
    expect([maxTimeSeconds, maxTimeOfPartition!('long'), maxTimeOfPartition!('free')]).toEqual([30, 900, null]);
    const limits = siteLimits(NO_PROFILE, site);
    const time = (flags: string): (number | null)[] =>
      stagesOf(SWEEP.replace('time: 10m', `time: 10m, ${flags}`), { tasksPerElement: 1 }, limits).map(
        (s) => s.timeSeconds,
      );
    expect(time('slurm: {qos: x}')).toEqual([60, 60, 60]);
    // One task of ten minutes, two of them in the fused array.
    const [one, two] = [1, 2].map((tasks) => tasks * attemptsSeconds(600, 0) + RESERVE_SECONDS);
    expect(time('slurm: {partition: long}')).toEqual([one, 900, one]);
    expect(time('slurm: {partition: other}')).toEqual([one, two, one]);
  });

  it('without a profile no more than a careful 1,000 are queued, whatever the site allows', () => {
    expect(numbers({}, { ...silent, maxSubmit: 9999 }).maxSubmit).toBe(1000);
    expect(numbers({}, { ...silent, maxSubmit: 30 }).maxSubmit).toBe(30);
  });

  it('that the plan keeps are no problem', () => {
    const limits = stated({ maxTimeSeconds: 600, maxMemoryMiB: 1024 });
    expect(problemsOf(SWEEP, { limits }, { maxTimeSeconds: 600, maxSubmit: 5 })).toEqual([]);
  });

  it('that the plan can not keep are told with what to change', () => {
    expect(problemsOf(SWEEP, { packing: { ...NO_PROFILE.packing, fuse: 'never' } }, { maxSubmit: 3 })).toEqual([
      'the site lets you queue 3 array elements, and this takes 5\n  hint: set tasks_per_element and fuse to auto in the profile, raise max_submit in the profile if the site allows more, or run a part of it with --goal or --set',
    ]);
    expect(problemsOf(SWEEP, { limits: stated({ maxTimeSeconds: 300 }) }, { maxTimeSeconds: 300 })[0]).toBe(
      'a task of rule "prep" may take 10 min 0 s, and a job at most 5 min 0 s (max_time of the profile)\n  hint: lower "time" of the rule, or raise max_time in the profile if the site allows more',
    );
    expect(problemsOf(SWEEP, {}, { maxTimeSeconds: 300 })[0]).toContain(
      '(the limit of the partition)\n  hint: lower "time" of the rule, or name a partition',
    );
    const lanes = { limits: stated({ maxMemoryMiB: 3000 }), packing: { ...NO_PROFILE.packing, lanes: 4 } };
    expect(problemsOf(SWEEP, lanes)[0]).toBe(
      'rule "prep" asks for 4G of memory (4 lanes of 1G), and a job may ask for 3000M (max_mem of the profile)\n  hint: ask for less, take fewer lanes, or raise max_mem in the profile if the site allows more',
    );
    const few = { limits: stated({ maxCpus: 2, maxGpus: 0 }) };
    const more = (resources: string): string => SWEEP.replace('mem: 1G', resources);
    expect(problemsOf(more('cpus: 3'), few)[0]).toContain('asks for 3 CPUs, and a job may ask for 2 CPUs (max_cpus of');
    expect(problemsOf(more('gpus: 1'), few)[0]).toContain('asks for 1 GPU, and a job may ask for 0 GPUs (max_gpus of');
    expect(problemsOf(more('cpus: 2'), few)).toEqual([]);
    // Beside a partition: a rule that names another one is not bound by them.
    const beside = { ...few, flags: new Map([['partition', 'small']]) };
    expect(problemsOf(more('cpus: 3'), beside)).not.toEqual([]);
    expect(problemsOf(more('cpus: 3, slurm: {partition: large}'), beside)).toEqual([]);
  });

  it('of no node that the partitions have are told with the rule and with the largest that there is', () => {
    const site = siteOf(
      'main*|up|infinite|2|16|5000|(null)|UNLIMITED',
      'main*|up|infinite|1|4|64000|(null)|UNLIMITED',
      'fat|up|1-00:00:00|1|128|1048576|gpu:A100:4(S:0-1)|64',
      'bare|up|infinite|1|8|1|gpu:2|UNLIMITED',
    );
    const of = (resources: string, profile: Partial<Profile> = {}): string | undefined =>
      problemsOf(`wfc: 1\nrules: {r: {output: x, run: x, resources: {${resources}}}}`, profile, {}, site)[0];
    expect(of('cpus: 64')).toBe(
      'rule "r" asks for 64 CPUs, and the largest node has 16 in partition "main"\n  hint: ask for less, or name another partition, in the profile or in resources.slurm of the rule; the site has main (default): 16 CPUs, 5000M or 4 CPUs, 64000M; fat: 64 CPUs, 1024G, 4 A100 GPUs a node, at most 1-00:00:00; bare: 8 CPUs, 1M, 2 GPUs a node',
    );
    expect(of('mem: 64G')).toContain('asks for 64G of memory, and the largest node has 64000M in');
    expect(of('cpus: 16, mem: 5001M')).toContain(
      'asks for 16 CPUs and 5001M of memory, and no one node has all that in',
    );
    expect(of('gpus: 1')).toContain('asks for 1 GPU, and the nodes have none in partition "main"');
    expect(of('gpus: v100:1, slurm: {partition: fat}')).toContain(
      'asks for 1 v100 GPU, and the nodes have 4 A100 GPUs',
    );
    expect(of('cpus: 65, slurm: {partition: "main,fat"}')).toContain('has 64 in partition "main" or "fat"');
    const lanes = { packing: { ...NO_PROFILE.packing, lanes: 4 } };
    expect(of('cpus: 5', lanes)).toContain('asks for 20 CPUs (4 lanes of 5), and the largest node has 16');
    for (const fits of [
      'cpus: 16, mem: 5000M',
      'cpus: 4, mem: 64000M',
      'cpus: 64, mem: 1024G, gpus: a100:4, slurm: {partition: fat}',
      'cpus: 64, slurm: {partition: "main,fat"}',
      'cpus: 64, slurm: {extra: ["-p fat"]}',
      'mem: 64G, slurm: {partition: bare}',
      // Of these sinfo says nothing.
      'cpus: 640, slurm: {partition: hidden}',
      'cpus: 640, slurm: {partition: "main,hidden"}',
      'cpus: 640, slurm: {clusters: other}',
    ])
      expect(of(fits), fits).toBeUndefined();
    expect(of('cpus: 64', { flags: new Map([['partition', 'fat']]) })).toBeUndefined();
  });

  it('of the partition do not bind a rule that names another one; those of the profile do', () => {
    const other = SWEEP.replace('time: 10m', 'time: 10m, slurm: {partition: long}');
    expect(problemsOf(other, {}, { maxTimeSeconds: 300 })).toEqual([]);
    const bound = { maxTimeSeconds: 300, maxTimeOfPartition: () => 300 };
    expect(problemsOf(other, { limits: stated({ maxTimeSeconds: 300 }) }, bound)).not.toEqual([]);
  });
});
