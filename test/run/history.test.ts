/** Journals and states as texts: what is written is read back, and nothing else is taken for it. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { doneLine, emptyHistory, historyLines, journalLine } from '../../src/resume/history.ts';
import { readInto } from '../../src/resume/journal/read-journal.ts';
import { firstDifference, parseState, stateText } from '../../src/resume/record.ts';
import { secondsApart } from '../../src/resume/stop.ts';
import { experiment } from '../support/experiment.ts';

it('a state that is written is read back, and what is no state is none', () => {
  const state = fc.record({ mtimeMs: fc.nat(2 ** 31).map((s) => s * 1000 + 1.5), size: fc.nat() });
  fc.assert(
    fc.property(state, (s) => {
      expect(parseState(stateText(s))).toEqual(s);
    }),
  );
  for (const text of [
    '',
    '-',
    '1.5:3',
    '.123456789:3',
    '1.123456789:',
    '1.12345678x:3',
    '1.123456789:3x',
    'x.123456789:3',
  ])
    expect(parseState(text), text).toBeNull();
});

it('one state compares as it does among others: the same, another, in whole seconds, missing, remade', () => {
  const now = { mtimeMs: 1_700_000_000_123.5, size: 4 };
  const text = stateText(now);
  for (const [recorded, same] of [
    [text, true],
    [text.replace(/:4$/, ':5'), false],
    ['1700000000.000000000:4', true],
    ['1700000001.000000000:4', false],
    ['-', false],
    ['', false],
    [`1600000000.000000000:9|${text}`, true],
  ] as const) {
    expect(firstDifference(recorded, [now]) === -1, recorded).toBe(same);
    if (recorded !== '') expect(firstDifference(`${text},${recorded}`, [now, now]) === -1, recorded).toBe(same);
  }
  expect(firstDifference(text, [null])).toBe(0);
  expect(firstDifference(text, [])).toBe(0);
  expect(firstDifference('', [])).toBe(-1);
});

/** Lines of two former journals that tell the same as those of now. */
const OLD = `run\t1000.5\tn1\t7_1\t.\nstarted\ta\t1\t1000\t77\t.\nfailed\ta\t1\t137\tkilled by signal 9\t.\n`;
const NEW = `run\t2\t1000.5\tn1\t7_1\t.\nstarted\ta\t1\t1000\t77\t.\nfailed\ta\t1\t137\tsignal:137:KILL\t.\n`;

function read(...texts: readonly string[]) {
  const history = emptyHistory();
  for (const text of texts) readInto(history, Buffer.from(text));
  return history;
}

/** The same with its records read. */
function told(history: ReturnType<typeof read>) {
  return { ...history, records: new Map(history.records) };
}

it('former journals tell what journals of now tell, and are written as these', () => {
  expect(told(read(OLD))).toEqual(told(read(NEW)));
  expect(told(read([...historyLines(read(OLD))].join('')))).toEqual(told(read(NEW)));
  expect([...historyLines(read(OLD))][0]).toBe('run\t2\t1000.5\tn1\t7_1\t.\n');
});

it('a journal of a newer version is not misread, but told of', () => {
  expect(() => read(NEW.replace('run\t2\t', 'run\t3\t'))).toThrow('a newer wfc wrote this journal (version 3');
  expect(() => read(`run\t4\tanything\t.\n`)).toThrow('version 4');
  // Torn, and not of a version.
  expect(told(read('run\t2\t1000.5\tn1started\ta\t1\t1000\t77\t.\n'))).toEqual(told(emptyHistory()));
});

it.each(['status', 'run', 'run --json', 'why a', 'logs a', 'report', 'accept', 'resume'])(
  'wfc %s says so, and changes nothing',
  async (command) => {
    const e = experiment('rules: {one: {output: a, run: "touch {output}"}}\n');
    e.write('.wfc/journal/000007-x-1.tsv', 'run\t3\t1\tx\t\t.\n');
    const { status, stdout, stderr } = await e.wfc(command);
    expect([status, stdout + stderr]).toEqual([3, expect.stringContaining('000007-x-1.tsv: a newer wfc wrote this')]);
    expect(e.files('.')).toEqual(['.wfc/journal/000007-x-1.tsv', 'wfc.yml']);
  },
);

it('a task that was refused keeps its record, and its attempt that has no end', () => {
  const refused = journalLine('failed', 'a', 0, '', 'output_protected:a');
  const done = doneLine('a', {
    fingerprint: 'f',
    checks: '',
    durationSeconds: 1,
    inputs: '',
    outputs: '',
    peakMiB: null,
  });
  const started = journalLine('started', 'a', 1, 1, 1);
  expect(read(done, refused).records.has('a')).toBe(true);
  expect(read(started, refused).unfinished.has('a')).toBe(true);
  expect(read(started, refused, done).failed.has('a')).toBe(false);
  const names = (...texts: readonly string[]): string[][] => {
    const { records, unfinished, failed } = read(...texts);
    return [records, unfinished, failed].map((of) => [...of.keys()]);
  };
  for (const texts of [
    [done, refused],
    [started, refused],
  ])
    expect(names(...historyLines(read(...texts)))).toEqual(names(...texts));
});

it('a record is read where its line stands, with who made it: among many writers, copied, and made anew', () => {
  const record = { fingerprint: 'f', checks: 'c', durationSeconds: 1.5, inputs: '1.5:1', outputs: '2.5:2', peakMiB: 7 };
  const run = (host: string): string => `run\t2\t1000.5\t${host}\t\t.\n`;
  const started = (task: string): string => journalLine('started', task, 1, 1, 1);
  const first = run('n1') + started('a') + doneLine('a', record) + run('n2') + started('b') + doneLine('b', record);
  const copy = run('n3') + doneLine('a', { ...record, fingerprint: 'g', peakMiB: null });
  const records = (...texts: readonly string[]) => new Map(read(...texts).records);
  expect(records(first)).toEqual(
    new Map([
      ['a', { ...record, place: { host: 'n1', slurmId: '', writerBegan: '1000.5' } }],
      ['b', { ...record, place: { host: 'n2', slurmId: '', writerBegan: '1000.5' } }],
    ]),
  );
  expect(records(first, copy).get('a')).toMatchObject({ fingerprint: 'g', peakMiB: null, place: { host: 'n1' } });
  expect(records(copy).get('a')!.place).toBeNull();
  const anew = run('n4') + started('a') + doneLine('a', record);
  expect(records(first, copy, anew).get('a')).toMatchObject({ ...record, place: { host: 'n4' } });
});

it('of many tasks each finds its own record, by its text and by its bytes, and no other name finds one', () => {
  const names = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom('a', 'b', '/', 'ä', '語', '😀', ' '), minLength: 1 }),
    {
      minLength: 1,
      maxLength: 60,
    },
  );
  const many = Array.from({ length: 3000 }, (_, i) => `out/${i}`);
  const record = { checks: '', durationSeconds: 1, inputs: '', outputs: '', peakMiB: null };
  fc.assert(
    fc.property(names, (some) => {
      const all = [...many, ...some];
      const [known, unknown] = [all.filter((_, i) => i % 3 > 0), all.filter((_, i) => i % 3 === 0)];
      const { records } = read(known.map((name) => doneLine(name, { ...record, fingerprint: name })).join(''));
      expect(records.size).toBe(known.length);
      for (const name of known) {
        expect(records.get(name)?.fingerprint).toBe(name);
        const bytes = Buffer.from(`${name} and more`);
        expect(records.names.findBytes(bytes, Buffer.byteLength(name))).toBe(records.names.find(name));
      }
      for (const name of unknown) expect(records.has(name) || records.get(name) !== undefined).toBe(false);
    }),
    { numRuns: 10 },
  );
});

it('a torn line, and one of an unknown kind or with too few or too many fields, says nothing', () => {
  const record = {
    fingerprint: 'f',
    checks: '',
    durationSeconds: 1,
    inputs: '',
    outputs: '1.123456789:3',
    peakMiB: null,
  };
  const done = doneLine('a', record);
  const started = journalLine('started', 'a', 1, 1, 1);
  const read = (text: string) => {
    const history = emptyHistory();
    readInto(history, Buffer.from(text));
    return [history.records, history.unfinished, history.failed].map((tasks) => [...tasks.keys()]);
  };
  expect(read(started)).toEqual([[], ['a'], []]);
  expect(read(started + done)).toEqual([['a'], [], []]);
  expect(read(started + doneLine('a', { ...record, peakMiB: 12 }))).toEqual([['a'], [], []]);
  expect(read(started + journalLine('failed', 'a', 1, 1, 'no', 12))).toEqual([[], [], ['a']]);
  for (const torn of [
    done.slice(0, -1),
    `${done.slice(0, 12)}\n`,
    done.slice(0, 12) + started,
    journalLine('done', 'a', 'f', '', 1, '', '1:3', 12, 13),
    // One field more, as if it had a peak of memory.
    `done\t${journalLine('done', 'a', 'f', '', 1, '', '1:3')}`,
    `failed\t${journalLine('failed', 'a', 1, 1, 'no')}`,
    doneLine('a', record).replace('\t.\n', journalLine('end', 0)),
    journalLine('toString', 'a'),
    '\t.\n',
    '\n',
  ])
    expect(read(started + torn), torn).toEqual([[], ['a'], []]);
});

it('how often a task went on, and how far apart, is read back, also after a merge, and counts anew after a success', () => {
  const run = (began: number) => journalLine('run', 2, began, 'n1', '');
  const started = (at: number) => journalLine('started', 'a', 1, at, 7);
  const stopped = (at: number) => journalLine('interrupted', 'a', 'time_limit', at);
  const failed = journalLine('failed', 'a', 3, 1, 'exit_status:1');
  const record = { fingerprint: 'f', checks: '', durationSeconds: 1, inputs: '', outputs: '1.1:3', peakMiB: null };
  const done = doneLine('a', record);
  const read = (...texts: readonly string[]) => {
    const history = emptyHistory();
    for (const text of texts) readInto(history, Buffer.from(text));
    return history;
  };
  const twice = started(100) + stopped(110) + started(111) + stopped(130);
  for (const [lines, times, apart] of [
    [started(100) + stopped(110), 1, 10],
    [twice, 2, 15],
    [twice + started(131), 2, 15],
    [twice + started(131) + failed, 2, 15],
    [twice + started(131) + done, 2, 15],
    [twice + started(131) + done + started(200) + stopped(207), 1, 7],
  ] as const) {
    const history = read(run(99) + lines);
    const merged = [...historyLines(history)].join('');
    // A journal of a submission stays beside what was merged.
    for (const one of [history, read(merged), read(run(99) + lines, merged)]) {
      const known = one.interruptions.get('a')!;
      expect([known.times.length, secondsApart(known)], lines).toEqual([times, apart]);
      expect([...one.stopped.keys()], lines).toEqual([...history.stopped.keys()]);
      expect([...one.records.keys()], lines).toEqual([...history.records.keys()]);
    }
  }
  expect(read(run(99) + started(100) + done).interruptions.size).toBe(0);
});
