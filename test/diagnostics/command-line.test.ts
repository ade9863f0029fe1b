import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASES } from './cases.ts';

const CLI = process.env.WFC_CLI ?? fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wfc-command-line-'));
  cpSync(CASES, folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wfc = (...args: string[]) => execa('node', [CLI, ...args], { cwd: folder, reject: false });

describe('a wrong spec or command line ends with status 2, in words, and leaves no trace', () => {
  const sessions = [
    'validate unknown-keys.yml',
    'validate cycle.yml --json',
    'plan gather.yml',
    'plan force.yml --force pred',
    'run two-producers.yml --local',
    'run force.yml -j many',
    'run force.yml --set site',
    'run force.yml --goal out/c.csv',
    'validate nowhere.yml',
    'validate force.yml --config nowhere.yml',
    'validate force.yml --set',
    'validate force.yml --frobnicate',
    'valdiate force.yml',
    '',
  ];
  it.each(sessions)('wfc %s', async (line) => {
    const args = line.split(' ').filter((word) => word !== '');
    const before = readdirSync(folder, { recursive: true });
    const { exitCode, stdout, stderr } = await wfc(...args);
    expect(exitCode, stderr).toBe(2);
    expect(stdout + stderr).not.toMatch(/\n\s+at .*\.js|internal error|\[object|undefined|NaN/);
    expect(`${stdout}${stderr}`.trim()).not.toBe('');
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });
});

it('--json gives the same mistakes as one object on standard output', async () => {
  const { stdout, stderr } = await wfc('validate', 'unknown-keys.yml', '--json');
  expect(stderr).toBe('');
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: object[] };
  expect(diagnostics[0]).toEqual({
    severity: 'error',
    file: 'unknown-keys.yml',
    line: 2,
    column: 1,
    message: 'unknown key "parms" in the spec',
    hint: 'did you mean "params"?',
  });
});
