import type { Argv } from 'yargs';
import { CommandLineError, common, jobsOf, list, withCommon, withForce, withTrust } from './options.ts';
import type { Perform } from './perform.ts';

/** validate, plan, compile. */
export function addCompileCommands(y: Argv, perform: Perform): Argv {
  return y
    .command(
      'validate [spec]',
      'Check a spec: all mistakes at once',
      (y) => withCommon(y).example('wfc validate sweep.yml', 'check sweep.yml'),
      (argv) => perform(import('../commands/validate.ts').then((m) => m.validate(common(argv)))),
    )
    .command(
      'plan [spec]',
      'Show what there is, what would run and why; nothing is written',
      (y) =>
        withForce(withTrust(withCommon(y)))
          .option('target', {
            type: 'string',
            choices: ['slurm'] as const,
            describe: 'Show the job arrays for Slurm, too',
          })
          .option('forecast', {
            type: 'boolean',
            default: false,
            describe: 'Tell how long it is going to take, by what tasks took before, else by their "time"',
          })
          .option('jobs', {
            alias: 'j',
            type: 'string',
            nargs: 1,
            describe: 'With --forecast: tasks at a time; with --target slurm, too: elements at a time',
          })
          .example('wfc plan --json', 'the counts as one JSON object')
          .example('wfc plan --forecast -j 8', 'when all is done, with eight tasks at a time')
          .example('wfc plan --target slurm', 'the job arrays, each choice with its reason'),
      (argv) =>
        perform(
          import('../commands/plan.ts').then((m) =>
            m.plan({
              ...common(argv),
              force: list(argv.force),
              trust: argv.trust,
              target: argv.target ?? null,
              forecast: argv.forecast,
              maxParallel: jobsWith(argv),
              env: process.env,
            }),
          ),
        ),
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
        perform(
          import('../commands/compile.ts').then((m) =>
            m.compile({ ...common(argv), target: argv.target, out: argv.out ?? null, env: process.env }),
          ),
        ),
    );
}

function jobsWith({ jobs, forecast }: { jobs?: string | undefined; forecast: boolean }): number | null {
  if (jobs !== undefined && !forecast)
    throw new CommandLineError('-j of wfc plan is about its forecast', 'add --forecast, or leave it out');
  return jobsOf(jobs);
}
