/** Where nothing changed since a run that found nothing to do, the next one says so by `.wfc/last-look`; else it looks anew. */
import { appendFileSync, readdirSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { CLI, type Ended, type Experiment, experiment } from '../support/experiment.ts';

const SPEC = `config: {unit: m}
params: {i: [1, 2], s: {glob: "in/{s}.txt"}}
tables: {rows: {csv: rows.csv}}
rules:
  make:
    input: in/{s}.txt
    output: out/{i}/{s}-{t}.txt
    run: cat {input} >{output}; echo {config.unit} >>{output}
  pack: {output: {path: packed, directory: true}, run: mkdir packed && touch packed/a}
  all: {gather: [i, s, t], input: ["out/{i}/{s}-{t}.txt", packed], output: all.txt, run: "ls packed >{output}"}
`;

/** Run to its end, and once more, so that there is a look; its count is then made one that only itself can give. */
async function looked(): Promise<Experiment> {
  const made = experiment(SPEC, {
    'rows.csv': 't\nx\ny\n',
    'in/a.txt': 'a\n',
    'in/b.txt': 'b\n',
  });
  expect((await made.run()).status).toBe(0);
  expect((await made.run()).stderr).toBe('nothing to do: all 10 tasks are complete');
  made.edit('.wfc/last-look', '"taskCount":10', '"taskCount":99');
  return made;
}

const BY_LOOK = 'nothing to do: all 99 tasks are complete';

function journal(made: Experiment): string {
  return `.wfc/journal/${readdirSync(made.path('.wfc/journal')).find((name) => name.endsWith('.tsv'))}`;
}

it('a run where nothing changed says so by the last look, as does resume, and nothing is written', async () => {
  const made = await looked();
  const before = readdirSync(made.path('.wfc'), { recursive: true }).sort();
  expect(await made.run()).toMatchObject({ status: 0, stdout: '', stderr: BY_LOOK });
  expect((await made.wfc('resume')).stderr).toBe(BY_LOOK);
  expect(await made.run('--quiet')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect(readdirSync(made.path('.wfc'), { recursive: true }).sort()).toEqual(before);
});

it.each<[string, (made: Experiment) => void]>([
  ['an output was removed', (made) => made.remove('out/1/a-x.txt')],
  ['an output was cut to nothing', (made) => made.write('out/2/b-y.txt', '')],
  ['an output was touched', (made) => made.age('all.txt', -5)],
  ['a folder output was emptied', (made) => made.remove('packed/a')],
  ['a source was edited', (made) => made.write('in/a.txt', 'other\n')],
  ['a source was removed', (made) => made.remove('in/b.txt')],
  ['the command was edited', (made) => made.edit('wfc.yml', 'ls packed', 'ls -a packed')],
  ['a constant was edited', (made) => made.edit('wfc.yml', 'unit: m', 'unit: cm')],
  ['a row came into the table', (made) => appendFileSync(made.path('rows.csv'), 'z\n')],
  ['a file came that the glob finds', (made) => made.write('in/c.txt', 'c\n')],
  ['the table is gone', (made) => made.remove('rows.csv')],
  ['all state was lost', (made) => made.remove('.wfc')],
  ['the journal was lost', (made) => made.remove(journal(made))],
  ['the journal lost its end', (made) => made.write(journal(made), made.read(journal(made)).slice(0, -40))],
  ['an attempt began since', (made) => appendFileSync(made.path(journal(made)), 'started\tall.txt\t1\t1\t0\t.\n')],
  ['a profile came', (made) => made.write('profiles/default.yml', 'local: {}\n')],
  ['a broken profile came', (made) => made.write('profiles/default.yml', 'nonsense: 1\n')],
  ['the last look is torn', (made) => made.write('.wfc/last-look', made.read('.wfc/last-look').slice(0, -9))],
  ['the last look is not one', (made) => made.write('.wfc/last-look', 'x')],
])('it looks anew where %s, and does what it would have done without', async (_, change) => {
  const [made, other] = await Promise.all([looked(), looked()]);
  for (const each of [made, other]) change(each);
  other.remove('.wfc/last-look');
  const [ended, without] = await Promise.all([made.run(), other.run()]);
  expect(ended.stderr).not.toBe(BY_LOOK);
  const words = ({ stderr }: Ended): string => stderr.replace(/ in [\d.]+ s/, '');
  expect(words(ended)).toBe(words(without));
  expect(ended.status).toBe(without.status);
});

it('it looks anew where wfc was built anew since', async () => {
  const made = await looked();
  const now = new Date();
  const dist = dirname(CLI);
  for (const name of readdirSync(dist)) utimesSync(join(dist, name), now, now);
  expect((await made.run()).stderr).toBe('nothing to do: all 10 tasks are complete');
});

it.each(['--json', '-n', '--force all', '--trust contents', '--set i=1', '--goal packed'])(
  'it looks anew with other options: %s',
  async (args) => {
    const made = await looked();
    const { stdout, stderr } = await made.run(args);
    expect(stdout + stderr).not.toContain('99');
  },
);
