import type { Argv } from 'yargs';
import type { RunOptions } from '../commands/run.ts';
import type { Trust } from '../resume/contents.ts';
import type { ExitStatus } from '../session/session.ts';
import type { RunSlurmOptions } from '../submit/run-slurm.ts';
import {
  CommandLineError,
  type CommonArguments,
  canRedraw,
  common,
  GROUP,
  isScreen,
  jobsOf,
  list,
  withCommon,
  withForce,
  withTrust,
} from './options.ts';
import type { Perform } from './perform.ts';

/** run, resume, cancel, clean. */
export function addRunCommands(y: Argv, perform: Perform): Argv {
  return y
    .command(
      'run [spec]',
      'Run what is not complete, in order, in parallel',
      (y) =>
        withRunning(y)
          .option('local', { group: GROUP.how, type: 'boolean', describe: 'Run on this machine (the default)' })
          .example('wfc run --local -j 8 -k', 'eight tasks at a time, past failures')
          .example('wfc run --set site=01022500,01030500', 'only these two sites')
          .example('wfc run --slurm --watch', 'submit, and follow until all has ended'),
      (argv) => perform(run(argv)),
    )
    .command(
      'resume [spec]',
      'After failures: say what is redone and why, and go on where the last run was, with its options',
      (y) =>
        withRunning(y)
          .option('local', {
            group: GROUP.how,
            type: 'boolean',
            describe: 'On this machine, wherever the last run was',
          })
          .option('escalate', {
            group: GROUP.how,
            type: 'boolean',
            default: false,
            describe: 'Twice the memory or time for the tasks that ran out of it, within the limits of the profile',
          })
          .example('wfc resume -n', 'what would be redone, and why')
          .example('wfc resume --escalate', 'what was out of memory gets twice as much'),
      (argv) => perform(resume(argv)),
    )
    .command(
      'cancel [spec]',
      'Cancel what this folder has in the queue of Slurm; what is done stays done',
      (y) =>
        withCommon(y)
          .option('dry-run', {
            group: GROUP.how,
            alias: 'n',
            type: 'boolean',
            default: false,
            describe: 'Only show what would be cancelled',
          })
          .example('wfc cancel -n', 'which jobs these are'),
      (argv) =>
        perform(
          import('../commands/cancel.ts').then((m) =>
            m.cancel({ ...common(argv), dryRun: argv.dryRun, env: process.env }),
          ),
        ),
    )
    .command(
      'clean [spec]',
      'Remove outputs, logs or state; asks first',
      (y) =>
        withCommon(y)
          .option('outputs', { type: 'boolean', default: false, describe: 'What tasks made, protected files too' })
          .option('logs', { type: 'boolean', default: false, describe: 'Logs of tasks' })
          .option('state', { type: 'boolean', default: false, describe: 'The folder .wfc/: records, scripts, logs' })
          .option('yes', { alias: 'y', type: 'boolean', default: false, describe: 'Do not ask' })
          .option('dry-run', {
            group: GROUP.how,
            alias: 'n',
            type: 'boolean',
            default: false,
            describe: 'Only show what would go',
          })
          .example('wfc clean --outputs --goal train_model', 'what that rule and all before it made'),
      (argv) =>
        perform(
          import('../commands/clean.ts').then((m) =>
            m.clean({
              ...common(argv),
              outputs: argv.outputs,
              logs: argv.logs,
              wholeState: argv.state,
              yes: argv.yes,
              dryRun: argv.dryRun,
              env: process.env,
              canAsk: process.stdin.isTTY === true,
            }),
          ),
        ),
    );
}

function withRunning<T>(y: Argv<T>) {
  return withForce(withTrust(withCommon(y)))
    .option('slurm', {
      group: GROUP.how,
      type: 'boolean',
      describe: 'Compile what is not complete, and submit it to Slurm',
    })
    .option('watch', {
      group: GROUP.how,
      type: 'boolean',
      default: false,
      describe: 'With --slurm: follow until all has ended',
    })
    .option('jobs', {
      group: GROUP.how,
      alias: 'j',
      type: 'string',
      nargs: 1,
      describe: 'Tasks at a time [default: the CPUs of this machine]',
    })
    .option('keep-going', {
      group: GROUP.how,
      alias: 'k',
      type: 'boolean',
      default: false,
      describe: 'After a failure go on with what does not depend on it (Slurm always does)',
    })
    .option('dry-run', {
      group: GROUP.how,
      alias: 'n',
      type: 'boolean',
      default: false,
      describe: 'Only show what would run',
    });
}

interface RunArguments extends CommonArguments {
  force?: unknown;
  trust: Trust;
  jobs?: string | undefined;
  keepGoing: boolean;
  dryRun: boolean;
  watch: boolean;
  local?: boolean | undefined;
  slurm?: boolean | undefined;
}

async function run(argv: RunArguments): Promise<ExitStatus> {
  if (backendOf(argv) === 'slurm') return (await import('../submit/watch-stages.ts')).runSlurmStages(runOptions(argv));
  if (argv.watch)
    throw new CommandLineError('--watch goes with --slurm: a local run shows its progress by itself', 'leave it out');
  const [{ withLastLook }, { run }] = await Promise.all([
    import('../session/last-look.ts'),
    import('../commands/run.ts'),
  ]);
  return withLastLook(runOptions(argv), run);
}

async function resume(argv: RunArguments & { escalate: boolean }): Promise<ExitStatus> {
  const { resume } = await import('../commands/resume.ts');
  return resume({ ...runOptions(argv), backend: backendOf(argv), escalate: argv.escalate });
}

function backendOf({ local, slurm }: RunArguments): 'local' | 'slurm' | null {
  if (local === true && slurm === true)
    throw new CommandLineError('--local and --slurm: choose one', '--local is the default');
  return slurm === true ? 'slurm' : local === true ? 'local' : null;
}

function runOptions(argv: RunArguments): RunOptions & RunSlurmOptions {
  return {
    ...common(argv),
    force: list(argv.force),
    trust: argv.trust,
    maxParallel: jobsOf(argv.jobs),
    keepGoing: argv.keepGoing,
    dryRun: argv.dryRun,
    watch: argv.watch,
    env: process.env,
    isTerminal: process.stderr.isTTY === true && canRedraw(),
    isScreen: isScreen(),
  };
}
