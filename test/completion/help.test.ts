/** What `--help` says is the manual: it fits a terminal of 80 columns, and shows how each command is used. */
import { expect, it } from 'vitest';
import { addCompileCommands } from '../../src/cli/compile-commands.ts';
import { addLookCommands } from '../../src/cli/look-commands.ts';
import { type RecordedCommand, recordCommands } from '../../src/cli/recorded.ts';
import { addRunCommands } from '../../src/cli/run-commands.ts';
import { addStartCommands } from '../../src/cli/start-commands.ts';
import { experiment } from '../support/experiment.ts';

function namesOf(commands: readonly RecordedCommand[], before = ''): string[] {
  return commands.flatMap((c) => [`${before}${c.name}`, ...namesOf(c.commands, `${before}${c.name} `)]);
}

const COMMANDS = recordCommands([addCompileCommands, addRunCommands, addLookCommands, addStartCommands]);
/** Those that do something themselves. */
const WORKING = namesOf(COMMANDS).filter((name) => !['import', 'profile'].includes(name));

it('every command is found', () => {
  expect(WORKING).toHaveLength(20);
  expect(WORKING).toContain('import snakefile');
});

it('the help of every command fits 80 columns, has an example, and its options in groups', async () => {
  const made = experiment('');
  const wrong: string[] = [];
  for (const name of WORKING) {
    const { status, stdout } = await made.wfc(`${name} --help`);
    if (status !== 0) wrong.push(`${name}: exit status ${status}`);
    if (!stdout.includes('Examples:\n  ')) wrong.push(`${name}: no example`);
    // A long example has its words on the next line; the example itself can't be cut.
    const long = stdout.split('\n').filter((line) => line.length > 80);
    wrong.push(...long.map((line) => `${name}: ${line}`));
    if (stdout.includes('--goal') && name !== 'import snakefile' && !stdout.includes('What it is about:'))
      wrong.push(`${name}: no groups`);
    // An option that is listed without a word would be one that the command does not have.
    const mute = /^ {2,6}(-\w, )?--[\w-]+\s*$/m.exec(stdout);
    if (mute) wrong.push(`${name}: ${mute[0].trim()} says nothing`);
    const listed = [...stdout.matchAll(/^ {2,6}(?:-\w, )?--([\w-]+)/gm)].map((m) => m[1]);
    if (new Set(listed).size < listed.length) wrong.push(`${name}: an option is listed twice`);
  }
  expect(wrong).toEqual([]);
});

it('the help of wfc itself lists all commands, the exit status, and how to begin', async () => {
  const { stdout } = await experiment('').wfc('--help');
  for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  wfc ${name}\\b`, 'm'));
  expect(stdout).toContain('3    the surroundings are');
  expect(stdout).toContain('wfc init study && cd study && wfc run');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
