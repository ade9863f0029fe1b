/** Random experiments for real executors: small specs with commands whose outputs tell all that they were made from. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { compile } from '../../src/compile/compile.ts';
import { NO_OVERRIDES } from '../../src/compile/context.ts';
import { enumerate, type NaivePlan, type NaiveTask, type SmallRule, type SmallSpec } from '../compile/naive.ts';
import { smallSpec, specText } from '../compile/small-specs.ts';
import { inMemory } from '../schema/compile-text.ts';
import { type Experiment, experiment } from '../support/experiment.ts';

/** How the tasks are put into elements: `packing` of a profile. */
const PACKINGS = [
  {},
  { tasks_per_element: 3 },
  { tasks_per_element: 1000, lanes: 3 },
  { tasks_per_element: 4, lanes: 2 },
  { tasks_per_element: 2, lanes: 2, fuse: 'never' },
] as const;

export interface RandomCase {
  readonly spec: SmallSpec;
  readonly packing: (typeof PACKINGS)[number];
  /** Every other rule asks for more memory, so that not all of them share an array. */
  readonly mixed: boolean;
  /** Per rule: its first output is temp. */
  readonly temps: readonly boolean[];
  /** Picks of tasks, for those that want some. */
  readonly dice: readonly number[];
  readonly naive: NaivePlan;
}

const randomCase = fc.record({
  spec: smallSpec,
  packing: fc.constantFrom(...PACKINGS),
  mixed: fc.boolean(),
  temps: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  dice: fc.array(fc.nat(1000), { minLength: 100, maxLength: 100 }),
});

export interface DrawOptions {
  readonly count: number;
  readonly seed: number;
  /** Tasks that the targets need. */
  readonly minTasks: number;
  readonly maxTasks: number;
}

/** Cases whose specs compile, some tasks depending on others; always the same ones for a seed. */
export function drawCases({ count, seed, minTasks, maxTasks }: DrawOptions): RandomCase[] {
  const cases: RandomCase[] = [];
  for (let round = 0; cases.length < count; round++) {
    for (const drawn of fc.sample(randomCase, { numRuns: 50, seed: seed + round })) {
      const { plan } = compile(
        { file: 'spec.json', text: specText(drawn.spec) },
        {
          files: inMemory({}),
          overrides: NO_OVERRIDES,
        },
      );
      const naive = enumerate(drawn.spec);
      const size = naive.needed.length;
      if (plan && naive.edges.length > 0 && size >= minTasks && size <= maxTasks && hasRoomForSources(naive))
        cases.push({ ...drawn, naive });
    }
  }
  return cases.slice(0, count);
}

/** Inputs that no task writes. */
function sourcesOf({ tasks }: NaivePlan): string[] {
  const producer = producers(tasks);
  return [...new Set(tasks.flatMap(({ inputs }) => inputs.flat()).filter((path) => !producer.has(path)))];
}

/** No source file stands where another path has a folder, or the other way round. */
function hasRoomForSources(naive: NaivePlan): boolean {
  const sources = sourcesOf(naive);
  const paths = [...sources, ...naive.tasks.flatMap(({ outputs }) => outputs)];
  return !sources.some((s) => paths.some((p) => p.startsWith(`${s}/`) || s.startsWith(`${p}/`)));
}

export interface CommandOptions {
  /** Note each attempt in `ran`; fail half-way where there is a file bad/OUTPUT for the task's first output. */
  readonly canFail?: boolean;
  readonly withTemps?: boolean;
}

/** The spec with commands. An output holds its path, the task's params, and digest and path of each input. */
export function textOf(
  { spec, mixed, temps }: RandomCase,
  { canFail = false, withTemps = false }: CommandOptions,
): string {
  const names = Object.keys(spec.rules);
  return specText(spec, (name, rule) => {
    const r = names.indexOf(name);
    const run = [
      ...(canFail ? ['echo {output[0]} >> ran', 'echo half > {output[0]}', '[[ ! -e bad/{output[0]} ]]'] : []),
      // Every other rule has something to say in its log.
      ...(r % 2 === 0 ? ['echo making {output[0]}'] : []),
      `for file in {output}; do {`,
      `  echo "$file"${keyOf(rule)
        .map((k) => ` ${k}={${k}}`)
        .join('')}`,
      ...(rule.input.length > 0 ? ['  sha256sum {input}'] : []),
      '} > "$file"; done',
    ];
    const [first, ...others] = rule.output;
    return {
      run: run.join('\n'),
      ...(withTemps && temps[r] ? { output: [{ path: first, temp: true }, ...others] } : {}),
      ...(mixed && r % 2 === 1 ? { resources: { mem: '60M' } } : {}),
    };
  });
}

function keyOf(rule: SmallRule): string[] {
  return [...new Set(rule.output.flatMap((path) => [...path.matchAll(/\{(\w+)/g)].map((m) => m[1]!)))].sort();
}

export function experimentOf(drawn: RandomCase, options: CommandOptions): Experiment {
  const made = experiment('', Object.fromEntries(sourcesOf(drawn.naive).map((path) => [path, `${path}, a source\n`])));
  made.write('wfc.yml', textOf(drawn, options));
  made.write('profiles/default.yml', JSON.stringify({ packing: drawn.packing }));
  return made;
}

export function neededTasks({ needed, tasks }: NaivePlan): NaiveTask[] {
  const names = new Set(needed);
  return tasks.filter(({ name }) => names.has(name));
}

/** The task that writes each path. */
export function producers(tasks: readonly NaiveTask[]): Map<string, NaiveTask> {
  return new Map(tasks.flatMap((task) => task.outputs.map((path) => [path, task] as const)));
}

/** What the outputs of all needed tasks hold, worked out from the enumeration alone. */
export function expectedFiles(naive: NaivePlan): Record<string, string> {
  const tasks = neededTasks(naive);
  const producer = producers(tasks);
  const files = Object.fromEntries(sourcesOf(naive).map((path) => [path, `${path}, a source\n`]));
  const contentOf = (path: string): string => {
    if (files[path] === undefined) make(producer.get(path)!);
    return files[path]!;
  };
  const make = ({ name, inputs, outputs }: NaiveTask): void => {
    const params = name.split(' ').slice(1).sort();
    const digests = inputs.flat().map((path) => {
      return `${createHash('sha256').update(contentOf(path)).digest('hex')}  ${path}\n`;
    });
    for (const path of outputs) files[path] = `${[path, ...params].join(' ')}\n${digests.join('')}`;
  };
  for (const task of tasks) if (files[task.outputs[0]!] === undefined) make(task);
  return files;
}

/**
 * A spec, as JSON, of `count` rules with one task each: all but the first read what up to three of the `reach` rules before
 * them write. With a long reach it is shallow and wide, with a short one a chain; it always hangs together.
 */
export function ruleGraph(count: number, reach: number): string {
  let state = 7;
  // Source: rand(3p), its portable example.
  const roll = (sides: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor(state / 65_536) % sides;
  };
  const rules = Array.from({ length: count }, (_, i) => {
    const input = Array.from({ length: i === 0 ? 0 : 1 + roll(3) }, () => `o/${Math.max(0, i - 1 - roll(reach))}`);
    const run = i === 0 ? 'echo first > {output}' : 'sha256sum {input} > {output}';
    return [`r${i}`, { ...(i === 0 ? {} : { input: [...new Set(input)] }), output: `o/${i}`, run }];
  });
  return JSON.stringify({ wfc: 1, rules: Object.fromEntries(rules) });
}
