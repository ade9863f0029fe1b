import type { Argv } from 'yargs';
import type { CommonOptions, ExitStatus } from './commands/session.ts';

/** The one place that reads the command line and the environment, and sets the exit status. */
async function main(args: readonly string[]): Promise<void> {
  // A reader that has seen enough (head, less) closes the pipe: no reason for a stack trace.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw error;
    });
  }
  if (args.length === 1 && (args[0] === '--version' || args[0] === 'version')) {
    const { version } = await import('./commands/version.ts');
    process.stdout.write(`${version}\n`);
    return;
  }
  const { default: yargs } = await import('yargs');
  const command = (status: Promise<ExitStatus> | ExitStatus): Promise<void> =>
    Promise.resolve(status).then((code) => {
      process.exitCode = code;
    });
  const parser = yargs([...args])
    .scriptName('wfc')
    .usage('wfc COMMAND [SPEC]\n\nDescribe an experiment once, in YAML or JSON; run it here or on a Slurm cluster.')
    .parserConfiguration({
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'duplicate-arguments-array': true,
    })
    .command(
      'validate [spec]',
      'Check a spec: all mistakes at once',
      (y) => withCommon(y).example('wfc validate sweep.yml', 'check sweep.yml'),
      (argv) => command(import('./commands/validate.ts').then((m) => m.validate(common(argv)))),
    )
    .command(
      'plan [spec]',
      'Show what there is, what would run and why; nothing is written',
      (y) =>
        withForce(withCommon(y))
          .option('target', {
            type: 'string',
            choices: ['slurm'] as const,
            describe: 'Show the job arrays for Slurm, too',
          })
          .example('wfc plan --json', 'the counts as one JSON object')
          .example('wfc plan --target slurm', 'the job arrays, each choice with its reason'),
      (argv) =>
        command(
          import('./commands/plan.ts').then((m) =>
            m.plan({ ...common(argv), force: list(argv.force), target: argv.target ?? null, env: process.env }),
          ),
        ),
    )
    .command(
      'run [spec]',
      'Run what is not complete, in order, in parallel',
      (y) =>
        withForce(withCommon(y))
          .option('local', { type: 'boolean', describe: 'Run on this machine (the default)' })
          .option('slurm', { type: 'boolean', describe: 'Compile what is not complete, and submit it to Slurm' })
          .option('jobs', {
            alias: 'j',
            type: 'string',
            nargs: 1,
            describe: 'Tasks at a time [default: the CPUs of this machine]',
          })
          .option('keep-going', {
            alias: 'k',
            type: 'boolean',
            default: false,
            describe: 'After a failure go on with what does not depend on it',
          })
          .option('dry-run', { alias: 'n', type: 'boolean', default: false, describe: 'Only show what would run' })
          .example('wfc run --local -j 8 -k', 'eight tasks at a time, past failures')
          .example('wfc run --set site=01022500,01030500', 'only these two sites'),
      (argv) => command(runCommand(argv)),
    )
    .command(
      'compile [spec]',
      'Write static scripts: job arrays for Slurm, or a Makefile',
      (y) =>
        withCommon(y)
          .option('target', {
            type: 'string',
            choices: ['slurm', 'local'] as const,
            demandOption: true,
            describe: 'What to write',
          })
          .option('out', {
            type: 'string',
            nargs: 1,
            describe: 'The folder to write to [default: .wfc/slurm/ID or .wfc/make]',
          })
          .example('wfc compile --target slurm', 'then: bash .wfc/slurm/ID/submit.sh')
          .example('wfc compile --target local', 'then: make -C .wfc/make -j4'),
      (argv) =>
        command(
          import('./commands/compile.ts').then((m) =>
            m.compile({ ...common(argv), target: argv.target, out: argv.out ?? null, env: process.env }),
          ),
        ),
    )
    .demandCommand(1, 'Name a command, such as "wfc plan".')
    .strict()
    .recommendCommands()
    .help()
    .alias('help', 'h')
    .version(false)
    .option('version', { type: 'boolean', describe: 'Show the version' })
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .fail((message, error) => {
      // A YError is yargs' own word on the command line, such as an option without its value.
      if (error && error.name !== 'YError') throw error;
      throw new CommandLineError(
        message.startsWith('Did you mean') ? `unknown command or option. ${message}` : message,
      );
    })
    .exitProcess(false);
  try {
    await parser.parseAsync();
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    process.stderr.write(
      `error: ${error.message}\n  hint: "wfc --help" lists the commands, "wfc COMMAND --help" their options\n`,
    );
    process.exitCode = 2;
  }
}

class CommandLineError extends Error {}

function withCommon<T>(y: Argv<T>) {
  return y
    .positional('spec', { type: 'string', describe: 'The spec [default: wfc.yml, wfc.yaml, wfc.json, spec.yml, …]' })
    .option('goal', { type: 'string', nargs: 1, describe: 'Make only this: a rule, a path or a pattern (repeatable)' })
    .option('set', {
      type: 'string',
      nargs: 1,
      describe: 'key=value: other values of a param, or a config constant (repeatable)',
    })
    .option('config', { type: 'string', nargs: 1, describe: 'A file of config constants (repeatable)' })
    .option('json', { type: 'boolean', default: false, describe: 'One JSON object on standard output' })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'Say less' })
    .option('color', { type: 'boolean', describe: '--no-color: no colour' });
}

function withForce<T>(y: Argv<T>) {
  return y.option('force', { type: 'string', nargs: 1, describe: 'Run this rule or path anew (repeatable)' });
}

interface CommonArguments {
  spec?: string | undefined;
  goal?: unknown;
  set?: unknown;
  config?: unknown;
  json: boolean;
  quiet: boolean;
  color?: boolean | undefined;
}

function common(argv: CommonArguments): CommonOptions {
  return {
    spec: argv.spec,
    settings: list(argv.set),
    configs: list(argv.config),
    goals: list(argv.goal),
    json: argv.json,
    quiet: argv.quiet,
    style: { colour: wantsColour(argv.color) },
  };
}

/** https://no-color.org: any non-empty NO_COLOR turns colour off. */
function wantsColour(flag: boolean | undefined): boolean {
  if (flag !== undefined) return flag;
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR && FORCE_COLOR !== '0') return true;
  return process.stderr.isTTY === true && TERM !== 'dumb';
}

/** yargs gives one text for an option written once, an array for several. */
function list(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

interface RunArguments extends CommonArguments {
  force?: unknown;
  jobs?: string | undefined;
  keepGoing: boolean;
  dryRun: boolean;
  local?: boolean | undefined;
  slurm?: boolean | undefined;
}

async function runCommand(argv: RunArguments): Promise<ExitStatus> {
  if (argv.local === true && argv.slurm === true) throw new CommandLineError('--local and --slurm: choose one');
  if (argv.slurm === true) {
    const { runSlurm } = await import('./commands/run-slurm.ts');
    return runSlurm({ ...common(argv), force: list(argv.force), dryRun: argv.dryRun, env: process.env });
  }
  const jobs = argv.jobs === undefined ? null : Number(argv.jobs);
  if (jobs !== null && !(Number.isInteger(jobs) && jobs >= 1 && jobs <= 10_000)) {
    throw new CommandLineError(`-j ${argv.jobs}: write a whole number from 1`);
  }
  const { run } = await import('./commands/run.ts');
  return run({
    ...common(argv),
    force: list(argv.force),
    maxParallel: jobs,
    keepGoing: argv.keepGoing,
    dryRun: argv.dryRun,
    env: process.env,
    isTerminal: process.stderr.isTTY === true && !process.env.CI,
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { stack } = error as Error;
  process.stderr.write(
    `internal error: ${(error as Error).message ?? error}\nThis is a bug of wfc. What it was doing:\n${stack ?? ''}\n`,
  );
  process.exitCode = 70;
});
