/**
 * Makes a module of templates/script/: what stands before scripts in other languages than bash. compile/ reads no files of
 * its own. Writes src/compile/script/preludes.generated.ts, with the text of each file by its ending.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const files = readdirSync('templates/script').sort();
const texts = files.map((file) => {
  const text = readFileSync(`templates/script/${file}`, 'utf8');
  return `  ${file.slice(file.lastIndexOf('.') + 1)}: ${JSON.stringify(text)},\n`;
});
writeFileSync('src/compile/script/preludes.generated.ts', `export const PRELUDES = {\n${texts.join('')}} as const;\n`);
