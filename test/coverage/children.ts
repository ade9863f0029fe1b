/**
 * Coverage of the built CLI where tests start it as a process of its own. With WFC_COVERAGE=FOLDER in the environment
 * global-setup.ts builds it with source maps, and every process that a test starts leaves its counts in FOLDER (Node's
 * NODE_V8_COVERAGE). report.ts adds them to what vitest counts in its own processes.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** Where the counts go; null where nobody asked for them. */
export const childCoverage = process.env.WFC_COVERAGE ? resolve(process.env.WFC_COVERAGE) : null;

/** The CLI with source maps beside it, for the tests, and kept for the report. */
export async function buildForCoverage(root: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['src/cli.ts'],
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    // Not named in the code: Node would copy the maps into the counts of every process.
    sourcemap: 'external',
    outdir: join(folder, 'dist'),
    banner: {
      js: "#!/usr/bin/env node\nimport{createRequire as wfcRequire}from'node:module';const require=wfcRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  // The page of a report runs in a browser, and threads that look at files in workers: neither is counted; the worker is bash.
  for (const name of ['report-page.js', 'look-worker.cjs', 'worker.sh'])
    cpSync(join(root, 'dist', name), join(folder, 'dist', name));
}
