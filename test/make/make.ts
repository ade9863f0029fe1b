/** Makefiles of an experiment: written as `wfc compile --target local` writes them, and run by GNU make. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { compile } from '../../src/compile/compile.ts';
import { specFiles } from '../../src/io/files/spec-file.ts';
import type { Plan } from '../../src/model/plan.ts';
import { renderMake } from '../../src/target/make/render.ts';
import type { ArtifactFile } from '../../src/target/slurm/artifacts.ts';
import { type Experiment, timeless } from '../support/experiment.ts';
import { template } from '../support/templates.ts';

export function planIn(folder: string, set: readonly string[] = []): Plan {
  const text = readFileSync(join(folder, 'wfc.yml'), 'utf8');
  const settings = set.map((s) => ({ key: s.slice(0, s.indexOf('=')), value: s.slice(s.indexOf('=') + 1) }));
  const { plan, diagnostics } = compile(
    { file: 'wfc.yml', text },
    { files: specFiles(folder), overrides: { settings, configs: [], goals: null } },
  );
  if (!plan) throw new Error(diagnostics.map((d) => d.message).join('\n'));
  return plan;
}

export function render(plan: Plan, place = '.wfc/make'): readonly ArtifactFile[] {
  return renderMake(plan, {
    included: plan.needed,
    specFolder: relative(join('/x', place), '/x'),
    place,
    templates: template,
  }).files;
}

export function writeMake({ folder }: Experiment, set: readonly string[] = [], place = '.wfc/make'): void {
  for (const { path, content } of render(planIn(folder, set), place)) {
    const file = join(folder, place, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

export interface Made {
  readonly status: number | undefined;
  readonly output: string;
}

/** `make -f .wfc/make/Makefile` with these arguments. */
export async function make(
  { folder }: Experiment,
  args: readonly string[] = [],
  { place = '.wfc/make', cwd = folder, env = {} as Record<string, string> } = {},
): Promise<Made> {
  const { exitCode, all } = await execa('make', ['-f', relative(cwd, join(folder, place, 'Makefile')), ...args], {
    cwd,
    env,
    all: true,
    reject: false,
    stdin: 'ignore',
  });
  return { status: exitCode, output: String(all) };
}

/** Make in a process group of its own, as a terminal would start it. */
export function startMake(
  { folder }: Experiment,
  args: readonly string[] = [],
): {
  readonly group: number;
  readonly ended: Promise<number | undefined>;
} {
  const child = execa('make', ['-f', '.wfc/make/Makefile', ...args], {
    cwd: folder,
    detached: true,
    reject: false,
    stdio: 'ignore',
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { group: child.pid!, ended: child.then((r) => r.exitCode) };
}

/** All files but wfc's own state, with their texts; and of that the logs, without the time and the job of an attempt. Not `calls`: its lines stand in order of time. */
export function treeOf({ folder }: Experiment): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
    if (path.startsWith('.wfc') && !path.startsWith('.wfc/logs')) continue;
    if (path === 'calls' || path.includes('__pycache__')) continue;
    // A folder of logs is made for a task that takes long, also where it writes nothing.
    if (entry.isDirectory() && path.startsWith('.wfc')) continue;
    if (entry.isDirectory()) tree[`${path}/`] = '';
    else if (entry.isSymbolicLink()) tree[path] = `-> ${readlinkSync(join(folder, path))}`;
    else
      tree[path] = timeless(readFileSync(join(folder, path), 'latin1')).replace(/^(wfc: attempt .*), job \w+$/gm, '$1');
  }
  return Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)));
}
