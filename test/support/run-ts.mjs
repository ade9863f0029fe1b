/**
 * `node test/support/run-ts.mjs FILE ARGUMENT…`: bundles a script in TypeScript and runs it. Node 20 reads no TypeScript by
 * itself, and a bundle would change what `import.meta.url` says: files beside a module are found through it, so that each
 * keeps its own.
 */
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ownUrls = {
  name: 'own urls',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { loader: 'ts', contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)) };
    });
  },
};

const script = resolve(process.argv.splice(2, 1)[0]);
const built = fileURLToPath(new URL(`../../node_modules/.cache/wfc/${basename(script, '.ts')}.js`, import.meta.url));
await build({
  entryPoints: [script],
  outfile: built,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  packages: 'external',
  plugins: [ownUrls],
  logLevel: 'warning',
});
await import(pathToFileURL(built).href);
