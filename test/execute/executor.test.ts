import { expect, it } from 'vitest';
import { execute } from '../../src/execute/executor.ts';
import type { RunResult } from '../../src/execute/result.ts';
import { thisMachine } from '../../src/execute/this-machine.ts';
import { JournalWriter } from '../../src/io/state/journal.ts';
import { problem } from '../../src/model/problem.ts';
import { look, openSession } from '../../src/session/session.ts';
import { type Experiment, experiment, isAlive } from '../support/experiment.ts';

/** Run an experiment in this process, with a grace of its own. */
async function runHere(e: Experiment, graceSeconds: number): Promise<RunResult> {
  const style = { colour: false };
  const session = openSession({
    command: 'run',
    ...{ spec: e.path('wfc.yml'), settings: [], configs: [], goals: [], profile: undefined, userProfiles: null },
    ...{ json: false, quiet: true, style },
  });
  if ('diagnostics' in session) throw new Error(JSON.stringify(session.diagnostics));
  const outlook = await look(session);
  const { plan, disk, state } = session;
  const journal = new JournalWriter(state.journals);
  const { result } = execute(plan, {
    surroundings: thisMachine({ disk, journal, specFolder: e.folder, env: process.env }),
    graceSeconds,
    ...{ decisions: outlook.decisions, records: new Map(), contents: null, maxParallel: 1, onFailure: 'stop' },
    limits: { cpus: 1, memoryMiB: 1024, gpus: [] },
    observer: { started: () => {}, failed: () => {}, wentOn: () => {}, progress: () => {} },
  });
  const finished = await result;
  journal.close();
  return finished;
}

it('kills all processes of a task that does not stop at its time limit, once its grace is over', async () => {
  const e = experiment(`
rules:
  stubborn:
    output: a
    resources: {time: 1s}
    run: |
      trap '' TERM
      echo $BASHPID > child
      while :; do sleep 0.1; done
`);
  const { outcome, failures } = await runHere(e, 0.3);
  expect([outcome, failures[0]!.problem]).toEqual(['failed', problem('time_limit', 1)]);
  expect(isAlive(Number(e.read('child')))).toBe(false);
});
