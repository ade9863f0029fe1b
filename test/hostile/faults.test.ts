import { statSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CLI, type Experiment, experiment, isAlive, until } from '../support/experiment.ts';
import {
  canBePlainUser,
  canMount,
  giveToPlainUser,
  mountMemory,
  peakMiB,
  processesOf,
  wfcAsPlainUser,
  wfcLimited,
} from './surroundings.ts';

/** Tasks whose outputs of 20,000 bytes are whole or not at all. */
const TWENTY = `
params: {n: {from: 1, to: 20}}
rules:
  one:
    output: "out/{n}"
    run: |
      echo {n} >> calls
      head -c 20000 /dev/zero > {output}
`;

const sizes = (e: Experiment): number[] => e.files('out').map((path) => statSync(e.path(path)).size);
const whole = (count: number): number[] => Array.from({ length: count }, () => 20_000);

/** A message for a user, not for a developer. */
const PLAIN = expect.not.stringMatching(/ {4}at |internal error/);

/** The same command once more, in surroundings that are well: it completes, and then there is nothing left to do. */
async function expectRepaired(e: Experiment, args = 'run'): Promise<void> {
  const again = await e.wfc(args);
  expect([again.status, again.stderr]).toEqual([0, PLAIN]);
  expect((await e.wfc(args)).stderr).toContain('nothing to do');
}

describe('a disk', () => {
  it.skipIf(!canMount)('that fills up under the tasks: whole outputs are kept, half ones are not', async () => {
    const e = experiment(TWENTY);
    const spec = e.read('wfc.yml');
    const disk = await mountMemory(e.folder, 'size=300k');
    e.write('wfc.yml', spec);
    const { status, stderr } = await e.run('-k');
    expect([1, 3]).toContain(status);
    expect(stderr).toEqual(PLAIN);
    const kept = sizes(e).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(20);
    expect(sizes(e)).toEqual(whole(kept));
    expect(JSON.parse((await e.wfc('plan --json')).stdout).run).toBeGreaterThanOrEqual(20 - kept);
    await disk.remount('size=8m');
    await expectRepaired(e);
    expect(sizes(e)).toEqual(whole(20));
  });

  it.skipIf(!canMount)(
    'that is full before the start: exit status 3, in plain words, and nothing is lost',
    async () => {
      const e = experiment(TWENTY);
      const spec = e.read('wfc.yml');
      await mountMemory(e.folder, 'size=1m');
      e.write('wfc.yml', spec);
      await execa('bash', ['-c', 'cat /dev/zero > filler'], { cwd: e.folder, reject: false });
      for (const args of ['run', 'run --json', 'compile --target local', 'compile --target slurm']) {
        const { status, stdout, stderr } = await e.wfc(args);
        expect([args, status, stdout + stderr]).toEqual([args, 3, expect.stringContaining('the disk is full')]);
        expect(stderr).toEqual(PLAIN);
      }
      e.remove('filler');
      await expectRepaired(e);
      expect(sizes(e)).toEqual(whole(20));
    },
  );

  it.skipIf(!canMount)(
    'that a task fills and leaves full: successes without room for their record do not count',
    async () => {
      const e = experiment(`
params: {n: {from: 1, to: 80}}
rules:
  fill: {output: full, run: "touch full; if [[ ! -e room ]]; then cat /dev/zero > filler || :; fi"}
  note: {input: full, output: "out/{n}", run: "touch {output}"}
`);
      const spec = e.read('wfc.yml');
      await mountMemory(e.folder, 'size=400k');
      e.write('wfc.yml', spec);
      const { status, stderr } = await e.run('-j1');
      expect([status, stderr]).toEqual([3, expect.stringContaining('the disk is full; wfc has stopped')]);
      expect(stderr).toEqual(PLAIN);
      const made = e.files('out').length;
      expect(made).toBeLessThan(80);
      e.remove('filler');
      e.write('room', '');
      // Exactly what has no whole record is to run: what was made without room for one, and what was not made.
      const lines = e.files('.wfc/journal').flatMap((file) => e.read(file).split('\n'));
      const done = (name: string): boolean => lines.some((l) => l.startsWith(`done\t${name}\t`) && l.endsWith('\t.'));
      const recorded = Array.from({ length: 80 }, (_, i) => done(`out/${i + 1}`)).filter((is) => is).length;
      const { run } = JSON.parse((await e.wfc('plan --json')).stdout);
      expect(run).toBe(done('full') ? 80 - recorded : 81);
      expect(recorded).toBeLessThanOrEqual(made);
      await expectRepaired(e);
      expect(e.files('out')).toHaveLength(80);
    },
  );

  it.skipIf(!canMount)('another than that of the spec takes outputs, directories and temp files', async () => {
    const e = experiment(`
rules:
  make: {output: {file: "far/a", folder: {path: far/d, directory: true}, scratch: {path: far/t, temp: true}}, run: "echo a > far/a; mkdir far/d; echo b > far/d/b; touch far/t"}
  use: {input: [far/a, far/d, far/t], output: {path: far/sub/c, protected: true}, run: "cat far/a far/d/b > {output}"}
`);
    await mountMemory(e.path('far'), 'size=1m');
    expect((await e.run()).status).toBe(0);
    expect([e.read('far/sub/c'), e.has('far/t')]).toEqual(['a\nb\n', false]);
    expect((await e.run()).stderr).toContain('nothing to do');
    e.write('far/a', 'changed');
    expect((await e.run('-n')).stdout).toContain('output changed');
  });
});

describe('rights', () => {
  it.skipIf(!canBePlainUser)('a folder that may not be written: exit status 3, and looking still works', async () => {
    const e = experiment(TWENTY);
    await giveToPlainUser(e);
    await execa('chmod', ['a-w', e.folder]);
    for (const args of ['run', 'compile --target local', 'compile --target slurm']) {
      const { status, stderr } = await wfcAsPlainUser(e, args.split(' '));
      expect([args, status, stderr]).toEqual([args, 3, expect.stringContaining('permission denied')]);
      expect(stderr).toEqual(PLAIN);
    }
    for (const args of ['validate', 'plan', 'status']) expect((await wfcAsPlainUser(e, [args])).status).toBe(0);
    await execa('chmod', ['u+w', e.folder]);
    expect((await wfcAsPlainUser(e, ['run'])).status).toBe(0);
  });

  it.skipIf(!canBePlainUser)('an output that may not be replaced: exit status 3, and the old one stays', async () => {
    const e = experiment('rules: {one: {input: source, output: out/a, run: "cp {input} {output}"}}\n', { source: '1' });
    await giveToPlainUser(e);
    expect((await wfcAsPlainUser(e, ['run'])).status).toBe(0);
    e.write('source', 'second');
    await execa('chmod', ['a-w', e.path('out')]);
    const { status, stderr } = await wfcAsPlainUser(e, ['run']);
    expect([status, stderr]).toEqual([3, expect.stringContaining('out/a: permission denied; wfc has stopped')]);
    expect(e.read('out/a')).toBe('1');
    await execa('chmod', ['u+w', e.path('out')]);
    expect((await wfcAsPlainUser(e, ['run'])).status).toBe(0);
    expect(e.read('out/a')).toBe('second');
  });

  it.skipIf(!canBePlainUser)(
    'a source file that may not be read fails its task, in the words of its command',
    async () => {
      const e = experiment('rules: {one: {input: source, output: a, run: "cat {input} > {output}"}}\n', {
        source: '1',
      });
      await giveToPlainUser(e);
      await execa('chmod', ['a-r', e.path('source')]);
      const { status, stderr } = await wfcAsPlainUser(e, ['run']);
      expect([status, stderr]).toEqual([1, expect.stringContaining('Permission denied')]);
      expect(e.has('a')).toBe(false);
      await execa('chmod', ['a+r', e.path('source')]);
      expect((await wfcAsPlainUser(e, ['run'])).status).toBe(0);
    },
  );
});

describe('limits', () => {
  it('of open files: a run that needs more says so, with exit status 3; with fewer tasks at a time it completes', async () => {
    // All are at work at a time, or would be.
    const e = experiment(TWENTY.replace('echo {n} >> calls', 'until [[ -e go ]]; do sleep 0.05; done'));
    const { status, stderr } = await wfcLimited(e, ['run', '-j', '20'], ['-n 64']);
    expect([status, stderr]).toEqual([
      3,
      expect.stringContaining('too many files are open; take fewer tasks at a time'),
    ]);
    expect(stderr).toEqual(PLAIN);
    e.write('go', '');
    const fewer = await wfcLimited(e, ['run', '-j', '2'], ['-n 64']);
    expect([fewer.status, fewer.stderr]).toEqual([0, PLAIN]);
    expect(sizes(e)).toEqual(whole(20));
  });

  it.skipIf(!canBePlainUser)(
    'of processes: exit status 1 or 3 in plain words, nothing stays behind, and the next run completes',
    async () => {
      const e = experiment(TWENTY.replace('echo {n} >> calls', 'until [[ -e go ]]; do sleep 0.05; done'));
      await giveToPlainUser(e);
      let isOver = false;
      const run = wfcAsPlainUser(e, ['run', '-j', '20', '-k'], ['-u 24']).finally(() => {
        isOver = true;
      });
      // Those that did start wait until one has failed.
      const hasFailed = () => e.files('.wfc/journal').some((path) => /^failed\t/m.test(e.read(path)));
      await until(() => isOver || hasFailed(), 'a task that could not start');
      e.write('go', '');
      const { status, stderr } = await run;
      expect([1, 3]).toContain(status);
      expect(stderr).toEqual(PLAIN);
      await until(
        () => processesOf(e).length === 0,
        () => `the end of:\n${processesOf(e).join('\n')}`,
      );
      expect((await wfcAsPlainUser(e, ['run'])).status).toBe(0);
      expect(sizes(e)).toEqual(whole(20));
    },
  );

  it('of memory: 100,000 tasks are planned and compiled within a heap of 64 MiB', async () => {
    const e = experiment(`
params: {a: {from: 1, to: 500}, b: {from: 1, to: 100}}
rules:
  one: {output: "o/{a}/{b}", run: "touch {output}"}
  two: {input: "o/{a}/{b}", output: "p/{a}/{b}", run: "cp {input} {output}"}
`);
    const env = { NODE_OPTIONS: '--max-old-space-size=64' };
    for (const args of ['plan --json', 'status --json', 'run -n -q', 'compile --target slurm -q']) {
      const { status, stderr } = await e.wfc(args, { env });
      expect([args, status, stderr]).toEqual([args, 0, '']);
    }
    expect(JSON.parse((await e.wfc('plan --json', { env })).stdout)).toMatchObject({ total: 100_000, run: 100_000 });
  });

  it('of nobody: 30,000 files in one folder are found, gathered, and looked at again', async () => {
    const e = experiment(`
params: {f: {glob: "data/{f}.txt"}}
rules: {all: {gather: f, input: "data/{f}.txt", output: count, run: "wc -l < {input:list} > {output}"}}
`);
    await execa('bash', ['-c', 'mkdir data && cd data && seq -f "%06.0f.txt" 1 30000 | xargs touch'], {
      cwd: e.folder,
    });
    expect((await e.run()).status).toBe(0);
    expect(e.read('count')).toBe('30000\n');
    expect((await e.run()).stderr).toContain('nothing to do');
    e.write('data/015000.txt', 'changed');
    expect((await e.run('-n')).stdout).toContain('input changed');
  });
});

describe('a clock that moves back between runs', () => {
  it('makes nothing stale that is not, and hides no change', async () => {
    const e = experiment(
      `
rules:
  one: {input: source, output: a, run: "cp {input} {output}"}
  two: {input: a, output: b, run: "cp {input} {output}"}
`,
      { source: '1' },
    );
    // As runs of tomorrow: wfc's clock and the times of files a day ahead.
    const tomorrow = 'const now = Date.now; Date.now = () => now() + 86400000;';
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tomorrow)}` };
    e.age('source', -86_400);
    expect((await e.run('', { env })).status).toBe(0);
    expect((await e.run()).stderr).toContain('nothing to do');
    // Today's file is older than what was made of yesterday's.
    e.write('source', '2');
    e.age('source', 3600);
    expect((await e.run()).stderr).toContain('2 tasks done');
    expect([e.read('b'), (await e.run()).stderr]).toEqual(['2', expect.stringContaining('nothing to do')]);
    expect((await e.wfc('status --json')).stdout).toContain('"done": 2');
  });
});

describe('a task', () => {
  it('that ignores SIGTERM is killed with all its processes ten seconds after its time limit', async () => {
    const e = experiment(`
rules:
  stubborn:
    output: a
    resources: {time: 1s}
    run: |
      trap '' TERM
      touch {output}
      sleep 1000 & echo $! > child
      while :; do sleep 1000; done
`);
    const { status, stderr } = await e.run();
    expect([status, stderr]).toEqual([1, expect.stringContaining('stubborn: time limit: stopped after 1 s')]);
    expect([isAlive(Number(e.read('child'))), e.has('a')]).toEqual([false, false]);
    e.write('wfc.yml', e.read('wfc.yml').replace("trap '' TERM", 'touch a; exit'));
    await expectRepaired(e);
  });

  it('that prints 300 MB keeps all of it in its log; the memory of wfc does not grow with it', async () => {
    const e = experiment(`
rules:
  loud: {output: a, run: "yes wfc | head -c 300000000 || :; printf '\\\\nthe end\\\\n'; exit 1"}
  quiet: {output: b, run: "exit 1"}
`);
    const quiet = await peakMiB(e, ['run', '--goal', 'quiet']);
    const loud = await peakMiB(e, ['run', '--goal', 'loud']);
    expect([quiet.status, loud.status]).toEqual([1, 1]);
    expect(statSync(e.path('.wfc/logs/loud.log')).size).toBe(300_000_009);
    expect(loud.mib - quiet.mib).toBeLessThan(50);
    for (const args of [['logs', 'loud'], ['status']]) {
      const looked = await peakMiB(e, args);
      expect([args, looked.status]).toEqual([args, 0]);
      expect(looked.mib - quiet.mib).toBeLessThan(100);
    }
    expect((await e.wfc('status')).stdout).toContain('| the end');
    // A reader that has seen enough.
    const read = await execa('bash', ['-c', '"$@" | head -n 2', 'bash', process.execPath, CLI, 'logs', '-q', 'loud'], {
      cwd: e.folder,
    });
    expect([read.stdout, read.stderr]).toEqual(['wfc\nwfc', '']);
  });

  it('that leaves a daemon of its own session holds up nothing, and the daemon writes to no log but its own', async () => {
    const e = experiment(`
rules:
  first:
    output: a
    run: |
      setsid bash -c 'echo $$ > daemon; read -r < gate; echo from the daemon; touch said' &
      until [[ -s daemon ]]; do sleep 0.01; done
      touch {output}
  second: {input: a, output: b, run: "until [[ -e said ]]; do sleep 0.01; done; echo from the second; touch {output}"}
`);
    const gate = await e.gate('gate');
    const run = e.start(['run', '-j1']);
    await e.filled('daemon');
    onTestFinished(() => {
      if (isAlive(Number(e.read('daemon')))) process.kill(Number(e.read('daemon')), 'SIGKILL');
    });
    await gate.pass();
    expect((await run.ended).status).toBe(0);
    expect(e.read('.wfc/logs/second.log')).toBe('from the second\n');
    expect((await e.run()).stderr).toContain('nothing to do');
  });

  it('that closes its output, errors and input succeeds or fails as it says', async () => {
    const e = experiment(`
rules:
  good: {output: a, run: "exec >&- 2>&- <&-; : > a"}
  bad: {output: b, run: "exec >&- 2>&- <&-; : > b; exit 4"}
`);
    const { status, stderr } = await e.run('-k');
    expect([status, stderr]).toEqual([1, expect.stringContaining('failed bad: exit status 4')]);
    expect([e.has('a'), e.has('b')]).toEqual([true, false]);
  });

  it('that removes the state of the run stops it with exit status 3; the next run loses nothing', async () => {
    const e = experiment(
      `
rules:
  first: {output: a, run: "echo first >> calls; touch {output}"}
  second: {input: a, output: b, run: "echo second >> calls; if [[ -e remove ]]; then rm -rf .wfc; fi; echo {output} > {output}"}
  third: {input: b, output: c, run: "echo third >> calls; touch {output}"}
`,
      { remove: '' },
    );
    const { status, stderr } = await e.run();
    expect([status, stderr]).toEqual([
      3,
      expect.stringMatching(/\.wfc\/journal\/\S+\.tsv: it was removed while it was in use; wfc has stopped/),
    ]);
    expect(e.calls()).toEqual(['first', 'second']);
    e.remove('remove');
    await expectRepaired(e);
    expect([e.read('b'), e.has('c')]).toEqual(['b\n', true]);
  });

  it('that removes all files of the folder but the spec ends the run with words; the next run makes all anew', async () => {
    const e = experiment(
      `
rules:
  first: {output: out/a, run: "echo 1 > {output}"}
  second: {input: out/a, output: out/b, run: "if [[ -e out/remove ]]; then find . -mindepth 1 ! -name wfc.yml -delete; fi; cat out/a > {output}"}
`,
      { 'out/remove': '' },
    );
    const { status, stderr } = await e.run();
    expect([status, stderr]).toEqual([3, PLAIN]);
    await expectRepaired(e);
    expect(e.read('out/b')).toBe('1\n');
  });
});

it('a log on a file system that is full fails its task, and not the others', async (context) => {
  if (!canMount) context.skip();
  const e = experiment(`
rules:
  loud: {output: a, log: logs/loud.log, run: "head -c 1000000 /dev/zero; touch {output}"}
  quiet: {output: b, run: "touch {output}"}
`);
  await mountMemory(e.path('logs'), 'size=64k');
  const { status, stderr } = await e.run('-k');
  expect([status, stderr]).toEqual([1, expect.stringContaining('failed loud: exit status 1')]);
  expect([e.has('a'), e.has('b')]).toEqual([false, true]);
});
