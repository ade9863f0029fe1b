/** Short tasks of one rule that depend on nothing, as each tool reads them: what one more of them costs can be counted. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tool } from './workload.ts';

/** What a task does: the shell itself writes a file, or a program does. */
export const COMMANDS = { echo: 'echo {x} > {output}', cp: 'cp src {output}' } as const;

/** A folder that is made, with all that a tool needs; GNU make and ninja find their output folder there. */
export function writeFlat(
  tool: Exclude<Tool, 'snakemake'>,
  folder: string,
  what: keyof typeof COMMANDS,
  count: number,
): void {
  mkdirSync(join(folder, 'out'), { recursive: true });
  writeFileSync(join(folder, 'src'), 'x\n');
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  const command = (x: number | string, output: string): string =>
    COMMANDS[what].replace('{x}', String(x)).replace('{output}', output);
  const texts = {
    wfc: [
      'wfc.yml',
      `wfc: 1\nparams: {x: {from: 1, to: ${count}}}\nrules:\n  task: {output: "out/{x}", run: "${COMMANDS[what]}"}\n`,
    ],
    ninja: [
      'build.ninja',
      `rule task\n  command = ${command('$x', '$out')}\n${numbers.map((x) => `build out/${x}: task\n  x = ${x}\n`).join('')}`,
    ],
    make: [
      'Makefile',
      `all: ${numbers.map((x) => `out/${x}`).join(' ')}\n${numbers.map((x) => `out/${x}:\n\t${command(x, `out/${x}`)}\n`).join('')}`,
    ],
  } as const;
  const [name, text] = texts[tool];
  writeFileSync(join(folder, name), text);
}
