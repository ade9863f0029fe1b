import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { CLI, type Experiment, experiment, withoutProgress } from '../support/experiment.ts';
import { type Block, ROOT, takeApart } from './readmes.ts';

/** The blocks of the section of the README that shows an experiment. */
function blocksOfExperiment(): readonly Block[] {
  const [, section] = /^## An experiment[^\n]*\n([\s\S]*?)^## /m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))!;
  return takeApart('README.md', section!).blocks;
}

interface Step {
  readonly command: string;
  readonly shown: readonly string[];
}

/** The commands behind `$`, with what is shown below each. */
function stepsOf({ text }: Block): Step[] {
  const [, ...steps] = text.trimEnd().split(/^\$ /m);
  return steps.map((step) => {
    const [command, ...shown] = step.trimEnd().split('\n');
    return { command: command!, shown };
  });
}

/** Without what differs by machine: durations, the folder, how a Python marks what failed in a line; and blank lines. */
function comparable(lines: readonly string[], folder: string): string[] {
  const told = lines.filter((line) => line !== '' && !/^ *\|? *[~^]+ *$/.test(line));
  return told.map((line) => line.replace(/in [\d.]+ s\b/, 'in T').replaceAll(folder, '/home/ada/lakes'));
}

/** `wfc` is on the PATH, as for the reader. */
async function bash(made: Experiment, folder: string, script: string): Promise<readonly string[]> {
  // One pipe, so that what is written comes in its order.
  const { stdout } = await execa('bash', ['-c', `exec 2>&1\n${script}`], {
    cwd: made.path(folder),
    env: { PATH: `${made.path('bin')}:${process.env.PATH}`, CI: undefined, FORCE_COLOR: undefined },
    stdin: 'ignore',
    reject: false,
  });
  return withoutProgress(`${stdout}\n`).trimEnd().split('\n');
}

it('the experiment of the README goes as it is shown there', async () => {
  const made = experiment('');
  made.write('bin/wfc', `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
  made.executable('bin/wfc');
  let commands = 0;
  for (const block of blocksOfExperiment()) {
    if (block.info === 'bash') await bash(made, '.', block.text);
    else if (block.info === 'python') made.write('lakes/fit.py', block.text);
    else if (block.info === 'yaml') made.write('lakes/wfc.yml', block.text);
    else {
      expect(block.info).toBe('console');
      for (const { command, shown } of stepsOf(block)) {
        const said = comparable(await bash(made, 'lakes', command), made.path('lakes'));
        const expected = comparable(shown, made.path('lakes'));
        const isWhole = !expected.includes('…');
        expect(said, command).toEqual(isWhole ? expected : expect.arrayContaining(expected.filter((l) => l !== '…')));
        commands++;
      }
    }
  }
  expect(commands).toBeGreaterThan(6);
});
