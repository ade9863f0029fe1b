import { spawnSync } from 'node:child_process';
import { leastBytes, type Rule } from '../../model/workflow.ts';
import { commandPath } from '../../plan/values.ts';
import { checkFunctionName, needsProgram, renderRuleFunctions } from '../../target/functions.ts';
import type { Disk } from '../files/disk.ts';

/** Whether an output passes its checks now. The task's own attempt checks in its own shell; this is for looking back. */
export function runCheck(rule: Rule, output: number, path: string, specFolder: string, disk: Disk): boolean {
  const state = disk.stat(path);
  if (!state) return false;
  if (state.size < leastBytes(rule.outputs[output]!)) return false;
  if (!needsProgram(rule, output)) return true;
  const script = `${renderRuleFunctions(rule)}\nset -euo pipefail\n${checkFunctionName(rule, output)}`;
  const env = { ...process.env, wfc_file: commandPath(path) };
  return spawnSync('bash', ['-c', script], { cwd: specFolder, env, stdio: 'ignore' }).status === 0;
}
