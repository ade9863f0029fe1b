import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { type Experiment, experiment, gone, isAlive } from '../support/experiment.ts';

/** `first` succeeds; `second` writes half of its output and waits at the gate; `third` reads it. */
const SPEC = `
rules:
  first: {output: out/first.txt, run: "echo first >> calls; echo first > {output}"}
  second:
    input: out/first.txt
    output: out/second.txt
    run: |
      echo second >> calls
      echo half > {output}
      echo $BASHPID > pid
      read -r < gate
      echo whole >> {output}
  third: {input: out/second.txt, output: out/third.txt, run: "echo third >> calls; cp {input} {output}"}
`;
const WHOLE = 'half\nwhole\n';

/** SIGKILL in one go for wfc, its shells and those that watch over them: the task alone lives on. */
async function killAllButTheTask(e: Experiment, wfc: number): Promise<number> {
  const task = Number(e.read('pid'));
  const all = (pid: number): number[] =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  // The shell is asked to stop first, so that none of the others outlives it for long enough to act.
  const shells = all(wfc).filter((pid) => all(pid).includes(task));
  const others = shells.flatMap((shell) => [...all(shell).filter((pid) => pid !== task), shell]);
  for (const pid of [...others, wfc]) process.kill(pid, 'SIGSTOP');
  for (const pid of [...others, wfc]) process.kill(pid, 'SIGKILL');
  await gone(wfc);
  return task;
}

it('a half-written output is known for one even where all of .wfc is lost; whole ones are kept', async () => {
  const e = experiment(SPEC);
  const gate = await e.gate('gate');
  const run = e.start(['run']);
  await e.filled('pid');
  run.kill('SIGKILL');
  await run.ended;
  e.remove('.wfc');
  expect(e.read('out/second.txt')).toBe('half\n');
  expect(readdirSync(e.path('out')).sort()).toEqual(['.second.txt.wfc-incomplete', 'first.txt', 'second.txt']);
  expect(e.calls()).toEqual(['first', 'second']);

  const plan = JSON.parse((await e.wfc('plan --json')).stdout);
  expect(plan.rules.map((r: { reasons: object }) => r.reasons)).toEqual([
    {},
    { 'output incomplete': 1 },
    { 'output missing': 1 },
  ]);
  const next = e.start(['run']);
  await gate.pass();
  const { status, stderr } = await next.ended;
  expect([status, stderr]).toEqual([0, expect.stringContaining('there are no records in .wfc/')]);
  expect(e.calls()).toEqual(['second', 'third']);
  expect([e.read('out/second.txt'), e.read('out/third.txt')]).toEqual([WHOLE, WHOLE]);

  // Nothing is left beside outputs that are whole, nor after a failure.
  expect(readdirSync(e.path('out')).sort()).toEqual(['first.txt', 'second.txt', 'third.txt']);
  e.remove('.wfc');
  await e.run();
  expect(e.calls()).toEqual([]);
});

it('a failed task leaves no mark beside its outputs', async () => {
  const e = experiment(`
rules:
  bad: {output: out/a, run: "echo half > {output}; exit 3"}
`);
  expect((await e.run()).status).toBe(1);
  expect(readdirSync(e.path('out'))).toEqual([]);
});

it('an output with a name of 255 bytes is made all the same', async () => {
  const name = 'n'.repeat(255);
  const e = experiment(`
rules:
  long: {output: out/${name}, run: "echo long > {output}"}
`);
  expect((await e.run()).status).toBe(0);
  expect(readdirSync(e.path('out'))).toEqual([name]);
});

it('a task that outlived all that watched over it is stopped before its next attempt', async () => {
  const e = experiment(SPEC);
  const gate = await e.gate('gate');
  const run = e.start(['run']);
  await e.filled('pid');
  // Its start is known once wfc has looked at its messages.
  await e.started('out/second.txt');
  const task = await killAllButTheTask(e, run.pid);
  await run.ended;
  expect(isAlive(task)).toBe(true);
  e.calls();

  const next = e.start(['run']);
  await next.said('stopped 1 task of an earlier run');
  await gone(task);
  await gate.pass();
  expect((await next.ended).status).toBe(0);
  expect(e.read('out/third.txt')).toBe(WHOLE);
  expect(e.calls()).toEqual(['second', 'third']);
});

it('a process group that is not the task’s is left alone, though it has its number', async () => {
  const e = experiment(SPEC);
  // The group of this very test: older than the one attempt in the journal, younger than the other.
  const later = Math.floor(Date.now() / 1000) + 3600;
  const group = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')[2]);
  const host = (await import('node:os')).hostname().replace(/[^A-Za-z0-9._-]/g, '_');
  e.write(
    '.wfc/journal/000001-x.tsv',
    `run\t1\t${host}\t\t.\nstarted\tout/first.txt\t1\t${later}\t${group}\t.\nstarted\tout/second.txt\t1\t1000\t${group}\t.\n`,
  );
  const { stderr } = await e.run('--goal out/first.txt');
  expect(stderr).not.toContain('of an earlier run');
});

/** Of a task that waits at a gate: the state of its mark while it runs, and the names beside its output afterwards. */
async function markOf(folder: string): Promise<{ inode: number; seed: number; left: string[] }> {
  const e = experiment(`
rules:
  one: {output: "${folder}/a", run: "touch begun; read -r < gate; touch {output}"}
`);
  const gate = await e.gate('gate');
  const run = e.start(['run']);
  await e.appeared('begun');
  const at = folder.startsWith('/') ? folder : e.path(folder);
  const inode = statSync(`${at}/.a.wfc-incomplete`).ino;
  const seed = statSync(e.path('.wfc/local/marker')).ino;
  await gate.pass();
  expect((await run.ended).status).toBe(0);
  return { inode, seed, left: readdirSync(at) };
}

it('all marks of half-written outputs are one file, so that no file is made and removed a task', async () => {
  const { inode, seed, left } = await markOf('out');
  expect(inode).toBe(seed);
  expect(left).toEqual(['a']);
});

it.skipIf(!existsSync('/dev/shm'))('an output on another file system is marked too', async () => {
  const shm = mkdtempSync('/dev/shm/wfc-marks-');
  onTestFinished(() => rmSync(shm, { recursive: true }));
  const { inode, seed, left } = await markOf(shm);
  expect(inode).not.toBe(seed);
  expect(left).toEqual(['a']);
});

it('an attempt that was killed before the journal told of it is known by its mark, and not accepted', async () => {
  const e = experiment(`
rules:
  old: {output: out/a, run: "echo old >> calls; echo {rule} > {output}"}
  new: {output: out/b, run: "echo new >> calls; echo {rule} > {output}"}
`);
  await e.run('--goal old');
  const plan = async (): Promise<string> => (await e.wfc('plan')).stdout.replace(/ +/g, ' ');
  // By hand, a change without a mark: it may be accepted.
  e.write('out/a', 'half');
  e.write('out/b', 'half');
  expect(await plan()).toMatch(/old output changed\n.*new no record/);
  e.write('out/.a.wfc-incomplete', '');
  e.write('out/.b.wfc-incomplete', '');
  expect(await plan()).toMatch(/old output incomplete\n.*new output incomplete/);
  await e.wfc('accept');
  e.calls();
  expect((await e.run()).status).toBe(0);
  expect(e.calls()).toEqual(['new', 'old']);
  expect([e.read('out/a'), e.read('out/b')]).toEqual(['old\n', 'new\n']);
});
