/** What is wrong with files, the command line and profiles. See report.ts. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location } from '../../model/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { error, listWords, warning } from './words.ts';

export const noSpec = (names: readonly string[]): Diagnostic =>
  error(
    null,
    `there is no spec here: none of ${listWords(names)}`,
    'name it, as in "wfc plan experiment.yml", change to its folder, or begin one: wfc init',
  );

export const specIsFolder = (path: string, inside: string | null): Diagnostic =>
  error(null, `${path} is a folder, not a spec`, inside ? `did you mean ${inside}?` : 'name the spec file in it');

export const notAFile = (path: string): Diagnostic => error(null, `can't read ${path}: it is a folder`);

export const cantRead = (path: string, problem: string): Diagnostic => error(null, `can't read ${path}: ${problem}`);

/** What somebody may have meant who names a spec that is not there; `goal` and `setting` as words of a shell. */
export type MeantBySpec =
  | { readonly kind: 'rule' | 'nearRule' | 'output'; readonly spec: string; readonly goal: string }
  | { readonly kind: 'setting'; readonly setting: string }
  | { readonly kind: 'file'; readonly file: string };

/** @param command as it is typed: `wfc run` */
export const specNotThere = (path: string, meant: MeantBySpec, command: string): Diagnostic =>
  error(null, `can't read ${path}: there is no such file`, meantHint(meant, command));

function meantHint(meant: MeantBySpec, command: string): string {
  switch (meant.kind) {
    case 'rule':
      return `${meant.spec} has a rule of this name: ${command} --goal ${meant.goal}`;
    case 'nearRule':
      return `did you mean the rule "${meant.goal}"? ${command} --goal ${meant.goal}`;
    case 'output':
      return `it is an output of ${meant.spec}: ${command} --goal ${meant.goal}`;
    case 'setting':
      return `to choose values: ${command} --set ${meant.setting}`;
    case 'file':
      return didYouMean(meant.file);
  }
}

export const fileTooLarge = (path: string, bytes: number): Diagnostic =>
  error(null, `can't read ${path}: it has ${Math.round(bytes / 1024 / 1024)} MiB`, 'is this the right file?');

export const badSetting = (text: string): Diagnostic =>
  error(
    null,
    text.startsWith('=') ? `--set ${text}: a name is missing before "="` : `--set ${text}: a "=" is missing`,
    'write --set key=value',
  );

export const unknownForce = (text: string, near: string | null): Diagnostic =>
  error(
    null,
    `--force ${text}: no rule has this name, and no task makes this path`,
    didYouMean(near) || '"wfc plan" lists the rules',
  );

export const wfcsOwnFlag = (location: Location, flag: string): Diagnostic =>
  error(
    location,
    `wfc itself sets ${flag} in every job`,
    ['--time', '--mem', '--cpus-per-task'].includes(flag)
      ? 'it follows from the resources of the rules: write resources: {cpus: 4, mem: 2G, time: 10m} there'
      : flag === '--array'
        ? 'to run fewer elements at a time write packing: {max_running: …}'
        : 'remove it',
  );

export const unknownFlag = (location: Location, name: string, near: string | null): Diagnostic =>
  warning(
    location,
    `sbatch has no option --${name}`,
    didYouMean(near) || `if a plugin of this site adds it, write extra: [--${name}=…]`,
  );

const FROM: Readonly<Record<string, string>> = {
  mem: ' (from "mem" of the rule)',
  'cpus-per-task': ' (which wfc sets in every job)',
  'gres=gpu': ' (from "gpus" of the rule)',
};

/** `profile`: its file, where one of the two stands there; null where both stand in one place. */
export const clashingFlags = (
  location: Location | null,
  { first, second }: { first: string; second: string },
  profile: string | null,
): Diagnostic =>
  error(
    location,
    `sbatch takes --${first}${FROM[first] ?? ''} or --${second}, not both${profile === null ? '' : `; the profile ${profile} has its part in this`}`,
    first === 'mem'
      ? `leave out --${second}: "mem" is the memory of a task`
      : first === 'cpus-per-task'
        ? `leave out --${second}, and write resources: {cpus: …}`
        : first === 'gres=gpu'
          ? `leave out --${second}; or leave out "gpus", and write all that you need there, as in gres: "gpu:1,lscratch:10"`
          : 'leave out one of them',
  );

export const openQuoteInFlag = (location: Location, text: string): Diagnostic =>
  error(
    location,
    `a quote in ${JSON.stringify(text)} is never closed, and sbatch would refuse the line`,
    'close it, or write \\ before it',
  );

export const unknownProfile = (name: string, near: string | null, folders: readonly string[]): Diagnostic =>
  error(
    null,
    `--profile ${name}: there is no ${name}.yml, .yaml or .json in ${listWords(folders)}`,
    didYouMean(near) || `a file elsewhere is named by its path, as in --profile ./${name}.yml`,
  );

export const moreMistakes = (count: number): Diagnostic =>
  error(null, `and ${count.toLocaleString('en')} more, not shown here`);
