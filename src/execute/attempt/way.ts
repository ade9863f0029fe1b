import { commandShape } from '../../compile/bash/shape.ts';
import type { ShellSource } from '../../io/programs/shell-pool.ts';
import type { Plan, PlannedRule } from '../../model/plan.ts';
import { needsProgram, runsWithoutProcess } from '../../target/functions.ts';

/** How a shell runs a rule's command, so that nobody can tell it from a subshell that runs it as it is. */
export interface ShellWay {
  readonly how: ShellSource['how'];
  /** The command as the shell has it. */
  readonly body: string;
  /** Its last program with its arguments, and on which line of the command that begins, counted from 0. */
  readonly program: string;
  readonly lineOfProgram: number;
}

/** Of those that a shell knows by number: see `wfc_find_programs` in templates/local/worker.sh. */
const FIRST_WAY = 2;

/**
 * Programs to which it is all one whether they lead their process group, as one does that replaces its subshell. Others may
 * make a session of their own, which the leader of a group can't. Source: setsid(2).
 */
const INDIFFERENT: ReadonlySet<string> = new Set(
  'awk cat cmp comm cp cut diff grep gzip gunzip head join ln ls mkdir mv paste sed seq sha256sum sort tail tar tee touch tr uniq wc zcat'.split(
    ' ',
  ),
);

/** What all of a run's shells are to know. */
export interface ShellWays {
  /** By rule. */
  readonly ways: readonly ShellWay[];
  /** Bash by which a shell learns what may replace it, for functions.sh. */
  readonly functions: string;
}

export function shellWays(plan: Plan): ShellWays {
  const programs = new Map<string, number>();
  const ways = plan.rules.map(({ rule }) => shellWay(rule, programs));
  return { ways, functions: [...programs].map(([names, n]) => `wfc_find_programs ${n} ${names}\n`).join('') };
}

/** `programs`: names of programs with their number, to which a rule's are added. */
function shellWay(rule: PlannedRule['rule'], programs: Map<string, number>): ShellWay {
  const { body, bindings, container, setup } = rule.command;
  const way: ShellWay = { how: 'subshell', body, program: '', lineOfProgram: 0 };
  // Its shell hears the warning, too, and must outlive it.
  if (rule.checkpoint !== null) return way;
  if (runsWithoutProcess(rule)) return { ...way, how: 'here' };
  // Checks come after the command. What modules and environments do to a shell is theirs.
  if (container !== null || rule.outputs.some((_, o) => needsProgram(rule, o)) || !setup.every(isHarmless)) return way;
  const values = bindings.filter(({ many }) => !many).map(({ variable }) => variable);
  const shape = commandShape(body, new Set(values));
  if (shape.kind !== 'program' || !INDIFFERENT.has(shape.programs.at(-1)!)) return way;
  const names = shape.programs.join(' ');
  const number = programs.get(names) ?? FIRST_WAY + programs.size;
  programs.set(names, number);
  const before = body.slice(0, shape.last);
  const program = body.slice(shape.last);
  return {
    how: number,
    // Where it is empty, bash goes on to the name, and looks that up as ever.
    body: `${before}$_wfc_exec ${program}`,
    program: program.replaceAll(/\s*\\\n\s*/g, ' ').replace(/[\s;]+$/, ''),
    lineOfProgram: before.split('\n').length - 1,
  };
}

/** A line that exports a variable by which bash neither finds nor splits anything. */
function isHarmless(line: string): boolean {
  return /^export (?!PATH=|IFS=)/.test(line);
}
