/** `--trust`: what must be as recorded for a task to be complete. */
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';

/** `round` keeps the first letter of the source alone: another source may give the same. */
const SPEC = `
rules:
  round: {input: source, output: r, run: "echo round >> calls; head -c 1 {input} > {output}"}
  copy: {input: r, output: c, run: "echo copy >> calls; cat {input} > {output}"}
  all: {input: [c, other], output: a, run: "echo all >> calls; cat {input} > {output}"}
`;

async function made(options = '', spec = SPEC): Promise<Experiment> {
  const e = experiment(spec, { source: 'abc', other: 'other' });
  expect((await e.run(options)).status).toBe(0);
  e.calls();
  return e;
}

async function planned(e: Experiment, trust: string): Promise<string[]> {
  const { stdout } = await e.wfc(`plan --json --trust ${trust}`);
  const { rules } = JSON.parse(stdout) as { rules: { reasons: object }[] };
  return rules.map((r) => Object.keys(r.reasons)[0] ?? '-');
}

it('times: an edited command, check or value makes nothing stale, a changed file does; the default still sees the edit', async () => {
  const e = await made();
  e.edit('wfc.yml', 'cat {input} > {output}"}\n  all', 'cp {input} {output}"}\n  all');
  e.edit('wfc.yml', 'output: r', 'output: {path: r, check: {min_bytes: 9}}');
  expect(await planned(e, 'times')).toEqual(['-', '-', '-']);
  expect(await planned(e, 'fingerprints')).toEqual(['check failed', 'command changed', 'upstream runs']);
  expect((await e.run('--trust times')).stderr).toContain('nothing to do');
  // What was let pass is not recorded as good.
  expect(await planned(e, 'fingerprints')).toEqual(['check failed', 'command changed', 'upstream runs']);
  e.age('c', 100);
  expect(await planned(e, 'times')).toEqual(['-', 'output changed', 'upstream runs']);
});

it('contents: touched files of equal content are complete, and their new times are recorded', async () => {
  const e = await made('--trust contents');
  for (const path of ['source', 'r', 'c', 'a']) e.age(path, 100);
  expect(await planned(e, 'fingerprints')).toEqual(['output changed', 'output changed', 'output changed']);
  expect(await planned(e, 'contents')).toEqual(['-', '-', '-']);
  expect((await e.run('--trust contents')).stderr).toContain('nothing to do: all 3 tasks are complete');
  expect(e.calls()).toEqual([]);
  expect(await planned(e, 'fingerprints')).toEqual(['-', '-', '-']);
});

it('contents: another content of the same size is seen', async () => {
  const e = await made('--trust contents');
  e.write('source', 'xbc');
  expect(await planned(e, 'contents')).toEqual(['input changed', 'upstream runs', 'upstream runs']);
  e.write('c', 'z');
  expect(await planned(e, 'contents')).toEqual(['input changed', 'output changed', 'upstream runs']);
});

it('contents: a remade but equal file stops the wave, and a different one does not', async () => {
  const e = await made('--trust contents');
  e.write('source', 'another text with the same first letter');
  const { status, stderr } = await e.run('--trust contents');
  expect([status, stderr]).toEqual([
    0,
    expect.stringMatching(/^1 task done in .*, 2 need not run: their inputs came out as before$/),
  ]);
  expect(e.calls()).toEqual(['round']);
  expect((await e.wfc('resume --trust contents')).stderr).toContain('nothing to do');
  expect(await planned(e, 'fingerprints')).toEqual(['-', '-', '-']);
  e.write('source', 'xyz');
  const json = JSON.parse((await e.run('--trust contents --json')).stdout);
  expect(json).toMatchObject({ total: 3, done: 3, unchanged: 0 });
  expect(e.calls()).toEqual(['all', 'copy', 'round']);
  expect(e.read('a')).toBe('xother');
});

it('contents: without --trust contents the wave goes on', async () => {
  const e = await made('--trust contents');
  e.write('source', 'another text with the same first letter');
  await e.run();
  expect(e.calls()).toEqual(['all', 'copy', 'round']);
});

it('contents: files of a run that kept no contents go by their times', async () => {
  const e = await made();
  e.age('source', 100);
  expect(await planned(e, 'contents')).toEqual(['input changed', 'upstream runs', 'upstream runs']);
  expect(e.has('.wfc/contents.tsv')).toBe(false);
});

it('contents: a wave that comes through one of two inputs goes on', async () => {
  const e = await made('--trust contents');
  e.write('source', 'aXX');
  e.write('other', 'OTHER');
  await e.run('--trust contents');
  expect(e.calls()).toEqual(['all', 'round']);
  expect(e.read('a')).toBe('aOTHER');
});

it('contents: a torn or foreign line of the store is ignored, a lost store costs reruns and no more', async () => {
  const e = await made('--trust contents');
  const text = e.read('.wfc/contents.tsv');
  const line = text.split('\n').find((l) => l.startsWith('source\t'))!;
  e.write('.wfc/contents.tsv', text.replace(line, line.slice(0, -10)));
  e.age('source', 100);
  expect(await planned(e, 'contents')).toEqual(['input changed', 'upstream runs', 'upstream runs']);
  // What is appended after a torn end is read.
  e.write('.wfc/contents.tsv', text.slice(0, -9));
  await e.run('--trust contents --force round');
  e.calls();
  e.age('source', 200);
  expect(await planned(e, 'contents')).toEqual(['-', '-', '-']);
  e.remove('.wfc/contents.tsv');
  await e.run('--trust contents');
  expect(e.calls()).toEqual(['all', 'copy', 'round']);
});

it('contents: directories count by what their files hold, lists of many files by all of them', async () => {
  const e = await made(
    '--trust contents',
    `
params: {i: {from: 1, to: 70}}
rules:
  many: {input: source, output: {path: d, directory: true}, run: "echo many >> calls; mkdir -p {output}/sub; head -c 1 {input} > {output}/sub/f"}
  each: {input: source, output: "o/{i}", run: "head -c 1 {input} > {output}"}
  sum: {gather: i, input: [d, "o/{i}"], output: s, run: "echo sum >> calls; cat {input[0]}/sub/f \\"{input[1]}\\" > {output}"}
`,
  );
  e.write('source', 'aZ');
  expect((await e.run('--trust contents')).stderr).toMatch(/^71 tasks done .* 1 need not run/);
  expect(e.calls()).toEqual(['many']);
  e.age('o/33', 100);
  expect(await planned(e, 'contents')).toEqual(['-', '-', '-']);
  e.write('o/33', 'b');
  expect(await planned(e, 'contents')).toEqual(['-', 'output changed', 'upstream runs']);
});

it('contents: a protected output of a task that need not run is no obstacle; of one that must, it is', async () => {
  const e = await made('--trust contents', SPEC.replace('output: c', 'output: {path: c, protected: true}'));
  e.write('source', 'aXX');
  expect((await e.run('--trust contents')).status).toBe(0);
  e.write('source', 'xyz');
  const refused = await e.run('--trust contents');
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('its output is protected')]);
  expect(e.read('c')).toBe('a');
});

it('contents: a submission to Slurm leaves out what is equal, and records its new times first', async () => {
  const e = await made('--trust contents');
  for (const path of ['source', 'r', 'c', 'a']) e.age(path, 100);
  const { status, stderr } = await e.wfc('run --slurm --trust contents');
  expect([status, stderr]).toEqual([0, 'nothing to do: 3 tasks complete']);
  expect(await planned(e, 'fingerprints')).toEqual(['-', '-', '-']);
});

it('a mistyped --trust is told with the choices, status 2', async () => {
  const { status, stderr } = await experiment(SPEC).wfc('plan --trust content');
  expect([status, stderr]).toEqual([2, expect.stringContaining('none of times, fingerprints, contents')]);
});
