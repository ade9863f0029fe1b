/**
 * Random specs whose commands can be run, and the tree that they mean, worked out without the compiler. A small spec of
 * test/compile/small-specs.ts gives the relation, the rules and the paths; traits add what outputs and commands may be.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  allRows,
  enumerate,
  enumerateTasks,
  fill,
  type NaiveTask,
  type Row,
  type SmallSpec,
} from '../compile/naive.ts';
import { determined, smallSpecs } from '../compile/small-specs.ts';

/** Texts that shells, make, Slurm and tables of tabs could trip over. */
const VALUES = [
  '1',
  '01',
  '1e-4',
  'a',
  'b c',
  "it's",
  '$HOME',
  '*',
  'é"',
  '-n',
  'x\\y',
  '#z',
  '%a',
  ';',
  'a=b',
  '~',
  ':',
];
const CELLS = ['1', 'a', 'b c', '$(x)'];

export interface OutputTraits {
  readonly directory: boolean;
  readonly temp: boolean;
  readonly check: string | { readonly [kind: string]: number | string } | null;
}

export interface RuleTraits {
  readonly outputs: readonly OutputTraits[];
  /** Per input: whether it names the file x inside a directory output, not the directory. */
  readonly inside: readonly boolean[];
  readonly ancient: readonly boolean[];
  /** Params whose values stand in the command, and the one in its environment. */
  readonly said: readonly string[];
  readonly env: string | null;
  /** The first attempt fails, half-way through. */
  readonly failsFirst: boolean;
  readonly prints: boolean;
  readonly readsList: boolean;
  readonly cpus: number;
  readonly local: boolean;
}

export interface RichSpec {
  readonly small: SmallSpec;
  readonly traits: Readonly<Record<string, RuleTraits>>;
  /** The target is the name of this rule, not its path. */
  readonly targetRule: string | null;
}

/** The rule and the position of the output that a pattern was made from: r1 gives r1/… and r1b/… */
function origin(pattern: string): { rule: string; output: number } | null {
  const match = /^(r\d)(b?)[/.]/.exec(pattern);
  return match && { rule: match[1]!, output: match[2] === 'b' ? 1 : 0 };
}

export const richSpec: fc.Arbitrary<RichSpec> = fc
  .record({
    small: smallSpecs(VALUES, CELLS),
    dice: fc.array(fc.nat(1000), { minLength: 100, maxLength: 100 }),
  })
  .map(({ small, dice }) => {
    let at = 0;
    const chance = (of: number): boolean => dice[at++ % dice.length]! % of === 0;
    const traits: Record<string, RuleTraits> = {};
    const locals = new Set<string>();
    for (const [name, rule] of Object.entries(small.rules)) {
      const key = new Set([...rule.output[0]!.matchAll(/\{(\w+)/g)].map((m) => m[1]!));
      const known = [...determined(small, key)];
      const origins = rule.input.map(origin);
      const local = chance(5) && origins.every((from) => from === null || locals.has(from.rule));
      if (local) locals.add(name);
      traits[name] = {
        outputs: rule.output.map(() => {
          const directory = chance(4);
          const checks = ['nonempty', { min_bytes: 30 }, { run: 'grep -q "^[0-9a-f]" {file}' }];
          const check = !directory && chance(4) ? checks[dice[at++ % dice.length]! % checks.length]! : null;
          return { directory, temp: chance(3), check };
        }),
        inside: origins.map((from) => from !== null && traits[from.rule]!.outputs[from.output]!.directory && chance(2)),
        ancient: rule.input.map(() => chance(8)),
        said: known.filter(() => chance(2)),
        env: known.length > 0 && chance(4) ? known.at(-1)! : null,
        failsFirst: chance(6),
        prints: chance(3),
        readsList: chance(3),
        cpus: chance(3) ? 2 : 1,
        local,
      };
    }
    const target = small.targets === null ? null : origin(small.targets[0]!);
    return { small, traits, targetRule: target !== null && chance(2) ? target.rule : null };
  });

/** The file that `./step` writes to, or reads from, for a path. */
function inputPattern(pattern: string, inside: boolean): string {
  return inside ? `${pattern}/x` : pattern;
}

/** The spec as JSON. */
export function richText({ small, traits, targetRule }: RichSpec): string {
  const rules = Object.fromEntries(
    Object.entries(small.rules).map(([name, rule]) => [name, ruleText(rule, traits[name]!)]),
  );
  const { params, tables, exclude, targets } = small;
  const goals = targetRule === null ? targets : [targetRule];
  return JSON.stringify({ wfc: 1, params, tables, exclude, rules, ...(goals ? { targets: goals } : {}) });
}

function ruleText({ input, output, gather }: SmallSpec['rules'][string], traits: RuleTraits): object {
  const inputs = input.map((pattern, i) => {
    const path = inputPattern(pattern, traits.inside[i]!);
    return traits.ancient[i] ? { path, ancient: true } : path;
  });
  const outputs = output.map((path, o) => {
    const { directory, temp, check } = traits.outputs[o]!;
    return {
      path,
      ...(directory ? { directory } : {}),
      ...(temp ? { temp } : {}),
      ...(check === null ? {} : { check }),
    };
  });
  const kinds = traits.outputs.map((o) => (o.directory ? 'd' : 'f')).join('');
  const label = ['{rule}', ...traits.said.map((param) => `{${param}}`)].join('/');
  const listed = traits.readsList && input.length > 0;
  const given = input.length === 0 ? '' : listed ? '"${listed[@]}"' : '{input}';
  const flags = `${traits.failsFirst ? '{attempt}' : '2'} ${traits.prints ? 'print' : 'quiet'}`;
  return {
    ...(input.length > 0 ? { input: inputs } : {}),
    output: outputs,
    ...(gather.length > 0 ? { gather } : {}),
    ...(traits.env === null ? {} : { env: { VALUE: `<{${traits.env}}>` } }),
    ...(traits.failsFirst ? { retries: 1 } : {}),
    ...(traits.local ? { local: true } : {}),
    resources: { cpus: traits.cpus },
    run: `${listed ? 'mapfile -t listed < {input:list}\n' : ''}./step ${kinds} ${flags} "${label}" {output} -- ${given}`,
  };
}

/**
 * `./step KINDS ATTEMPT print|quiet LABEL OUTPUT… -- INPUT…` writes a digest of its words and of its inputs' contents into
 * each output. A first attempt, and one for which there is a file fails/OUTPUT, fails half-way.
 */
export const STEP = `#!/bin/bash
set -euo pipefail
kinds=$1 attempt=$2 prints=$3 label=$4 first=$5
shift 4
outputs=()
while [[ $1 != -- ]]; do
  outputs+=("$1")
  shift
done
shift
printf '%s\\n' "$first" >>calls
sum=$({
  printf '%s\\n' "$label" "\${VALUE-}" "$@"
  for input; do
    if [[ -d $input ]]; then cat -- "$input/x"; else cat -- "$input"; fi
  done
} | md5sum)
[[ $prints == quiet ]] || printf 'made %s\\n' "$label"
for i in "\${!outputs[@]}"; do
  file=\${outputs[i]}
  if [[ \${kinds:i:1} == d ]]; then
    mkdir -- "$file"
    printf 'beside\\n' >"$file/y"
    file+=/x
  fi
  printf half >"$file"
done
[[ $attempt != 1 && ! -e fails/\${first//\\//@} ]]
for i in "\${!outputs[@]}"; do
  file=\${outputs[i]}
  [[ \${kinds:i:1} != d ]] || file+=/x
  printf '%s %s\\n' "\${sum%% *}" "\${outputs[i]}" >"$file"
done
`;

/** The file by which \`./step\` knows that the task with this first output is to fail. */
export function failMark(output: string): string {
  return `fails/${output.replaceAll('/', '@')}`;
}

export interface MeantTask {
  readonly rule: string;
  /** Its name in the journal and in `calls`: its first output. */
  readonly first: string;
  readonly outputs: readonly string[];
  /** Inputs as they stand in the spec, path by path. */
  readonly inputs: readonly string[];
  /** Positions in `Meaning.tasks`. */
  readonly needs: readonly number[];
}

export interface Meaning {
  /** Those that the targets need, dependencies first. */
  readonly tasks: readonly MeantTask[];
  /** Files that no task makes, with their texts. */
  readonly sources: Readonly<Record<string, string>>;
  /** All files that must be there at the end, with their texts. */
  readonly files: Readonly<Record<string, string>>;
  /** All files that any needed task writes, temp ones too. */
  readonly made: Readonly<Record<string, string>>;
  /** Outputs by path. */
  readonly traits: ReadonlyMap<string, OutputTraits>;
}

const sourceText = (path: string): string => `source ${path}\n`;

/** What a valid spec means. */
export function meaningOf(spec: RichSpec): Meaning {
  const { small } = spec;
  const all = enumerateTasks(small);
  const needed = new Set(enumerate(small).needed);
  const producers = new Map<string, NaiveTask>();
  const traits = new Map<string, OutputTraits>();
  for (const { task } of all) {
    task.outputs.forEach((path, o) => {
      producers.set(path, task);
      traits.set(path, spec.traits[ruleOf(task)]!.outputs[o]!);
    });
  }
  const sources: Record<string, string> = {};
  const made: Record<string, string> = {};
  const tasks: MeantTask[] = [];
  const places = new Map<NaiveTask, number>();
  const rows = new Map(all.map(({ task, row }) => [task, row]));
  const visit = (task: NaiveTask): number => {
    const known = places.get(task);
    if (known !== undefined) return known;
    const rule = ruleOf(task);
    const inside = spec.traits[rule]!.inside;
    const needs = task.inputs.flatMap((paths) => paths.flatMap((path) => producers.get(path) ?? [])).map(visit);
    const inputs = task.inputs.flatMap((paths, i) => paths.map((path) => inputPattern(path, inside[i]!)));
    task.inputs.forEach((paths, i) => {
      for (const path of paths) {
        const file = inputPattern(path, inside[i]!);
        if (!producers.has(path)) sources[file] = sourceText(file);
      }
    });
    const texts = inputs.map((path) => sources[path] ?? made[traits.get(path)?.directory ? `${path}/x` : path]!);
    const sum = md5([...wordsOf(spec.traits[rule]!, rule, rows.get(task)!), ...inputs], texts);
    for (const path of task.outputs) {
      const { directory } = traits.get(path)!;
      made[directory ? `${path}/x` : path] = `${sum} ${path}\n`;
      if (directory) made[`${path}/y`] = 'beside\n';
    }
    places.set(task, tasks.length);
    tasks.push({ rule, first: task.outputs[0]!, outputs: task.outputs, inputs, needs: [...new Set(needs)] });
    return tasks.length - 1;
  };
  for (const { task } of all) if (needed.has(task.name)) visit(task);
  const kept = keptPaths(spec);
  const goes = (file: string): boolean => {
    const path = traits.has(file) ? file : file.replace(/\/[xy]$/, '');
    return traits.get(path)!.temp && !kept.has(path);
  };
  const left = Object.fromEntries(Object.entries(made).filter(([file]) => !goes(file)));
  return { tasks, sources, files: { ...sources, ...left }, made, traits };
}

function ruleOf(task: NaiveTask): string {
  return task.name.split(' ', 1)[0]!;
}

function wordsOf(traits: RuleTraits, rule: string, row: Row): string[] {
  return [[rule, ...traits.said.map((p) => row[p]!)].join('/'), traits.env === null ? '' : `<${row[traits.env]}>`];
}

function md5(words: readonly string[], texts: readonly string[]): string {
  return createHash('md5')
    .update(words.map((w) => `${w}\n`).join('') + texts.join(''))
    .digest('hex');
}

/** Paths that targets name: temp outputs among them stay. */
function keptPaths({ small, targetRule }: RichSpec): Set<string> {
  if (small.targets === null || targetRule !== null) return new Set();
  return new Set(small.targets.flatMap((target) => allRows(small).map((row) => fill(target, row))));
}
