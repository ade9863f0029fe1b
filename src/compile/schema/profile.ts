import schema from '../../../schema/profile.schema.json' with { type: 'json' };
import { type Diagnostic, hasErrors } from '../../model/diagnostic.ts';
import { Located } from '../../model/located.ts';
import type { LocalOptions, MailOptions, ProfileFile, SlurmFlags, Text } from '../../model/profile.generated.ts';
import { NO_PROFILE, type Profile, type ProfileLimits } from '../../model/profile.ts';
import type { Location, SourceText } from '../../model/source.ts';
import { parseMemoryMiB, parseTimeSeconds } from '../../plan/quantities.ts';
import * as report from '../report/report.ts';
import { checkExtra, checkFlagName, checkLine, clashingFlags, extraFlags } from '../rules/sbatch-flags.ts';
import { parseSource } from '../text/source.ts';
import { SchemaChecker } from './errors.ts';
import * as validators from './profile-validators.generated.js';

const checker = new SchemaChecker({ schema, validators, whole: 'the profile', collections: {} });

/** A profile from its text; null with what is wrong, in the order of the places. */
export function parseProfile(source: SourceText): { profile: Profile | null; diagnostics: readonly Diagnostic[] } {
  // A profile may say nothing, as one does where all lines are commented out.
  const isEmpty = source.text.split('\n').every((line) => /^\s*(#|$)/.test(line));
  if (isEmpty) return { profile: { ...NO_PROFILE, file: source.file }, diagnostics: [] };
  const { root, diagnostics: mistakes } = parseSource(source);
  const diagnostics = [...mistakes];
  let profile: Profile | null = null;
  if (root) {
    for (const mistake of checker.check(root).diagnostics) diagnostics.push(mistake);
    const told = new Set(diagnostics.map((d) => d.location?.start));
    const further: Diagnostic[] = [];
    profile = readProfile(new Located<ProfileFile>(root), source, further);
    // Of a value that does not fit the schema there is nothing further to say.
    diagnostics.push(...further.filter((d) => !told.has(d.location?.start)));
  }
  diagnostics.sort((a, b) => (a.location?.start ?? 0) - (b.location?.start ?? 0));
  return { profile: hasErrors(diagnostics) ? null : profile, diagnostics };
}

function readProfile(file: Located<ProfileFile>, source: SourceText, diagnostics: Diagnostic[]): Profile {
  const packing = file.get('packing');
  const slurm = file.get('slurm');
  const fallback = NO_PROFILE.packing;
  const flags = readFlags(slurm, diagnostics);
  const entries = slurm?.get('extra')?.items() ?? [];
  const extra = entries.map((flag) => readExtra(flag.as<Text>(), diagnostics));
  const asked = new Set([...flags.keys(), ...extraFlags(extra)]);
  const clash = clashingFlags({ flags: asked, memory: false, gpus: false });
  if (clash) diagnostics.push(report.clashingFlags(flagLocation(slurm!, extra, clash.second), clash, null));
  return {
    file: source.file,
    flags,
    extra,
    limits: readLimits(file, diagnostics),
    packing: {
      tasksPerElement: packing?.get('tasks_per_element')?.value ?? fallback.tasksPerElement,
      fuse: packing?.get('fuse')?.value ?? fallback.fuse,
      lanes: packing?.get('lanes')?.value ?? fallback.lanes,
    },
    maxRunning: packing?.get('max_running')?.value ?? null,
    modules: texts(file, 'modules', /[\u0000-\u001f\u007f]/, diagnostics),
    prelude: texts(file, 'prelude', NO_PROGRAM_TEXT, diagnostics),
    preludeLocation: file.get('prelude')?.location ?? null,
    mail: readMail(file.get('mail'), diagnostics),
    notify: readNotify(file, diagnostics),
    local: readLocal(file.get('local'), diagnostics),
  };
}

/** Program text may have lines. */
const NO_PROGRAM_TEXT = /[\u0000-\u0008\u000b-\u001f\u007f]/;

function readMail(mail: Located<MailOptions> | undefined, diagnostics: Diagnostic[]): Profile['mail'] {
  const to = mail?.get('to');
  if (to === undefined) return null;
  checkLine(to.location, 'mail.to', to.text, diagnostics);
  return { to: to.text, on: mail?.get('on')?.value ?? ['end'] };
}

function readNotify(file: Located<ProfileFile>, diagnostics: Diagnostic[]): Profile['notify'] {
  const notify = file.get('notify');
  const [command] = texts(file, 'notify', NO_PROGRAM_TEXT, diagnostics);
  return notify === undefined || command === undefined ? null : { command, location: notify.location };
}

function readFlags(slurm: Located<SlurmFlags> | undefined, diagnostics: Diagnostic[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (const { key, value } of slurm?.entries() ?? []) {
    if (key.text === 'extra') continue;
    checkFlagName(key.text, key.location, diagnostics);
    checkLine(value.location, `slurm.${key.text}`, value.text, diagnostics);
    flags.set(key.text, value.text);
  }
  return flags;
}

function flagLocation(slurm: Located<SlurmFlags>, extra: readonly string[], name: string): Location {
  const at = extra.findLastIndex((entry) => extraFlags([entry]).includes(name));
  const entry = slurm.entries().find(({ key }) => key.text === name);
  return entry?.value.location ?? slurm.get('extra')?.items()[at]?.location ?? slurm.location;
}

function readExtra(flag: Located<Text>, diagnostics: Diagnostic[]): string {
  if (checkLine(flag.location, 'slurm.extra', flag.text, diagnostics))
    checkExtra(flag.text, flag.location, diagnostics);
  return flag.text;
}

function readLimits(file: Located<ProfileFile>, diagnostics: Diagnostic[]): ProfileLimits {
  const limits = file.get('limits');
  return {
    maxArraySize: limits?.get('max_array_size')?.value ?? null,
    maxSubmit: limits?.get('max_submit')?.value ?? null,
    maxTimeSeconds: quantity('max_time', limits?.get('max_time'), parseTimeSeconds, diagnostics),
    maxMemoryMiB: quantity('max_mem', limits?.get('max_mem'), parseMemoryMiB, diagnostics),
    maxCpus: limits?.get('max_cpus')?.value ?? null,
    maxGpus: limits?.get('max_gpus')?.value ?? null,
  };
}

function readLocal(local: Located<LocalOptions> | undefined, diagnostics: Diagnostic[]): Profile['local'] {
  return {
    jobs: local?.get('jobs')?.value ?? null,
    cpus: local?.get('cpus')?.value ?? null,
    memoryMiB: quantity('mem', local?.get('mem'), parseMemoryMiB, diagnostics),
    gpus: local?.get('gpus')?.value ?? null,
  };
}

function quantity(
  name: string,
  value: Located<Text> | undefined,
  parse: (text: string) => number | null,
  diagnostics: Diagnostic[],
): number | null {
  if (!value) return null;
  const parsed = parse(value.text);
  if (parsed === null) diagnostics.push(report.badResource(value.location, name, value.text));
  return parsed;
}

function texts(
  file: Located<ProfileFile>,
  key: 'modules' | 'prelude' | 'notify',
  refused: RegExp,
  diagnostics: Diagnostic[],
): string[] {
  return (file.get(key)?.items() ?? []).map(({ location, node }) => {
    const text = node.kind === 'scalar' ? node.text : '';
    if (refused.test(text)) diagnostics.push(report.controlInValue(location, key, text));
    return text;
  });
}
