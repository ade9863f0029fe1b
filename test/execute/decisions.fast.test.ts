/** What the executor decides: order, retries, limits of time, what is journaled when. Nothing runs, and no time passes. */
import { expect, it } from 'vitest';
import { World } from './in-memory.ts';

/** b reads a; c is on its own. */
const CHAIN = `
wfc: 1
rules:
  a: {output: a, run: x}
  b: {input: a, output: b, run: x}
  c: {output: c, run: x}
`;

const one = (settings: string): string => `wfc: 1\nrules: {a: {output: a, run: x, ${settings}}}`;

it('a task begins once what it reads is recorded, and the record is out of hand; what is nearer to the end begins first', async () => {
  const world = new World(CHAIN);
  expect(world.tasks).toEqual(['c', 'a']);
  world.end('a');
  expect(world.tasks).toEqual(['c', 'b']);
  expect(world.eventsOf('begin', 'done', 'flush')).toEqual(['begin c 1', 'begin a 1', 'done a', 'flush', 'begin b 1']);
  world.end('b');
  world.end('c');
  expect(await world.ended()).toMatchObject({ outcome: 'done', counts: { done: 3 } });
});

it('no more tasks run at a time than may, and than there are CPUs for', () => {
  const spec = 'wfc: 1\nparams: {i: [1, 2, 3, 4, 5]}\nrules: {a: {output: "{i}", run: x, resources: {cpus: 2}}}';
  const few = new World(spec, { options: { maxParallel: 3 } });
  expect(few.tasks).toEqual(['1', '2', '3']);
  few.end('2');
  expect(few.tasks).toEqual(['1', '3', '4']);
  const narrow = new World(spec, { options: { limits: { cpus: 5, memoryMiB: 8192, gpus: [] } } });
  expect(narrow.tasks).toEqual(['1', '2']);
  narrow.end('1');
  expect(narrow.tasks).toEqual(['2', '3']);
});

it('an attempt begins without old outputs, and its marker stands from before its command until behind its record', () => {
  const world = new World(one('resources: {cpus: 1}'), { files: { a: 7 } });
  expect(world.events).toEqual(['remove a', 'mark a', 'begin a 1']);
  world.end('a');
  expect(world.events.slice(3)).toEqual(['done a', 'flush', 'unmark a', 'close']);
});

it('a task that fails is tried again as often as it may be, each time behind the record of its failure', async () => {
  const world = new World(one('retries: 2'));
  for (const status of [3, 4, 5]) world.end('a', status);
  expect(world.eventsOf('begin', 'failed', 'flush', 'told')).toEqual([
    ...['begin a 1', 'failed a 1 exit_status:3', 'told of a, to be tried again', 'flush'],
    ...['begin a 2', 'failed a 2 exit_status:4', 'told of a, to be tried again', 'flush'],
    ...['begin a 3', 'failed a 3 exit_status:5', 'told of a'],
  ]);
  expect(await world.ended()).toMatchObject({ outcome: 'failed', failures: [{ attempts: 3 }], counts: { failed: 1 } });
});

it('a retry whose input went meanwhile does not begin, and the run comes to its end', async () => {
  const world = new World('wfc: 1\nrules: {a: {input: s, output: a, retries: 1, run: x}}', { files: { s: 1 } });
  world.files.delete('s');
  world.end('a', 1);
  expect(world.eventsOf('begin', 'failed')).toEqual([
    'begin a 1',
    'failed a 1 exit_status:1',
    'failed a 0 source_missing:s',
  ]);
  expect((await world.ended()).outcome).toBe('failed');
});

it('after a failure no task begins, and those that run end', async () => {
  const world = new World(CHAIN);
  world.end('c', 1);
  await world.settled();
  expect([world.tasks, world.result]).toEqual([['a'], null]);
  world.end('a');
  expect(world.tasks).toEqual([]);
  expect(await world.ended()).toMatchObject({
    outcome: 'failed',
    counts: { failed: 1, blocked: 0, done: 1, total: 3 },
  });
});

it('a task that fails after another has failed is not tried again', async () => {
  const world = new World('wfc: 1\nrules: {a: {output: a, run: x}, b: {output: b, retries: 1, run: x}}');
  world.end('a', 1);
  world.end('b', 1);
  expect(world.tasks).toEqual([]);
  expect(await world.ended()).toMatchObject({ counts: { failed: 2 } });
});

it('where a run goes on after a failure, all begins but what depends on it', async () => {
  const world = new World(`${CHAIN}  d: {input: c, output: d, run: x}`, { options: { onFailure: 'continue' } });
  world.end('a', 1);
  world.end('c');
  expect(world.tasks).toEqual(['d']);
  world.end('d');
  expect(await world.ended()).toMatchObject({ outcome: 'failed', counts: { failed: 1, blocked: 1, done: 2 } });
});

it('at its time limit a task is asked to stop, is killed once its grace is over, and has failed by its limit', async () => {
  const world = new World(one('resources: {time: 60s}'), { options: { graceSeconds: 5 } });
  world.pass(60);
  expect(world.eventsOf('SIGTERM', 'SIGKILL')).toEqual([]);
  world.pass(0.4);
  expect(world.eventsOf('SIGTERM', 'SIGKILL')).toEqual(['SIGTERM a']);
  world.pass(4.6);
  expect(world.eventsOf('SIGTERM', 'SIGKILL')).toEqual(['SIGTERM a']);
  world.pass(0.6);
  expect(world.eventsOf('SIGTERM', 'SIGKILL').slice(0, 2)).toEqual(['SIGTERM a', 'SIGKILL a']);
  world.end('a', 137);
  expect(world.eventsOf('failed')).toEqual(['failed a 1 time_limit:60']);
  // What it said is that: the log is told of.
  expect((await world.ended()).failures[0]!.log).toBe('.wfc/logs/a.log');
});

it('a task that has not started yet when it is to stop is asked as soon as it has', () => {
  const world = new World(one('resources: {time: 1s}'), { startsAtOnce: false });
  world.pass(3);
  expect(world.eventsOf('SIGTERM')).toEqual([]);
  world.started('a');
  world.pass(0.4);
  expect(world.eventsOf('SIGTERM')).toEqual(['SIGTERM a']);
});

it('an interrupted task is no failure, leaves no outputs, is not tried again, and nothing else begins', async () => {
  const world = new World('wfc: 1\nrules: {a: {output: a, retries: 3, run: x}, b: {input: a, output: b, run: x}}');
  world.write('a');
  world.interrupt();
  world.end('a', 143);
  expect(world.events.slice(2)).toEqual(['SIGTERM a', 'remove a', 'unmark a', 'interrupted a', 'close']);
  expect(await world.ended()).toMatchObject({ outcome: 'interrupted', failures: [], counts: { done: 0, failed: 0 } });
});

it('a second interruption kills', () => {
  const world = new World(CHAIN);
  world.interrupt();
  world.interrupt();
  expect(world.eventsOf('SIGTERM', 'SIGKILL')).toEqual(['SIGTERM c', 'SIGTERM a', 'SIGKILL c', 'SIGKILL a']);
});

it('a command that succeeds without its outputs has failed, and what it did write goes before that is journaled', () => {
  const world = new World('wfc: 1\nrules: {a: {output: {one: a, two: b}, run: x}}');
  world.end('a', 0, ['a']);
  expect(world.events.slice(2)).toEqual(['remove a', 'unmark a', 'failed a 1 output_missing:b', 'told of a', 'close']);
});

it('what a lost shell leaves running is killed', () => {
  const world = new World(one('retries: 0'));
  world.end('a', null);
  expect(world.eventsOf('SIGKILL', 'failed')).toEqual(['SIGKILL a', 'failed a 1 shell_lost']);
});

it('a temp output goes once all that reads it has succeeded, not before', async () => {
  const world = new World(`
wfc: 1
rules:
  a: {output: {path: a, temp: true}, run: x}
  b: {input: a, output: b, run: x}
  c: {input: a, output: c, run: x}
  d: {input: c, output: d, run: x}
`);
  world.end('a');
  world.end('b');
  expect(world.files.has('a')).toBe(true);
  world.end('c');
  expect(world.files.has('a')).toBe(false);
  world.end('d');
  expect((await world.ended()).outcome).toBe('done');
});

it('a task without its source, or whose output is protected, is refused before anything begins', async () => {
  const spec = `
wfc: 1
rules:
  a: {input: s, output: a, run: x}
  b: {output: {path: b, protected: true}, run: x}
  c: {output: {path: c, protected: true}, run: x}
`;
  const given = { files: { s: 1, b: 1 }, protected: ['b'], missingSources: { a: 's' } };
  const world = new World(spec, { ...given, options: { onFailure: 'continue' } });
  expect(world.eventsOf('begin', 'failed')).toEqual([
    ...['failed a 0 source_missing:s', 'failed b 0 output_protected:b', 'begin c 1'],
  ]);
  expect(world.files.has('b')).toBe(true);
  world.end('c');
  expect(world.protected.has('c')).toBe(true);
  expect(await world.ended()).toMatchObject({ outcome: 'failed', counts: { done: 1, failed: 2 } });
});

it('an error of the disk ends the run in the open: what runs is killed, half-made outputs go, nothing is journaled of them', async () => {
  const world = new World(CHAIN);
  world.write('c');
  world.diskError = new Error('no space');
  world.end('a');
  await world.settled();
  expect(world.error).toBe(world.diskError);
  expect(world.events.slice(-3)).toEqual(['SIGKILL c', 'remove c', 'close']);
  expect(world.eventsOf('done', 'failed')).toEqual([]);
});

it('a task that is killed for want of memory while it runs alone ran out of it', () => {
  const world = new World(one('retries: 0'));
  world.kills = 1;
  world.end('a', 1);
  expect(world.eventsOf('failed')).toEqual(['failed a 1 out_of_memory']);
});

it('a record tells how long the attempt took, by the clock, without those before', () => {
  const world = new World(one('retries: 1'));
  world.pass(7);
  world.end('a', 1);
  world.pass(3);
  world.end('a');
  expect(world.records.get('a')!.durationSeconds).toBe(3);
});
