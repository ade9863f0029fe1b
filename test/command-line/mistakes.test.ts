/** A slip on the command line is answered like one in a spec: what is wrong, and what to write instead. Status 2. */
import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { recordCommands } from '../../src/cli/recorded.ts';
import { experiment } from '../support/experiment.ts';

/** What is typed behind `wfc`, what is said of it, and the hint. */
const SLIPS: readonly (readonly [string, string, string])[] = [
  ['rnu', 'unknown command "rnu"', 'did you mean "wfc run"?'],
  ['statsu --json', 'unknown command "statsu"', 'did you mean "wfc status"?'],
  ['frobnicate', 'unknown command "frobnicate"', '"wfc --help" lists the commands'],
  ['dag', 'unknown command "dag"', 'here it is "wfc graph"'],
  ['submit', 'unknown command "submit"', 'here it is "wfc run --slurm"'],
  ['wfc.yml', 'unknown command "wfc.yml"', 'to run this spec: wfc run wfc.yml'],
  ['-j 8', 'a command is missing', 'to run: wfc run -j 8'],
  ['-n', 'a command is missing', 'to run: wfc run -n'],
  ['train', 'unknown command "train"', 'it is a rule: wfc run --goal train'],
  ['run -j 0', '-j 0: write a whole number from 1 to 10,000', 'such as: -j 8'],
  ['run --watch', '--watch goes with --slurm: a local run shows its progress by itself', 'leave it out'],
  ['--json', 'a command is missing', '"wfc --help" lists the commands'],
  ['rnu --help', 'unknown command "rnu"', 'did you mean "wfc run"?'],
  ['help rnu', 'unknown command "rnu"', 'did you mean "wfc run"?'],
  ['help profile detct', 'unknown command "profile detct"', 'did you mean "wfc profile detect"?'],
  ['profile detct', 'unknown command "profile detct"', 'did you mean "wfc profile detect"?'],
  ['profile', 'wfc profile: say what', 'such as: wfc profile detect'],
  ['import Snakefile', 'unknown command "import Snakefile"', 'did you mean "wfc import snakefile"?'],

  ['run --jbos 3', 'wfc run has no option --jbos', 'did you mean "--jobs"?'],
  ['run --jbos=3', 'wfc run has no option --jbos', 'did you mean "--jobs"?'],
  ['run --dryrun', 'wfc run has no option --dryrun', 'did you mean "--dry-run"?'],
  ['run --keepgoing', 'wfc run has no option --keepgoing', 'did you mean "--keep-going"?'],
  ['run --no-colour', 'wfc run has no option --no-colour', 'did you mean "--no-color"?'],
  ['run -z', 'wfc run has no option -z', '"wfc run --help" lists them'],
  ['run -kz', 'wfc run has no option -z', '"wfc run --help" lists them'],
  ['run --frobnicate', 'wfc run has no option --frobnicate', '"wfc run --help" lists them'],
  ['run --cores 4', 'wfc run has no option --cores', 'here it is "--jobs"'],
  ['run --target train', 'wfc run has no option --target', 'here it is "--goal"'],
  ['run --forceall', 'wfc run has no option --forceall', 'here it is "--force"'],
  ['run -B', 'wfc run has no option -B', 'here it is "--force"'],
  ['run -f wfc.yml', 'wfc run has no option -f', 'the spec stands alone: wfc run wfc.yml'],
  ['plan -j 4', '-j of wfc plan is about its forecast', 'add --forecast, or leave it out'],
  ['status -j 4', 'wfc status has no option -j', 'it belongs to wfc plan, wfc run and wfc resume'],
  ['status --escalate', 'wfc status has no option --escalate', 'it belongs to wfc resume'],
  ['profile detect --oout x', 'wfc profile detect has no option --oout', 'did you mean "--out"?'],
  ['run --jobs', 'wfc run: --jobs needs a value', '--jobs: Tasks at a time [default: the CPUs of this machine]'],
  ['run -j', 'wfc run: -j needs a value', '--jobs: Tasks at a time [default: the CPUs of this machine]'],

  ['compile --target slrum', '--target: "slrum" is none of slurm, local', 'did you mean "slurm"?'],
  ['compile --target=make', '--target: "make" is none of slurm, local', 'choose one of these'],
  ['graph --format sgv', '--format: "sgv" is none of text, dot, mermaid, svg', 'did you mean "svg"?'],
  ['run --trust tims', '--trust: "tims" is none of times, fingerprints, contents', 'did you mean "times"?'],
  [
    'init x --template swep',
    '--template: "swep" is none of sweep, table, search, from-scratch',
    'did you mean "sweep"?',
  ],
  ['completion zhs', '"zhs" is none of bash, zsh, fish', 'did you mean "zsh"?'],
  ['compile', 'wfc compile: --target is missing', 'such as: wfc compile --target slurm'],
  ['logs', 'wfc logs: TASK is missing', 'such as: wfc logs train_model site=01022500 seed=3, or: wfc logs --failed'],
  ['table --out x.csv', 'wfc table: PATTERN is missing', 'such as: wfc table "out/{site}/{seed}.csv" --out all.csv'],
  ['import snakefile', 'wfc import snakefile: FILE is missing', 'such as: wfc import snakefile Snakefile'],
  [
    'run wfc.yml train',
    'wfc run takes one spec, so "train" is too much',
    'for a rule or a path: wfc run wfc.yml --goal train',
  ],
  ['init a b', 'wfc init takes one folder, so "b" is too much', 'quote a name that holds blanks'],
];

it.each(SLIPS)('wfc %s', async (line, message, hint) => {
  const { status, stdout, stderr } = await experiment('rules: {train: {output: x, run: "touch {output}"}}').wfc(line);
  expect(stderr).toContain(`error: ${message}\n  hint: ${hint}`);
  expect([status, stdout]).toEqual([2, '']);
});

it('each mistake of a line is told', async () => {
  const { stderr } = await experiment('').wfc('compile --jbos 3 --target slrum');
  expect(stderr).toContain('no option --jbos');
  expect(stderr).toContain('did you mean "slurm"?');
});

it('an option one letter off is answered with the option, for every long option of every command', async () => {
  const { explainMistakes } = await import('../../src/cli/mistakes.ts');
  const commands = recordCommands(COMMANDS);
  const flat = commands.flatMap((c) =>
    c.commands.length > 0 ? c.commands.map((i) => [c.name, i] as const) : [['', c] as const],
  );
  let options = 0;
  for (const [group, command] of flat) {
    for (const { name } of command.options) {
      if (name.length < 4) continue;
      const slip = `--${name.slice(0, -2)}${name.at(-1)}${name.at(-2)}`;
      if (slip === `--${name}`) continue;
      const words = [...(group === '' ? [] : [group]), command.name, slip];
      const hints = explainMistakes(commands, words).map((m) => m.hint);
      expect(hints, words.join(' ')).toContainEqual(
        expect.stringContaining(`did you mean "--${name === 'color' ? 'no-color' : name}"?`),
      );
      options++;
    }
  }
  expect(options).toBeGreaterThan(100);
});

it('a right line has no mistakes: options before the command, joined ones, values that begin with a dash', async () => {
  const { explainMistakes } = await import('../../src/cli/mistakes.ts');
  const commands = recordCommands(COMMANDS);
  const right = [
    'run -j8 -k --set a=-1 --no-color wfc.yml',
    'run -kj 8 --goal=train --goal test',
    '--quiet --set site=1 run',
    'run --set=x=y --dryRun --keepGoing',
    'logs train site=1 seed=2',
    'compile --target local --out x',
    'profile detect -q',
  ];
  for (const line of right) expect(explainMistakes(commands, line.split(' ')), line).toEqual([]);
});
