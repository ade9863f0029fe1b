/** What is wrong with a checkpoint. See report.ts. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location } from '../../model/source.ts';
import { error, warning } from './words.ts';

export const noCheckpoint = (location: Location, rule: string): Diagnostic =>
  error(
    location,
    `rule "${rule}" has no checkpoint`,
    'add to the rule:  checkpoint: {path: …}  with the params of its outputs in the path',
  );

export const badWarn = (location: Location, value: string): Diagnostic =>
  error(
    location,
    /^[\d.]+$/.test(value) ? `"${value}" has no unit` : `"${value}" is no value for "warn"`,
    'write a number and a unit, such as 90s or 2m',
  );

/** `task`: the first whose time it is; `time` and `warn` in seconds. */
export const warnTooLong = (location: Location, warn: number, time: number, task: string): Diagnostic =>
  error(
    location,
    `the warning would come before the start: ${warn} s before the end of the ${time} s of ${task}`,
    'give the task more time, or a shorter "warn", which is 1m where none is written',
  );

export const checkpointWithoutTime = (location: Location, rule: string): Diagnostic =>
  warning(
    location,
    `rule "${rule}" has no "time": nothing warns its tasks on this machine, only the limit of a job does`,
    'add to the rule:  resources: {time: …}  with the time after which it is to save and go on',
  );

export const checkpointClash = (
  location: Location,
  path: string,
  what: 'output' | 'log' | 'checkpoint',
  owner: string,
): Diagnostic =>
  error(
    location,
    `the checkpoint ${path} meets the ${what} of ${owner}`,
    'give the checkpoint a path of its own, as in ck/…',
  );

/** An output, a log or an input that is a checkpoint, or lies in one. */
export const meetsCheckpoint = (location: Location, path: string, owner: string): Diagnostic =>
  error(
    location,
    `${path} is the checkpoint of ${owner}, or lies in it, and goes with it`,
    'what a task reads must be an output; write to a path of its own',
  );
