import { execa } from 'execa';
import { expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';

const SPEC = 'params: {n: {from: 1, to: 40}}\nrules: {one: {output: "out/{n}", run: "echo {n}; touch {output}"}}\n';

it('a state folder that cannot be made is told in plain words, with exit status 3', async () => {
  const e = experiment(SPEC, { '.wfc': 'a file' });
  const { status, stderr } = await e.run();
  expect(status).toBe(3);
  expect(stderr).toBe("error: can't write to .wfc: a part of its path is a file, not a folder");
  const json = await e.run('--json');
  expect(JSON.parse(json.stdout).diagnostics[0].message).toContain("can't write to .wfc");
});

it('an output folder that cannot be made is told in plain words, with exit status 3', async () => {
  const e = experiment(SPEC, { out: 'a file' });
  const { status, stderr } = await e.run();
  expect(status).toBe(3);
  expect(stderr).toContain('error: out: a part of its path is a file, not a folder; wfc has stopped');
  e.remove('out');
  expect((await e.run()).status).toBe(0);
});

it('a disk that is full ends the run with exit status 3, and no half-written record is believed', async () => {
  const e = experiment(SPEC);
  // The shell's limit on the size of files fails writes as a full disk does: EFBIG for ENOSPC.
  const { exitCode, stderr } = await execa(
    'bash',
    ['-c', `ulimit -f 2; exec "$@"`, 'bash', ...command(), 'run', '-j1'],
    {
      cwd: e.folder,
      reject: false,
    },
  );
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining('wfc has stopped, and what is done is kept')]);
  expect(stderr).not.toContain('    at ');
  expect((await e.run()).status).toBe(0);
  expect(e.files('out')).toHaveLength(40);
});

/** Run wfc on a terminal of its own, and give what that shows. */
async function onTerminal(e: Experiment, env: Record<string, string>): Promise<string> {
  const { stdout } = await execa('script', ['-qec', [...command(), 'run'].join(' '), '/dev/null'], {
    cwd: e.folder,
    env: { TERM: 'xterm', CI: undefined, NO_COLOR: undefined, FORCE_COLOR: undefined, ...env },
    reject: false,
    stdin: 'ignore',
  });
  return stdout;
}

const command = (): string[] => [process.execPath, CLI];
const FAILING = 'rules: {one: {output: a, run: "echo text; sleep 0.4; exit 1"}}\n';

it('writes no escape codes where no terminal reads', async () => {
  const { stderr, stdout } = await experiment(FAILING).run();
  expect(stderr + stdout).not.toContain('\u001b');
});

it('colours and redraws on a terminal; NO_COLOR stops the colours, CI the redrawing', async () => {
  const colour = '\u001b[31m';
  const redraw = '\u001b[J';
  const plain = await onTerminal(experiment(FAILING), {});
  expect([plain.includes(colour), plain.includes(redraw)]).toEqual([true, true]);
  const noColour = await onTerminal(experiment(FAILING), { NO_COLOR: '1' });
  expect([noColour.includes(colour), noColour.includes(redraw)]).toEqual([false, true]);
  const ci = await onTerminal(experiment(FAILING), { CI: 'true', NO_COLOR: '1' });
  expect(ci).not.toContain('\u001b');
});
