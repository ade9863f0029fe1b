import { describe, expect, it } from 'vitest';
import { type AttemptHistory, emptyAttempts, readAttempts } from '../../src/resume/attempts.ts';
import { emptyHistory, historyLines } from '../../src/resume/history.ts';
import { readInto } from '../../src/resume/journal/read-journal.ts';
import { experiment } from '../support/experiment.ts';

function lines(...rows: string[]): string {
  return rows.map((row) => `${row.replaceAll(' ', '\t')}\t.\n`).join('');
}

/** What journals say of tasks; one that was queued on Slurm has the time for its second part. */
function read(...journals: (string | [text: string, queuedSeconds: number])[]): AttemptHistory {
  const history = emptyAttempts();
  for (const journal of journals) {
    const [text, queued] = typeof journal === 'string' ? [journal, null] : journal;
    readAttempts(history, text, queued);
  }
  return history;
}

const ran = lines('run 100.500 node1 77_3', 'started a 1 110 5', 'done a f c 4.250 - 114.750000000:1 512');

it('imports of interpreters that were kept up are counted by what they import; a torn line is none', () => {
  const torn = 'preload\tab12\t0.';
  const { preloads } = read(
    `${lines('preload ab12 0.600')}${ran}${lines('preload cd34 2.000')}`,
    lines('preload ab12 0.800'),
    torn,
  );
  expect([...preloads]).toEqual([
    ['ab12', { starts: 2, seconds: 1.4 }],
    ['cd34', { starts: 1, seconds: 2 }],
  ]);
  const history = emptyHistory();
  readInto(history, Buffer.from(lines('preload ab12 0.600') + ran));
  expect([...read([...historyLines(history)].join('')).preloads]).toEqual([['ab12', { starts: 1, seconds: 0.6 }]]);
});

describe('when and where a task ran', () => {
  it('is told by its start, and to a fraction of a second by its output', () => {
    expect(read([ran, 90]).last.get('a')).toEqual({
      outcome: 'done',
      attempt: 1,
      host: 'node1',
      slurmId: '77_3',
      startSeconds: 110.5,
      durationSeconds: 4.25,
      askedSeconds: 90,
      peakMiB: 512,
    });
    expect(read(ran).last.get('a')).toMatchObject({ askedSeconds: 100.5 });
  });

  it('is told by its start alone where that has a fraction', () => {
    const exact = ran.replace('110', '110.125').replace('114.750000000', '999.000000000');
    expect(read(exact).last.get('a')?.startSeconds).toBe(110.125);
  });

  it('is not misled by an output whose time the command set', () => {
    for (const [time, start] of [
      ['5.000000000', 110],
      ['999.000000000', 111],
    ] as const) {
      const text = ran.replace('114.750000000', time);
      expect(read(text).last.get('a')?.startSeconds).toBe(start);
    }
  });

  it('stays when another element or an accepted edit copies the record', () => {
    const copy = lines('run 200.000 node2 78_0', 'done a f c 4.250 - 114.750000000:1 512');
    const accepted = lines('run 300.000 laptop ', 'done a g c 4.250 - 299.000000000:1 512');
    const known = read([ran, 90]).last.get('a');
    expect(read([ran, 90], [copy, 190], accepted).last.get('a')).toEqual(known);
    // Without the original nobody knows the host; the outputs still tell the time.
    expect(read(copy).last.get('a')).toMatchObject({ host: '', slurmId: '', startSeconds: 110.5, attempt: 0 });
  });

  it('of an attempt that failed or has no end is its start, and so of one that was stopped', () => {
    const failed = lines('run 400.000 node1 ', 'started a 2 410 5', 'failed a 2 1 no');
    expect(read(ran, failed).last.get('a')).toMatchObject({ outcome: 'failed', startSeconds: 410, attempt: 2 });
    const large = failed.replace('\tno\t', '\tout of memory\t4010\t');
    expect(read(ran, large).last.get('a')).toMatchObject({ outcome: 'failed', peakMiB: 4010 });
    expect(read(ran, failed).failedStarts).toEqual([{ task: 'a', startSeconds: 410, host: 'node1' }]);
    const open = lines('run 400.000 node1 ', 'started a 1 420 5');
    expect(read(ran, open).last.get('a')).toMatchObject({ outcome: 'no end', startSeconds: 420 });
    for (const line of ['interrupted a', 'interrupted a job_limit 430'])
      expect(read(ran, `${open}${lines(line)}`).last.get('a')).toMatchObject({ outcome: 'stopped', startSeconds: 420 });
    expect(read(ran, lines('interrupted a')).last.has('a')).toBe(false);
  });

  it('a torn line tells nothing', () => {
    expect(read(ran.slice(0, -3)).last.get('a')).toMatchObject({ outcome: 'no end' });
  });
});

describe('the place of a success', () => {
  it('outlives the merging of journals, also twice', () => {
    const other = lines('run 120.000 laptop ', 'started b 1 121 5', 'done b f c 1.000 - 122.500000000:1');
    const history = emptyHistory();
    for (const text of [ran, other]) readInto(history, Buffer.from(text));
    const merged = [...historyLines(history)].join('');
    const again = emptyHistory();
    readInto(again, Buffer.from(merged));
    expect([...historyLines(again)].join('')).toBe(merged);
    expect(read(merged).last.get('a')).toMatchObject({
      host: 'node1',
      slurmId: '77_3',
      startSeconds: 110.5,
      peakMiB: 512,
    });
    expect(read(merged).last.get('b')).toMatchObject({ host: 'laptop', slurmId: '', startSeconds: 121.5 });
  });

  it('is that of the machine that ran it, not of one that copied its record', () => {
    const history = emptyHistory();
    for (const text of [ran, lines('run 200.000 node2 78_0', 'done a f c 4.250 - 114.750000000:1 512')])
      readInto(history, Buffer.from(text));
    expect(history.records.get('a')?.place).toMatchObject({ host: 'node1', slurmId: '77_3' });
  });

  it('is in the journal of a folder after three runs here', async () => {
    const study = experiment('params: {i: [1, 2, 3]}\nrules: {one: {output: "o/{i}", run: "echo > {output}"}}\n');
    for (const i of [1, 2, 3]) expect((await study.run(`--set i=${i}`)).status).toBe(0);
    const journals = study.files('.wfc/journal').filter((file) => file.includes('merged'));
    expect(journals).toHaveLength(1);
    const { last } = read(study.read(journals[0]!));
    expect([...last.keys()]).toEqual(['o/1', 'o/2']);
    for (const { host, durationSeconds, startSeconds } of last.values()) {
      expect(host).not.toBe('');
      expect(durationSeconds).toBeGreaterThan(0);
      expect(Math.abs(startSeconds - Date.now() / 1000)).toBeLessThan(3600);
    }
  });
});
