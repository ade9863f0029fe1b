import type { SnakeCommand, Snakefile, SnakeRule, SnakeToken } from '../../model/snakefile.ts';
import { uniqueName } from '../names.ts';

/** The Snakefile in which the logs of these rules are outputs. Source: snakemake/rules.py 7.21, Rule.products. */
export function withLogsAsOutputs(snakefile: Snakefile, names: ReadonlySet<string>): Snakefile {
  return { ...snakefile, rules: snakefile.rules.map((rule) => (names.has(rule.name) ? withLogAsOutput(rule) : rule)) };
}

function withLogAsOutput(rule: SnakeRule): SnakeRule {
  const [log] = rule.log;
  if (!log) return rule;
  const { line, parts } = log;
  const taken = new Set(rule.output.flatMap(({ name }) => (name === null ? [] : [name])));
  const argument = {
    name: taken.has('log') ? uniqueName('log', taken) : 'log',
    many: false,
    line,
    items: [{ parts, flags: [] }],
  };
  return { ...rule, output: [...rule.output, argument], log: [], command: retold(rule, argument.name) };
}

/** The command, for which `output` is what it was. `name` of the log among the outputs. */
function retold({ command, output, name: rule }: SnakeRule, name: string): SnakeCommand {
  if (command.kind === 'unknown') return command;
  const { kind } = command;
  const tokens = command.tokens.map((token): readonly SnakeToken[] | null => {
    if (typeof token === 'string' || 'value' in token) return [token];
    const { ref, word } = token;
    if (ref === 'log') return [{ ref: 'output', name, argument: output.length, ...(word ? { word } : {}) }];
    const isWhole = (token.index ?? token.name ?? token.argument ?? null) === null;
    if (ref !== 'output' || !isWhole) return [token];
    if (kind !== 'shell' && !token.flat) return null;
    return output.flatMap((own, i): SnakeToken[] => [
      ...(i === 0 ? [] : [kind === 'shell' ? ' ' : ', ']),
      { ref: 'output', name: own.name, argument: i },
    ]);
  });
  if (tokens.every((token) => token !== null)) return { ...command, tokens: tokens.flat() };
  const message = `the log of rule "${rule}" is one of its outputs here, and the command takes all outputs`;
  return { kind: 'unknown', line: command.line, message, hint: 'name the outputs in the command' };
}
