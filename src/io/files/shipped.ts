import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file that ships with wfc: beside the bundle, or beside the sources. */
export function shippedFile(name: string): string {
  for (const up of ['../', '../../../']) {
    const path = fileURLToPath(new URL(up + name, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new Error(`internal error: ${name} is missing from this installation`);
}

export function shippedText(name: string): string {
  return readFileSync(shippedFile(name), 'utf8');
}
