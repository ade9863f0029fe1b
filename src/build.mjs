/** Bundles wfc into dist/: cli.js and what it loads on demand, the script of the report's page, and bash. Run by `npm run build`. */
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { BUNDLING } from './bundling.mjs';
import { shippedScripts } from './shipped-scripts.mjs';

/**
 * cli.js is started by bash, which notes the signals that it was told to ignore (nohup, a script's `&`) and becomes node:
 * Node sets them back before any script runs. To JavaScript the line is a text and a comment. See src/io/programs/signals.ts. dash
 * would drop the functions that a bash exports, such as `module`; with -p bash neither reads them nor BASH_ENV, and hands
 * them on as they are.
 */
const LAUNCHER = `#!/usr/bin/env -S bash -p
':' //; while read -r wfc_key wfc_value; do case $wfc_key in SigIgn:) export WFC_IGNORED_SIGNALS="$wfc_value"; break ;; esac; done 2>/dev/null </proc/$$/status; exec node "$0" "$@"`;

const FRESH = 'dist.new';
rmSync(FRESH, { recursive: true, force: true });

await build({
  ...BUNDLING,
  outdir: FRESH,
  splitting: true,
  format: 'esm',
  // Libraries that are no modules ask for `require`.
  banner: {
    js: `${LAUNCHER}\nimport{createRequire as wfcRequire}from'node:module';const require=wfcRequire(import.meta.url);`,
  },
});
chmodSync(`${FRESH}/cli.js`, 0o755);

await build({
  entryPoints: ['src/page/main.ts'],
  outfile: `${FRESH}/report-page.js`,
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  logLevel: 'warning',
});

// Where many files are looked at, threads run it.
await build({
  entryPoints: ['src/io/files/look-worker.ts'],
  outfile: `${FRESH}/look-worker.cjs`,
  bundle: true,
  minifySyntax: true,
  platform: 'node',
  target: 'node20.19',
  format: 'cjs',
  logLevel: 'warning',
});

// Every `wfc run` starts it as a file; the scripts of the other targets are put together where they are compiled.
writeFileSync(`${FRESH}/worker.sh`, (await shippedScripts())['worker.sh']);

rmSync('dist', { recursive: true, force: true });
renameSync(FRESH, 'dist');
