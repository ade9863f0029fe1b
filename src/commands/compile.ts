import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { checkBashSyntax } from '../io/bash-syntax.ts';
import { shippedFile } from '../io/shell-pool.ts';
import { queuedJobNames } from '../io/slurm.ts';
import { fromHere, systemProblem } from '../io/spec-file.ts';
import { countTasks, formatCount, paint, printable } from '../io/terminal.ts';
import { renderMake } from '../target/make/render.ts';
import { type ArtifactFile, type Artifacts, renderArtifacts } from '../target/slurm/artifacts.ts';
import type { SiteLimits, Stage } from '../target/slurm/stages.ts';
import { type CommonOptions, EXIT, type ExitStatus, openSession, printDiagnostics, type Session } from './session.ts';
import { DEFAULT_PACKING, slurmStages, stageReport } from './slurm-stages.ts';

export interface CompileOptions extends CommonOptions {
  readonly target: 'slurm' | 'local';
  readonly out: string | null;
  readonly env: NodeJS.ProcessEnv;
}

/** `wfc compile`: write static scripts, for Slurm or for GNU make. */
export function compile(options: CompileOptions): ExitStatus {
  const session = openSession(options);
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics, options);
    return EXIT.badSpec;
  }
  const syntax = checkBashSyntax(session.plan.rules.map((r) => r.rule));
  if (syntax.length > 0) {
    printDiagnostics([...session.warnings, ...syntax], options);
    return EXIT.badSpec;
  }
  return options.target === 'local' ? compileMake(session, options) : compileSlurm(session, options);
}

function compileSlurm(session: Session, options: CompileOptions): ExitStatus {
  const { limits, stages } = slurmStages(session, options.env);
  const elements = stages.reduce((n, s) => n + (s.local ? 0 : s.indices.length), 0);
  if (elements + 1 > limits.maxSubmit || stages.some((s) => (s.indices.at(-1) ?? 0) >= limits.maxArraySize)) {
    return refuse(
      `the site lets you queue ${formatCount(limits.maxSubmit)} array elements, and this takes ${formatCount(elements + 1)}`,
      options,
    );
  }
  printDiagnostics(session.warnings, { ...options, json: false });
  let folder: string;
  try {
    folder = writeSlurm(session, stages, limits, options);
  } catch (error) {
    if (error instanceof Refusal) return refuse(error.message, options);
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return refuse(`can't write the scripts: ${systemProblem(error)}`, options);
  }
  if (options.json) process.stdout.write(readFileSync(join(folder, 'manifest.json')));
  else if (!options.quiet)
    process.stdout.write(
      `${stageReport(stages)}\n\nwritten to ${fromHere(folder)}; to submit:\n  bash ${fromHere(join(folder, 'submit.sh'))}\n`,
    );
  return EXIT.done;
}

/** A Makefile and its scripts. Replacing them is safe at any time: what make keeps lies outside their folder. */
function compileMake(session: Session, options: CompileOptions): ExitStatus {
  const { plan, spec, state, warnings } = session;
  printDiagnostics(warnings, { ...options, json: false });
  const folder = options.out === null ? join(state.root, 'make') : resolve(options.out);
  const { files } = renderMake(plan, {
    included: plan.needed,
    specFolder: relative(folder, spec.folder) || '.',
    place: relative(spec.folder, folder) || '.',
    templates: (name) => readFileSync(shippedFile(`templates/${name}`), 'utf8'),
  });
  try {
    if (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(join(folder, 'tasks.mk'))) {
      return refuse(`${fromHere(folder)} holds other files; name a new folder with --out`, options);
    }
    writeFolder(folder, files);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return refuse(`can't write the scripts: ${systemProblem(error)}`, options);
  }
  const shown = fromHere(folder);
  if (options.json) process.stdout.write(`${JSON.stringify({ folder: shown, tasks: plan.neededCount }, null, 2)}\n`);
  else if (!options.quiet) {
    process.stdout.write(`${countTasks(plan.neededCount)} written to ${shown}; to run them:\n  make -C ${shown} -j4\n`);
  }
  return EXIT.done;
}

class Refusal extends Error {}

function refuse(message: string, { style }: CommonOptions): ExitStatus {
  process.stderr.write(`${paint(style, ['bold', 'red'], 'error')}: ${printable(message)}\n`);
  return EXIT.badSurroundings;
}

function writeSlurm(
  session: Session,
  stages: readonly Stage[],
  limits: SiteLimits,
  { out, env }: CompileOptions,
): string {
  const { plan, spec, state } = session;
  const parent = join(state.root, 'slurm');
  const folder = out === null ? null : resolve(out);
  const place = folder ?? join(parent, 'x');
  const artifacts = renderArtifacts(plan, {
    stages,
    included: plan.needed,
    limits,
    packing: DEFAULT_PACKING,
    site: { flags: new Map(), prelude: [], maxRunning: null },
    specFolder: relative(place, spec.folder) || '.',
    templates: (name) => readFileSync(shippedFile(`templates/${name}`), 'utf8'),
  });
  const target = folder ?? join(parent, artifacts.id);
  checkReplaceable(target, artifacts, env);
  writeFolder(target, artifacts.files);
  return target;
}

/** Artifacts that a queued submission reads are never overwritten; nor is a folder that holds anything else. */
function checkReplaceable(folder: string, { id }: Artifacts, env: NodeJS.ProcessEnv): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  const manifest = join(folder, 'manifest.json');
  if (!existsSync(manifest)) throw new Refusal(`${fromHere(folder)} holds other files; name a new folder with --out`);
  const before = (JSON.parse(readFileSync(manifest, 'utf8')) as { id: string }).id;
  if (before === id) return;
  if ((queuedJobNames(env) ?? []).some((name) => name.startsWith(`wfc-${before}-`))) {
    throw new Refusal(`${fromHere(folder)} is in use by jobs in the queue; name another folder with --out`);
  }
}

/** Write beside, then rename: there is never a half-written folder of scripts. */
function writeFolder(folder: string, files: readonly ArtifactFile[]): void {
  const fresh = `${folder}.new-${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  const made = new Set<string>();
  for (const { path, content, executable } of files) {
    const file = join(fresh, path);
    if (!made.has(dirname(file))) mkdirSync(dirname(file), { recursive: true });
    made.add(dirname(file));
    writeFileSync(file, content, { mode: executable ? 0o755 : 0o644 });
  }
  const old = `${folder}.old-${process.pid}`;
  if (existsSync(folder)) renameSync(folder, old);
  mkdirSync(dirname(folder), { recursive: true });
  renameSync(fresh, folder);
  rmSync(old, { recursive: true, force: true });
}
