import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { make } from '../make/make.ts';
import { type Ended, type Experiment, experiment } from '../support/experiment.ts';
import { FAILING, hostileExperiment, SOURCE_PATH, TEXTS } from './spec.ts';

/** What a terminal obeys and no command of wfc may print where no colour is asked for. */
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const isHarmed = (e: Experiment): boolean =>
  readdirSync(e.folder, { recursive: true }).some((name) => String(name).split('/').at(-1) === 'PWNED');

/** Hash by path of all that the tasks made. */
function tree(e: Experiment): Record<string, string> {
  const paths = ['out', 'copy', 'cells', 'lines', 'logs'].flatMap((folder) => e.files(folder));
  const all = [...paths, 'all.txt', "name's $1 ; touch PWNED"];
  return Object.fromEntries(all.map((path) => [path, createHash('sha256').update(e.read(path)).digest('hex')]));
}

const words = ({ stdout, stderr }: Ended): string => `${stdout}\n${stderr}`;

const LOOKS: readonly (readonly string[])[] = [
  ['validate'],
  ['plan'],
  ['plan', '--target', 'slurm'],
  ['plan', '--json'],
  ['compile', '--target', 'slurm'],
  ['compile', '--target', 'slurm', '--json'],
  ['compile', '--target', 'local'],
  ['run', '-n'],
  ['run', '-k'],
  ['run', '-k', '--json'],
  ['status'],
  ['status', '--json'],
  ['resume', '-n'],
  ['accept', '-n'],
  ['clean', '-n', '--outputs', '--logs'],
  ['clean', '-n', '--state'],
  ['cancel', '-n'],
];
/** Of these, the ones that say more where tasks have failed. */
const LOOKS_AT_FAILURES = LOOKS.filter(([command]) => ['run', 'status', 'resume'].includes(command!));
/** Commands that are told of a task: by its path, by its params, and of something that there is not. */
const namings = (rule: string, folder: string): (readonly string[])[] =>
  ['why', 'logs'].flatMap((command) => [
    [command, `${folder}/${TEXTS[8]}`],
    [command, rule, `v=${TEXTS[9]}`],
    [command, rule, `v=${TEXTS[8]}\u001b[31m`],
    [command, '--json', rule, `v=${TEXTS[8]}`],
  ]);

describe('a spec that is hostile wherever it may be', () => {
  it.each([
    ['succeeds', hostileExperiment, LOOKS, 'value', 'out'],
    ['fails', () => experiment(FAILING), LOOKS_AT_FAILURES, 'bad', 'bad'],
  ] as const)(
    'whose tasks all %s: no command runs a text, or writes one to the terminal that it would obey',
    async (_, make, looks, rule, folder) => {
      const e = make();
      expect((await e.wfc('validate')).stdout).toContain('is valid');
      for (const args of [...looks, ...namings(rule, folder)]) {
        const ended = await e.start(args).ended;
        // The log itself goes through a pipe as it is.
        const said = args[0] === 'logs' && !args.includes('--json') ? ended.stderr : words(ended);
        expect([args, said.match(OBEYED)?.[0], said.includes('    at ')]).toEqual([args, undefined, false]);
        expect([0, 1, 2], args.join(' ')).toContain(ended.status);
      }
      expect(isHarmed(e)).toBe(false);
    },
  );

  it('has its paths explained, accepted and removed as what they are', async () => {
    const e = hostileExperiment();
    expect((await e.run('-k')).status).toBe(0);
    const before = e.files('.').filter((path) => !path.startsWith('.wfc'));
    e.write(SOURCE_PATH, 'changed');
    e.write(`glob/${TEXTS[8]}.csv`, 'changed');
    e.remove(`out/${TEXTS[9]}`);
    e.write(`copy/${TEXTS[2]}`, 'changed');
    const told: readonly (readonly string[])[] = [
      ['why', `out/${TEXTS[8]}`],
      ['why', `out/${TEXTS[9]}`],
      ['why', `copy/${TEXTS[8]}`],
      ['why', `copy/${TEXTS[2]}`],
      ['why', '--json', `copy/${TEXTS[2]}`],
      ['why', 'all.txt'],
      ['why', SOURCE_PATH],
      ['why', '--json', SOURCE_PATH],
      ['why', `lines/${TEXTS[8]}`],
      ['plan', '--force', `lines/${TEXTS[8]}`],
      ['accept', 'file', `copy/${TEXTS[2]}`],
      ['accept', '--json'],
      ['clean', '--outputs', '--logs', '--yes', '--goal', `lines/${TEXTS[8]}`],
      ['clean', '--outputs', '--logs', '--yes'],
    ];
    for (const args of told) {
      const ended = await e.start(args).ended;
      expect([args, ended.status, words(ended).match(OBEYED)?.[0]]).toEqual([args, 0, undefined]);
    }
    // Sources stay, and nothing but outputs and logs goes.
    const sources = before.filter((path) => !/^(out|copy|cells|lines|logs)\/|^all\.txt$|^name's/.test(path));
    expect(e.files('.').filter((path) => !path.startsWith('.wfc'))).toEqual(sources);
    expect(isHarmed(e)).toBe(false);
  });

  it('in colour writes its own colours, and nothing else that a terminal obeys', async () => {
    const e = experiment(FAILING);
    for (const args of [['run', '-k'], ['status'], ['why', 'bad', `v=${TEXTS[8]}`], ['plan'], ['validate', 'no.yml']]) {
      const said = words(await e.start(args, { env: { FORCE_COLOR: '1' } }).ended);
      if (args[0] !== 'plan') expect(said).toContain('\u001b[1m');
      expect([args, said.replace(/\u001b\[[\d;]*m/g, '').match(OBEYED)?.[0]]).toEqual([args, undefined]);
    }
  });

  it('gives the same tree by wfc run, by make and by the elements of a submission, its texts unharmed', async () => {
    const local = hostileExperiment();
    const ran = await local.run('-k');
    expect([ran.status, ran.stderr]).toEqual([0, expect.stringMatching(/ done in /)]);
    expect(local.files('cells').map((path) => local.read(path).trimEnd())).toEqual(
      [...TEXTS.keys()].sort((a, b) => (`${a}` < `${b}` ? -1 : 1)).map((i) => TEXTS[i]),
    );
    const expected = tree(local);
    expect(Object.keys(expected).length).toBeGreaterThan(60);

    const byMake = hostileExperiment();
    expect((await byMake.wfc('compile --target local')).status).toBe(0);
    const made = await make(byMake, ['-k']);
    expect([made.status, made.output]).toEqual([0, expect.not.stringContaining('Error')]);
    expect(tree(byMake)).toEqual(expected);

    const elements = hostileExperiment();
    expect((await elements.wfc('compile --target slurm --out S')).status).toBe(0);
    await runElements(elements);
    expect(tree(elements)).toEqual(expected);

    for (const e of [local, byMake, elements]) expect(isHarmed(e)).toBe(false);
  });

  it('reaches no directive of a batch script; bash and shellcheck can read all that is written', async () => {
    const e = hostileExperiment();
    await e.wfc('compile --target slurm --out S');
    await e.wfc('compile --target local --out M');
    const meant =
      /^#SBATCH --(job-name=[\w-]+\.[\w-]+\.[0-9a-f]{4}|mem=\d+M --time=[\d:]+|array=[\d,-]+|nodes=1 --ntasks=1( --cpus-per-task=1)?|cpus-per-task=1|time=[\d:-]+|requeue --open-mode=append --signal=B:USR1@60)$/;
    const scripts = [...e.files('S'), ...e.files('M')].filter((path) => path.endsWith('.sh'));
    const directives = scripts
      .flatMap((path) => e.read(path).split('\n'))
      .filter((line) => /^\s*#\s*SBATCH/.test(line));
    expect(directives.length).toBeGreaterThan(10);
    expect(directives.filter((line) => !meant.test(line))).toEqual([]);
    for (const path of scripts) expect((await execa('bash', ['-n', e.path(path)], { reject: false })).stderr).toBe('');
    const rules = /\/(rules|prelude)\.sh$/;
    const checked = await execa(
      'shellcheck',
      ['-s', 'bash', ...scripts.filter((p) => !rules.test(p)).map((p) => e.path(p))],
      {
        reject: false,
      },
    );
    expect(checked.stdout).toBe('');
    // The Makefile's own lines and its tasks': nothing in them is run as it is read.
    const read = await execa('make', ['-f', e.path('M/Makefile'), '-n'], { cwd: e.folder, reject: false });
    expect([read.exitCode, isHarmed(e)]).toEqual([0, false]);
  });
});

/** All elements of all stages without Slurm, one after the other, in the order of the stages. */
async function runElements(e: Experiment): Promise<void> {
  const stages = readdirSync(e.path('S/tables'))
    .filter((name) => name.endsWith('.index'))
    .map((name) => name.replace('.index', ''))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  for (const stage of stages) {
    const count = readFileSync(e.path(`S/tables/${stage}.index`), 'utf8')
      .trimEnd()
      .split('\n').length;
    for (let i = 0; i < count; i++) {
      const ended = await execa('bash', [join('S', `${stage}.sh`), 'S', '.wfc/journal/000001-slurm-x'], {
        cwd: e.folder,
        env: { wfc_element: String(i), wfc_wait_seconds: '1' },
        reject: false,
        stdin: 'ignore',
        all: true,
      });
      expect([stage, i, ended.exitCode, ended.all]).toEqual([stage, i, 0, expect.not.stringContaining('rror')]);
    }
  }
}

describe('names and values with line breaks or control characters', () => {
  const rule = (text: string): string => `rules: {r: {output: o, run: "touch o", ${text}}}\n`;
  it.each([
    ['a param', 'params: {v: ["a\\n#SBATCH --wrap=x"]}\nrules: {r: {output: "o{v}", run: "touch {output}"}}\n'],
    ['a param with an escape', 'params: {v: ["a\\e[31m"]}\nrules: {r: {output: "o{v}", run: "touch {output}"}}\n'],
    ['a cell of a table', 'tables: {t: [{v: "a\\nb"}]}\nrules: {r: {output: "o{v}", run: "touch {output}"}}\n'],
    ['a path', 'rules: {r: {output: "o\\n#SBATCH --wrap=x", run: "touch {output}"}}\n'],
    ['a log', rule('log: "l\\nm"')],
    ['a flag', rule('resources: {slurm: {comment: "x\\n#SBATCH --wrap=x"}}')],
    ['an entry of extra', rule('resources: {slurm: {extra: ["--comment=x\\n#SBATCH --wrap=x"]}}')],
    [
      'a constant in an entry of extra',
      `config: {c: "x\\n#SBATCH --wrap=x"}\n${rule('resources: {slurm: {extra: ["--comment={config.c}"]}}')}`,
    ],
    ['the name of a rule', 'rules: {"r\\n touch PWNED": {output: o, run: "touch o"}}\n'],
    ['the name of a rule with a command', 'rules: {"r(){ :; }; touch PWNED": {output: o, run: "touch o"}}\n'],
    ['the name of a variable', rule('env: {"A=1; touch PWNED; B": x}')],
    ['the name of a flag', rule('resources: {slurm: {"x --wrap": y}}')],
    ['the name of a param', 'params: {"a;touch PWNED": [1]}\nrules: {r: {output: o, run: "touch o"}}\n'],
    ['a memory size', rule('resources: {mem: "2G --wrap=x"}')],
    ['a kind of GPU', rule('resources: {gpus: "a100 --wrap=x:2"}')],
    ['a hash', `rules: {r: {output: {path: o, check: {sha256: "'; touch PWNED; '"}}, run: "touch o"}}\n`],
  ])('%s is refused before anything is written, in words that a terminal can show', async (_, spec) => {
    const e = experiment(spec);
    for (const args of ['validate', 'run', 'compile --target slurm']) {
      const ended = await e.wfc(args);
      expect([args, ended.status]).toEqual([args, 2]);
      expect([args, words(ended).match(OBEYED)?.[0]]).toEqual([args, undefined]);
    }
    expect([e.has('.wfc'), isHarmed(e)]).toEqual([false, false]);
  });

  it('a file that only its name makes hostile is left out with words, not run', async () => {
    const e = experiment(
      'params: {f: {glob: "g/{f}"}}\nrules: {r: {input: "g/{f}", output: "o/{f}", run: "cp {input} {output}"}}\n',
    );
    e.write('g/a', 'a');
    e.write('g/b\n#SBATCH --wrap=x\u001b[31m', 'b');
    const ended = await e.run();
    expect([ended.status, words(ended).match(OBEYED)?.[0]]).toEqual([2, undefined]);
    expect(ended.stderr).toContain('holds a line break or another control character');
    expect([e.has('.wfc'), isHarmed(e)]).toEqual([false, false]);
  });
});

describe('a profile', () => {
  it('gives flags and modules that stay what they are; only the prelude is bash', async () => {
    const e = experiment('rules: {r: {output: o, run: "touch o"}}\n', {
      'profiles/p.yml': `
slurm: {comment: ${JSON.stringify(TEXTS.slice(0, 7).join(' '))}, account: "a'b", extra: ['--wckey="x # y"']}
modules: ["m$(touch PWNED)", "n; touch PWNED", "{{x}}"]
prelude: 'module() { printf "%s\\n" "$*" >> loaded; }'
`,
    });
    // The prelude comes after the modules: a module function of the environment stands in for that of the site.
    const env = { 'BASH_FUNC_module%%': '() { printf "%s\\n" "$*" >> loaded; }' };
    expect((await e.wfc('compile --target slurm --profile p --out S')).status).toBe(0);
    const lines = e.read('S/1-r.sh').split('\n');
    expect(lines.filter((line) => /^#SBATCH --(comment|account|wckey)/.test(line))).toEqual([
      `#SBATCH --comment="${TEXTS.slice(0, 7).join(' ').replaceAll('"', '\\"')}"`,
      `#SBATCH --account="a'b"`,
      '#SBATCH --wckey="x # y"',
    ]);
    const ran = await execa('bash', ['S/1-r.sh', 'S', '.wfc/journal/000001-slurm-x'], {
      cwd: e.folder,
      env: { ...env, wfc_element: '0' },
      reject: false,
    });
    expect([ran.exitCode, e.read('loaded')]).toEqual([0, 'load m$(touch PWNED)\nload n; touch PWNED\nload {{x}}\n']);
    expect([e.has('o'), isHarmed(e)]).toEqual([true, false]);
  });

  it.each([
    ['slurm: {comment: "x\\n#SBATCH --wrap=x"}'],
    ['slurm: {extra: ["--comment=x\\n#SBATCH --wrap=x"]}'],
    ['slurm: {extra: ["--comment=\\"x --wrap=y"]}'],
    ['slurm: {extra: ["--comment=x --wr\\"ap\\"=y"]}'],
    ['slurm: {"comment --wrap": x}'],
    ['modules: ["m\\ntouch PWNED"]'],
    ['prelude: ["echo \\e[31m"]'],
    ['limits: {max_time: "1h\\u009b31m\\u202e"}'],
  ])('that says %s is refused in words that a terminal can show', async (profile) => {
    const e = experiment('rules: {r: {output: o, run: "touch o"}}\n', { 'p.yml': profile });
    for (const command of ['validate', 'compile --target slurm']) {
      const ended = await e.wfc(`${command} --profile ./p.yml`);
      expect([command, ended.status, words(ended).match(OBEYED)?.[0]]).toEqual([command, 2, undefined]);
    }
    expect([e.has('.wfc'), isHarmed(e)]).toEqual([false, false]);
  });
});

describe('the command line', () => {
  it.each([
    [['validate', 'no\u001b[31m\u202e.yml']],
    [['plan', '--set', 'x\u009b=\u001b[31m']],
    [['plan', '--set', 'v=\u009b\u001b[31m\nx']],
    [['plan', '--goal', 'g\u001b]0;t\u0007']],
    [['plan', '--force', 'g\u001b]0;t\u0007']],
    [['plan', '--config', 'c\u001b[31m.yml']],
    [['plan', '--profile', 'p\u001b[31m']],
    [['run', '-j', '\u001b[31m']],
    [['pla\u001b[31m']],
    [['plan', '--x\u001b[31m', 'y']],
  ])('%j is refused in words that a terminal can show', async (args) => {
    const e = experiment('params: {v: [a]}\nrules: {r: {output: "o{v}", run: "touch {output}"}}\n');
    const ended = await e.start(args).ended;
    expect([ended.status, words(ended).match(OBEYED)?.[0]]).toEqual([2, undefined]);
  });

  it('a folder with a hostile name is named as it is, and does no harm', async () => {
    const outer = hostileExperiment();
    const name = `f $(touch PWNED) \u009b31m\u202e 'x"`;
    const inner = experiment('rules: {}\n');
    cpSync(outer.folder, inner.path(name), { recursive: true });
    for (const command of [
      ['validate'],
      ['compile', '--target', 'slurm'],
      ['compile', '--target', 'local'],
      ['run', '-k'],
    ]) {
      const ended = await inner.start([...command, `${name}/wfc.yml`]).ended;
      expect([command, ended.status, words(ended).match(OBEYED)?.[0]]).toEqual([command, 0, undefined]);
    }
    const made = await execa('make', ['-C', `${name}/.wfc/make`], { cwd: inner.folder, reject: false });
    expect([made.exitCode, isHarmed(inner)]).toEqual([0, false]);
  });
});
