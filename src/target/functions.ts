import { commandShape } from '../compile/bash/shape.ts';
import type { Rule } from '../model/workflow.ts';
import type { BindingValue } from '../plan/values.ts';

/** The bash function that runs a rule's command. Values come through variables, so that no value is program text. */
export function ruleFunctionName(rule: Rule): string {
  return `wfc_rule_${rule.name}`;
}

/** The bash function that checks one output of a rule, its path in `wfc_file`. */
export function checkFunctionName(rule: Rule, output: number): string {
  return `wfc_check_${rule.name}_${output}`;
}

/** Whether an output has a check that takes a program; the others are a matter of its size. */
export function needsProgram(rule: Rule, output: number): boolean {
  return rule.outputs[output]!.checks.some((c) => c.kind === 'run' || c.kind === 'sha256');
}

/**
 * Whether a rule's command starts no process and leaves its shell as it was: a shell that stays may run it. (Unless its
 * values are paths such as /dev/fd/3.)
 */
export function runsWithoutProcess(rule: Rule): boolean {
  const { body, bindings, container, script, setup } = rule.command;
  // Its shell would hear the warning, too.
  if (rule.checkpoint !== null) return false;
  // Checks come after the command. What modules and environments do to a shell is theirs.
  if (container !== null || script !== null || setup.length > 0) return false;
  if (rule.outputs.some((_, o) => needsProgram(rule, o))) return false;
  const values = bindings.filter(({ many }) => !many).map(({ variable }) => variable);
  return commandShape(body, new Set(values)).kind === 'builtins';
}

/** All functions of a rule: its command, unless `elsewhere` has that, and the checks of its outputs. */
export function renderRuleFunctions(rule: Rule, elsewhere: ReadonlySet<Rule> = new Set()): string {
  const { setup, container, body } = rule.command;
  const name = ruleFunctionName(rule);
  const functions: string[] = [];
  if (elsewhere.has(rule)) {
    // Nothing more to say.
  } else if (container === null) functions.push(bashFunction(name, [...setup, commandBody(body)]));
  else if (rule.command.preloadId !== null) {
    // The interpreter of the image is kept up: what asks for a script to be run stands outside.
    const within = `_wfc_within=(wfc_exec_container ${container})`;
    functions.push(bashFunction(name, [...setup, within, commandBody(body)]));
  } else {
    const inner = `wfc_inside_${rule.name}`;
    functions.push(bashFunction(inner, [commandBody(body)]));
    const names = rule.command.bindings.map((b) => b.variable);
    const variables = rule.command.script ? ['wfc_script', ...names] : names;
    const values = variables.length === 0 ? '' : `$(declare -p ${variables.join(' ')}); `;
    // The image has a bash, but not this one's functions and variables: hand them over as text made by bash itself.
    functions.push(
      bashFunction(name, [
        ...setup,
        `wfc_exec_container ${container} bash -c "set -euo pipefail; ${values}$(declare -f ${inner}); ${inner}"`,
      ]),
    );
  }
  rule.outputs.forEach((output, o) => {
    if (!needsProgram(rule, o)) return;
    const lines = output.checks.flatMap((check) => {
      if (check.kind === 'run') return [commandBody(check.command)];
      if (check.kind === 'sha256') return [`[[ "$(sha256sum < "\${wfc_file}")" == '${check.hash}  -' ]]`];
      return [];
    });
    functions.push(bashFunction(checkFunctionName(rule, o), lines));
  });
  return functions.join('\n');
}

/**
 * The programs that keep interpreters of these rules up, each once, by their paths in templates/: see
 * templates/attempt/preload.sh.
 */
export function preloadPrograms(rules: Iterable<Rule>): Set<string> {
  const preloaded = [...rules].filter(({ command }) => command.preloadId !== null);
  return new Set(preloaded.map(({ shell, command }) => `preload/${shell}.${command.script!.extension}`));
}

/** A function body must hold a command: one that is all comments gets the null command. */
export function commandBody(body: string): string {
  const text = body.replace(/\n+$/, '');
  return text.split('\n').every((line) => /^\s*(#.*)?$/.test(line)) ? `:\n${text}` : text;
}

function bashFunction(name: string, lines: readonly string[]): string {
  return `${name}() {\n${lines.join('\n')}\n}\n`;
}

/** A value as bash source: always quoted, and in ASCII only, so that characters and bytes count the same. */
export function bashLiteral(value: BindingValue): string {
  if (typeof value !== 'string') return `(${value.map(bashLiteral).join(' ')})`;
  if (/^[\w./:=@%+,-]+$/.test(value)) return value;
  if (/^[\x20-\x7e]*$/.test(value)) return `'${value.replaceAll("'", "'\\''")}'`;
  let escaped = '';
  for (const byte of Buffer.from(value)) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c;
    escaped += plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return `$'${escaped}'`;
}

/** A text for a comment: one line, and nothing in it that a terminal obeys or that turns the direction of what follows. */
export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, ' ');
}
