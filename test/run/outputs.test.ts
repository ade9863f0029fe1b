import { renameSync, statSync } from 'node:fs';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';

const reasons = async (e: Experiment): Promise<object> =>
  Object.assign(
    {},
    ...JSON.parse((await e.wfc('plan --json')).stdout).rules.map((r: { reasons: object }) => r.reasons),
  );

it('an empty directory output fails its task; a filled one is complete; one that was emptied is made again', async () => {
  const e = experiment(
    `
rules:
  split: {input: n, output: {path: parts, directory: true}, run: "mkdir {output}; for i in $(cat n); do echo $i > {output}/$i; done"}
  use: {input: parts/2, output: used, run: "cat {input} > {output}"}
`,
    { n: '' },
  );
  expect((await e.run()).stderr).toContain('failed split: its output directory is empty: parts');
  expect(e.has('parts')).toBe(false);
  e.write('n', '1 2');
  expect((await e.run()).status).toBe(0);
  expect(e.read('used')).toBe('2\n');
  expect((await e.run()).stderr).toContain('nothing to do');
  e.remove('parts/1');
  e.remove('parts/2');
  expect(await reasons(e)).toEqual({ 'output missing': 1, 'upstream runs': 1 });
  expect((await e.run()).status).toBe(0);
});

it('what is in the way of a missing output goes before its task starts: an empty folder, a link that leads nowhere', async () => {
  const e = experiment(`
rules:
  folder: {output: {path: parts, directory: true}, run: "mkdir parts; touch parts/1"}
  file: {output: a, run: "touch a"}
`);
  await execa('mkdir', [e.path('parts')]);
  await execa('ln', ['-s', '/nonexistent/file', e.path('a')]);
  expect((await e.run()).stderr).toContain('2 tasks done');
});

it('an output that is a link to nothing fails its task, and the failure says where the link leads', async () => {
  const e = experiment(`
rules:
  file: {output: a, run: "ln -s nowhere {output}"}
  deep: {output: d/b, run: "ln -s ../x/y {output}"}
`);
  const { stderr } = await e.run('-k');
  expect(stderr).toContain('failed file: it succeeded, but its output is a link that leads to nothing: a -> nowhere');
  expect(stderr).toContain('failed deep: it succeeded, but its output is a link that leads to nothing: d/b -> ../x/y');
});

it('a path inside a directory output that was not made fails its consumer', async () => {
  const e = experiment(`
rules:
  split: {output: {path: parts, directory: true}, run: "mkdir {output}; touch {output}/1"}
  use: {input: parts/2, output: used, run: "touch {output}"}
`);
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([1, expect.stringContaining('use: its input is missing: parts/2')]);
});

it('a file where a directory is declared, and the other way round, are failures', async () => {
  const e = experiment(`
rules:
  file: {output: {path: a, directory: true}, run: "touch a"}
  folder: {output: b, run: "mkdir b"}
`);
  const { stderr } = await e.run('-k');
  expect(stderr).toContain('its output should be a directory: a');
  expect(stderr).toContain('its output is a directory, and "directory: true" is not set: b');
});

/** Stands for the sum of `yes`. */
const SHA = 'SHA';

it.each([
  ['nonempty', ': > a', 'echo x > a', 'its output is empty: a'],
  ['{min_bytes: 3}', 'printf 12 > a', 'printf 123 > a', 'its output has 2 of at least 3 bytes: a'],
  [`{sha256: ${SHA}}`, 'printf no > a', 'printf yes > a', 'a does not pass its check'],
  ['{run: "grep -q end {file}"}', 'echo x > a', 'echo end > a', 'a does not pass its check'],
  [
    '[nonempty, {run: "grep -q end {file}"}]',
    'echo x > a; exit 0',
    'echo end > a; exit 0',
    'a does not pass its check',
  ],
  ['{run: "grep -q end {file}"}', 'echo x > a; cd /', 'echo end > a; cd /', 'a does not pass its check'],
])('check %s: an output that does not pass fails its task', async (check, bad, good, words) => {
  const sum = (await execa('sha256sum', { input: 'yes' })).stdout.split(' ')[0]!;
  const spec = (run: string): string =>
    `rules: {one: {output: {path: a, check: ${check.replace(SHA, sum)}}, run: "${run}"}}\n`;
  const e = experiment(spec(bad));
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([1, expect.stringContaining(words)]);
  expect(e.has('a')).toBe(false);
  e.write('wfc.yml', `wfc: 1\n${spec(good)}`);
  expect((await e.run()).status).toBe(0);
  expect((await e.run()).stderr).toContain('nothing to do');
});

it('a new check runs on what is there, once: what passes stays, what does not is made again', async () => {
  const e = experiment('rules: {one: {output: {path: a}, run: "echo made >> calls; echo text > a"}}\n');
  await e.run();
  expect(e.calls()).toEqual(['made']);
  const plain = e.read('wfc.yml');
  e.write('wfc.yml', plain.replace('{path: a}', '{path: a, check: {run: "echo checked >> calls; grep text {file}"}}'));
  await e.run();
  await e.run();
  expect(e.calls()).toEqual(['checked']);
  e.write('wfc.yml', plain.replace('{path: a}', '{path: a, check: {min_bytes: 100}}'));
  expect(await reasons(e)).toEqual({ 'check failed': 1 });
});

it('a protected output is read-only, and a rerun is refused until its user makes it writable', async () => {
  const e = experiment(
    `
rules:
  one: {input: source, output: {path: a, protected: true}, run: "cp source a"}
`,
    { source: '1' },
  );
  await e.run();
  expect(statSync(e.path('a')).mode & 0o222).toBe(0);
  expect((await e.run()).stderr).toContain('nothing to do');
  e.write('source', '2');
  const { status, stderr } = await e.run();
  expect([status, stderr]).toEqual([1, expect.stringContaining('its output is protected: to make it anew, run chmod')]);
  expect(e.read('a')).toBe('1');
  const { failures } = JSON.parse((await e.wfc('status --json')).stdout);
  expect(failures).toMatchObject([{ task: 'one', code: 'output_protected', attempt: null, status: null, log: null }]);
  await execa('chmod', ['-R', 'u+w', 'a'], { cwd: e.folder });
  expect((await e.run()).status).toBe(0);
  expect(e.read('a')).toBe('2');
});

it('a task that was refused keeps its record: where nothing differs any more, it is complete', async () => {
  const e = experiment('rules: {one: {input: source, output: {path: a, protected: true}, run: "cp source a"}}\n', {
    source: '1',
  });
  await e.run();
  renameSync(e.path('source'), e.path('kept'));
  e.write('source', '2');
  expect((await e.run()).status).toBe(1);
  renameSync(e.path('kept'), e.path('source'));
  expect((await e.run()).stderr).toContain('nothing to do');
  expect(JSON.parse((await e.wfc('status --json')).stdout)).toMatchObject({ done: 1, failed: 0, failures: [] });
});

it('of an ancient input only the existence counts', async () => {
  const e = experiment(
    `
rules:
  one: {input: {path: tool, ancient: true}, output: a, run: "echo one >> calls; touch a"}
`,
    { tool: '1' },
  );
  await e.run();
  e.write('tool', 'another');
  await e.run();
  expect(e.calls()).toEqual(['one']);
  e.remove('tool');
  e.remove('a');
  expect((await e.run()).stderr).toContain('its source file tool does not exist');
});
