/** The scripts that src/target/bundle.ts puts together, for what is no TypeScript: the build, and the check of the bash. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Their texts by the name under which they are shipped. */
export async function shippedScripts() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/target/bundle.ts'],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const { bundle, SCRIPTS } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  const template = (name) => readFileSync(`${root}templates/${name}`, 'utf8');
  return Object.fromEntries(Object.keys(SCRIPTS).map((name) => [name, bundle(name, template)]));
}
