import { type CommonOptions, EXIT, type ExitStatus, openRunnable, printDiagnostics } from '../session/session.ts';
import { stagedJson, waitingLines } from '../session/staged/words.ts';
import { writeOut } from '../terminal/streams.ts';
import { countOf, countTasks, diagnosticJson, jsonText, printable } from '../terminal/terminal.ts';

/** `wfc validate`: all mistakes of a spec at once. */
export function validate(options: CommonOptions): ExitStatus {
  const session = openRunnable(options);
  if (!session) return EXIT.badSpec;
  const { plan, spec, profile, warnings } = session;
  if (options.json) {
    const summary = {
      diagnostics: warnings.map(diagnosticJson),
      rules: plan.rules.length,
      tasks: plan.neededCount,
      ...stagedJson(plan),
    };
    writeOut(`${jsonText(summary)}\n`);
    return EXIT.done;
  }
  printDiagnostics(warnings, options);
  if (!options.quiet) {
    const rules = countOf(plan.rules.length, 'rule');
    const tasks = countTasks(plan.neededCount);
    const beside = profile.file === null ? '' : `; profile ${profile.file}`;
    writeOut(`${printable(`${spec.source.file} is valid: ${rules}, ${tasks}${beside}`)}\n`);
    for (const line of waitingLines(plan)) writeOut(`${line}\n`);
  }
  return EXIT.done;
}
