import { resolve } from 'node:path';
import { compile as compileSpec } from '../compile/compile.ts';
import type { Overrides, Reserved, Setting } from '../compile/context.ts';
import * as report from '../compile/report/report.ts';
import { checkProfileFlags } from '../compile/rules/check-resources.ts';
import { closest } from '../compile/text/suggest.ts';
import { CodeFiles } from '../io/files/code-files.ts';
import { ContentHashes } from '../io/files/content-hashes.ts';
import { Disk } from '../io/files/disk.ts';
import { findProfile, type ProfileLookup, readProfile } from '../io/files/profile-file.ts';
import { readUtf8, type SpecFile, specFiles } from '../io/files/spec-file.ts';
import { checkBashSyntax } from '../io/programs/bash-syntax.ts';
import { readEscalations } from '../io/state/escalation-file.ts';
import { readJournals } from '../io/state/journal.ts';
import { CopiedSpecFiles } from '../io/state/kept-runs.ts';
import { type StateFolder, stateFolder } from '../io/state/state-folder.ts';
import { type Diagnostic, hasErrors } from '../model/diagnostic.ts';
import { type Plan, ruleOf } from '../model/plan.ts';
import type { Profile } from '../model/profile.ts';
import type { SourceText } from '../model/source.ts';
import { sumsFiles } from '../model/workflow.ts';
import type { Trust } from '../resume/contents.ts';
import { type Decisions, decide, type Present } from '../resume/decide.ts';
import { withEscalations } from '../resume/escalate.ts';
import type { History } from '../resume/history.ts';
import { writeError, writeOut } from '../terminal/streams.ts';
import { diagnosticJson, jsonText, renderDiagnostic, type Style } from '../terminal/terminal.ts';
import { readNamedSpec } from './missing-spec.ts';
import { compileKnown } from './staged/known.ts';

/** What every command is told. */
export interface CommonOptions {
  /** Its name. */
  readonly command: string;
  readonly spec: string | undefined;
  readonly settings: readonly string[];
  readonly configs: readonly string[];
  readonly goals: readonly string[];
  /** `--profile NAME` or `--profile FILE`. */
  readonly profile: string | undefined;
  /** The user's folder of profiles; null where there is no home. */
  readonly userProfiles: string | null;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly style: Style;
  /** What runs in any case, and what counts as complete: for files that give values, see session/staged/known.ts. */
  readonly force?: readonly string[];
  readonly trust?: Trust;
  /** How files are read; as they are, unless told. */
  readonly reading?: Reading;
  /** See `compileKnown`; `complete` unless told. */
  readonly lists?: 'complete' | 'as they stand';
}

export interface Reading {
  /** The spec itself, where it is not the one that the command line names. */
  readonly spec?: SpecFile;
  /** The texts of `--config`, where they are not those that the command line names. */
  readonly configs?: readonly SourceText[];
  /** Files that rules make and whose values count; where their tasks are complete, unless told. */
  readonly known?: ReadonlySet<string>;
  readonly specFiles: typeof specFiles;
  readonly disk: (...args: ConstructorParameters<typeof Disk>) => Disk;
}

export const AS_THEY_ARE: Reading = { specFiles, disk: (folder, sumsFiles) => new Disk(folder, sumsFiles) };

/** Exit status of every command. */
export const EXIT = { done: 0, taskFailed: 1, badSpec: 2, badSurroundings: 3, interrupted: 130 } as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** A spec that compiled, and where it lives. */
export interface Session {
  readonly spec: SpecFile;
  /** What else is read for the plan. */
  readonly files: CopiedSpecFiles;
  readonly plan: Plan;
  readonly profile: Profile;
  readonly disk: Disk;
  /** What is read for the plan. */
  readonly reserved: readonly Reserved[];
  readonly state: StateFolder;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Read and compile the spec, and read the profile. Errors come back as diagnostics, all of them.
 *
 * @param reserved what the command itself writes: no task may
 */
export function openSession(
  options: CommonOptions,
  reserved: readonly Reserved[] = [],
): Session | { diagnostics: readonly Diagnostic[] } {
  const reading = options.reading ?? AS_THEY_ARE;
  const { overrides, diagnostics } = readOverrides(options, reading.configs ?? []);
  const spec = reading.spec ?? readNamedSpec(options);
  if ('diagnostics' in spec) return { diagnostics: [...spec.diagnostics, ...diagnostics] };
  const files = new CopiedSpecFiles(reading.specFiles(spec.folder));
  const lookup = { named: options.profile, specFolder: spec.folder, userFolder: options.userProfiles };
  const state = stateFolder(spec.folder);
  const compileOptions = { files, overrides, reserved: [...namedFiles(options, lookup), ...reserved] };
  const compiled = reading.known
    ? compileSpec(spec.source, { ...compileOptions, known: reading.known })
    : compileKnown(spec.source, compileOptions, (plan) => presentNow(plan, spec.folder, options), options.lists);
  const { profile, diagnostics: ofProfile } = readProfile(lookup);
  diagnostics.push(...ofProfile);
  if (compiled.plan) diagnostics.push(...checkProfileFlags(compiled.plan, profile));
  if (!compiled.plan || hasErrors(diagnostics)) return { diagnostics: [...compiled.diagnostics, ...diagnostics] };
  return {
    spec,
    files,
    plan: withEscalations(compiled.plan, readEscalations(state.root)),
    profile,
    disk: reading.disk(spec.folder, filesCount(compiled.plan)),
    reserved: compiled.reserved,
    state,
    warnings: [...compiled.diagnostics, ...diagnostics],
  };
}

/** Past and present where a list of values is to be judged, before there is a session. */
function presentNow(plan: Plan, folder: string, { force = [], trust = 'fingerprints' }: CommonOptions): Present {
  const { root, journals } = stateFolder(folder);
  const disk = new Disk(folder, filesCount(plan));
  const forced = forcedTasks(plan, force);
  return {
    ...presentOf({ disk }, readJournals(journals)),
    trust,
    contents: trust === 'contents' ? new ContentHashes(root, disk) : null,
    // A name that is wrong is told later.
    forced: 'tasks' in forced ? forced.tasks : null,
  };
}

/** Whether a path is an output whose `check` is of the files below it. */
function filesCount(plan: Plan): (path: string) => boolean {
  if (!plan.rules.some(({ rule }) => rule.outputs.some(sumsFiles))) return () => false;
  return (path) => {
    const found = plan.findPath(path);
    return found !== null && !found.inside && sumsFiles(ruleOf(plan, found.task).rule.outputs[found.output]!);
  };
}

/** What the command line names, and what is read since it names nothing else. */
function namedFiles({ configs }: CommonOptions, lookup: ProfileLookup): Reserved[] {
  const profile = findProfile(lookup);
  const file = (path: string, what: string): Reserved => ({
    path: resolve(path),
    what,
    isFolder: false,
    location: null,
  });
  return [
    ...configs.map((path) => file(path, 'a file of --config')),
    ...(typeof profile === 'string' ? [file(profile, 'the profile')] : []),
  ];
}

/** A session whose commands bash can read, too; null where there are mistakes, which are printed. */
export function openRunnable(options: CommonOptions, reserved: readonly Reserved[] = []): Session | null {
  const session = openSession(options, reserved);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return null;
  }
  const syntax = checkBashSyntax(session.plan.rules.map((r) => r.rule));
  if (syntax.length === 0) return session;
  printDiagnostics([...session.warnings, ...syntax], options);
  return null;
}

function readOverrides(
  { settings, configs, goals }: CommonOptions,
  given: readonly SourceText[],
): {
  overrides: Overrides;
  diagnostics: Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  const parsed: Setting[] = [];
  for (const text of settings) {
    const at = text.indexOf('=');
    if (at <= 0) diagnostics.push(report.badSetting(text));
    else parsed.push({ key: text.slice(0, at), value: text.slice(at + 1) });
  }
  const sources: SourceText[] = [...given];
  for (const file of configs) {
    const read = readUtf8(file);
    if ('diagnostic' in read) diagnostics.push(read.diagnostic);
    else sources.push({ file, text: read.text });
  }
  return { overrides: { settings: parsed, configs: sources, goals: goals.length > 0 ? goals : null }, diagnostics };
}

/** Print diagnostics where the command wants them: one JSON object on stdout, or text on stderr. */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  { json, style }: Pick<CommonOptions, 'json' | 'style'>,
): void {
  if (json && hasErrors(diagnostics)) {
    writeOut(`${jsonText({ diagnostics: diagnostics.map(diagnosticJson) })}\n`);
    return;
  }
  for (const diagnostic of diagnostics) writeError(`${renderDiagnostic(diagnostic, style)}\n`);
}

/** What the journals and the disk say about each task. */
export interface Outlook {
  readonly decisions: Decisions;
  /** Whether outputs pass their checks, by path, where that had to be known. */
  readonly checks: Present['checks'];
  /** null where no state was left. */
  readonly history: History | null;
  readonly trust: Trust;
  /** Where `trust` is `contents`; what was read for it is kept only by a run. */
  readonly contents: ContentHashes | null;
}

export interface LookOptions {
  /** Rules and paths that `--force` names; one that names nothing is a diagnostic. */
  readonly force?: readonly string[];
  /** `fingerprints` unless told. */
  readonly trust?: Trust;
  /** What the journals say, where they are read already. */
  readonly history?: History | null;
}

/** Decide what runs and why. */
export async function lookAhead(
  session: Session,
  options: LookOptions = {},
): Promise<Outlook | { diagnostics: Diagnostic[] }> {
  const { force = [], trust = 'fingerprints', history = readJournals(session.state.journals) } = options;
  const forced = forcedTasks(session.plan, force);
  if ('diagnostics' in forced) return forced;
  const contents = trust === 'contents' ? new ContentHashes(session.state.root, session.disk) : null;
  const present = { ...presentOf(session, history), trust, contents, forced: forced.tasks };
  return { ...(await decideWithChecks(session, present)), history, trust, contents };
}

/** Checks that must be known run side by side before what depends on them is decided; mostly there are none. */
async function decideWithChecks(
  { plan, spec, disk }: Session,
  present: Present,
): Promise<Pick<Outlook, 'decisions' | 'checks'>> {
  const checks = new Map(present.checks);
  for (;;) {
    const decisions = decide(plan, { ...present, checks });
    if (decisions.unchecked.length === 0) return { decisions, checks };
    const { runChecks } = await import('../io/programs/run-checks.ts');
    const told = await runChecks(decisions.unchecked, { specFolder: spec.folder, disk });
    for (const [path, passes] of told) checks.set(path, passes);
  }
}

/** The same where nothing is forced, so that nothing can be wrong. */
export async function look(session: Session, options: Omit<LookOptions, 'force'> = {}): Promise<Outlook> {
  const outlook = await lookAhead(session, options);
  if ('diagnostics' in outlook) throw new Error('internal error: nothing was forced');
  return outlook;
}

/** The past by its journals, and the disk as it is. */
export function presentOf({ disk }: Pick<Session, 'disk'>, history: History | null): Present {
  const code = new CodeFiles(disk);
  return {
    stat: (path) => disk.statSnapshot(path),
    beginLooks: (lists) => disk.beginLooks(lists),
    code: (paths) => code.look(paths),
    isEmptyDirectory: (path) => disk.isEmptyDirectory(path),
    records: history?.records ?? null,
    unfinished: history?.unfinished ?? new Map(),
    checks: new Map(),
    trust: 'fingerprints',
    contents: null,
    forced: null,
  };
}

/** What is wrong with the names that `--force` gives. */
export function checkForce(plan: Plan, force: readonly string[]): Diagnostic[] {
  const forced = forcedTasks(plan, force);
  return 'diagnostics' in forced ? forced.diagnostics : [];
}

function forcedTasks(
  plan: Plan,
  force: readonly string[],
): { tasks: Uint8Array | null } | { diagnostics: Diagnostic[] } {
  if (force.length === 0) return { tasks: null };
  const tasks = new Uint8Array(plan.taskCount);
  const diagnostics: Diagnostic[] = [];
  for (const text of force) {
    const rule = plan.rules.find((r) => r.rule.name === text);
    const match = rule ? null : plan.findPath(text);
    if (rule) tasks.fill(1, rule.firstTask, rule.firstTask + rule.space.size);
    else if (match) tasks[match.task] = 1;
    else if (!waitsForIt(plan, text))
      diagnostics.push(
        report.unknownForce(
          text,
          closest(
            text,
            plan.rules.map((r) => r.rule.name),
          ),
        ),
      );
  }
  for (let t = 0; t < tasks.length; t++) tasks[t] = tasks[t]! & plan.needed[t]!;
  return diagnostics.length > 0 ? { diagnostics } : { tasks };
}

/** Whether a name may be that of a task that is not known yet. */
function waitsForIt({ workflow }: Plan, text: string): boolean {
  return workflow.staged.waiting.some(({ rule, mayMake }) => rule.name === text || mayMake(text));
}
