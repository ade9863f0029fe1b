import type { Argv } from 'yargs';
import { addCompileCommands } from './cli/compile-commands.ts';
import { addLookCommands } from './cli/look-commands.ts';
import { CommandLineError, GROUP } from './cli/options.ts';
import type { Perform } from './cli/perform.ts';
import { addPictureCommands } from './cli/picture-commands.ts';
import { addRunCommands } from './cli/run-commands.ts';
import { addStartCommands } from './cli/start-commands.ts';
import { printable } from './io/terminal.ts';

/** What declares commands and options, to yargs or to completion. */
const COMMANDS = [addCompileCommands, addRunCommands, addLookCommands, addPictureCommands, addStartCommands];

const EXIT_STATUS =
  'Without a spec on the command line, wfc takes wfc.yml, wfc.yaml, wfc.json,\nspec.yml, spec.yaml or spec.json of the working directory.\n\n' +
  'Exit status:\n  0    done, or nothing to do\n  1    a task failed\n  2    the spec or the command line is wrong\n' +
  '  3    the surroundings are: no sbatch, a lock that is held, a full disk\n  130  interrupted';

/** The one place that reads the command line and the environment, and sets the exit status; its parts are in src/cli/. */
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
  if (args[0] === '--complete') {
    const [{ complete }, { recordCommands }] = await Promise.all([
      import('./cli/complete.ts'),
      import('./cli/recorded.ts'),
    ]);
    process.stdout.write(complete(recordCommands(COMMANDS), args.slice(1)));
    return;
  }
  const { default: yargs } = await import('yargs');
  const perform: Perform = async (status) => {
    process.exitCode = await status;
  };
  const start = yargs([...args])
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
    .demandCommand(1, 'Name a command, such as "wfc plan".')
    .strict()
    .recommendCommands()
    .help()
    .alias('help', 'h')
    .group(['help', 'version'], GROUP.print)
    .version(false)
    .option('version', { type: 'boolean', describe: 'Show the version' })
    .wrap(Math.min(100, process.stdout.columns ?? 80))
    .fail((message, error) => {
      // A YError is yargs' own word on the command line, such as an option without its value.
      if (error && error.name !== 'YError') throw error;
      if (message.startsWith('Not enough non-option')) throw new CommandLineError('an argument is missing');
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
      `error: ${printable(error.message)}\n  hint: "wfc --help" lists the commands, "wfc COMMAND --help" their options\n`,
    );
    process.exitCode = 2;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { stack } = error as Error;
  process.stderr.write(
    printable(
      `internal error: ${(error as Error).message ?? error}\nThis is a bug of wfc. What it was doing:\n${stack ?? ''}\n`,
    ),
  );
  process.exitCode = 70;
});
