/** What the runner of an array element promises, without Slurm. On a real Slurm: runner-slurm.test.ts. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { firstDifference, statesText } from '../../src/resume/record.ts';
import { gone, timeless, until } from '../support/experiment.ts';
import { type FixtureTask, Submission } from './runner-fixture.ts';

const JOURNAL = '.wfc/journal/000001-slurm-abc';

function seen(submission: Submission, paths: readonly string[]) {
  return paths.map((path) => {
    const { mtimeMs, size } = statSync(join(submission.folder, path));
    return { mtimeMs, size };
  });
}

/** Ids of processes whose working directory this is. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === folder;
    } catch {
      return false;
    }
  });
}

const note = 'echo "$out" >>ran; echo made >"$out"';

describe.concurrent('records', () => {
  it('a complete task is skipped, and run again after its output, its input or its fingerprint changed', async () => {
    const tasks: FixtureTask[] = [
      { out: 'out/a', options: 'in=source', run: note },
      { out: 'out/b', options: 'from=out/a', run: note },
      { out: 'out/c', options: 'old=source', run: note },
    ];
    const s = new Submission({ main: { elements: [tasks] } });
    s.write('source', 'x');
    expect((await s.run('main')).status).toBe(0);
    expect(s.ran).toEqual(['out/a', 'out/c', 'out/b']);
    expect(s.events('main')).toEqual(s.ran.flatMap((task) => [`started ${task}`, `done ${task}`]));

    const first = s.journal('main').find((f) => f[0] === 'done')!;
    expect((await s.run('main')).output).toContain('3 were complete');
    expect(s.ran).toHaveLength(3);
    // The record is written again as it was, so that consumers read one journal only.
    expect(s.journal('main').find((f) => f[0] === 'done')).toEqual(first);
    expect(s.events('main')).toEqual(['done out/a', 'done out/b', 'done out/c']);

    s.write('out/b', 'tampered');
    await s.run('main');
    expect(s.ran.slice(3)).toEqual(['out/b']);
    // An older source put back counts too; an ancient one does not, though it must exist.
    utimesSync(join(s.folder, 'source'), 1, 1);
    await s.run('main');
    expect(s.ran.slice(4)).toEqual(['out/a', 'out/b']);
    const renewed = new Submission({ main: { elements: [tasks.map((t) => ({ ...t, fingerprint: 'f2' }))] } }, s.folder);
    await renewed.run('main');
    expect(s.ran.slice(6)).toEqual(['out/a', 'out/c', 'out/b']);
  });

  it('is the same where there is no du that answers file by file', async () => {
    const s = new Submission({
      main: {
        elements: [
          [
            { out: 'out/a', options: 'in=source', run: note },
            { out: 'out/b', options: 'from=out/a', run: note },
          ],
        ],
      },
    });
    s.write('source', 'x');
    s.write('bin/du', '#!/bin/bash\necho "$*" >>du-calls\nexit 1\n');
    chmodSync(join(s.folder, 'bin/du'), 0o755);
    const env = { PATH: `${join(s.folder, 'bin')}:${process.env.PATH}` };
    expect((await s.run('main', { env })).status).toBe(0);
    expect(s.read('du-calls').trimEnd().split('\n')).toHaveLength(1);
    expect(firstDifference(s.field('main', 'done', 'out/a', 5)!, seen(s, ['source']))).toBe(-1);
    expect(firstDifference(s.field('main', 'done', 'out/b', 6)!, seen(s, ['out/b']))).toBe(-1);
    // With du, what was recorded without it holds, and the other way round.
    expect((await s.run('main')).output).toContain('2 were complete');
    s.write('source', 'y');
    expect((await s.run('main')).output).toContain('2 done');
    expect((await s.run('main', { env })).output).toContain('2 were complete');
  });

  it('a later submission of the same artifacts skips what an earlier one did, one of others does not', async () => {
    const s = new Submission({ main: { elements: [[{ out: 'a', run: note }]] } });
    await s.run('main');
    await s.run('main', { journal: '.wfc/journal/000002-slurm-abc' });
    expect(s.ran).toHaveLength(1);
    await s.run('main', { journal: '.wfc/journal/000003-slurm-other' });
    expect(s.ran).toHaveLength(2);
  });

  it('attempts count in the order of their restarts, whatever the clocks of nodes say', async () => {
    const s = new Submission({ main: { elements: [[{ out: 'a', run: `${note}; [[ -e ok ]]` }]] } });
    const attempt = (restarts: number) =>
      s.run('main', {
        env: {
          wfc_element: '',
          SLURM_JOB_ID: '7',
          SLURM_ARRAY_JOB_ID: '7',
          SLURM_ARRAY_TASK_ID: '0',
          SLURM_RESTART_COUNT: String(restarts),
        },
      });
    await attempt(0);
    // The clock of the first node is ahead: its failure would seem to come after what the second attempt did.
    const first = `${JOURNAL}/main.0.tsv`;
    s.write(
      first,
      s.read(first).replace(/^run\t2\t\d+/, (run) => `run\t2\t${Number(run.split('\t')[2]) + 1000}`),
    );
    expect(s.read(first)).toContain('failed\ta\t');
    s.write('ok', '');
    await attempt(1);
    await attempt(2);
    expect(s.ran).toEqual(['a', 'a']);
  });

  it('a journal of a newer version is told of, not misread', async () => {
    const s = new Submission({ main: { elements: [[{ out: 'a', run: note }]] } });
    s.write(`${JOURNAL}/main.0.tsv`, 'run\t3\t1\thost\t1\t.\ndone\ta\tf1\t.\n');
    const { status, output } = await s.run('main');
    expect([status, output]).toEqual([1, expect.stringContaining('main.0.tsv')]);
    expect(output).toContain('a newer wfc wrote');
    expect(s.ran).toEqual([]);
  });

  it('a torn line is no record, and a task that was started last is not complete', async () => {
    const s = new Submission({
      main: {
        elements: [
          [
            { out: 'a', run: note },
            { out: 'b', run: note },
          ],
        ],
      },
    });
    await s.run('main');
    const name = s.list(JOURNAL).find((n) => n.endsWith('.tsv'))!;
    const lines = s.read(`${JOURNAL}/${name}`).split('\n');
    // run, started a, done a, started b, done b: the last is cut, and `a` was started again.
    s.write(`${JOURNAL}/${name}`, `${lines.slice(0, 4).join('\n')}\n${lines[4]!.slice(0, -3)}\tend\t0\t.\n`);
    await s.run('main');
    expect(s.ran).toEqual(['a', 'b', 'b']);
    const newest = s.newestJournal('main');
    s.write(newest, `${s.read(newest)}started\ta\t1\t1\t999999\t.\n`);
    await s.run('main');
    expect(s.ran).toEqual(['a', 'b', 'b', 'a']);
  });

  it('whole seconds compare where a time lacks its fraction', async () => {
    const s = new Submission({ main: { elements: [[{ out: 'a', options: 'in=source', run: note }]] } });
    s.write('source', 'x');
    await s.run('main');
    const { mtimeMs } = statSync(join(s.folder, 'a'));
    utimesSync(join(s.folder, 'a'), Math.floor(mtimeMs / 1000), Math.floor(mtimeMs / 1000));
    await s.run('main');
    expect(s.ran).toHaveLength(1);
    utimesSync(join(s.folder, 'a'), Math.floor(mtimeMs / 1000) - 1, Math.floor(mtimeMs / 1000) - 1);
    await s.run('main');
    expect(s.ran).toHaveLength(2);
  });

  it.each([3, 64, 65, 1500])('the states of %i inputs are the very text that wfc makes of them', async (count) => {
    const s = new Submission({ main: { elements: [[{ out: 'all', options: 'all', list: 'g', run: note }]] } });
    const paths = Array.from({ length: count }, (_, i) => `in/${i}`);
    for (const [i, path] of paths.entries()) {
      s.write(path, 'x'.repeat(i % 7));
      // Times of all kinds: whole, before 2004, after 2039, and ones that round up to the next second.
      const seconds = [1_700_000_000, 86_400, 2_300_000_000, 40, 1_000_000_000, 5_000_000_000][i % 6]!;
      const nanoseconds =
        i % 11 === 0
          ? '000000000'
          : i % 13 === 0
            ? '999999999'
            : `${(i * 987_654_321) % 1_000_000_000}`.padStart(9, '0');
      if (count <= 65) await execa('touch', ['-d', `@${seconds}.${nanoseconds}`, join(s.folder, path)]);
    }
    s.write('D/lists/g.txt', paths.map((p) => `${p}\n`).join(''));
    await s.run('main');
    const inputs = s.field('main', 'done', 'all', 5)!;
    expect(firstDifference(inputs, seen(s, paths))).toBe(-1);
    if (count > 64) expect(inputs).toBe(statesText(seen(s, paths)));
    expect(firstDifference(s.field('main', 'done', 'all', 6)!, seen(s, ['all']))).toBe(-1);
    await s.run('main');
    expect(s.ran).toHaveLength(1);
    s.write(paths[1]!, 'changed');
    await s.run('main');
    expect(s.ran).toHaveLength(2);
  });
});

describe.concurrent('what may run', () => {
  it('keep-going is exact: a task runs if and only if all that it needs succeeded', async () => {
    const s = new Submission({
      main: {
        elements: [
          [
            { out: 'a', run: 'echo oops; exit 3' },
            { out: 'b', options: 'from=a', run: note },
            { out: 'c', run: note },
            { out: 'd', options: 'from=b|from=c', run: note },
            { out: 'e', options: 'from=c', run: note },
            { out: 'f', options: 'in=nowhere', run: note },
          ],
        ],
      },
      // In the next array: blocked by the root cause, not by the one in between.
      next: {
        settings: 'wfc_same_element=(main)',
        elements: [
          [
            { out: 'g', options: 'from=d', run: note },
            { out: 'h', options: 'from=e', run: note },
          ],
        ],
      },
      last: {
        settings: 'wfc_all_elements=(next main)\nwfc_stage_exit=0',
        elements: [[{ out: 'i', options: 'from=g', run: note }]],
      },
    });
    const { status, output } = await s.run('main');
    expect(status).toBe(1);
    expect(output).toContain('failed: a: exit status 3 (attempt 1 of 1); log: .wfc/logs/a.log');
    expect(s.read('.wfc/logs/a.log')).toBe('oops\n');
    expect(s.ran).toEqual(['c', 'e']);
    expect(s.journal('main').filter((f) => f[0] === 'blocked')).toEqual([
      ['blocked', 'b', 'a'],
      ['blocked', 'd', 'a'],
    ]);
    expect(s.journal('main').find((f) => f[0] === 'failed' && f[1] === 'f')).toEqual([
      'failed',
      'f',
      '0',
      '',
      'source_missing:nowhere',
    ]);
    expect(s.journal('main').at(-1)).toEqual(['end', '1']);

    // A record tells at once: nothing is waited for, or this would not end.
    expect((await s.run('next', { env: { wfc_wait_seconds: '100000' } })).status).toBe(1);
    expect(s.ran).toEqual(['c', 'e', 'h']);
    expect(s.field('next', 'blocked', 'g', 2)).toBe('a');
    expect((await s.run('last')).status).toBe(0);
    expect(s.field('last', 'blocked', 'i', 2)).toBe('a');

    const { status: closed, output: summary } = await s.close('main=1 next=1 last=1');
    expect(closed).toBe(1);
    expect(summary).toMatch(/^main +6 +2 +2 +2 +0$/m);
    expect(summary).toMatch(/^in all +9 +3 +2 +4 +0$/m);
    expect(summary).toContain(
      '  a: exit status 3\n    log: .wfc/logs/a.log\n  f: its source file nowhere does not exist',
    );
  });

  it('a half-written input is never consumed: not without its record, and not in another size', async () => {
    const s = new Submission({
      make: { elements: [[{ out: 'a', run: note }]] },
      use: {
        settings: 'wfc_same_element=(make)',
        elements: [
          [
            { out: 'b', options: 'from=a', run: 'cat a >"$out"; echo b >>ran' },
            { out: 'c', run: note },
          ],
        ],
      },
    });
    // The producer was killed outright: its output lies there, its journal has no end.
    s.write('a', 'half');
    s.write(`${JOURNAL}/make.0.tsv`, 'run\t1.0\thost\t1\t.\nstarted\ta\t1\t1\t1\t.\n');
    const { status, seconds } = await s.run('use');
    expect(status).toBe(1);
    expect(seconds).toBeGreaterThan(1);
    expect(s.events('use')).toEqual(['started c', 'done c', 'blocked b']);
    // With its record, but another content than recorded.
    await s.run('make');
    s.write('a', 'ha');
    await s.run('use');
    expect(s.events('use')).toEqual(['done c', 'blocked b']);
    expect(s.ran).not.toContain('b');
    await s.run('make');
    expect((await s.run('use')).status).toBe(0);
    expect(s.read('b')).toBe('made\n');
  });

  it('waits for records and files that are late, in one budget', async () => {
    const s = new Submission({
      make: { elements: [[{ out: 'a', run: 'echo 1 >a' }], [{ out: 'x', run: 'false' }]] },
      use: {
        settings: `wfc_all_elements=(make)
          wfc_wait_seconds=100000
          eval "_step$(declare -f _wfc_be_patient | tail -n +2 | sed '1i()')"
          _wfc_be_patient() { : >waiting; _step; }`,
        elements: [
          [
            { out: 'b', options: 'from=a' },
            { out: 'y', options: 'from=x' },
          ],
        ],
      },
    });
    await s.run('make');
    renameSync(join(s.folder, 'a'), join(s.folder, 'late'));
    const use = s.start('use');
    await until(() => s.exists('waiting'), 'a consumer that waits');
    await s.run('make', { element: 1 });
    expect(s.exists('b')).toBe(false);
    renameSync(join(s.folder, 'late'), join(s.folder, 'a'));
    expect((await use).exitCode).toBe(1);
    expect(s.events('use').sort()).toEqual(['blocked y', 'done b', 'started b']);
    expect(s.field('use', 'blocked', 'y', 2)).toBe('x');
  });

  it('a producer that is done but whose file inside its directory is missing fails its consumer', async () => {
    const s = new Submission({
      main: {
        elements: [
          [
            { out: 'd', options: 'dir', run: 'mkdir d; : >d/x' },
            { out: 'a', options: 'from=d/x<d<-1' },
            { out: 'b', options: 'from=d/y<d<-1' },
          ],
        ],
      },
    });
    await s.run('main');
    expect(s.events('main').filter((e) => !e.startsWith('started'))).toEqual(['done d', 'done a', 'failed b']);
    expect(s.field('main', 'failed', 'b', 4)).toBe('input_missing:d/y');
  });

  it('lanes run side by side, keep to the order inside, and hold up nobody', async () => {
    /** A task that is not done before others have begun or are done. */
    const task = (out: string, options = '-', ...others: string[]) => ({
      out,
      options,
      // In one line, as the fixture's tables have them.
      run: `echo + >>at-work; : >"$out.began"; for other in ${others.join(' ')}; do until [[ -e $other ]]; do sleep 0.05; done; done; ${note}; echo - >>at-work`,
    });
    const s = new Submission({
      main: {
        settings: 'wfc_lanes=3',
        elements: [
          [
            // While it runs, all goes on that does not need it: else this would not end.
            task('a1', '-', 'b2', 'c2'),
            task('a2', 'from=a1'),
            task('a3', 'from=a2'),
            task('b1', '-', 'c1.began'),
            task('b2'),
            task('c1', '-', 'b1.began'),
            task('c2', 'from=c1'),
          ],
        ],
      },
    });
    expect((await s.run('main')).status).toBe(0);
    expect(s.ran).toHaveLength(7);
    let atWork = 0;
    const numbers = [...s.read('at-work').matchAll(/[+-]/g)].map(([sign]) => (atWork += sign === '+' ? 1 : -1));
    expect(Math.max(...numbers)).toBe(3);
    for (const [first, then] of [
      ['a1', 'a2'],
      ['a2', 'a3'],
      ['c1', 'c2'],
    ]) {
      expect(s.ran.indexOf(first!)).toBeLessThan(s.ran.indexOf(then!));
    }
  });
});

describe.concurrent('an attempt', () => {
  it('is retried as often as allowed, its outputs removed in between, its logs appended', async () => {
    const s = new Submission({
      main: {
        elements: [
          [
            {
              out: 'a|a2',
              options: 'retries=2',
              run: 'ls a* >>seen 2>/dev/null || :; echo try $attempt; : >a; : >a2; ((attempt == 3))',
            },
            { out: 'b', options: 'retries=1', run: 'false; echo not reached >b' },
            { out: 'c', options: 'from=b' },
          ],
        ],
      },
    });
    expect((await s.run('main')).status).toBe(1);
    expect(s.read('seen')).toBe('');
    expect(s.events('main')).toEqual([
      ...['started a', 'failed a', 'started a', 'failed a', 'started a', 'done a'],
      ...['started b', 'failed b', 'started b', 'failed b', 'blocked c'],
    ]);
    expect(timeless(s.read('.wfc/logs/a.log'))).toBe(
      'try 1\nwfc: attempt 2, NOW, run 000001\ntry 2\nwfc: attempt 3, NOW, run 000001\ntry 3\n',
    );
    expect(s.field('main', 'done', 'a', 6)!.split(',')).toHaveLength(2);
  });

  it('leaves no log where it printed nothing, and shows the log of a long one', async () => {
    const s = new Submission({
      main: {
        elements: [
          [
            { out: 'a' },
            { out: 'b', rule: 'logged', options: 'log=l/b.log' },
            { out: 'c', run: 'echo long; until [[ -e go ]]; do sleep 0.05; done; echo end; : >c' },
          ],
        ],
      },
    });
    const running = s.start('main');
    await until(() => s.exists('.wfc/logs/c.log') && s.read('.wfc/logs/c.log') !== '', 'the log of a running task');
    expect(s.read('.wfc/logs/c.log')).toBe('long\n');
    s.write('go', '');
    expect((await running).exitCode).toBe(0);
    expect(s.read('.wfc/logs/c.log')).toBe('long\nend\n');
    expect(s.list('.wfc/logs')).toEqual(['c.log']);
    expect(s.read('l/b.log')).toBe('note\n');
    expect(s.list(`${JOURNAL}/scratch`)).toEqual([]);
  });

  it('is stopped at its time limit, with all that it started', async () => {
    const s = new Submission({
      main: {
        elements: [
          [
            { out: 'a', options: 'time=1', run: '(sleep 1000; echo late >>a) & echo $! >child; sleep 1000' },
            { out: 'b', run: note },
          ],
        ],
      },
    });
    expect((await s.run('main')).status).toBe(1);
    expect(s.field('main', 'failed', 'a', 4)).toBe('time_limit:1');
    expect(s.read('.wfc/logs/a.log')).toContain('wfc: time limit of 1 s reached\n');
    expect(s.ran).toEqual(['b']);
    await gone(Number(s.read('child')));
    expect(s.exists('a')).toBe(false);
  });

  it('must leave what it declared: files, directories with something in them, sizes, checks', async () => {
    const s = new Submission({
      main: {
        elements: [
          [
            { out: 'missing', run: ':' },
            { out: 'link', run: 'ln -s no/where link' },
            { out: 'isdir', run: 'mkdir isdir' },
            { out: 'notdir', options: 'dir' },
            { out: 'emptydir', options: 'dir', run: 'mkdir emptydir' },
            { out: 'gooddir', options: 'dir', run: 'mkdir gooddir; : >gooddir/.hidden' },
            { out: 'empty', options: 'min=1' },
            { out: 'small', options: 'min=10', run: 'echo 12345 >small' },
            { out: 'bad', options: 'check', run: 'echo bad >bad; exit 0' },
            { out: 'good', options: 'check', run: 'echo good >good; exit 0' },
            { out: 'killed', run: 'kill -9 $BASHPID' },
            { out: 'crashed', run: 'kill -11 $BASHPID' },
            { out: '-x', options: 'check', run: 'echo good >"$out"' },
          ],
        ],
      },
    });
    await s.run('main');
    const failures = Object.fromEntries(
      s
        .journal('main')
        .filter((f) => f[0] === 'failed')
        .map((f) => [f[1], f[4]]),
    );
    expect(failures).toEqual({
      missing: 'output_missing:missing',
      link: 'output_dangling:link -> no/where',
      isdir: 'output_is_directory:isdir',
      notdir: 'output_no_directory:notdir',
      emptydir: 'output_directory_empty:emptydir',
      empty: 'output_empty:empty',
      small: 'output_too_small:6:10:small',
      bad: 'check_failed:bad',
      killed: 'signal:137:KILL',
      crashed: 'signal:139:SEGV',
    });
    expect(s.read('.wfc/logs/bad.log')).toBe('wfc: bad does not pass its check\n');
    for (const gone of ['link', 'isdir', 'notdir', 'emptydir', 'empty', 'small', 'bad'])
      expect(s.exists(gone)).toBe(false);
    for (const kept of ['gooddir', 'good', '-x']) expect(s.exists(kept)).toBe(true);
    expect((await s.run('main')).output).toContain('0 done, 3 were complete');
  });

  it('makes protected outputs read-only, and never overwrites one', async () => {
    const tasks: FixtureTask[] = [
      { out: 'p', options: 'protected', run: note },
      { out: 'd', options: 'protected|dir', run: 'mkdir d; : >d/x' },
    ];
    const s = new Submission({ main: { elements: [tasks] } });
    await s.run('main');
    for (const path of ['p', 'd', 'd/x']) expect(lstatSync(join(s.folder, path)).mode & 0o222).toBe(0);
    expect((await s.run('main')).output).toContain('2 were complete');
    const renew = () => new Submission({ main: { elements: [[{ ...tasks[0]!, fingerprint: 'f2' }]] } }, s.folder);
    const { output } = await renew().run('main');
    expect(output).toContain('p: its output is protected: to make it anew, run chmod -R u+w p, or remove it');
    expect(s.field('main', 'failed', 'p', 4)).toBe('output_protected:p');
    // It was not touched: the record that it had stands.
    const before = new Submission({ main: { elements: [tasks] } }, s.folder);
    expect((await before.run('main')).output).toContain('2 were complete');
    const renewed = renew();
    expect(s.read('p')).toBe('made\n');
    chmodSync(join(s.folder, 'p'), 0o644);
    expect((await renewed.run('main')).status).toBe(0);
  });

  it('runs with the surroundings of a plain bash: its own locale, globs, no input, no variable of the runner', async () => {
    const run =
      'echo "${LC_ALL-unset}|$(cat)|$#|$-|${IFS@Q}" D/*.s[h]; compgen -v | grep -c "^\\(t\\|pid\\|name\\|lane\\|path\\|status\\|k\\|lines\\)$" || :; : >"$out"; set +e; false; :';
    const s = new Submission({
      main: { elements: [[{ out: 'a', options: 'retries=1', run: `${run}; ((attempt == 2))` }]] },
    });
    const { status } = await s.run('main', { env: { LC_ALL: 'C.UTF-8' } });
    expect(status).toBe(0);
    const block = "C.UTF-8||0|ehuB|$' \\t\\n' D/close.sh D/rules.sh D/runner.sh\n0\n";
    expect(timeless(s.read('.wfc/logs/a.log'))).toBe(`${block}wfc: attempt 2, NOW, run 000001\n${block}`);
  });

  it('takes any path', async () => {
    const names = [
      'a b',
      "it's",
      'say "x"',
      '$(touch owned)',
      '-rf',
      '-',
      'ünï→😀',
      '*',
      '[a]',
      'x;y',
      '@',
      '~',
      '`id`',
      'back\\slash',
      '${HOME}',
      'a]b[c',
      'p%s',
      '#5:a:b',
      '!x',
    ];
    const tasks = names.flatMap((name) => [
      { out: name, options: 'in=-source', run: 'cat "$in" >"$out"' },
      { out: `sub/${name}/x ${name}`, options: `from=${name}`, run: 'cat "$in" >"$out"; echo "$out"' },
    ]);
    const s = new Submission({
      main: { elements: [tasks] },
      use: {
        settings: 'wfc_same_element=(main)',
        elements: [
          names.map((n, i) => ({ out: `use/${i}`, options: `from=sub/${n}/x ${n}`, run: 'cat "$in" >"$out"' })),
        ],
      },
    });
    s.write('-source', 'text');
    const first = await s.run('main');
    expect(first.output).toContain(`${tasks.length} done, 0 were`);
    expect((await s.run('main')).output).toContain(`0 done, ${tasks.length} were complete`);
    expect((await s.run('use')).status).toBe(0);
    for (const [i, name] of names.entries()) {
      expect(s.read(`use/${i}`)).toBe('text');
      expect(s.read(`.wfc/logs/sub_${name}_x ${name}.log`)).toBe(`sub/${name}/x ${name}\n`);
    }
    expect(s.exists('owned')).toBe(false);
    expect((await s.close('main=1 use=1')).status).toBe(0);
  });
});

describe.concurrent('stopping', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGUSR1', 1],
    ['SIGINT', 130],
  ] as const)('on %s tasks are stopped, their outputs go, and the journal ends', async (signal, status) => {
    const s = new Submission({
      main: {
        settings: 'wfc_lanes=2',
        elements: [
          [
            { out: 'a', run: note },
            { out: 'b', run: 'echo half >b; sleep 1000' },
            { out: 'c', run: 'trap "" TERM; echo half >c; sleep 1000' },
            { out: 'd', run: note },
          ],
        ],
      },
    });
    const running = s.start('main');
    await until(() => s.exists('b') && s.exists('c'), 'two tasks half-way');
    process.kill(running.pid!, signal);
    expect((await running).exitCode).toBe(status);
    expect(s.events('main').slice(-2).sort()).toEqual(['interrupted b', 'interrupted c']);
    expect(s.journal('main').at(-1)).toEqual(['end', String(status)]);
    expect(s.ran).toEqual(['a']);
    expect([s.exists('b'), s.exists('c')]).toEqual([false, false]);
    expect((await s.close('main=1')).output).toMatch(/^main +4 +1 +0 +0 +3$/m);
  });

  it('tasks do not outlive a runner that is killed outright', async () => {
    const s = new Submission({
      main: { elements: [[{ out: 'a', run: 'echo $BASHPID >pid; while :; do echo x >>a; sleep 0.05; done' }]] },
    });
    const running = s.start('main');
    await until(() => s.exists('a'), 'a task half-way');
    running.kill('SIGKILL');
    await running;
    // Nor does what the runner keeps beside itself: the processes are known by their folder.
    await until(() => processesIn(s.folder).length === 0, 'the end of all that the runner had started');
    expect((await s.close('main=1')).status).toBe(1);
  });

  it('a task whose launcher is killed fails, and its lane goes on', async () => {
    const s = new Submission({
      main: {
        elements: [
          [
            {
              out: 'a',
              run: 'read -r _ _ _ parent _ </proc/$BASHPID/stat; echo half >a; kill -KILL $parent; sleep 1000',
            },
            { out: 'b', run: note },
          ],
        ],
      },
    });
    const { status, output } = await s.run('main');
    expect([status, output]).toEqual([1, expect.stringContaining('failed: a: the shell that ran it was lost')]);
    expect(s.events('main')).toEqual(['started a', 'failed a', 'started b', 'done b']);
    expect(s.exists('a')).toBe(false);
    await until(() => processesIn(s.folder).length === 0, 'the end of what the task had started');
  });

  it.each(['the same submission', 'a later one'])(
    'a newer attempt of %s takes the element over: the older stops and spoils nothing',
    async (which) => {
      const run =
        'echo start >>starts; if [[ $SPEED == slow ]]; then sleep 1000; echo old >"$out"; else echo new >"$out"; fi';
      const s = new Submission({
        main: {
          elements: [
            [
              { out: 'a', run },
              { out: 'b', run },
            ],
          ],
        },
      });
      const older = s.start('main', { env: { SPEED: 'slow' } });
      await until(() => s.exists('starts'), 'a start in the older attempt');
      const newer = await s.run('main', {
        journal: which === 'a later one' ? '.wfc/journal/000002-slurm-abc' : JOURNAL,
        env: { SPEED: 'fast' },
      });
      expect(newer.status).toBe(0);
      const { exitCode, all } = await older;
      expect(exitCode).toBe(1);
      expect(String(all)).toContain('has taken over');
      await until(() => processesIn(s.folder).length === 0, 'the end of all that the older attempt had started');
      expect([s.read('a'), s.read('b')]).toEqual(['new\n', 'new\n']);
      expect(s.read('starts').trimEnd().split('\n')).toHaveLength(3);
    },
  );

  it.each(['the first', 'a later one'])(
    'two submissions that take an element in the same instant: the newer one runs it, the older one stops, as %s of its own',
    async (which) => {
      // The older one is held behind its look at who else there is: before its name is written, or in place of that.
      const step = which === 'the first' ? '_wfc_has_older_submission' : '_wfc_put_name_into';
      const settings = `eval "_step$(declare -f ${step} | tail -n +2 | sed '1i()')"
      ${step}() {
        if [[ -n \${HELD-} ]]; then : >held; until [[ -e go ]]; do sleep 0.05; done; fi
        _step "$@"
      }`;
      const run = 'echo start >>starts; until [[ -e older-ended ]]; do sleep 0.05; done; echo made >"$out"';
      const s = new Submission({ main: { settings, elements: [[{ out: 'a', run }]] } });
      mkdirSync(join(s.folder, JOURNAL), { recursive: true });
      if (which !== 'the first') s.write(`${JOURNAL}/main.0.tsv`, 'run\t1.0\thost\t1\t.\n');
      const older = s.start('main', { env: { HELD: '1' } });
      await until(() => s.exists('held'), 'the older one held');
      const later = '.wfc/journal/000002-slurm-abc';
      const newer = s.start('main', { journal: later });
      await until(() => s.exists('starts'), 'a start in the newer one');
      const name = s.read('.wfc/journal/slurm-abc.owner/main.0');
      expect(name).toMatch(/^000002-slurm-abc\//);
      s.write('go', '');
      const { exitCode, all } = await older;
      expect([exitCode, String(all)]).toEqual([1, expect.stringContaining('a newer submission')]);
      // A name that the older one wrote is the last for a moment: the newer one puts its own back.
      if (which === 'the first') expect(s.read('.wfc/journal/slurm-abc.owner/main.0')).toBe(name);
      s.write('older-ended', '');
      expect((await newer).exitCode).toBe(0);
      expect(s.read('.wfc/journal/slurm-abc.owner/main.0')).toBe(name);
      expect(s.events('main', { journal: later })).toEqual(['started a', 'done a']);
      expect(s.read('starts').trimEnd().split('\n')).toHaveLength(1);
    },
  );

  it('leaves one file at its first attempt, and tells who owns the element only from the second on', async () => {
    const s = new Submission({ main: { elements: [[{ out: 'a', run: note }], [{ out: 'b', run: note }]] } });
    await s.run('main');
    await s.run('main', { element: 1 });
    expect(s.list(JOURNAL)).toEqual(['main.0.tsv', 'main.1.tsv', 'scratch']);
    expect([s.list(`${JOURNAL}/scratch`), s.list('.wfc/journal')]).toEqual([[], ['000001-slurm-abc']]);
    await s.run('main', { element: 1 });
    expect(s.list(JOURNAL)).toHaveLength(5);
    expect([s.list(`${JOURNAL}/owner`), s.list('.wfc/journal/slurm-abc.owner')]).toEqual([['main.1'], ['main.1']]);
    expect(s.ran).toEqual(['a', 'b']);
  });
});

describe('the closing job', () => {
  it('removes temp outputs, and names elements that did not come to their end', async () => {
    const s = new Submission({ main: { elements: [[{ out: 't/a', run: note }], [], [{ out: 'b' }]] } });
    s.write('D/tables/temps.txt', 't/a\nnever made\n');
    await s.run('main');
    const first = await s.close('main=3');
    expect(first.status).toBe(1);
    expect(first.output).toContain('1 element did not come to its end');
    expect(first.output).toMatch(/^ {2}main\.2$/m);
    expect(s.exists('t/a')).toBe(false);
    await s.run('main', { element: 2 });
    expect((await s.close('main=3')).status).toBe(0);
  });
});
