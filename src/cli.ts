import type { Argv } from 'yargs';
import { COMMANDS } from './cli/commands.ts';
import { CommandLineError, type CommandLineMistake, GROUP } from './cli/options.ts';
import type { Perform } from './cli/perform.ts';
import { recordCommands } from './cli/recorded.ts';
import { keepIgnoring } from './io/programs/signals.ts';
import { writeError, writeOut } from './terminal/streams.ts';
import { printable } from './terminal/terminal.ts';

const EXIT_STATUS =
  'Without a spec on the command line, wfc takes wfc.yml, wfc.yaml, wfc.json,\nspec.yml, spec.yaml or spec.json of the working directory.\n\n' +
  'Exit status:\n  0    done, or nothing to do\n  1    a task failed\n  2    the spec or the command line is wrong\n' +
  '  3    the surroundings are: no sbatch, a lock that is held, a full disk\n  130  interrupted';

/** The one place that reads the command line and the environment, and sets the exit status; its parts are in src/cli/. */
async function main(typed: readonly string[]): Promise<void> {
  keepIgnoring();
  // What the shell that wfc was started from was told is no part of an experiment: its options, how long it may be idle
  // (after which `read` gives up), which files it overlooks. bash(1), Shell Variables.
  for (const name of ['SHELLOPTS', 'BASHOPTS', 'BASH_COMPAT', 'POSIXLY_CORRECT', 'TMOUT', 'GLOBIGNORE'])
    delete process.env[name];
  // A reader that has seen enough (head, less) closes the pipe: no reason for a stack trace.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      if (error.code !== 'EIO') throw error;
      // The terminal is gone. SIGHUP, which comes with that, says whether to stop; at the end node would abort, since it
      // can't set the terminal back.
      process.once('exit', () => {
        process.removeAllListeners('SIGHUP');
        process.kill(process.pid, 'SIGHUP');
      });
    });
  }
  const args = plainWords(typed);
  if (args.length === 1 && (args[0] === '--version' || args[0] === 'version')) {
    const { version } = await import('./session/version.ts');
    writeOut(`${version}\n`);
    return;
  }
  if (args[0] === '--complete') {
    const { complete } = await import('./cli/complete.ts');
    writeOut(complete(recordCommands(COMMANDS), args.slice(1)));
    return;
  }
  const wantsHelp = args.length === 0 || args[0] === 'help' || args.includes('--help') || args.includes('-h');
  const words = args[0] === 'help' ? [...args.slice(1), '--help'] : args.length === 0 ? ['--help'] : args;
  if (wantsHelp) {
    // yargs would answer any word before --help with the help of wfc itself.
    const { explainUnknownCommand } = await import('./cli/mistakes.ts');
    const mistake = explainUnknownCommand(recordCommands(COMMANDS), words);
    if (mistake) return refuse([mistake]);
  }
  const { default: yargs } = await import('yargs');
  const perform: Perform = async (status) => {
    process.exitCode = await status;
  };
  let refused = false;
  const start = yargs([...words])
    .scriptName('wfc')
    .usage('wfc COMMAND [SPEC]\n\nDescribe an experiment once, in YAML or JSON; run it here or on a Slurm cluster.')
    .parserConfiguration({
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'duplicate-arguments-array': true,
    });
  const parser = COMMANDS.reduce((y, addCommands) => addCommands(y, perform), start as Argv)
    .example('wfc init study && cd study && wfc run', 'begin with a spec that runs at once')
    .example('wfc plan', 'what there is, what would run and why')
    .example('wfc run -j 8 -k', 'eight tasks at a time, past failures')
    .example('wfc run --slurm --profile site --watch', 'on a cluster')
    .epilogue(EXIT_STATUS)
    .demandCommand(1, 'a command is missing')
    .strict()
    .help()
    .alias('help', 'h')
    .group(['help', 'version'], GROUP.print)
    .version(false)
    .option('version', { type: 'boolean', describe: 'Show the version' })
    .wrap(Math.min(100, process.stdout.columns ?? 80))
    .fail((message, error) => {
      // A YError is yargs' own word on the command line, such as an option without its value.
      if (error && error.name !== 'YError') throw error;
      refused = true;
      throw new CommandLineError(message);
    })
    .exitProcess(false);
  try {
    await parser.parseAsync();
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    const [{ explainMistakes }, { SpecWords }] = await Promise.all([
      import('./cli/mistakes.ts'),
      import('./session/spec-words.ts'),
    ]);
    const rulesOfSpec = (): string[] => new SpecWords(null).rules();
    const mistakes = refused ? explainMistakes(recordCommands(COMMANDS), words, rulesOfSpec) : [];
    refuse(mistakes.length > 0 ? mistakes : [error]);
  }
  // As git without a word: the help, and a status that stops a script.
  if (args.length === 0) process.exitCode = 2;
}

/** yargs gives what stands behind `--` to no argument of a command. Each of these may be a path, and none is an option. */
function plainWords(args: readonly string[]): readonly string[] {
  const at = args.indexOf('--');
  if (at < 0 || args[0] === '--complete') return args;
  return [...args.slice(0, at), ...args.slice(at + 1).map((word) => (word.startsWith('-') ? `./${word}` : word))];
}

const HELP_HINT = '"wfc --help" lists the commands, "wfc COMMAND --help" their options';

function refuse(mistakes: readonly CommandLineMistake[]): void {
  for (const { message, hint } of mistakes) writeError(printable(`error: ${message}\n  hint: ${hint ?? HELP_HINT}\n`));
  process.exitCode = 2;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { stack, code, path, message } = error as NodeJS.ErrnoException;
  // See `NewerJournal`: any command may meet one.
  if (code === 'ENEWER') {
    writeError(printable(`error: ${path}: ${message}\n`));
    process.exitCode = 3;
    return;
  }
  writeError(
    printable(
      `internal error: ${(error as Error).message ?? error}\nThis is a bug of wfc. What it was doing:\n${stack ?? ''}\n`,
    ),
  );
  process.exitCode = 70;
});
