import type { Argv } from 'yargs';
import { common, withCommon } from './options.ts';
import type { Perform } from './perform.ts';

/** graph, report: the experiment as a picture. */
export function addPictureCommands(y: Argv, perform: Perform): Argv {
  return y
    .command(
      'graph [spec]',
      'Draw the rules, or a few tasks, and what depends on what',
      (y) =>
        withCommon(y)
          .option('format', {
            type: 'string',
            choices: ['text', 'dot', 'mermaid', 'svg'] as const,
            default: 'text' as const,
            describe: 'svg needs no Graphviz',
          })
          .option('tasks', {
            type: 'boolean',
            default: false,
            describe: 'Draw tasks, up to 500; narrow them with --set',
          })
          .option('out', { type: 'string', nargs: 1, describe: 'The file to write to [default: standard output]' })
          .example('wfc graph --format svg --out rules.svg', 'the rules with their counts')
          .example('wfc graph --tasks --set seed=0,1 --set site=01022500', 'the tasks of a corner'),
      (argv) =>
        perform(
          import('../commands/graph.ts').then((m) =>
            m.graph({ ...common(argv), format: argv.format, tasks: argv.tasks, out: argv.out ?? null }),
          ),
        ),
    )
    .command(
      'report [spec]',
      'Write one HTML file: timeline, resources, failures, all tasks',
      (y) =>
        withCommon(y)
          .option('out', { type: 'string', nargs: 1, default: 'report.html', describe: 'The file to write to' })
          .example('wfc report --out monday.html', 'open it in a browser; it needs no network'),
      (argv) =>
        perform(
          import('../commands/report.ts').then((m) => m.report({ ...common(argv), out: argv.out, env: process.env })),
        ),
    );
}
