/**
 * What one attempt at a task does, whoever makes it: each claim is tried on `wfc run`, on GNU make, and on the element of a
 * job array, and the outcome (journal, files, logs, markers) is the same to the letter.
 */
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Experiment, experiment, gone } from '../support/experiment.ts';
import { attempt, EXECUTORS, type Outcome, prepare, start } from './executors.ts';

interface Claim {
  /** Keys of the one rule besides `run`; `output: a` unless told. */
  readonly rule?: string;
  readonly run: string;
  /** What stands before it in the spec. */
  readonly head?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly before?: (made: Experiment) => void;
  readonly env?: Readonly<Record<string, string>>;
  readonly ends: Partial<Outcome>;
  /** Of make, where it tells by itself, before any script of wfc is asked. */
  readonly endsByMake?: Partial<Outcome>;
}

const DONE: Outcome = {
  ended: 'well',
  journal: ['started a 1', 'done a'],
  files: { a: '' },
  logs: {},
  markers: [],
  untold: [],
};
const LOG = '.wfc/logs/one.log';

/** It failed once, for this reason, and left nothing but its log. */
function failed(reason: string, log?: string): Outcome {
  return {
    ended: 'badly',
    journal: ['started a 1', `failed a 1 ${reason}`],
    files: {},
    logs: log === undefined ? {} : { [LOG]: log },
    markers: [],
    untold: [],
  };
}

/** It never started. */
function refused(reason: string): Outcome {
  return { ended: 'badly', journal: [`failed a 0 ${reason}`], files: {}, logs: {}, markers: [], untold: [] };
}

const CLAIMS: Readonly<Record<string, Claim>> = {
  // --- success ---
  'a task that leaves its output is done': { run: 'echo x > {output}', ends: { ...DONE, files: { a: 'x\n' } } },
  'what it prints on either channel is its log': {
    run: 'echo out; echo err >&2; : > {output}',
    ends: { ...DONE, logs: { [LOG]: 'out\nerr\n' } },
  },
  'a task that prints nothing leaves no log': { run: ': > {output}', ends: DONE },
  'folders of outputs and of a log are made': {
    rule: 'output: b/c/a\n    log: l/m/one.txt',
    run: 'echo said; : > {output}',
    ends: {
      ...DONE,
      journal: ['started b/c/a 1', 'done b/c/a'],
      files: { 'b/': '', 'b/c/': '', 'b/c/a': '', 'l/': '', 'l/m/': '', 'l/m/one.txt': 'said\n' },
    },
  },
  'an exit that comes early counts as its status': { run: ': > {output}; exit 0; false', ends: DONE },
  'a command may replace its shell': {
    run: 'exec cp src {output}',
    files: { src: 'x' },
    ends: { ...DONE, files: { a: 'x' } },
  },
  'a command may close its output': { run: 'exec >&- 2>&-; : > {output}', ends: DONE },
  'standard input is empty': { run: 'cat > {output}', ends: DONE },
  'the folder is that of the spec, whatever the command does to it': {
    rule: 'output: {path: a, check: nonempty}',
    run: 'pwd -P > {output}; cd /; true',
    ends: { journal: DONE.journal, ended: 'well' },
  },
  'a link to a file is an output': {
    run: 'ln -s src {output}',
    files: { src: 'x' },
    ends: { ...DONE, files: { a: '-> src' } },
  },
  'a directory counts where something is in it, if only a hidden file': {
    rule: 'output: {path: a, directory: true}',
    run: 'mkdir {output}; : > {output}/.x',
    ends: { ...DONE, files: { 'a/': '', 'a/.x': '' } },
  },
  'a protected output is made read-only': {
    rule: 'output: {path: a, protected: true}',
    run: 'echo x > {output}; stat -c %A {output}',
    ends: { ...DONE, files: { a: 'x\n' } },
  },
  'values reach it as they are': {
    head: 'config: {v: "$HOME `x` \\"q\\" \'s\' *"}\n',
    rule: 'output: a\n    env: {V: "{config.v}"}',
    run: 'printf "%s\\n" "$V" > {output}',
    ends: { ...DONE, files: { a: '$HOME `x` "q" \'s\' *\n' } },
  },
  'it sees its attempt and its log': {
    run: 'echo {attempt} > {output}; echo to the log >> {log}',
    ends: { ...DONE, files: { a: '1\n' }, logs: { [LOG]: 'to the log\n' } },
  },
  'a list of inputs is a file with one a line': {
    rule: 'input: [s1, s2]\n    output: a',
    run: 'cat {input:list} > {output}',
    files: { s1: '', s2: '' },
    ends: { ...DONE, files: { a: 's1\ns2\n' } },
  },
  'its locale is that of its surroundings': {
    run: 'echo "${LC_ALL-none}" > {output}',
    env: { LC_ALL: 'C.UTF-8' },
    ends: { ...DONE, files: { a: 'C.UTF-8\n' } },
  },
  'functions that the user exports reach the command, and do nothing to wfc; options reach neither': {
    rule: 'output: {path: b/a, directory: true, protected: true, check: {run: "test -e {file}/x"}}\n    retries: 1',
    run: '! shopt -q failglob; test {attempt} = 2; command mkdir b/a; greet > b/a/x',
    env: {
      ...Object.fromEntries(
        ['cat', 'rm', 'mv', 'mkdir', 'chmod', 'touch', 'date', 'sleep', 'stat', 'du', 'md5sum', 'head', 'tail'].map(
          (name) => [`BASH_FUNC_${name}%%`, `() { echo "the ${name} of the user" >&2; return 1; }`],
        ),
      ),
      'BASH_FUNC_greet%%': '() { echo hello; }',
      BASHOPTS: 'failglob:nullglob:nocasematch:dotglob',
    },
    ends: {
      ended: 'well',
      journal: ['started b/a 1', 'failed b/a 1 exit_status:1', 'started b/a 2', 'done b/a'],
      files: { 'b/': '', 'b/a/': '', 'b/a/x': 'hello\n' },
      markers: [],
    },
  },
  'how long a shell of the user may be idle (TMOUT) is no limit of a task': {
    run: 'sleep 3; : > {output}',
    env: { TMOUT: '1' },
    ends: DONE,
  },
  'a python3 script is run, too': {
    rule: 'shell: python3\n    output: a',
    run: 'open({output}, "w").write("x")',
    ends: { ...DONE, files: { a: 'x' } },
  },

  // --- room ---
  'an old output is gone before it starts': {
    rule: 'input: src\n    output: a',
    run: 'test ! -e {output}; echo new > {output}',
    files: { src: '' },
    before: (made) => {
      made.write('a', 'old');
      made.age('a', 1000);
    },
    ends: { journal: DONE.journal, ended: 'well' },
  },
  'what is in the way of an output is removed: a folder, a link that leads nowhere': {
    rule: 'input: src\n    output: [a, b]',
    run: 'echo x | tee {output} > /dev/null',
    files: { src: '' },
    before: (made) => {
      mkdirSync(made.path('a'));
      made.age('a', 1000);
      symlinkSync('nowhere', made.path('b'));
    },
    ends: { journal: DONE.journal, ended: 'well' },
  },
  'a marker stands beside its first output until it is over': {
    run: 'test -e .a.wfc-incomplete; : > {output}',
    ends: DONE,
  },
  'a protected output that is there is never overwritten': {
    rule: 'input: src\n    output: {path: a, protected: true}',
    run: ': > {output}',
    files: { src: '' },
    before: (made) => {
      made.write('a', 'old');
      made.age('a', 1000);
      chmodSync(made.path('a'), 0o444);
    },
    ends: refused('output_protected:a'),
  },
  'an output that has no room fails it': {
    rule: 'output: b/a',
    run: ': > {output}',
    files: { b: 'a file, and no folder' },
    ends: { ended: 'badly', markers: [], logs: {} },
  },

  // --- failure ---
  'an exit status fails it': { run: 'echo said; exit 3', ends: failed('exit_status:3', 'said\n') },
  'the outputs of a failed attempt are removed': {
    rule: 'output: [a, b]',
    run: ': > a; : > b; exit 4',
    ends: failed('exit_status:4'),
  },
  'the first command that fails ends it': { run: 'false; : > {output}', ends: failed('exit_status:1') },
  'any command of a pipe fails it': { run: '(exit 7) | cat > {output}', ends: failed('exit_status:7') },
  'a variable that is not set fails it': {
    run: ': > {output}; echo "$nobody_sets_this" 2>/dev/null',
    ends: { ended: 'badly', files: {}, markers: [] },
  },
  'a signal that ends it is told by its name': {
    run: 'kill -SEGV $BASHPID',
    ends: { journal: failed('signal:139:SEGV').journal },
  },
  'a pipe whose end stops reading is told of, with what may be meant': {
    run: 'yes | head -n 1 > {output}',
    ends: failed('broken_pipe:141'),
  },
  "an error of bash names the spec's line": {
    run: ': > {output}\n\n# a comment\nno_such_program\n',
    ends: {
      journal: failed('exit_status:127').journal,
      logs: { [LOG]: expect.stringMatching(/\/commands\/wfc\.yml: line 9: no_such_program: /) },
    },
  },
  'a kill is a signal, and no guess at memory': { run: 'kill -KILL $BASHPID', ends: failed('signal:137:KILL') },
  'an output that is missing fails it': { rule: 'output: [a, b]', run: ': > a', ends: failed('output_missing:b') },
  'a folder that should be a file fails it': { run: 'mkdir {output}', ends: failed('output_is_directory:a') },
  'a file that should be a folder fails it': {
    rule: 'output: {path: a, directory: true}',
    run: ': > {output}',
    ends: failed('output_no_directory:a'),
  },
  'a folder with nothing in it fails it': {
    rule: 'output: {path: a, directory: true}',
    run: 'mkdir {output}',
    ends: failed('output_directory_empty:a'),
  },
  'an empty output fails it where it must not be empty': {
    rule: 'output: {path: a, check: nonempty}',
    run: ': > {output}',
    ends: failed('output_empty:a'),
  },
  'an output of too few bytes fails it': {
    rule: 'output: {path: a, check: {min_bytes: 5}}',
    run: 'echo x > {output}',
    ends: failed('output_too_small:2:5:a'),
  },
  'a check that fails fails it, and what it prints is in the log': {
    rule: 'output: {path: a, check: {run: "echo looked at {file}; false"}}',
    run: ': > {output}; exit 0',
    ends: failed('check_failed:a', 'looked at a\nwfc: a does not pass its check\n'),
  },
  'another content than its hash fails it': {
    rule: `output: {path: a, check: {sha256: ${'0'.repeat(64)}}}`,
    run: 'echo x > {output}',
    ends: { journal: failed('check_failed:a').journal, files: {}, markers: [] },
  },
  'a failed command after a failed check is not told as one': {
    rule: 'output: {path: -a, check: {run: "false"}}\n    retries: 2',
    run: ': > {output}; test {attempt} != 2 || exit 5',
    ends: {
      ended: 'badly',
      journal: [
        'started -a 1',
        'failed -a 1 check_failed:-a',
        'started -a 2',
        'failed -a 2 exit_status:5',
        'started -a 3',
        'failed -a 3 check_failed:-a',
      ],
      files: {},
    },
  },
  'a script that raises fails it, and its log tells where': {
    rule: 'shell: python3\n    output: a',
    run: 'raise ValueError("no good")',
    ends: { ended: 'badly', journal: failed('exit_status:1').journal },
  },
  'an input that is missing keeps it from starting': {
    rule: 'input: src\n    output: a',
    run: 'cp src {output}',
    ends: refused('source_missing:src'),
    endsByMake: { ...refused(''), journal: [] },
  },

  // --- once more ---
  'a task that failed is tried again, and its log goes on': {
    rule: 'output: a\n    retries: 2',
    run: 'echo try {attempt}; test {attempt} = 3; : > {output}',
    ends: {
      ...DONE,
      journal: [
        'started a 1',
        'failed a 1 exit_status:1',
        'started a 2',
        'failed a 2 exit_status:1',
        'started a 3',
        'done a',
      ],
      logs: { [LOG]: 'try 1\ntry 2\ntry 3\n' },
    },
  },
  'a retry begins without what the attempt before has made': {
    rule: 'output: [a, b]\n    retries: 1',
    run: 'test ! -e a; : > a; test {attempt} = 2; : > b',
    ends: {
      ...DONE,
      journal: ['started a 1', 'failed a 1 exit_status:1', 'started a 2', 'done a'],
      files: { a: '', b: '' },
    },
  },

  // --- time and processes ---
  'its time limit ends it, and its log says so': {
    rule: 'output: a\n    resources: {time: 1s}',
    run: ': > {output}; sleep 1000',
    ends: failed('time_limit:1', 'wfc: time limit of 1 s reached\nTerminated\n'),
  },
  'at its time limit it may end in its own way': {
    rule: 'output: a\n    resources: {time: 1s}',
    run: 'trap "echo saved > saved; exit 0" TERM; : > {output}; while :; do sleep 60; done',
    ends: { ...failed('time_limit:1', 'wfc: time limit of 1 s reached\nTerminated\n'), files: { saved: 'saved\n' } },
  },
  'a task that does not hear is killed ten seconds after its time limit': {
    rule: 'output: a\n    resources: {time: 1s}',
    run: 'trap "" TERM; while :; do sleep 1; done',
    ends: failed('time_limit:1', 'wfc: time limit of 1 s reached\n'),
  },
  'what it leaves running ends with it': {
    run: '(while :; do echo more >> {output}; sleep 0.01; done) & echo $! > pid; : > {output}',
    ends: { ended: 'well', journal: DONE.journal },
  },
};

describe.each(EXECUTORS)('an attempt by %s', (executor) => {
  it.each(Object.entries(CLAIMS))('%s', async (_, claim) => {
    const { rule = 'output: a', run, head = '', files, before, env } = claim;
    const ends = (executor === 'make' && claim.endsByMake) || claim.ends;
    const text = run.split('\n').join('\n      ');
    const made = experiment(`${head}rules:\n  one:\n    ${rule}\n    run: |\n      ${text}\n`, files);
    await prepare(executor, made);
    before?.(made);
    expect(await start(executor, made, env).ended).toMatchObject({ untold: [], ...ends });
    if (made.has('pid')) await gone(Number(made.read('pid')));
  });

  it('a task that is done is not done again, until something of it changes', async () => {
    const made = experiment('rules:\n  one: {input: src, output: a, run: "echo >> calls; cp src a"}\n', { src: 'x' });
    await attempt(executor, made);
    await attempt(executor, made);
    expect(made.calls()).toHaveLength(1);
    made.age('src', -5);
    await attempt(executor, made);
    expect(made.calls()).toHaveLength(1);
  });

  it('a task that was told to stop is interrupted, not failed, and leaves nothing half-done', async () => {
    const made = experiment('rules:\n  one: {output: a, retries: 3, run: "echo x > a; sleep 1000"}\n');
    await prepare(executor, made);
    const running = start(executor, made);
    await made.appeared('a');
    running.kill('SIGTERM');
    const { logs, ...rest } = await running.ended;
    const journal = ['started a 1', 'interrupted a'];
    expect(rest).toEqual({ ended: 'interrupted', journal, files: {}, markers: [], untold: [] });
    // Bash says so of the sleep, if that had begun.
    expect(['', 'Terminated\n']).toContain(logs[LOG]);
  });

  it('a path that is not in the directory of its task keeps what reads it from starting', async () => {
    const made = experiment(`rules:
  make: {output: {path: d, directory: true}, run: "mkdir d; : > d/x"}
  read: {input: d/y, output: a, run: "cp d/y a"}
`);
    expect(await attempt(executor, made)).toMatchObject({
      ended: 'badly',
      journal: ['started d 1', 'done d', 'failed a 0 input_missing:d/y'],
      untold: [],
      markers: [],
    });
  });

  it('what depends on a failed task does not start; what does not, does', async () => {
    const made = experiment(`rules:
  bad: {output: bad, run: "exit 1"}
  after: {input: bad, output: after, run: "echo after >> calls; : > after"}
  other: {output: other, run: "echo other >> calls; : > other"}
`);
    const { ended, files } = await attempt(executor, made);
    expect([ended, Object.keys(files).filter((f) => f !== 'calls')]).toEqual(['badly', ['other']]);
    expect(made.calls()).toEqual(['other']);
  });
});
