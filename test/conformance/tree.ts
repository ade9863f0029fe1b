/** What an experiment holds after a run, as the tests of this folder look at it. */
import { expect } from 'vitest';
import { make, writeMake } from '../make/make.ts';
import { type Experiment, experiment } from '../support/experiment.ts';

/** All files but the spec, `calls` and wfc's own, with their texts: nothing else may be there. */
export function tree(made: Experiment): Record<string, string> {
  const paths = made.files('.').filter((path) => !/^(\.wfc\/|wfc\.yml$|calls$)/.test(path));
  return Object.fromEntries(paths.map((path) => [path, made.read(path)]));
}

/** The same, names only. */
export function names(made: Experiment): string[] {
  return Object.keys(tree(made));
}

/** A spec run to its end by wfc, and in another folder by make: both leave the same tree. Returns the one of wfc. */
export async function bothWays(spec: string, files: Readonly<Record<string, string>> = {}): Promise<Experiment> {
  const [local, made] = [experiment(spec, files), experiment(spec, files)];
  writeMake(made);
  const [ran, built] = await Promise.all([local.run('-j2'), make(made, ['-j2'])]);
  expect(ran.status, ran.stderr).toBe(0);
  expect(built.status, built.output).toBe(0);
  expect(tree(made)).toEqual(tree(local));
  expect(made.calls()).toEqual(local.has('calls') ? local.read('calls').trimEnd().split('\n').sort() : []);
  return local;
}

/** Why tasks would run, with how many. */
export async function reasons(made: Experiment, args = ''): Promise<Record<string, number>> {
  const { stdout } = await made.wfc(`plan --json ${args}`.trim());
  const { rules } = JSON.parse(stdout) as { rules: { reasons: Record<string, number> }[] };
  const all: Record<string, number> = {};
  for (const rule of rules) for (const [why, n] of Object.entries(rule.reasons)) all[why] = (all[why] ?? 0) + n;
  return all;
}
