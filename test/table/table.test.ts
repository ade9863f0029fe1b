import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';

const SPEC = `params:
  site: ["01022500", "01031500"]
  seed: {from: 0, to: 1}
tables:
  models: [{model: lstm, width: 64}, {model: gru, width: 32}]
rules:
  fit:
    output: out/{site}/{model}/{seed}.csv
    run: echo x > {output}
  note:
    output: {a: "note/{site}.json", b: "note/{site}.txt"}
    run: touch {output}
`;

function filled() {
  const made = experiment(SPEC);
  for (const site of ['01022500', '01031500'])
    for (const model of ['lstm', 'gru'])
      for (const seed of [0, 1]) made.write(`out/${site}/${model}/${seed}.csv`, `rmse,n\n${seed}.5,${model.length}\n`);
  return made;
}

it('a table has a column for each param of the pattern, those that these determine, and those of the files', async () => {
  const made = filled();
  const { status, stdout, stderr } = await made.wfc('table out/{site}/{model}/{seed}.csv');
  expect(stdout.split('\n').slice(0, 3)).toEqual([
    'site,seed,model,width,rmse,n',
    '01022500,0,lstm,64,0.5,4',
    '01022500,0,gru,32,0.5,3',
  ]);
  expect(stdout.trimEnd().split('\n')).toHaveLength(9);
  expect([status, stderr]).toEqual([0, '8 rows from 8 files']);
});

it('missing and unreadable files are counted and named; differing columns are united', async () => {
  const made = filled();
  made.remove('out/01022500/lstm/0.csv');
  made.write('out/01022500/gru/0.csv', 'rmse,n\n1,2,3\n');
  made.write('out/01031500/gru/1.csv', '\ufeffn,"a,b"\r\n7,"say ""x"""\r\n8,\r\n');
  made.write('out/01031500/lstm/1.csv', '');
  const { status, stdout, stderr } = await made.wfc('table fit');
  expect(stdout.split('\n')[0]).toBe('site,seed,model,width,rmse,n,"a,b"');
  expect(stdout).toContain('01031500,1,gru,32,,7,"say ""x"""\n01031500,1,gru,32,,8,');
  expect(stderr).toContain('1 of 8 files do not exist:\n  out/01022500/lstm/0.csv\n');
  expect(stderr).toContain(
    "2 of 8 files can't be read:\n  out/01022500/gru/0.csv: line 2 has 3 cells, and the header 2\n",
  );
  expect(stderr).toContain('out/01031500/lstm/1.csv: it is empty');
  expect(status).toBe(1);
});

it('files that hold a header and no row are named, and one with rows is not', async () => {
  const made = filled();
  made.write('out/01022500/gru/0.csv', 'rmse,n\n');
  const { status, stdout, stderr } = await made.wfc('table fit');
  expect([status, stdout.split('\n').length]).toEqual([0, 8]);
  expect(stderr).toContain('warning: 1 of 8 files hold no row:\n  out/01022500/gru/0.csv\n');
  expect(JSON.parse((await made.wfc('table fit --json')).stdout).empty).toEqual(['out/01022500/gru/0.csv']);
});

it('JSON keeps texts with leading zeros, and gives numbers where a column holds numbers alone', async () => {
  const made = filled();
  const rows = JSON.parse((await made.wfc('table fit --format json')).stdout);
  expect(rows[0]).toEqual({ site: '01022500', seed: 0, model: 'lstm', width: 64, rmse: 0.5, n: 4 });
  made.write('out/01022500/lstm/0.csv', 'rmse,n\nbad,1\n');
  const told = JSON.parse((await made.wfc('table fit --json')).stdout);
  expect([told.rows[1].rmse, told.rows[1].n, told.files, told.missing]).toEqual(['0.5', 3, 8, []]);
});

it('JSON files give objects, lists of objects or one value; nested keys become dotted columns', async () => {
  const made = filled();
  made.write('note/01022500.json', '{"site": "01022500", "fit": {"rmse": 1.5, "kind": [1, 2]}}');
  made.write('note/01031500.json', '[{"site": "01031500"}, {"site": "other", "ok": true}]');
  expect((await made.wfc('table note')).stdout).toBe(
    'site,site.file,fit.rmse,fit.kind,ok\n01022500,01022500,1.5,"[1,2]",\n01031500,01031500,,,\n01031500,other,,,true',
  );
  made.write('note/01031500.json', '7');
  expect((await made.wfc('table note')).stdout).toBe(
    'site,fit.rmse,fit.kind,value\n01022500,1.5,"[1,2]",\n01031500,,,7',
  );
});

it('--out writes the whole table or nothing; --set narrows it', async () => {
  const made = filled();
  expect((await made.wfc('table fit --out all.json --set site=01031500 --set seed=1')).status).toBe(0);
  expect(JSON.parse(made.read('all.json'))).toHaveLength(2);
  const { status } = await made.wfc('table fit --out wfc.yml/all.csv');
  expect([status, made.has('wfc.yml/all.csv')]).toEqual([3, false]);
});

it('a pattern that no task makes, or that names no param, is a mistake with a hint', async () => {
  const made = filled();
  const unknown = await made.wfc('table out/{site}/{modle}/{seed}.csv');
  expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('PATTERN:1:12 error: "{modle}"')]);
  expect(unknown.stderr).toContain('did you mean "{model}"?');
  const none = await made.wfc('table out/{site}.csv');
  expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('no task makes it')]);
});

it('without any file there is no table', async () => {
  const { status, stdout, stderr } = await experiment(SPEC).wfc('table fit');
  expect([status, stdout]).toEqual([3, '']);
  expect(stderr).toContain('and 3 more');
  expect(stderr).toContain('none of 8 files could be read');
});

it('--out never takes the place of what belongs to the experiment', async () => {
  const made = filled();
  made.write('more.txt', '1\n');
  made.edit('wfc.yml', 'tables:', '  more: {lines: more.txt}\ntables:');
  made.write('site.yml', '{}\n');
  for (const [out, words] of [
    ['wfc.yml', 'is the spec'],
    ['more.txt', 'is a file that the spec reads'],
    ['site.yml', 'is the profile'],
    ['out/01022500/lstm/0.csv', 'is made by a task'],
    ['.wfc/journal', 'lies in .wfc/'],
  ]) {
    const before = made.has(out!) ? made.read(out!) : null;
    const { status, stderr } = await made.wfc(`table fit --profile ./site.yml --out ${out}`);
    expect([out, status, stderr]).toEqual([out, 2, expect.stringContaining(words!)]);
    expect(made.has(out!) ? made.read(out!) : null).toBe(before);
  }
  expect((await made.wfc('table fit --out results/all.csv')).status).toBe(0);
});
