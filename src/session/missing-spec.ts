import { compile } from '../compile/compile.ts';
import * as report from '../compile/report/report.ts';
import { quoteBash } from '../compile/rules/command.ts';
import { closest } from '../compile/text/suggest.ts';
import { isThere, namesIfAny } from '../io/files/files.ts';
import { fromHere, readSpec, specFiles } from '../io/files/spec-file.ts';
import { SpecWords } from './spec-words.ts';

/** What the command line says of the spec: its file, undefined for the one of this folder; and the command, for hints. */
export interface NamedSpec {
  readonly spec?: string | undefined;
  readonly command: string;
}

/** Find and read the spec that the command line means; where it is not there, say what was probably meant. */
export function readNamedSpec({ spec, command }: NamedSpec): ReturnType<typeof readSpec> {
  const found = readSpec(spec);
  if (!('diagnostics' in found) || spec === undefined || isThere(spec)) return found;
  const meant = meantBy(spec);
  return meant === null ? found : { diagnostics: [report.specNotThere(spec, meant, `wfc ${command}`)] };
}

function meantBy(named: string): report.MeantBySpec | null {
  const found = readSpec(undefined);
  if (!('diagnostics' in found)) {
    const spec = fromHere(found.source.file);
    const rules = new SpecWords(null).rules();
    if (rules.includes(named)) return { kind: 'rule', spec, goal: quoteBash(named) };
    const { plan } = compile(found.source, {
      files: specFiles(found.folder),
      overrides: { settings: [], configs: [], goals: null },
    });
    const path = named.replace(/^(\.\/)+/, '');
    if (plan?.findPath(path)) return { kind: 'output', spec, goal: quoteBash(path) };
    const near = closest(named, rules);
    if (near !== null) return { kind: 'nearRule', spec, goal: quoteBash(near) };
  }
  if (/^[A-Za-z_][\w.]*=/.test(named)) return { kind: 'setting', setting: quoteBash(named) };
  const file = closest(named, specsHere());
  return file === null ? null : { kind: 'file', file };
}

function specsHere(): string[] {
  return namesIfAny('.').filter((name) => /\.(ya?ml|json)$/.test(name));
}
