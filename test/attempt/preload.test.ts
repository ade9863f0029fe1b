/**
 * A script that is run in a fork of an interpreter with its modules imported ends as one that starts an interpreter of its
 * own: the outcome of each script (journal, files, log) is compared with that of the same script without `preload`.
 */
import { expect, it } from 'vitest';
import { type Experiment, experiment, gone } from '../support/experiment.ts';
import { attempt, type Executor, type Outcome, prepare, start } from './executors.ts';
import { comparable, ONE_ELEMENT, outcomeOfScript, specOfScripts } from './script-outcomes.ts';

/** Who keeps interpreters up; a recipe of make starts its own. */
const KEEPERS: readonly Executor[] = ['wfc run', 'an element'];

/** By the rule's name, in the order in which they run, one after another in one interpreter. */
const SCRIPTS: Readonly<Record<string, string>> = {
  // --- what it is ---
  is_main: `
import sys, os
with open({output}, 'w') as f:
    print(__name__, os.path.relpath(__file__), sys.argv, os.getcwd() == os.path.realpath('.'), sys.path[0] == os.getcwd(), file=f)
    print(sorted(k for k in globals() if not k.startswith('__')), file=f)
    print(sys.modules['__main__'].__dict__ is globals(), __builtins__.__name__, __spec__, __doc__, file=f)`,
  has_values: `open({output}, 'w').write({word} + str({attempt}) + str({resources.cpus}) + ','.join({input}))`,
  has_an_environment: `
import os, subprocess
open({output}, 'w').write(os.environ['WORD'] + os.environ.get('CUDA_VISIBLE_DEVICES', 'none') + subprocess.check_output('echo $WORD', shell=True, text=True))`,
  has_an_empty_input: `import sys; open({output}, 'w').write(repr(sys.stdin.read()))`,
  has_descriptors: `import os; open({output}, 'w').write(str(sorted(int(n) for n in os.listdir('/proc/self/fd'))))`,
  has_signals: `
import signal
open({output}, 'w').write(str([(s.name, str(signal.getsignal(s))) for s in sorted(signal.valid_signals()) if isinstance(s, signal.Signals)]))
open({output}, 'a').write(str(signal.pthread_sigmask(signal.SIG_BLOCK, [])))`,
  // --- how it ends ---
  ends: `open({output}, 'w')`,
  exits: `import sys; open({output}, 'w'); sys.exit(0)`,
  exits_with_3: `import sys; open({output}, 'w'); sys.exit(3)`,
  exits_with_300: `import sys; sys.exit(300)`,
  exits_with_words: `import sys; sys.exit('no such lake')`,
  exits_at_once: `import os; open({output}, 'w').close(); print('lost'); os._exit(0)`,
  exits_at_once_badly: `import os; os._exit(9)`,
  raises: `
def deep(x):
    raise ValueError('bad fit')
try:
    deep(1)
except ValueError as e:
    raise RuntimeError('worse') from e`,
  is_no_python: `x = = 1`,
  is_interrupted: `raise KeyboardInterrupt`,
  crashes: `import os, signal; os.kill(os.getpid(), signal.SIGSEGV)`,
  is_killed: `import os, signal; os.kill(os.getpid(), signal.SIGKILL)`,
  leaves_no_output: `pass`,
  // --- what is done at its end ---
  prints: `
import sys
print('out'); print('err', file=sys.stderr); sys.stdout.write('no newline')
open({output}, 'w')`,
  flushes: `f = open({output}, 'w'); f.write('kept until the end')`,
  calls_atexit: `
import atexit
atexit.register(lambda: open({output}, 'a').write('second'))
atexit.register(lambda: open({output}, 'a').write('first '))`,
  calls_finalizers: `
import os
class Late:
    def __del__(self, write=os.write): write(1, b'gone ')
open({output}, 'w')
a = Late()
b = Late(); b.self = b`,
  waits_for_threads: `
import threading, time
def work():
    threading.main_thread().join(); open({output}, 'w').write('after')
threading.Thread(target=work).start()`,
  leaves_a_daemon: `
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
open({output}, 'w')`,
  closes_its_output: `import os; open({output}, 'w'); os.close(1); os.close(2)`,
  cannot_print: `import sys; open({output}, 'w'); sys.stdout = open('/dev/full', 'w'); print('lost')`,
  // --- processes ---
  forks: `
import os
child = os.fork()
open({output}, 'a').write('child ' if child == 0 else str(os.waitpid(child, 0)[1]))`,
  has_a_pool: `
import multiprocessing
def twice(x): return 2 * x
if __name__ == '__main__':
    with multiprocessing.Pool(2) as pool: open({output}, 'w').write(str(pool.map(twice, [1, 2])))`,
  spawns: `
import multiprocessing
def twice(x): return 2 * x
if __name__ == '__main__':
    with multiprocessing.get_context('spawn').Pool(1) as pool: open({output}, 'w').write(str(pool.map(twice, [1, 2])))`,
  runs_a_program: `import subprocess; subprocess.run('echo said; echo x > ' + {output}, shell=True, check=True)`,
  // --- what one does is nothing to the next ---
  changes_all: `
import os, random, sys, helper, signal, threading
helper.seen.append('leak'); helper.leak = 1; os.environ['LEAK'] = '1'; os.environ['WORD'] = 'leak'; random.seed(1)
sys.path.insert(0, '/leak'); sys.argv.append('leak'); signal.signal(signal.SIGUSR1, signal.SIG_IGN); os.umask(0o77)
import builtins; builtins.leak = 1
leak = open('/dev/null'); os.dup2(leak.fileno(), 77); os.chdir('/')
threading.Thread(target=threading.Event().wait, daemon=True).start()
open(os.path.join(os.path.dirname(os.path.realpath(helper.__file__)), {output}), 'w')`,
  sees_nothing_of_it: `
import os, sys, helper, signal, threading, builtins
open({output}, 'w').write(repr([helper.seen, hasattr(helper, 'leak'), os.environ.get('LEAK'), os.environ['WORD'], '/leak' in sys.path,
    sys.argv[1:], str(signal.getsignal(signal.SIGUSR1)), hasattr(builtins, 'leak'), os.path.exists('/proc/self/fd/77'),
    os.getcwd() == os.path.dirname(os.path.realpath(helper.__file__)), threading.active_count()]))
print(oct(os.stat({output}).st_mode))`,
};

const HELPER = 'seen = []\n';

const spec = (preload: string): string => specOfScripts({ shell: 'python3', preload, input: 'helper.py' }, SCRIPTS);

it.each(KEEPERS)('by %s, a script ends in a fork as it does in an interpreter of its own', async (executor) => {
  const files = { 'helper.py': HELPER };
  const alone = comparable(await attempt(executor, experiment(spec(''), files)));
  const made = experiment(spec(', preload: [json, helper]'), files);
  const forked = comparable(await attempt(executor, made));
  const each = (outcome: Outcome): unknown =>
    Object.fromEntries(Object.keys(SCRIPTS).map((name) => [name, outcomeOfScript(outcome, name)]));
  expect(each(forked)).toEqual(each(alone));
  expect(forked.files['is_main.x y']).toContain('__main__');
  expect(forked.journal.length).toBeGreaterThan(Object.keys(SCRIPTS).length);
});

/** A module that notes each import of itself. */
const NOTED = 'print("imported", file=open("imports", "a"))\n';

const imports = (made: Experiment): number => (made.has('imports') ? made.read('imports').split('\n').length - 1 : 0);

const SEVERAL = (rule = ''): string => `
params: {n: {from: 1, to: 6}}
rules:
  one:
    shell: python3
    preload: noted
    output: out/{n}
    ${rule}
    run: |
      import noted
      open({output}, 'w').write({n})
`;

it.each(KEEPERS)(
  'by %s, modules are imported once for all tasks of a lane; without preload once a task',
  async (executor) => {
    const made = experiment(SEVERAL(), { 'noted.py': NOTED, ...ONE_ELEMENT });
    expect((await attempt(executor, made)).ended).toBe('well');
    expect([imports(made), made.files('out').length]).toEqual([1, 6]);
    const alone = experiment(SEVERAL().replace('preload: noted', ''), { 'noted.py': NOTED, ...ONE_ELEMENT });
    expect((await attempt(executor, alone)).ended).toBe('well');
    expect(imports(alone)).toBe(6);
  },
);

it('a recipe of make starts its own interpreter', async () => {
  const made = experiment(SEVERAL(), { 'noted.py': NOTED, ...ONE_ELEMENT });
  expect((await attempt('make', made)).ended).toBe('well');
  expect(imports(made)).toBe(6);
});

it.each(KEEPERS)('by %s, a module that a task changed is imported anew for the next', async (executor) => {
  const made = experiment(
    SEVERAL().replace(
      "open({output}, 'w').write({n})",
      `open({output}, 'w').write(noted.word)
      if {n} == '3': open('noted.py', 'a').write('word = "new"\\n')`,
    ),
    { 'noted.py': `${NOTED}word = "old"\n`, ...ONE_ELEMENT },
  );
  await attempt(executor, made);
  expect([1, 2, 3, 4, 5, 6].map((n) => made.read(`out/${n}`))).toEqual(['old', 'old', 'old', 'new', 'new', 'new']);
  expect(imports(made)).toBe(2);
});

it.each(KEEPERS)('by %s, an environment of its own brings a task an interpreter of its own', async (executor) => {
  const made = experiment(SEVERAL('env: {AT_IMPORT: "{n}"}').replace('write({n})', 'write(noted.word)'), {
    'noted.py': `${NOTED}import os\nword = os.environ["AT_IMPORT"]\n`,
  });
  expect((await attempt(executor, made)).ended).toBe('well');
  expect([1, 2, 3, 4, 5, 6].map((n) => made.read(`out/${n}`))).toEqual(['1', '2', '3', '4', '5', '6']);
});

it.each(KEEPERS)('by %s, a module that can not be imported fails each task, with its traceback', async (executor) => {
  const made = experiment(SEVERAL(), { 'noted.py': `${NOTED}import helper_that_is_gone\n` });
  const { journal, logs } = await attempt(executor, made);
  expect(journal.filter((line) => line.startsWith('failed'))).toEqual(
    [1, 2, 3, 4, 5, 6].map((n) => `failed out/${n} 1 exit_status:1`),
  );
  const log = logs['.wfc/logs/one/n=1.log']!;
  expect(log).toContain("ModuleNotFoundError: No module named 'helper_that_is_gone'");
  expect(log).toContain('noted.py", line 2');
  expect(log).not.toContain('preload/python3.py');
});

it.each(KEEPERS)('by %s, a module that leaves a thread is refused by its name', async (executor) => {
  const made = experiment(SEVERAL(), {
    'noted.py': 'import threading\nthreading.Thread(target=threading.Event().wait, name="beat", daemon=True).start()\n',
  });
  const { logs } = await attempt(executor, made);
  expect(logs['.wfc/logs/one/n=1.log']).toBe(
    "wfc: preload: noted has started 1 thread (beat), which does not survive a fork: it can't be preloaded\n",
  );
});

it.each(KEEPERS)('by %s, where none can be kept up tasks run without, and one log says so', async (executor) => {
  const made = experiment(SEVERAL(), {
    ...ONE_ELEMENT,
    'noted.py': NOTED,
    'bin/python3': '#!/bin/sh\ncase $1 in */preload/*) exit 0;; esac\nexec "$PYTHON" "$@"\n',
  });
  made.executable('bin/python3');
  const python = (await import('execa')).execaSync('which', ['python3']).stdout;
  const env = { PATH: `${made.path('bin')}:${process.env.PATH}`, PYTHON: python };
  const { ended, logs } = await attempt(executor, made, env);
  expect(ended).toBe('well');
  expect(imports(made)).toBe(6);
  expect(Object.values(logs)).toEqual(["wfc: preload: python3 can't be kept up here: tasks start it anew each\n"]);
});

const SLOW = `
rules:
  one:
    shell: python3
    preload: json
    output: a
    resources: {time: 2s}
    run: |
      import os, subprocess, time
      child = subprocess.Popen(['sleep', '1000'])
      open('pids', 'w').write('%d %d' % (os.getpid(), child.pid))
      time.sleep(1000)
`;

it.each(KEEPERS)('by %s, a time limit ends the script and all that it started', async (executor) => {
  const made = experiment(SLOW);
  const { journal } = await attempt(executor, made);
  expect(journal).toEqual(['started a 1', 'failed a 1 time_limit:2']);
  for (const pid of made.read('pids').split(' ')) await gone(Number(pid));
});

it.each(KEEPERS)('by %s, a script that is asked to stop may end in its own time', async (executor) => {
  const made = experiment(
    SLOW.replace('{time: 2s}', '{}').replace(
      'import os',
      `import signal, sys
      signal.signal(signal.SIGTERM, lambda *_: (open('saved', 'w').write('x'), sys.exit(0)))
      import os`,
    ),
  );
  await prepare(executor, made);
  const running = start(executor, made);
  await made.filled('pids');
  running.kill('SIGTERM');
  expect((await running.ended).journal).toEqual(['started a 1', 'interrupted a']);
  expect(made.read('saved')).toBe('x');
  for (const pid of made.read('pids').split(' ')) await gone(Number(pid));
});

it.each(KEEPERS)('by %s, nothing is left of it once all has ended, nor once all was killed', async (executor) => {
  const made = experiment(
    SLOW.replace('{time: 2s}', '{}').replace(
      'import os',
      `import os
      open('preloader', 'w').write(str(os.getppid()))
      open('owner', 'w').write(open('/proc/%d/cmdline' % os.getppid()).read().split('\\0')[2])
      import os`,
    ),
  );
  await prepare(executor, made);
  const running = start(executor, made);
  await made.filled('pids');
  if (executor === 'wfc run') running.kill('SIGKILL');
  else process.kill(Number(made.read('owner')), 'SIGKILL');
  for (const pid of [...made.read('pids').split(' '), made.read('preloader')]) await gone(Number(pid));
  await running.ended;
});
