/** Texts of templates/, and the scripts that are put together from them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundle, type Script } from '../../src/target/bundle.ts';

export function template(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../templates/${name}`, import.meta.url)), 'utf8');
}

/** A script as it is shipped. */
export function shipped(name: Script): string {
  return bundle(name, template);
}
