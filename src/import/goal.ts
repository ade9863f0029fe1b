import type { Diagnostic } from '../model/diagnostic.ts';
import type { Snakefile, SnakeRule } from '../model/snakefile.ts';
import type { Places } from './places.ts';

/**
 * What is asked for: the rules and files named, else as in Snakemake: the rule that is `default_target`, or the first one
 * that no included file brought in. Source: snakemake/workflow.py 7.21, include() and rule().
 */
export function goalOf(
  snakefile: Snakefile,
  names: readonly string[],
  places: Places,
): SnakeRule | { diagnostic: Diagnostic } {
  const [main] = snakefile.files;
  const first = snakefile.rules.find((r) => r.defaultTarget) ?? snakefile.rules.find((r) => r.file === main);
  if (!first) return { diagnostic: places.error({ file: snakefile.files[0]!, line: 1 }, 'there are no rules here') };
  if (names.length === 0) return first;
  const rules = names.map((name) => snakefile.rules.find((r) => r.name === name));
  if (rules.length === 1 && rules[0]) return rules[0];
  const input = names.flatMap((name, i): SnakeRule['input'] => {
    const rule = rules[i];
    if (!rule) return [{ name: null, many: false, line: 1, items: [{ parts: [name], flags: [] }] }];
    return rule.output.length > 0 ? rule.output : rule.input;
  });
  return {
    ...first,
    name: 'goal',
    line: 1,
    input,
    output: [],
    log: [],
    command: { kind: 'none', line: 1, tokens: [], modules: [], code: [], script: [] },
  };
}
