import type { Argv } from 'yargs';
import { CommandLineError, common, isScreen, list, withCommon, withTask } from './options.ts';
import type { Perform } from './perform.ts';

/** status, why, logs, accept, table, best, diff: what became of tasks, and what to make of it. */
export function addLookCommands(y: Argv, perform: Perform): Argv {
  return y
    .command(
      'status [spec]',
      'Show what is done, runs, waits and failed, by the records; files are not looked at',
      (y) =>
        withCommon(y)
          .option('watch', {
            type: 'boolean',
            default: false,
            describe: 'Look again every few seconds, until nothing runs or waits in the queue',
          })
          .option('by', {
            type: 'string',
            nargs: 1,
            describe: 'Count by the values of these params, too: what fails, how long it takes (as --by lr,model)',
          })
          .example('wfc status --by lr,model', 'which settings fail, and which are slow')
          .example('wfc status --json', 'the counts and all failed tasks as one JSON object'),
      (argv) =>
        perform(
          import('../commands/status.ts').then((m) =>
            m.status({
              ...common(argv),
              by: list(argv.by).flatMap((names) => names.split(',')),
              watch: argv.watch,
              env: process.env,
              isScreen: isScreen(),
            }),
          ),
        ),
    )
    .command(
      'why <task..>',
      'Tell why a task would run, up to the root: by one of its outputs, or by rule and params',
      (y) =>
        withTask(y)
          .example('wfc why out/metrics.csv', 'the chain of reasons for this output')
          .example('wfc why train_model site=01022500 seed=3', 'for this task'),
      (argv) =>
        perform(
          import('../commands/why.ts').then((m) => m.why({ ...common(argv), task: list(argv.task), env: process.env })),
        ),
    )
    .command(
      'logs [task..]',
      "Print a task's log, of its last attempt: by one of its outputs, or by rule and params",
      (y) =>
        withTask(y)
          .option('all', { type: 'boolean', default: false, describe: 'All attempts, not the last alone' })
          .option('failed', {
            type: 'boolean',
            default: false,
            describe: 'The ends of the logs of all tasks that failed, those that look alike once',
          })
          .example('wfc logs train_model site=01022500 seed=3', 'what it wrote')
          .example('wfc logs --failed', 'how those that failed end'),
      (argv) => {
        const task = list(argv.task);
        if (argv.failed && (argv.all || task.length > 0))
          throw new CommandLineError(
            '--failed is about all tasks that failed: it goes with no task and not with --all',
            'leave the others out: wfc logs --failed',
          );
        if (!argv.failed && task.length === 0)
          throw new CommandLineError(
            'wfc logs: TASK is missing',
            'such as: wfc logs train_model site=01022500 seed=3, or: wfc logs --failed',
          );
        return perform(
          import('../commands/logs.ts').then((m) =>
            argv.failed ? m.failedLogs(common(argv)) : m.logs({ ...common(argv), task, all: argv.all }),
          ),
        );
      },
    )
    .command(
      'accept [name..]',
      'Take the present outputs of tasks as complete, after a harmless edit: all, or those of rules and paths',
      (y) =>
        withTask(y)
          .option('dry-run', { alias: 'n', type: 'boolean', default: false, describe: 'Only show what would be taken' })
          .example('wfc accept train_model', 'its command was edited, and its outputs are as good as before'),
      (argv) =>
        perform(
          import('../commands/accept.ts').then((m) =>
            m.accept({ ...common(argv), names: list(argv.name), dryRun: argv.dryRun }),
          ),
        ),
    )
    .command(
      'table <pattern>',
      'Gather the small CSV or JSON files of a path pattern into one table, with a column for each param',
      (y) =>
        withTask(y)
          .positional('pattern', {
            type: 'string',
            demandOption: true,
            describe: 'Such as "out/{site}/metrics.csv", or a rule with one such output',
          })
          .option('format', {
            type: 'string',
            choices: ['csv', 'json'] as const,
            describe: 'What to write [default: by the name of --out, else csv]',
          })
          .option('out', { type: 'string', nargs: 1, describe: 'The file to write [default: standard output]' })
          .example('wfc table "out/{site}/{seed}.csv" --out all.csv', 'columns site, seed, and those of the files'),
      (argv) =>
        perform(
          import('../commands/results/table.ts').then((m) =>
            m.table({ ...common(argv), pattern: argv.pattern, format: argv.format ?? null, out: argv.out ?? null }),
          ),
        ),
    )
    .command(
      'best [spec]',
      'Rank the settings by the results that the spec names: mean and spread over the repeats',
      (y) =>
        withCommon(y)
          .option('top', {
            type: 'string',
            nargs: 1,
            describe: 'How many settings to show of each result [default: 10, with --json all]',
          })
          .example('wfc best --top 3', 'the three best settings of each result'),
      (argv) =>
        perform(
          import('../commands/results/best.ts').then((m) =>
            m.best({ ...common(argv), top: topOf(argv.top), env: process.env }),
          ),
        ),
    )
    .command(
      'diff <other>',
      'Tell what differs from another state to this one: params, rules, tasks, results',
      (y) =>
        withTask(y)
          .positional('other', {
            type: 'string',
            demandOption: true,
            describe:
              'A run (last, last~1 or its number), a revision of git, another spec or its folder, or an earlier report',
          })
          .example('wfc diff last', 'since the last run began')
          .example('wfc diff HEAD~1', 'since the last commit')
          .example('wfc diff monday.html', 'since this report was made'),
      (argv) =>
        perform(import('../commands/results/diff.ts').then((m) => m.diff({ ...common(argv), other: argv.other }))),
    );
}

function topOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const top = Number(text);
  if (!Number.isInteger(top) || top < 1)
    throw new CommandLineError(`--top ${text}: write a whole number from 1`, 'such as: --top 3');
  return top;
}
