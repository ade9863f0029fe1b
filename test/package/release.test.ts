/** The one executable file that `npm run release` makes: it does what wfc does, and no Node is asked for. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snakefile } from '../import/import.ts';
import { type Ended, type Experiment, experiment } from '../support/experiment.ts';
import { patience } from '../support/waiting.ts';

const ROOT = resolve(import.meta.dirname, '../..');

const made = mkdtempSync(join(tmpdir(), 'wfc-released-'));
const FILE = join(made, 'wfc');
afterAll(() => rmSync(made, { recursive: true, force: true }));

/** Put the file together from what is built, with the Node of the tests. */
function release(env: Readonly<Record<string, string>> = {}) {
  return execa(process.execPath, ['src/release.mjs', FILE], { cwd: ROOT, env, reject: false });
}

/** The file with these arguments, where a `node` would be noted, and where all that is laid out is seen. */
async function released(e: Experiment, args: string): Promise<Ended> {
  e.write('stand-ins/node', `#!/bin/sh\necho "$@" >>'${e.path('node-calls')}'\nexit 99\n`);
  chmodSync(e.path('stand-ins/node'), 0o755);
  e.folderAt('tmp');
  const env = { PATH: `${e.path('stand-ins')}:${process.env.PATH}`, TMPDIR: e.path('tmp'), CI: undefined };
  const ended = await execa(FILE, args.split(' '), { cwd: e.folder, env, reject: false, stdin: 'ignore' });
  expect([e.has('node-calls'), e.files('tmp')]).toEqual([false, []]);
  return { status: ended.exitCode, stdout: ended.stdout, stderr: ended.stderr };
}

/** What is written by compiling and importing, with the place of the experiment taken out. */
function written(e: Experiment, folder: string): Record<string, string> {
  return Object.fromEntries(e.files(folder).map((path) => [path, e.read(path).replaceAll(e.folder, 'HERE')]));
}

const PRELOADED = `params: {n: [1, 2]}
rules:
  one:
    output: out/{n}
    shell: python3
    preload: [json]
    run: open({output}, "w").write({n})
  two:
    input: out/{n}
    output: {path: "more/{n}", check: {run: "grep -q . {file}"}}
    run: cp {input} {output}
`;

const SNAKEFILE = `rule all:
    input: expand("{n}.txt", n=[1, 2])
rule one:
    output: "{n}.txt"
    shell: "echo {wildcards.n} > {output}"
`;

it('is not made of a Node that leans on libraries which another machine may lack', async () => {
  const { exitCode, stderr } = await release({ LD_PRELOAD: 'libresolv.so.2' });
  expect([exitCode, existsSync(FILE)]).toEqual([1, false]);
  expect(stderr).toContain('is not self-contained: it needs libresolv.so.2');
});

describe('the file', () => {
  let whyNot: string | null = null;

  beforeAll(async () => {
    const { exitCode, stderr } = await release();
    if (exitCode !== 0) whyNot = stderr;
    // Debian's Node is one of many libraries: there is nothing to try then.
    if (exitCode !== 0 && !stderr.includes('is not self-contained')) throw new Error(stderr);
  }, patience(30));

  const claim = (title: string, body: () => Promise<void>) =>
    it(title, async (context) => {
      if (whyNot !== null) context.skip(whyNot);
      await body();
    });

  claim('comes with the licences of what is in it', async () => {
    const text = readFileSync(`${FILE}.LICENSE`, 'utf8');
    expect(text).toContain(readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
    expect(text).toMatch(/contains Node\.js:\n\n\S/);
  });

  claim('runs tasks, in interpreters that are kept up too, and goes on after a failure', async () => {
    const e = experiment(PRELOADED);
    expect(await released(e, 'run')).toMatchObject({ status: 0, stderr: expect.stringContaining('4 tasks done') });
    expect(
      e
        .files('.wfc/journal')
        .map((path) => e.read(path))
        .join(''),
    ).toMatch(/^preload\t/m);
    expect([e.read('more/1'), e.read('more/2')]).toEqual(['1', '2']);
    expect((await released(e, 'run')).stderr).toBe('nothing to do: all 4 tasks are complete');
    e.edit('wfc.yml', 'cp {input}', 'false {input}');
    expect((await released(e, 'run')).status).toBe(1);
    e.edit('wfc.yml', 'false {input}', 'cat {input} >');
    expect((await released(e, 'resume')).stderr).toContain('2 tasks done');
    // Runs and looks of wfc as it is built count the same.
    expect((await e.run()).stderr).toBe('nothing to do: all 4 tasks are complete');
    expect(await released(e, 'status')).toEqual(await e.wfc('status'));
  });

  claim('asks the checks of outputs, which bash runs, when it looks back', async () => {
    const e = experiment(PRELOADED);
    await e.run();
    e.edit('wfc.yml', 'grep -q .', 'grep -q 1');
    const { stdout } = await released(e, 'plan');
    expect(stdout).toBe((await e.wfc('plan')).stdout);
    expect(stdout).toMatch(/^ +2 +1 +two /m);
  });

  claim('writes the same scripts, Makefile, report, completion and imported spec', async () => {
    const both = async (args: string, folder: string, make: () => Experiment): Promise<void> => {
      const [one, other] = [make(), make()];
      const [asFile, asBuilt] = [await released(one, args), await other.wfc(args)];
      const said = ({ status, stdout, stderr }: Ended, { folder: here }: Experiment) =>
        [status, stdout, stderr].map((text) => String(text).replaceAll(here, 'HERE'));
      expect(said(asFile, one)).toEqual(said(asBuilt, other));
      expect(asFile.status).toBe(0);
      if (folder !== '') expect(Object.keys(written(other, folder))).not.toEqual([]);
      expect(written(one, folder || 'nothing')).toEqual(written(other, folder || 'nothing'));
    };
    const preloaded = () =>
      experiment(PRELOADED.replace('preload: [json]', 'preload: [json]\n    resources: {time: 5m}'));
    await both('compile --target local', '.wfc/make', preloaded);
    await both('compile --target slurm', '.wfc/slurm', preloaded);
    await both('completion zsh', '', preloaded);
    await both('import snakefile Snakefile --out made/wfc.yml', 'made', () => {
      const e = snakefile(SNAKEFILE);
      e.folderAt('made');
      return e;
    });
    await both('report --out made/report.html', '', () => {
      const e = preloaded();
      e.folderAt('made');
      return e;
    });
  });

  claim('starts without a word where NODE_OPTIONS are others than when it was made', async () => {
    const { stdout, stderr } = await execa(FILE, ['--version'], { env: { NODE_OPTIONS: '--max-old-space-size=300' } });
    expect([stdout, stderr]).toEqual([(await experiment('').wfc('--version')).stdout, '']);
  });

  claim('runs tasks where TMPDIR is none', async () => {
    const e = experiment('rules: {one: {output: a, run: "echo > {output}"}}');
    const { stderr } = await execa(FILE, ['run'], { cwd: e.folder, env: { TMPDIR: e.path('none') } });
    expect(stderr).toContain('1 task done');
  });

  claim('makes a spec that runs, and names no schema, which it has inside', async () => {
    const e = experiment('');
    expect((await released(e, 'init study')).status).toBe(0);
    expect(e.read('study/wfc.yml')).not.toContain('SCHEMA');
    expect(e.read('study/wfc.yml')).not.toContain('schema=');
    expect(await released(e, 'validate study/wfc.yml')).toMatchObject({ status: 0 });
  });
});
