/** What all executors do alike, in specs written by hand. */
import { mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Experiment, experiment } from '../support/experiment.ts';
import { runBy, type SlurmChoice } from './executors.ts';
import { SlurmStandIn } from './stand-in.ts';

const WAYS = ['local', 'make', 'submit.sh', 'run --slurm'] as const;
const CHOICE: SlurmChoice = { packing: { tasksPerElement: 1, fuse: 'never', lanes: 1 }, slots: 2, seed: 7 };

it.each(WAYS)('%s: who reads an output in other words than its producer gets it from that task', async (way) => {
  const e = experiment('', { 'in.txt': 'x' });
  e.write(
    'wfc.yml',
    `
wfc: 1
params: {n: [a, b]}
rules:
  made: {input: "${e.folder}/in.txt", output: "${e.folder}/out/{n}", run: "sleep 0.2; cat {input} > {output}; echo ran >> calls"}
  read: {input: "out/{n}", output: "read/{n}", run: "cat {input} > {output}; echo ran >> calls"}
  back: {input: "./read/{n}", output: ["${e.folder}/back/{n}", "more/{n}"], run: "cp {input} {output[0]}; cp {input} {output[1]}; echo ran >> calls"}
  all: {gather: n, input: ["back/{n}", "${e.folder}/more/{n}", "${e.folder}/read/{n}"], output: all, run: "cat {input} > {output}; echo ran >> calls"}
`,
  );
  const ended = await runBy(way, e, new SlurmStandIn(), CHOICE);
  expect(ended.status, ended.stderr).toBe(0);
  expect([e.read('all'), e.calls().length]).toEqual(['xxxxxx', 7]);
  expect((await e.run()).stderr).toContain('nothing to do');
});

const CHECKED = `
params: {s: [a, b]}
rules:
  made: {output: [{path: "d/{s}", directory: true, check: files}, "f/{s}"], run: "mkdir -p {output[0]}/deep/er; cp -r extra/. {output[0]}/deep; echo 1 > {output[0]}/deep/er/x; : > {output[0]}/deep/empty; echo > {output[1]}; echo made-{s} >> calls"}
  plain: {output: {path: "p/{s}", directory: true}, run: "mkdir -p {output}/deep; echo 1 > {output}/deep/x; echo plain-{s} >> calls"}
  read: {input: ["d/{s}", "p/{s}"], output: "read/{s}", run: "cat {input[0]}/deep/er/x > {output}; echo read-{s} >> calls"}
  inside: {input: "d/{s}/deep/er/x", output: "in/{s}", run: "cp {input} {output}; echo inside-{s} >> calls"}
  all: {gather: s, input: ["d/{s}"], output: all, run: "cat {input[0]}/deep/er/x > {output}; echo all >> calls"}
  mixed: {input: d/a, output: mixed, run: "ls {input} > {output}; echo mixed >> calls"}
`;

/** What may happen deep in a directory, with a claim of what it is. */
const DEEP_CHANGES: readonly (readonly [string, (e: Experiment) => void])[] = [
  ['a file was removed', (e) => e.remove('d/a/deep/er/x')],
  ['an empty file was removed', (e) => e.remove('d/a/deep/empty')],
  ['a file was added', (e) => e.write('d/a/deep/er/new', '')],
  ['a file was cut', (e) => e.write('d/a/deep/er/x', '')],
  ['a file was touched', (e) => utimesSync(e.path('d/a/deep/er/x'), new Date(), new Date())],
];

it.each(WAYS)(
  '%s: what happens to any file of a directory with "check: files" makes its tasks and readers stale',
  async (way) => {
    const e = experiment(CHECKED);
    // Whatever programs may differ in: line breaks and blanks in names, links (also to folders, and to nothing), sockets.
    e.write('extra/a\nb c', 'text');
    e.write('extra/-x\\\'$"/y', 'text');
    symlinkSync('/etc', e.path('extra/link'));
    symlinkSync('nowhere', e.path('extra/dangling'));
    symlinkSync('.', e.path('extra/self'));
    mkdirSync(e.path('extra/none'));
    const slurm = new SlurmStandIn();
    const ended = await runBy(way, e, slurm, CHOICE);
    expect(ended.status, ended.stderr).toBe(0);
    expect(e.calls()).toHaveLength(10);
    // All executors record what wfc itself sees.
    expect((await e.run()).stderr).toContain('nothing to do');
    // What wfc sees and what they see is one: each change is tried where that is quick.
    for (const [claim, change] of way === 'local' ? DEEP_CHANGES : DEEP_CHANGES.slice(0, 2)) {
      change(e);
      const { rules } = JSON.parse((await e.wfc('plan --json')).stdout);
      expect([claim, ...rules.map((r: { reasons: object }) => r.reasons)]).toEqual([
        claim,
        { 'output changed': 1 },
        {},
        { 'upstream runs': 1 },
        { 'upstream runs': 1 },
        { 'upstream runs': 1 },
        { 'upstream runs': 1 },
      ]);
      const why = await e.wfc('why d/a');
      expect([claim, why.stdout]).toEqual([claim, expect.stringContaining('d/a: ')]);
      // A Makefile knows of what is gone alone.
      expect((await (way === 'make' ? e.run() : runBy(way, e, slurm, CHOICE))).status).toBe(0);
      expect([claim, e.calls()]).toEqual([claim, ['all', 'inside-a', 'made-a', 'mixed', 'read-a']]);
      expect((await e.run()).stderr).toContain('nothing to do');
    }
    // Without the check, only the directory's own time and size count.
    e.write('p/a/deep/x', '');
    expect((await e.run()).stderr).toContain('nothing to do');
    // A reader sees for itself what its producer's record says no more.
    e.write('d/b/deep/er/x', '22');
    expect((await e.wfc('accept made')).stderr).toContain('1 task taken as complete');
    expect((await e.run()).status).toBe(0);
    expect(e.calls()).toEqual(['all', 'inside-b', 'read-b']);
  },
);
