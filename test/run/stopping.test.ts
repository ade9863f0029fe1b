import { expect, it } from 'vitest';
import { type Experiment, experiment, gone, isAlive } from '../support/experiment.ts';

const pidIn = (e: Experiment, path: string): number => Number(e.read(path));

/** `first` succeeds; `second` writes half of its output, starts a child, and waits at the gate. */
const HALF_DONE = `
rules:
  first: {output: first.txt, run: "echo first >> calls; echo first > {output}"}
  second:
    input: first.txt
    output: second.txt
    run: |
      echo second >> calls
      echo half > {output}
      sleep 1000 &
      echo $! > child
      read -r < gate
      echo whole >> {output}
`;

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s stops all processes of the tasks, removes half-done outputs, keeps done work, and the next run completes',
  async (signal) => {
    const e = experiment(HALF_DONE);
    const gate = await e.gate('gate');
    const run = e.start(['run']);
    await e.filled('child');
    run.kill(signal);
    const { status, stderr } = await run.ended;
    expect(status).toBe(130);
    expect(stderr).toContain('interrupted, 1 task done');
    expect(isAlive(pidIn(e, 'child'))).toBe(false);
    expect([e.has('first.txt'), e.has('second.txt'), e.has('.wfc/lock')]).toEqual([true, false, false]);
    expect(e.calls()).toEqual(['first', 'second']);

    const next = e.start(['run']);
    await gate.pass();
    expect((await next.ended).status).toBe(0);
    expect(e.read('second.txt')).toBe('half\nwhole\n');
    expect(e.calls()).toEqual(['second']);
  },
);

it('a second Ctrl-C kills a task that does not stop', async () => {
  const e = experiment(`
rules:
  stubborn: {output: a, run: "trap '' TERM; touch {output} began; while :; do sleep 0.1; done"}
`);
  const run = e.start(['run']);
  await e.appeared('began');
  run.kill('SIGINT');
  await run.said('once more to kill them');
  run.kill('SIGINT');
  expect((await run.ended).status).toBe(130);
  expect(e.has('a')).toBe(false);
});

it('lets what a task runs end in its own time when it is stopped', async () => {
  const e = experiment(`
rules:
  train:
    output: model
    run: |
      python3 - <<'PY'
      import signal, sys, time
      def save(*_):
          time.sleep(0.3)
          open('checkpoint', 'w').write('saved')
          sys.exit(1)
      signal.signal(signal.SIGTERM, save)
      open('began', 'w').close()
      signal.pause()
      PY
      touch {output}
`);
  const run = e.start(['run']);
  await e.appeared('began');
  run.kill('SIGINT');
  expect((await run.ended).status).toBe(130);
  expect(e.read('checkpoint')).toBe('saved');
});

it('a time limit stops all processes of a task, and is named as what went wrong', async () => {
  const e = experiment(`
rules:
  slow:
    output: a
    resources: {time: 1s}
    run: |
      echo working
      touch {output}
      sleep 1000 & echo $! > child
      sleep 1000
`);
  const { status, stderr } = await e.run();
  expect(status).toBe(1);
  expect(stderr).toContain('failed slow: time limit: stopped after 1 s');
  expect(stderr).toContain('  | working\n  | wfc: time limit of 1 s reached\n');
  expect(e.has('a')).toBe(false);
  expect(isAlive(pidIn(e, 'child'))).toBe(false);
});

it('a task that is paused and goes on is not taken for one that ended', async () => {
  const e = experiment(`
rules:
  one:
    output: a
    run: |
      echo $BASHPID > pid
      read -r < gate
      touch {output}
`);
  const gate = await e.gate('gate');
  const run = e.start(['run']);
  await e.filled('pid');
  process.kill(-pidIn(e, 'pid'), 'SIGSTOP');
  process.kill(-pidIn(e, 'pid'), 'SIGCONT');
  await gate.pass();
  expect((await run.ended).status).toBe(0);
});

it('after kill -9 of wfc its tasks stop too, and the next run redoes what was half-done', async () => {
  const e = experiment(HALF_DONE);
  const gate = await e.gate('gate');
  const run = e.start(['run']);
  await e.filled('child');
  run.kill('SIGKILL');
  await run.ended;
  await gone(pidIn(e, 'child'));
  expect(e.read('second.txt')).toBe('half\n');
  e.calls();

  const next = e.start(['run']);
  await gate.pass();
  expect((await next.ended).status).toBe(0);
  expect(e.read('second.txt')).toBe('half\nwhole\n');
  expect(e.calls()).toEqual(['second']);
});

it('never takes a half-done rerun for the success before it', async () => {
  const e = experiment(
    `
rules:
  one:
    input: source
    output: a
    run: |
      echo text > {output}
      if [[ -e gate ]]; then touch began; read -r < gate; fi
`,
    { source: '1' },
  );
  await e.run();
  await e.gate('gate');
  e.write('source', '2');
  const run = e.start(['run']);
  await e.appeared('began');
  run.kill('SIGKILL');
  await run.ended;
  e.remove('gate');
  e.write('source', '1');
  expect(JSON.parse((await e.wfc('plan --json')).stdout)).toMatchObject({ run: 1 });
  expect((await e.run()).status).toBe(0);
});
