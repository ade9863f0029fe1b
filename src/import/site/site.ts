import type { SpecFiles } from '../../compile/context.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Snakefile, SnakeHook, SnakeResource, SnakeRule } from '../../model/snakefile.ts';
import type { Places } from '../places.ts';
import { entry, Verbatim, type Yaml } from '../yaml.ts';
import { readClusterConfig } from './cluster-config.ts';
import { type FoundSettings, findClusterConfig, findProfiles, profileIn, type SettingsFile } from './find.ts';
import { mergedMapping, type Settings } from './settings.ts';
import { readProfile } from './snakemake-profile.ts';

type Mapping = { readonly [key: string]: Yaml };

export interface SiteOptions {
  readonly files: SpecFiles;
  readonly places: Places;
  /** A folder, or the name of one of those found; null: the only one, or the one named `default`. */
  readonly profile: string | null;
}

/** What the surroundings of a Snakefile say of its rules and of the site. */
export interface Site {
  /** Its rules with the resources that they are given there. */
  readonly snakefile: Snakefile;
  /** What the spec says under `defaults`. */
  readonly defaults: Mapping;
  /** The file that they are from. */
  readonly from: string;
  readonly profiles: readonly SiteProfile[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A wfc profile, to be written as `profiles/NAME.yml`. */
export interface SiteProfile {
  readonly name: string;
  readonly text: string;
}

/**
 *  profiles of Snakemake ──readProfile──▶        ┐          ┌─▶ resources of rules, defaults
 *  cluster.yaml ──readClusterConfig──▶ Settings  ├──siteOf──┤
 *  onsuccess, onerror of the Snakefile           ┘          └─▶ wfc profiles
 *
 * What belongs to rules is that of one profile; each becomes one of wfc's.
 */
export function siteOf(
  snakefile: Snakefile,
  { files, places, profile }: SiteOptions,
): Site | { readonly problem: string } {
  const beside = snakefile.files[0]!.replace(/[^/]*$/, '').replace(/\/$/, '');
  const given = profile === null ? null : profileIn(profile.replace(/\/+$/, ''), files);
  const all = given ? [given] : findProfiles(files, beside);
  // Of two with one name the first counts.
  const found = all.filter(isRead).filter((one, i, read) => read.findIndex(({ name }) => name === one.name) === i);
  if (profile !== null && !found.some(({ name, path }) => name === profile || path === given?.path))
    return { problem: profileProblem(profile, all) };
  const named = profile === null || given ? null : profile;
  const chosen =
    named !== null
      ? found.find(({ name }) => name === named)!
      : found.length === 1
        ? found[0]!
        : (found.find(({ name }) => name === 'default') ?? null);
  const diagnostics: Diagnostic[] = [];
  const clusterFile = findClusterConfig(files, beside);
  const isUsed = chosen === null || /\{cluster\.|cluster-config/.test(chosen.text);
  for (const one of [...all, ...(clusterFile ? [clusterFile] : [])])
    if (!isRead(one)) diagnostics.push(places.warning({ file: one.path, line: 1 }, `it is left out: ${one.problem}`));
  const read = found.map((file) => ({ file, settings: readProfile(file, places) }));
  const cluster = clusterFile && isRead(clusterFile) && isUsed ? readClusterConfig(clusterFile, places) : null;
  if (clusterFile && !isUsed)
    diagnostics.push(
      places.warning({ file: clusterFile.path, line: 1 }, `it is left out: ${chosen.path} does not name it`),
    );
  for (const { file, settings } of read) {
    diagnostics.push(...settings.diagnostics);
    if (file !== chosen && speaksOfRules(settings))
      diagnostics.push(
        places.warning(
          { file: file.path, line: 1 },
          `what it says of resources and retries is left out, since there are several profiles: choose with --profile ${file.name}`,
        ),
      );
  }
  diagnostics.push(...(cluster?.diagnostics ?? []));
  const own = read.find(({ file }) => file === chosen)?.settings ?? null;
  const profiles = read.map(({ file, settings }) => ({
    name: file.name,
    from: [file.path],
    keys: file === chosen && cluster ? mergedMapping(settings.profile, cluster.profile) : settings.profile,
  }));
  if (cluster && !own) profiles.push({ name: 'default', from: [clusterFile!.path], keys: cluster.profile });
  return {
    snakefile: withResources(snakefile, own, cluster),
    defaults: defaultsOf(own, cluster),
    from: [...(chosen && speaksOfRules(own!) ? [chosen.path] : []), ...(cluster ? [clusterFile!.path] : [])].join(
      ' and ',
    ),
    profiles: profileTexts(profiles, snakefile),
    diagnostics,
  };
}

function isRead(found: FoundSettings): found is SettingsFile {
  return 'settings' in found;
}

function profileProblem(wanted: string, found: readonly FoundSettings[]): string {
  const same = found.find((one): one is { path: string; problem: string } => !isRead(one));
  if (same) return `${same.path} can't be read: ${same.problem}`;
  const names = found.filter(isRead).map(({ name }) => name);
  return `there is no profile of Snakemake "${wanted}"${names.length > 0 ? `, but ${names.join(', ')}` : ''}`;
}

function speaksOfRules({ defaults, retries, rules }: Settings): boolean {
  return Object.keys(defaults).length > 0 || retries !== null || rules.size > 0;
}

function defaultsOf(own: Settings | null, cluster: Settings | null): Mapping {
  const resources = mergedMapping(own?.defaults ?? {}, cluster?.defaults ?? {});
  return {
    ...(Object.keys(resources).length > 0 ? { resources } : {}),
    ...(own?.retries ? { retries: new Verbatim(String(own.retries)) } : {}),
  };
}

/** What a command says of {threads} stays: a cluster's own number of CPUs is for rules that say nothing. */
function withResources(snakefile: Snakefile, own: Settings | null, cluster: Settings | null): Snakefile {
  const change = (rule: SnakeRule): SnakeRule => {
    const { threads, ...others } = cluster?.rules.get(rule.name) ?? ({} as Record<string, SnakeResource>);
    const under: Record<string, SnakeResource> = threads ? { threads } : {};
    const over = own?.rules.get(rule.name) ?? {};
    return { ...rule, resources: { ...under, ...without(rule.resources, others), ...others, ...over } };
  };
  return { ...snakefile, rules: snakefile.rules.map(change) };
}

/** Resources of which others tell the same by another name. */
function without(
  resources: Readonly<Record<string, SnakeResource>>,
  others: Readonly<Record<string, SnakeResource>>,
): Readonly<Record<string, SnakeResource>> {
  const same = [
    ['mem', 'mem_mb', 'mem_mib'],
    ['time', 'runtime', 'time_min', 'walltime'],
  ];
  const replaced = new Set(same.filter((names) => names.some((name) => name in others)).flat());
  return Object.fromEntries(Object.entries(resources).filter(([name]) => !replaced.has(name)));
}

function profileTexts(
  profiles: readonly { readonly name: string; readonly from: readonly string[]; readonly keys: Mapping }[],
  { files, hooks }: Snakefile,
): SiteProfile[] {
  const notify = notifyOf(hooks);
  const told: Mapping = notify === null ? {} : { notify };
  const all = profiles.some(({ keys }) => Object.keys(keys).length > 0)
    ? profiles
    : [{ name: 'default', from: [files[0]!], keys: {} }];
  return all
    .map(({ name, from, keys }) => ({ name, from, keys: { ...keys, ...told } }))
    .filter(({ keys }) => Object.keys(keys).length > 0)
    .map(({ name, from, keys }) => {
      const slurm = Object.keys(keys).some((key) => key !== 'local' && key !== 'notify') ? '--slurm ' : '';
      const use = name === 'default' ? 'used unless --profile names another' : `for: wfc run ${slurm}--profile ${name}`;
      const lines = Object.entries(keys).flatMap(([key, value]) => entry(key, value, ''));
      return {
        name,
        text: [`# Made from ${from.join(' and ')} by "wfc import snakefile"; ${use}.`, ...lines, ''].join('\n'),
      };
    });
}

/** Bash that does what onsuccess and onerror do; null for nothing. */
function notifyOf(hooks: readonly SnakeHook[]): string | null {
  const commands = (when: SnakeHook['when']): string =>
    hooks
      .filter((hook) => hook.when === when)
      .flatMap((hook) => hook.commands)
      .join('\n');
  const [good, bad] = [commands('onsuccess'), commands('onerror')];
  if (good === bad) return good || null;
  const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');
  const [test, first, second] = good === '' ? ['!=', bad, ''] : ['=', good, bad];
  const otherwise = second === '' ? '' : `else\n${indented(second)}\n`;
  return `if [ "$WFC_STATUS" ${test} done ]; then\n${indented(first)}\n${otherwise}fi`;
}
