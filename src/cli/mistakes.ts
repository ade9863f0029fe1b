import { listWords } from '../compile/report/report.ts';
import { closest, didYouMean } from '../compile/text/suggest.ts';
import type { CommandLineMistake } from './options.ts';
import type { RecordedCommand, RecordedOption } from './recorded.ts';

/** What people who know other tools type, and what it is called here. */
const OTHER_COMMANDS: Readonly<Record<string, string>> = {
  build: 'wfc run',
  make: 'wfc run',
  start: 'wfc run',
  submit: 'wfc run --slurm',
  sbatch: 'wfc run --slurm',
  check: 'wfc validate',
  lint: 'wfc validate',
  'dry-run': 'wfc plan',
  list: 'wfc plan',
  dag: 'wfc graph',
  queue: 'wfc status',
  squeue: 'wfc status',
  watch: 'wfc status --watch',
  explain: 'wfc why',
  results: 'wfc table',
  touch: 'wfc accept',
  kill: 'wfc cancel',
  stop: 'wfc cancel',
  scancel: 'wfc cancel',
  remove: 'wfc clean',
  new: 'wfc init',
  convert: 'wfc import snakefile',
};

/** As above, for options; what is no option begins with `wfc` or is a sentence. */
const OTHER_OPTIONS: Readonly<Record<string, string>> = {
  cores: '--jobs',
  c: '--jobs',
  parallel: '--jobs',
  target: '--goal',
  until: '--goal',
  only: '--goal',
  rule: '--goal',
  forceall: '--force',
  forcerun: '--force',
  F: '--force',
  R: '--force',
  B: '--force',
  'always-make': '--force',
  configfile: '--config',
  param: '--set',
  cluster: '--slurm',
  silent: '--quiet',
  follow: '--watch',
  output: '--out',
  o: '--out',
  touch: 'wfc accept',
  dag: 'wfc graph',
  rulegraph: 'wfc graph',
  lint: 'wfc validate',
  report: 'wfc report',
  'rerun-incomplete': 'always so: what did not finish runs again',
};

/** Other tools' options for what wfc takes without one. */
const SPEC_OPTIONS = ['f', 'file', 's', 'snakefile', 'makefile', 'spec'];

/** A command line, taken apart as far as its command is known. */
interface Line {
  /** Names that lead to the command: `profile detect`. */
  readonly path: readonly string[];
  /** null where none is named, or it is not known. */
  readonly command: RecordedCommand | null;
  readonly positionals: readonly string[];
  readonly options: readonly { readonly text: string; readonly name: string; readonly value: string | null }[];
}

/**
 * What is wrong with a command line that was refused, in the order of its words; nothing where it looks right.
 * `rulesOfSpec`: of the folder's spec, for who takes a rule for a command, as `make train`.
 */
export function explainMistakes(
  commands: readonly RecordedCommand[],
  args: readonly string[],
  rulesOfSpec: () => readonly string[] = () => [],
): CommandLineMistake[] {
  const line = takeApart(commands, args);
  const unknown = explainCommand(commands, line, { rulesOfSpec, args });
  if (unknown !== null) return [unknown];
  const command = line.command!;
  const name = ['wfc', ...line.path].join(' ');
  return [
    ...line.options.flatMap((option) => explainOption(commands, command, name, line, option)),
    ...explainPositionals(command, name, line.positionals),
    ...command.options
      .filter(({ isRequired, ...o }) => isRequired && !line.options.some((given) => isNamed(o, given.name)))
      .map((o) => ({ message: `${name}: --${o.name} is missing`, hint: `such as: ${exampleOf(command, name)}` })),
  ];
}

/** What is wrong with the name of the command, whatever stands behind it. */
export function explainUnknownCommand(
  commands: readonly RecordedCommand[],
  args: readonly string[],
): CommandLineMistake | null {
  const line = takeApart(commands, args);
  return line.path.length === 0 && line.positionals.length === 0
    ? null
    : explainCommand(commands, line, { purpose: 'for help' });
}

function takeApart(
  commands: readonly RecordedCommand[],
  args: readonly string[],
  every: readonly RecordedOption[] = commands.flatMap((c) => [c, ...c.commands]).flatMap((c) => c.options),
): Line {
  const path: string[] = [];
  const positionals: string[] = [];
  const options: { text: string; name: string; value: string | null }[] = [];
  let command: RecordedCommand | null = null;
  let below = commands;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === '--') {
      positionals.push(...args.slice(i + 1));
      break;
    }
    if (!/^-./.test(arg)) {
      const next: RecordedCommand | undefined =
        positionals.length === 0 ? below.find((c) => c.name === arg) : undefined;
      if (next) [command, below] = [next, next.commands];
      if (next) path.push(arg);
      else positionals.push(arg);
      continue;
    }
    for (const { text, name, joined } of flagsOf(arg, command?.options ?? every)) {
      const declared = (command?.options ?? every).find((o) => isNamed(o, name));
      const follows = declared?.takesValue === true && joined === null && args[i + 1] !== undefined;
      // As yargs: a word that begins with a dash is the next option, unless it is a number.
      const value = follows && !/^-[^\d.]/.test(args[i + 1]!) ? args[++i]! : joined;
      options.push({ text, name, value });
    }
  }
  return { path, command, positionals, options };
}

/** `--name=value`, `--name`, `-j8`, or several letters in one word. */
function flagsOf(
  arg: string,
  options: readonly RecordedOption[],
): { readonly text: string; readonly name: string; readonly joined: string | null }[] {
  if (arg.startsWith('--')) {
    const at = arg.indexOf('=');
    const text = at < 0 ? arg : arg.slice(0, at);
    return [{ text, name: text.slice(2), joined: at < 0 ? null : arg.slice(at + 1) }];
  }
  const letters = [...arg.slice(1)];
  const found: { text: string; name: string; joined: string | null }[] = [];
  for (const [i, name] of letters.entries()) {
    const behind = letters.slice(i + 1).join('');
    const takes = options.find((o) => isNamed(o, name))?.takesValue === true;
    if (takes || behind.startsWith('=')) {
      found.push({ text: `-${name}`, name, joined: behind === '' ? null : behind.replace(/^=/, '') });
      break;
    }
    found.push({ text: `-${name}`, name, joined: null });
  }
  return found;
}

/** yargs takes `--dryRun` for `--dry-run`, and `--no-` before what is on or off. */
function isNamed(
  { name, alias, takesValue }: Pick<RecordedOption, 'name' | 'alias' | 'takesValue'>,
  given: string,
): boolean {
  const dashed = given.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
  return (
    given === alias ||
    given === name ||
    (given.length > 1 && dashed === name) ||
    (!takesValue && dashed === `no-${name}`)
  );
}

interface Circumstances {
  readonly purpose?: 'to run' | 'for help';
  readonly rulesOfSpec?: () => readonly string[];
  /** The whole line. */
  readonly args?: readonly string[];
}

const COMMANDS_HINT = '"wfc --help" lists the commands';

/** `wfc -j 8`, as make and snakemake are called: every option is one of `wfc run`, and one of them says how to run. */
function isForRun(commands: readonly RecordedCommand[], args: readonly string[]): boolean {
  const run = commands.find((c) => c.name === 'run')!;
  const { options, positionals } = takeApart([], args, run.options);
  return (
    positionals.length === 0 &&
    options.every((given) => run.options.some((o) => isNamed(o, given.name))) &&
    options.some((given) => ['j', 'jobs', 'k', 'keep-going', 'n', 'dry-run', 'slurm', 'local'].includes(given.name))
  );
}

function explainCommand(
  commands: readonly RecordedCommand[],
  { path, command, positionals }: Line,
  { purpose = 'to run', rulesOfSpec = () => [], args = [] }: Circumstances = {},
): CommandLineMistake | null {
  if (command !== null && command.commands.length === 0) return null;
  const known = command?.commands ?? commands;
  const before = ['wfc', ...path].join(' ');
  const [word] = positionals;
  if (word === undefined) {
    if (command !== null && purpose === 'for help') return null;
    return command === null
      ? {
          message: 'a command is missing',
          hint: isForRun(commands, args) ? `to run: wfc run ${args.join(' ')}` : COMMANDS_HINT,
        }
      : { message: `${before}: say what`, hint: `such as: ${before} ${known[0]!.name}` };
  }
  const near = closest(
    word,
    known.map((c) => c.name),
  );
  const meant = command === null ? OTHER_COMMANDS[word] : undefined;
  const hint =
    near !== null
      ? didYouMean(`${before} ${near}`)
      : meant !== undefined
        ? `here it is "${meant}"`
        : command === null && /\.(ya?ml|json)$/.test(word)
          ? `to run this spec: wfc run ${word}`
          : command === null && rulesOfSpec().includes(word)
            ? `it is a rule: wfc run --goal ${word}`
            : `"${before} --help" lists the commands`;
  return { message: `unknown command "${[...path, word].join(' ')}"`, hint };
}

function explainOption(
  commands: readonly RecordedCommand[],
  command: RecordedCommand,
  name: string,
  { positionals }: Line,
  option: Line['options'][number],
): CommandLineMistake[] {
  const { text, value } = option;
  if (['help', 'h', 'version'].includes(option.name)) return [];
  const declared = command.options.find((o) => isNamed(o, option.name));
  if (!declared) {
    return [
      {
        message: `${name} has no option ${text}`,
        hint: unknownOptionHint(commands, command, name, option.name, value ?? positionals[0]),
      },
    ];
  }
  if (declared.takesValue && value === null) {
    return [{ message: `${name}: ${text} needs a value`, hint: `--${declared.name}: ${declared.description}` }];
  }
  return value === null ? [] : explainChoice(declared, value, `${text}: `);
}

function unknownOptionHint(
  commands: readonly RecordedCommand[],
  command: RecordedCommand,
  name: string,
  given: string,
  value: string | undefined,
): string {
  const names = command.options.flatMap((o) => (o.name === 'color' ? ['color', 'no-color'] : [o.name]));
  const near = given.length > 1 ? closest(given, names) : null;
  if (near !== null) return didYouMean(`--${near === 'color' ? 'no-color' : near}`);
  const holders = commands
    .flatMap((c) =>
      c.commands.length > 0
        ? c.commands.map((i) => [`wfc ${c.name} ${i.name}`, i] as const)
        : [[`wfc ${c.name}`, c] as const],
    )
    .filter(([, c]) => c.options.some((o) => isNamed(o, given)))
    .map(([holder]) => holder);
  if (SPEC_OPTIONS.includes(given) && command.positionals[0]?.name === 'spec')
    return `the spec stands alone: ${name} ${value ?? 'wfc.yml'}`;
  const meant = OTHER_OPTIONS[given];
  if (meant !== undefined && (!meant.startsWith('--') || names.includes(meant.slice(2))))
    return meant.startsWith('-') || meant.startsWith('wfc ') ? `here it is "${meant}"` : meant;
  if (holders.length > 0 && holders.length <= 3) return `it belongs to ${listWords(holders, 'and')}`;
  return `"${name} --help" lists them`;
}

function explainChoice({ choices }: RecordedOption, value: string, place: string): CommandLineMistake[] {
  if (choices.length === 0 || choices.includes(value)) return [];
  const hint = didYouMean(closest(value, choices)) || 'choose one of these';
  return [{ message: `${place}"${value}" is none of ${choices.join(', ')}`, hint }];
}

function explainPositionals(command: RecordedCommand, name: string, given: readonly string[]): CommandLineMistake[] {
  const [usage] = command.usage.split(' ').slice(1);
  if (usage === undefined) return [];
  const what = usage.replace(/\W/g, '');
  const declared = command.positionals.find((p) => p.name === what);
  if (given.length === 0 && usage.startsWith('<'))
    return [{ message: `${name}: ${what.toUpperCase()} is missing`, hint: `such as: ${exampleOf(command, name)}` }];
  const mistakes = declared && given[0] !== undefined ? explainChoice(declared, given[0], '') : [];
  if (given.length > 1 && !usage.includes('..')) {
    const hint = what === 'spec' ? goalHint(name, given) : 'quote a name that holds blanks';
    mistakes.push({ message: `${name} takes one ${what}, so "${given[1]}" is too much`, hint });
  }
  return mistakes;
}

/** `wfc run wfc.yml train`, as make takes goals. */
function goalHint(name: string, [first = '', ...others]: readonly string[]): string {
  const isSpec = /\.(ya?ml|json)$/.test(first);
  const goals = (isSpec ? others : [first, ...others]).map((goal) => ` --goal ${goal}`).join('');
  return `for a rule or a path: ${name}${isSpec ? ` ${first}` : ''}${goals}`;
}

function exampleOf({ examples }: RecordedCommand, name: string): string {
  return examples.find((example) => example.startsWith(name)) ?? name;
}
