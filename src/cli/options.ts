import type { Argv } from 'yargs';
import { TRUSTS, type Trust } from '../resume/contents.ts';
import type { CommonOptions } from '../session/session.ts';

/** Headings of options in the help of a command. */
export const GROUP = { what: 'What it is about:', how: 'How to run:', print: 'What to print:' } as const;

/** The spec, and the options of every command. */
export function withCommon<T>(y: Argv<T>) {
  return withOptions(
    y.positional('spec', { type: 'string', describe: 'The spec [default: wfc.yml, wfc.yaml, wfc.json, spec.yml, …]' }),
  );
}

/** Commands whose arguments name tasks take the spec as an option. */
export function withTask<T>(y: Argv<T>) {
  return withOptions(y).option('spec', {
    group: GROUP.what,
    type: 'string',
    nargs: 1,
    describe: 'The spec [default: wfc.yml, …]',
  });
}

function withOptions<T>(y: Argv<T>) {
  return y
    .option('goal', {
      group: GROUP.what,
      type: 'string',
      nargs: 1,
      describe: 'Make only this: a rule, a path or a pattern (repeatable)',
    })
    .option('set', {
      group: GROUP.what,
      type: 'string',
      nargs: 1,
      describe: 'key=value: other values of a param, or a config constant (repeatable)',
    })
    .option('config', {
      group: GROUP.what,
      type: 'string',
      nargs: 1,
      describe: 'A file of config constants (repeatable)',
    })
    .option('profile', {
      group: GROUP.how,
      type: 'string',
      nargs: 1,
      describe: 'What belongs to the site: a name (profiles/NAME.yml) or a file [default: "default", if there is one]',
    })
    .option('json', {
      group: GROUP.print,
      type: 'boolean',
      default: false,
      describe: 'One JSON object on standard output',
    })
    .option('quiet', { group: GROUP.print, alias: 'q', type: 'boolean', default: false, describe: 'Say less' })
    .option('color', { group: GROUP.print, type: 'boolean', describe: '--no-color: no colour' });
}

export function withForce<T>(y: Argv<T>) {
  return y.option('force', {
    group: GROUP.what,
    type: 'string',
    nargs: 1,
    describe: 'Run this rule or path anew (repeatable)',
  });
}

export function withTrust<T>(y: Argv<T>) {
  return y.option('trust', {
    group: GROUP.how,
    type: 'string',
    nargs: 1,
    choices: TRUSTS,
    default: 'fingerprints' as Trust,
    describe:
      'What must be as before: times (files alone), fingerprints (commands and checks, too), or contents, which decide where a time differs',
  });
}

/** `-j N`: a whole number; null where it is not given. */
export function jobsOf(text: string | undefined): number | null {
  const jobs = text === undefined ? null : Number(text);
  if (jobs !== null && !(Number.isInteger(jobs) && jobs >= 1 && jobs <= 10_000))
    throw new CommandLineError(`-j ${text}: write a whole number from 1 to 10,000`, 'such as: -j 8');
  return jobs;
}

export interface CommonArguments {
  /** The command, as yargs gives it. */
  _: readonly (string | number)[];
  spec?: string | undefined;
  goal?: unknown;
  set?: unknown;
  config?: unknown;
  profile?: unknown;
  json: boolean;
  quiet: boolean;
  color?: boolean | undefined;
}

/** What every command is told. */
export function common(argv: CommonArguments): CommonOptions {
  return {
    command: String(argv._[0]),
    spec: argv.spec,
    settings: list(argv.set),
    configs: list(argv.config),
    goals: list(argv.goal),
    profile: list(argv.profile).at(-1),
    userProfiles: userProfiles(),
    json: argv.json,
    quiet: argv.quiet,
    style: { colour: wantsColour(argv.color) },
  };
}

/** Source: XDG Base Directory Specification, where a path that is not absolute counts as not set. */
function userProfiles(): string | null {
  const { XDG_CONFIG_HOME = '', HOME = '' } = process.env;
  const config = XDG_CONFIG_HOME.startsWith('/') ? XDG_CONFIG_HOME : HOME === '' ? null : `${HOME}/.config`;
  return config === null ? null : `${config}/wfc/profiles`;
}

/** https://no-color.org: any non-empty NO_COLOR turns colour off. */
export function wantsColour(flag: boolean | undefined): boolean {
  if (flag !== undefined) return flag;
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR && FORCE_COLOR !== '0') return true;
  return process.stderr.isTTY === true && TERM !== 'dumb';
}

/** yargs gives one text for an option written once, an array for several. */
export function list(value: unknown): string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}

/** Where standard output is a terminal that can be drawn on again. */
export function isScreen(): boolean {
  return process.stdout.isTTY === true && canRedraw();
}

/** Whether a terminal, if it is one, can be drawn on again. */
export function canRedraw(): boolean {
  return process.env.TERM !== 'dumb' && !process.env.CI;
}

/** A mistake on the command line that no spec can explain, for the user; null: no hint of its own. */
export interface CommandLineMistake {
  readonly message: string;
  readonly hint: string | null;
}

export class CommandLineError extends Error {
  readonly hint: string | null;

  constructor(message: string, hint: string | null = null) {
    super(message);
    this.hint = hint;
  }
}
