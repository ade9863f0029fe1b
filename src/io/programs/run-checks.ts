import { availableParallelism } from 'node:os';
import { leastBytes } from '../../model/workflow.ts';
import { commandPath } from '../../plan/values.ts';
import type { CheckedOutput } from '../../resume/decide.ts';
import { bashLiteral, checkFunctionName, needsProgram, renderRuleFunctions } from '../../target/functions.ts';
import type { Disk } from '../files/disk.ts';
import { ShellPool } from './shell-pool.ts';

/**
 * Whether outputs pass their checks now, by path; those that take a program run side by side. The task's own attempt checks
 * in its own shell; this is for looking back.
 */
export async function runChecks(
  outputs: readonly CheckedOutput[],
  { specFolder, disk }: { readonly specFolder: string; readonly disk: Disk },
): Promise<Map<string, boolean>> {
  const passes = new Map<string, boolean>();
  const asking: CheckedOutput[] = [];
  for (const output of outputs) {
    const isLargeEnough = passesBySize(output, disk);
    const isOpen = isLargeEnough && needsProgram(output.rule, output.output);
    passes.set(output.path, isLargeEnough && !isOpen);
    if (isOpen) asking.push(output);
  }
  if (asking.length > 0) for (const { path } of await passingPrograms(asking, specFolder)) passes.set(path, true);
  return passes;
}

/** Whether it is there, and nothing is wrong with it as far as its size tells. */
function passesBySize({ rule, output, path }: CheckedOutput, disk: Disk): boolean {
  const state = disk.stat(path);
  return state !== null && state.size >= leastBytes(rule.outputs[output]!);
}

/** Those whose programs say yes, as many at a time as there are CPUs. */
async function passingPrograms(outputs: readonly CheckedOutput[], specFolder: string): Promise<CheckedOutput[]> {
  const passing: CheckedOutput[] = [];
  const size = Math.min(availableParallelism(), outputs.length);
  // At a limit of processes: what was not asked then does not pass.
  let onBroken = (): void => {};
  const broken = new Promise<void>((resolve) => {
    onBroken = resolve;
  });
  const nowhere = '/dev/null';
  const shells = new ShellPool({
    ...{ size, cwd: specFolder, env: process.env, onBroken: () => onBroken() },
    ...{ functionsFile: nowhere, journalFile: nowhere, scratchFile: () => nowhere },
  });
  const left = outputs.values();
  const lane = async (): Promise<void> => {
    // Each lane takes its next from the one iterator of all.
    for (const output of left) if (await saysYes(output, shells)) passing.push(output);
  };
  await Promise.race([broken, Promise.all(Array.from({ length: size }, lane))]);
  shells.close();
  return passing;
}

function saysYes({ rule, output, path }: CheckedOutput, shells: ShellPool): Promise<boolean> {
  const functions = renderRuleFunctions(rule, new Set([rule]));
  const source = [
    `eval ${bashLiteral(functions)}`,
    `export wfc_file=${bashLiteral(commandPath(path))}`,
    checkFunctionName(rule, output),
  ];
  return new Promise((resolve) => {
    shells.run({ text: source.join('\n'), how: 'subshell' }, ({ status }) => resolve(status === 0));
  });
}
