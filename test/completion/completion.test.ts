import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { CLI, type Experiment, experiment } from '../support/experiment.ts';

const SPEC = `config: {epochs: 3}
params:
  site: ["01022500", "01031500"]
  seed: {from: 0, to: 2}
tables:
  models: [{model: lstm}]
rules:
  train: {output: "m/{site}/{seed}/{model}", run: "touch {output}"}
  test: {input: "m/{site}/{seed}/{model}", output: "t/{site}/{seed}/{model}", run: "cp {input} {output}"}
`;

/** An experiment with `wfc` on the PATH, for shells. */
function withCommand(): Experiment {
  const made = experiment(SPEC);
  made.write('bin/wfc', `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
  chmodSync(made.path('bin/wfc'), 0o755);
  return made;
}

function inShell(made: Experiment, command: string, args: readonly string[]) {
  const env = { PATH: `${made.path('bin')}:${process.env.PATH}`, TERM: 'dumb', HOME: made.folder };
  return execa(command, args, { cwd: made.folder, env, stdin: 'ignore' });
}

function has(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What is typed, and words that must be offered, and one that must not. */
const CASES: readonly (readonly [string, readonly string[], string])[] = [
  ['wfc ', ['plan', 'run', 'init', 'import'], 'train'],
  ['wfc re', ['resume'], 'run'],
  ['wfc run --', ['--goal', '--jobs', '--no-color'], '--target'],
  ['wfc run --goal t', ['train', 'test'], 'site='],
  ['wfc run --force tr', ['train'], 'test'],
  ['wfc compile --target ', ['slurm', 'local'], 'train'],
  ['wfc why ', ['train', 'test'], 'plan'],
  ['wfc accept te', ['test'], 'train'],
  ['wfc import ', ['snakefile', 'sbatch'], 'plan'],
];

const WORDS_AFTER_EQUALS: readonly (readonly [string, readonly string[], string])[] = [
  ['wfc run --set s', ['site=', 'seed='], 'train'],
  ['wfc run --set site=', ['site=01022500', 'site=01031500'], 'site=0'],
  ['wfc run --set seed=1,', ['seed=1,0', 'seed=1,2'], 'seed=1,1'],
  ['wfc run --set ep', ['epochs='], 'site='],
  ['wfc logs train m', ['model='], 'site='],
  ['wfc why train model=', ['model=lstm'], 'train'],
];

it.each([...CASES, ...WORDS_AFTER_EQUALS])('"%s" offers what fits there', async (typed, offered, not) => {
  const words = typed.split(' ').slice(1);
  const { stdout } = await withCommand().start(['--complete', ...words]).ended;
  const found = stdout.split('\n').map((line) => line.split('\t')[0]);
  expect(found).toEqual(expect.arrayContaining([...offered]));
  expect(found).not.toContain(not);
});

it('names of a spec with mistakes are offered all the same, and without a spec nothing fails', async () => {
  const made = experiment(SPEC.replace('run: touch', 'rnu: touch'));
  expect((await made.wfc('--complete run --goal tr')).stdout).toBe('train\trule');
  made.remove('wfc.yml');
  expect(await made.wfc('--complete run --goal tr')).toEqual({ status: 0, stdout: '', stderr: '' });
});

it.skipIf(!has('bash'))('bash completes with its script', async () => {
  const made = withCommand();
  const ask = (typed: string): string =>
    `COMP_LINE='${typed}'; COMP_POINT=\${#COMP_LINE}; _wfc_complete; printf '%s|' "\${COMPREPLY[@]}"; echo`;
  const typed = ['wfc re', 'wfc run --goal t', 'wfc run --set s', 'wfc run --set site=', 'wfc validate ./x'];
  const { stdout } = await inShell(made, 'bash', [
    '--norc',
    '-c',
    `eval "$(wfc completion bash)"; complete -p wfc; ${typed.map(ask).join('; ')}`,
  ]);
  expect(stdout.split('\n')).toEqual([
    'complete -o default -F _wfc_complete wfc',
    'resume|report|',
    'train|test|',
    'site=|seed=|',
    // Behind the = alone, since bash takes it for a word of its own.
    '01022500|01031500|',
    '|',
  ]);
});

it.skipIf(!has('fish'))('fish completes with its script', async () => {
  const made = withCommand();
  const { stdout } = await inShell(made, 'fish', [
    '--no-config',
    '-c',
    "wfc completion fish | source; complete -C 'wfc re'; complete -C 'wfc run --goal t'; complete -C 'wfc run --set site='; complete -C 'wfc validate wfc.'",
  ]);
  expect(stdout.split('\n').map((line) => line.split('\t')[0])).toEqual([
    'report',
    'resume',
    'test',
    'train',
    'site=01022500',
    'site=01031500',
    'wfc.yml',
  ]);
});

it.skipIf(!has('zsh'))('zsh completes with its script', async () => {
  const made = withCommand();
  // What the completion system does around a function: it sets words and CURRENT, and takes words by compadd.
  made.write(
    'typed.zsh',
    `compdef() { print -r -- "compdef $*" }
compadd() { print -r -- "\${(P)argv[-1]} (\${argv[(r)-S]-})" }
_files() { print files }
source <(wfc completion zsh)
words=(wfc re) CURRENT=2; _wfc
words=(wfc run --goal t) CURRENT=4; _wfc
words=(wfc run --set site=) CURRENT=4; _wfc
words=(wfc run --set epo) CURRENT=4; _wfc
words=(wfc validate x) CURRENT=3; _wfc
`,
  );
  const { stdout } = await inShell(made, 'zsh', ['-f', 'typed.zsh']);
  expect(stdout.split('\n')).toEqual([
    'compdef _wfc wfc',
    'resume report ()',
    'train test ()',
    'site=01022500 site=01031500 ()',
    // Without a blank behind it.
    'epochs= (-S)',
    'files',
  ]);
});
