import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { quoteBash } from '../compile/rules/command.ts';
import type { SpecFile } from '../io/files/spec-file.ts';
import type { LastRun } from '../io/state/last-run.ts';
import type { CommonOptions } from './session.ts';

/** What `wfc resume` is to know of a run: files by their place from the spec's folder, wherever it is called from. */
export function remembered(backend: LastRun['backend'], options: CommonOptions, { source, folder }: SpecFile): LastRun {
  const fromSpec = (file: string): string => {
    const path = relative(folder, resolve(file));
    return path.startsWith('..') || isAbsolute(path) ? resolve(file) : path;
  };
  const { settings, configs, goals, profile } = options;
  const isFile = profile !== undefined && (profile.includes('/') || /\.(ya?ml|json)$/.test(profile));
  return {
    backend,
    spec: basename(source.file),
    set: settings,
    config: configs.map(fromSpec),
    goal: goals,
    profile: profile === undefined ? null : isFile ? `./${fromSpec(profile)}`.replace(/^\.\/\//, '/') : profile,
  };
}

/** The options of the last run, each unless it is given anew. */
export function withRemembered<T extends CommonOptions>(options: T, last: LastRun | null, specFolder: string): T {
  if (last === null) return options;
  const place = (file: string): string => (isAbsolute(file) ? file : join(specFolder, file));
  const profile = last.profile ?? undefined;
  return {
    ...options,
    settings: options.settings.length > 0 ? options.settings : last.set,
    configs: options.configs.length > 0 ? options.configs : last.config.map(place),
    goals: options.goals.length > 0 ? options.goals : last.goal,
    profile: options.profile ?? (profile?.includes('/') ? place(profile) : profile),
  };
}

/** `--set seed=0 --goal a.csv`, as it would be typed; '' where the last run had none of these. */
export function rememberedWords({ set, config, goal, profile }: LastRun): string {
  const words = [
    ...set.map((text) => `--set ${quoteBash(text)}`),
    ...config.map((file) => `--config ${quoteBash(file)}`),
    ...goal.map((text) => `--goal ${quoteBash(text)}`),
    ...(profile === null ? [] : [`--profile ${quoteBash(profile)}`]),
  ];
  return words.join(' ');
}
