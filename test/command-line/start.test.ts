/** The first words that a newcomer types, and the names that they take for specs. */
import { chmodSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { canBePlainUser, canMount, giveToPlainUser, mountMemory, wfcAsPlainUser } from '../hostile/surroundings.ts';
import { type Experiment, experiment } from '../support/experiment.ts';

const TWO_RULES = `params: {n: [1, 2]}
rules:
  train: {output: "m/{n}.txt", run: "echo {n} > {output}"}
  sum: {gather: n, input: "m/{n}.txt", output: all.txt, run: "cat {input} > {output}"}
`;

describe('help', () => {
  it('wfc alone is the help, on standard output, with status 2 so that a script stops', async () => {
    const e = experiment('');
    const [alone, asked] = [await e.start([]).ended, await e.wfc('--help')];
    expect(alone).toEqual({ ...asked, status: 2 });
    expect(asked).toMatchObject({ status: 0, stdout: expect.stringContaining('Commands:'), stderr: '' });
  });

  it.each(['run', 'profile', 'profile detect', 'help'])('wfc help %s is what its --help says', async (command) => {
    const e = experiment('');
    const [help, option] = [await e.wfc(`help ${command}`), await e.wfc(`${command} --help`)];
    expect(help).toEqual(option);
    expect(help.status).toBe(0);
    expect(help.stdout).toContain(`wfc ${command}`);
  });

  it('wfc help is wfc --help, and names itself', async () => {
    const e = experiment('');
    expect(await e.wfc('help')).toEqual(await e.wfc('--help'));
    expect((await e.wfc('help')).stdout).toMatch(/^ {2}wfc help /m);
    expect((await e.wfc('--complete help ru')).stdout).toMatch(/^run\t/);
  });
});

describe('wfc completion without a shell says what to write', () => {
  it.each([
    ['/usr/bin/zsh', "yours is zsh; once:\n    echo 'source <(wfc completion zsh)' >> ~/.zshrc", 'bashrc'],
    ['/bin/bash', 'yours is bash; once:\n    echo \'eval "$(wfc completion bash)"\' >> ~/.bashrc', 'zshrc'],
    ['/bin/fish', 'yours is fish; once:\n    wfc completion fish > ', 'bashrc'],
  ])('with SHELL=%s', async (SHELL, hint, not) => {
    const { status, stdout, stderr } = await experiment('').wfc('completion', { env: { SHELL } });
    expect(stderr).toContain('name a shell: bash, zsh or fish');
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain(not);
    expect([status, stdout]).toEqual([2, '']);
  });

  it('with a shell that it does not know', async () => {
    const { stderr } = await experiment('').wfc('completion', { env: { SHELL: '/bin/tcsh' } });
    for (const file of ['.bashrc', '.zshrc', 'wfc.fish']) expect(stderr).toContain(file);
  });
});

describe('what stands where a spec should', () => {
  const hintOf = async (e: Experiment, line: string): Promise<string> => {
    const { status, stdout, stderr } = await e.wfc(line);
    expect([status, stdout]).toEqual([2, '']);
    return stderr;
  };

  it.each(['run', 'plan', 'resume', 'status', 'validate', 'graph', 'report', 'cancel', 'clean'])(
    'a rule: wfc %s train hints at --goal, and so for an output',
    async (command) => {
      const e = experiment(TWO_RULES);
      expect(await hintOf(e, `${command} train`)).toContain(
        `can't read train: there is no such file\n  hint: wfc.yml has a rule of this name: wfc ${command} --goal train`,
      );
      expect(await hintOf(e, `${command} m/2.txt`)).toContain(`wfc.yml: wfc ${command} --goal m/2.txt`);
      expect(await hintOf(e, `${command} nowhere`)).not.toContain('hint');
    },
  );

  it('a rule in a spec with mistakes, a rule one letter off, an output whose name a shell would split', async () => {
    expect(await hintOf(experiment(TWO_RULES.replace('gather', 'gahter')), 'run train')).toContain('--goal train');
    expect(await hintOf(experiment(TWO_RULES), 'run trian')).toContain(
      'did you mean the rule "train"? wfc run --goal train',
    );
    const e = experiment('rules: {a: {output: "x y", run: "touch {output}"}}\n');
    const { stderr } = await e.start(['run', 'x y']).ended;
    expect(stderr).toContain("wfc run --goal 'x y'");
  });

  it('key=value hints at --set, a slip in the name of a file at the file', async () => {
    expect(await hintOf(experiment(TWO_RULES), 'run n=1')).toContain('hint: to choose values: wfc run --set n=1');
    expect(await hintOf(experiment(TWO_RULES), 'run wcf.yml')).toContain('hint: did you mean "wfc.yml"?');
  });
});

describe('commands that are printed can be pasted', () => {
  it.each(['stüdy one', "it's", '-x', 'a;b', '$HOME', 'plain'])(
    'wfc init %j prints a cd that leads there',
    async (name) => {
      const e = experiment('');
      const { stdout } = await e.start(['init', '--', name]).ended;
      const cd = /^ {2}(cd .*)$/m.exec(stdout)?.[1] ?? 'false';
      const { stdout: where } = await execa('bash', ['-c', `${cd} && pwd -P`], { cwd: e.folder });
      expect(where).toBe((await execa('readlink', ['-f', e.path(name)])).stdout);
    },
  );

  it('so can those of wfc compile', async () => {
    const e = experiment('rules: {a: {output: x, run: "touch {output}"}}\n');
    for (const target of ['local', 'slurm']) {
      const { stdout } = await e.start(['compile', '--target', target, '--out', `my ${target}`]).ended;
      expect(stdout).toContain(target === 'local' ? "make -C 'my local' -j4" : "bash 'my slurm/submit.sh'");
    }
  });
});

describe('--out that cannot be written is named, with the reason and status 3', () => {
  const SPEC = 'rules: {a: {output: x.csv, run: "printf \'n\\\\n1\\\\n\' > {output}"}}\n';
  const OUTS: readonly (readonly [string, string])[] = [
    ['compile --target slurm', 'it is a file'],
    ['compile --target local', 'it is a file'],
  ];

  it.each(OUTS)('wfc %s --out FILE: %s', async (command, reason) => {
    const e = experiment(SPEC, { 'notes.txt': 'mine' });
    const { status, stderr } = await e.wfc(`${command} --out notes.txt`);
    expect([status, stderr]).toEqual([3, `error: can't write to notes.txt: ${reason}`]);
    expect(e.read('notes.txt')).toBe('mine');
    const below = await e.wfc(`${command} --out notes.txt/scripts`);
    expect([below.status, below.stderr]).toEqual([
      3,
      "error: can't write to notes.txt/scripts: a part of its path is a file, not a folder",
    ]);
  });

  const WRITERS = ['compile --target slurm', 'compile --target local', 'graph', 'report', 'table a'];

  it.skipIf(!canBePlainUser)('without the right to write there', async () => {
    const e = experiment(SPEC);
    await e.run();
    await giveToPlainUser(e);
    e.folderAt('theirs');
    chmodSync(e.path('theirs'), 0o555);
    for (const command of WRITERS) {
      const { status, stderr } = await wfcAsPlainUser(e, [...command.split(' '), '--out', 'theirs/x']);
      expect([status, stderr], command).toEqual([
        3,
        expect.stringMatching(/^error: can't write (to )?theirs\/x: permission denied$/),
      ]);
    }
  });

  it.skipIf(!canMount)('on a file system that is read-only', async () => {
    const e = experiment(SPEC);
    await e.run();
    await mountMemory(e.path('cd'), 'ro');
    for (const command of WRITERS) {
      const { status, stderr } = await e.wfc(`${command} --out cd/x`);
      expect([status, stderr], command).toEqual([
        3,
        expect.stringMatching(/^error: can't write (to )?cd\/x: the file system is read-only$/),
      ]);
    }
  });

  it('in /proc, where nothing can be made and Node itself would try for ever', async () => {
    const e = experiment(SPEC);
    for (const command of ['compile --target local', 'graph'])
      expect((await e.wfc(`${command} --out /proc/nowhere/x/y`)).status, command).toBe(3);
  });

  it('a folder of --out that is not there is made', async () => {
    const e = experiment(SPEC);
    await e.run();
    for (const command of ['graph', 'report', 'table a', 'compile --target local']) {
      const { status, stderr } = await e.wfc(`${command} --out new/${command[0]}/x`);
      expect([status, stderr.includes('error')], stderr).toEqual([0, false]);
    }
  });
});

it('words behind -- are never options: they name specs, folders and tasks', async () => {
  const e = experiment('rules: {a: {output: x, run: "touch {output}"}}\n', { '-n.yml': 'wfc: 1\nrules: {}\n' });
  expect((await e.wfc('validate -- -n.yml')).stderr).toContain('-n.yml');
  expect((await e.wfc('validate -- nowhere.yml')).status).toBe(2);
  expect((await e.wfc('why -- x')).stdout).toContain('x');
});
