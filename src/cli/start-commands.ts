import type { Argv } from 'yargs';
import { list, wantsColour } from './options.ts';
import type { Perform } from './perform.ts';

/** init, import, completion, profile, help: what one does before the first run. */
export function addStartCommands(y: Argv, perform: Perform): Argv {
  return addHelp(addProfile(addCompletion(addInit(y, perform), perform), perform)).command(
    'import',
    'Make a spec of a workflow that was written for another tool',
    (y) =>
      y
        .command(
          'snakefile <file>',
          'Make a spec of a Snakefile: the same tasks, or the reasons why not',
          (y) =>
            withOutput(y)
              .positional('file', { type: 'string', demandOption: true, describe: 'The Snakefile' })
              .option('out', {
                type: 'string',
                nargs: 1,
                default: 'wfc.yml',
                describe: 'The spec to write, never over another file; -: standard output',
              })
              .option('goal', {
                type: 'string',
                nargs: 1,
                describe: 'Convert what this rule or file needs [default: the first rule] (repeatable)',
              })
              .option('configfile', {
                type: 'string',
                nargs: 1,
                describe: 'As "snakemake --configfile" (repeatable)',
              })
              .option('profile', {
                type: 'string',
                nargs: 1,
                describe: "Snakemake's profile, by name or folder [default: the only one beside it]",
              })
              .example('wfc import snakefile Snakefile', 'writes wfc.yml; then: wfc plan')
              .epilogue(
                'The Python of the Snakefile is run with python3, as Snakemake does; its rules are not. wfc then works out\n' +
                  'the jobs of both, and writes the spec only if all outputs and inputs are the same.',
              ),
          (argv) =>
            perform(
              import('../commands/import.ts').then((m) =>
                m.importSnakefile({
                  file: argv.file,
                  out: argv.out,
                  goals: list(argv.goal),
                  configFiles: list(argv.configfile),
                  profile: list(argv.profile).at(-1) ?? null,
                  ...output(argv),
                }),
              ),
            ),
        )
        .command(
          'sbatch <file>',
          "Make a spec of a job array that was written by hand, and a profile of what is the site's",
          (y) =>
            withOutput(y)
              .positional('file', { type: 'string', demandOption: true, describe: 'The batch script' })
              .option('out', {
                type: 'string',
                nargs: 1,
                default: 'wfc.yml',
                describe: 'The spec to write, never over another file; -: standard output',
              })
              .example('wfc import sbatch train.sbatch', 'writes wfc.yml and profiles/default.yml; then: wfc plan')
              .epilogue(
                'The commands stay as they are, but for what is set from $SLURM_ARRAY_TASK_ID: lines of a file, entries of a\n' +
                  'bash array and fields of them become params.',
              ),
          (argv) =>
            perform(
              import('../commands/import-sbatch.ts').then((m) =>
                m.importSbatch({ file: argv.file, out: argv.out, ...output(argv) }),
              ),
            ),
        )
        .demandCommand(1, 'Name what to import, such as "wfc import snakefile Snakefile".'),
  );
}

function addInit(y: Argv, perform: Perform): Argv {
  return y.command(
    'init [folder]',
    'Write a commented spec that runs at once; no file is overwritten',
    (y) =>
      withOutput(y)
        .positional('folder', { type: 'string', default: '.', describe: 'Where to write it; made if it is not there' })
        .option('template', {
          type: 'string',
          choices: ['sweep', 'table', 'search', 'from-scratch'] as const,
          describe: 'What to begin with [default: asks on a terminal, else sweep]',
        })
        .example('wfc init study --template sweep', 'then: cd study && wfc run'),
    (argv) =>
      perform(
        import('../commands/init.ts').then((m) =>
          m.init({
            folder: argv.folder,
            template: argv.template ?? null,
            canAsk: process.stdin.isTTY === true,
            ...output(argv),
          }),
        ),
      ),
  );
}

function addCompletion(y: Argv, perform: Perform): Argv {
  return y.command(
    'completion [shell]',
    'Print a script with which a shell completes commands, options, rules and params',
    (y) =>
      y
        .positional('shell', {
          type: 'string',
          choices: ['bash', 'zsh', 'fish'] as const,
          describe: 'The shell; without it wfc says what to write for yours',
        })
        .example('eval "$(wfc completion bash)"', 'in ~/.bashrc')
        .example('source <(wfc completion zsh)', 'in ~/.zshrc, after compinit')
        .example('wfc completion fish > ~/.config/fish/completions/wfc.fish', 'once'),
    (argv) => perform(import('../commands/completion.ts').then((m) => m.completion(argv.shell ?? null, process.env))),
  );
}

function addProfile(y: Argv, perform: Perform): Argv {
  return y.command('profile', 'Make a profile of a Slurm site', (y) =>
    y
      .command(
        'detect',
        'Ask Slurm for partitions, limits and GPUs, and write them as a commented profile',
        (y) =>
          withOutput(y)
            .option('out', { type: 'string', nargs: 1, describe: 'The file to write [default: standard output]' })
            .example('wfc profile detect --out profiles/site.yml', 'then: wfc run --slurm --profile site'),
        (argv) =>
          perform(
            import('../commands/profile-detect.ts').then((m) =>
              m.detectProfile({ out: argv.out ?? null, env: process.env, ...output(argv) }),
            ),
          ),
      )
      .demandCommand(1, 'Name what to do, such as "wfc profile detect".'),
  );
}

/** Declared for the list of commands and for completion: `wfc help run` is read as `wfc run --help`. */
function addHelp(y: Argv): Argv {
  return y.command('help [command..]', 'Show the help of a command, as "wfc COMMAND --help" does', (y) =>
    y
      .positional('command', { type: 'string', describe: 'The command [default: the list of all]' })
      .example('wfc help run', 'what "wfc run" takes'),
  );
}

/** The options of commands that know no spec. */
function withOutput<T>(y: Argv<T>) {
  return y
    .option('json', { type: 'boolean', default: false, describe: 'One JSON object on standard output' })
    .option('quiet', { alias: 'q', type: 'boolean', default: false, describe: 'Say less' })
    .option('color', { type: 'boolean', describe: '--no-color: no colour' });
}

function output({ json, quiet, color }: { json: boolean; quiet: boolean; color?: boolean | undefined }) {
  return { json, quiet, style: { colour: wantsColour(color) } };
}
