/** A signal that was ignored when wfc was started stays ignored: runs overnight, and runs of scripts. */
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';

/** One task that has begun once there is a file `began`, and goes on until there is a file `go`. */
const waiting = (): Experiment =>
  experiment('rules: {one: {output: a, run: ": > began; until [[ -e go ]]; do sleep 0.05; done; : > {output}"}}');

/** `wfc run` behind these words of sh, whose last becomes wfc. */
function start(made: Experiment, words: string, command = CLI) {
  return execa('sh', ['-c', `${words} "$@"`, 'sh', ...command.split(' '), 'run'], {
    cwd: made.folder,
    reject: false,
    stdin: 'ignore',
  });
}

describe('a signal that was ignored at the start', () => {
  it.each([
    ['SIGHUP', "trap '' HUP; exec"],
    ['SIGHUP', 'exec nohup'],
    ['SIGINT', "trap '' INT; exec"],
    ['SIGTERM', "trap '' TERM; exec"],
    ['SIGQUIT', "trap '' QUIT; exec"],
  ] as const)('does not stop a run: %s after %s', async (signal, words) => {
    const made = waiting();
    const run = start(made, words);
    await made.appeared('began');
    process.kill(run.pid!, signal);
    // A signal that is not ignored is heard all the same; only then would a first one have been told of, too.
    made.write('go', '');
    const { exitCode, stderr } = await run;
    expect([exitCode, stderr.includes('stopping')], stderr).toEqual([0, false]);
    expect(made.has('a')).toBe(true);
  });

  it.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)('is told from one that was not: %s stops a run', async (signal) => {
    const made = waiting();
    const run = start(made, 'exec');
    await made.appeared('began');
    process.kill(run.pid!, signal);
    expect((await run).exitCode).toBe(130);
    expect(made.has('a')).toBe(false);
  });

  it('takes nothing of the environment with it: functions that a bash exports reach a task', async () => {
    const made = experiment('rules: {one: {output: a, run: "greet > {output}"}}');
    const words = ['-c', 'greet() { echo hello; }; export -f greet; exec "$@"', 'bash', CLI, 'run'];
    expect((await execa('bash', words, { cwd: made.folder, reject: false })).exitCode).toBe(0);
    expect(made.read('a')).toBe('hello\n');
  });

  it('is known where node is started by hand, and standard input was no terminal', async () => {
    const made = waiting();
    const words = ['-c', 'nohup "$@" & wait', 'bash', process.execPath, CLI, 'run'];
    const run = execa('bash', words, { cwd: made.folder, reject: false, stdin: 'ignore', detached: true });
    await made.appeared('began');
    process.kill(-run.pid!, 'SIGHUP');
    made.write('go', '');
    await made.appeared('a');
  });

  it('is no variable of a task', async () => {
    const made = experiment('rules: {one: {output: a, run: "env > {output}"}}');
    await start(made, "trap '' HUP; exec");
    expect(made.read('a')).not.toContain('WFC_IGNORED');
  });
});

/** A terminal with this command in it that goes away once the command's task has begun. */
const TERMINAL = `import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while not os.path.exists("began"):
    time.sleep(0.05)
os.close(terminal)
open("go", "w").close() if sys.argv[1] == "nohup" else None
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
`;

describe('a terminal that goes away', () => {
  const closed = async (command: readonly string[]) => {
    const made = waiting();
    const { exitCode } = await execa('python3', ['-c', TERMINAL, ...command, 'run'], {
      cwd: made.folder,
      reject: false,
    });
    return [exitCode, made.has('a'), made.files('.wfc/journal').some((file) => /^interrupted/m.test(made.read(file)))];
  };

  it('stops a run, but not one under nohup, also where node is started by hand', async () => {
    // By SIGHUP, as any program.
    expect(await closed([CLI])).toEqual([256 - 1, false, true]);
    expect(await closed(['nohup', CLI])).toEqual([0, true, false]);
    expect(await closed(['nohup', process.execPath, CLI])).toEqual([0, true, false]);
  });
});

it('whatever starts wfc, what the user exports reaches tasks, and nothing of the shell that wfc was started from', async () => {
  const run =
    'type -t greet; greet; env | grep -a dotted; [[ ! -o posix && $- != *p* ]] && shopt -q nullglob || echo plain';
  const made = experiment(`rules: {one: {output: a, run: "{ ${run}; } > {output}"}}`, { noisy: 'echo noise' });
  const env = {
    'BASH_FUNC_greet%%': '() { echo hello; }',
    'dotted.name': 'kept',
    BASHOPTS: 'nullglob',
    SHELLOPTS: 'posix',
    BASH_ENV: made.path('noisy'),
  };
  for (const command of [[CLI], [process.execPath, CLI]]) {
    const words = [...command.slice(1), 'run', '--force', 'one', '--json'];
    const { exitCode, stdout } = await execa(command[0]!, words, { cwd: made.folder, reject: false, env });
    // What BASH_ENV says stands in the task's log at most.
    expect([exitCode, stdout[0]]).toEqual([0, '{']);
    expect(made.read('a')).toBe('function\nhello\ndotted.name=kept\nplain\n');
  }
});
