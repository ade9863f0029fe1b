import { describe, expect, it } from 'vitest';
import { compileText, outputsOf, planOf, valuesOf } from './compile-text.ts';

const errorsOf = (text: string, options?: Parameters<typeof compileText>[1]): string[] =>
  compileText(text, options).diagnostics.map((d) => d.message);

describe('a list keeps the text of its values', () => {
  it.each([
    ['[01022500, 1e-4, 1.0, 1.10, 0x1F, 1_000, +5]', ['01022500', '1e-4', '1.0', '1.10', '0x1F', '1_000', '+5']],
    ['[no, yes, on, true, False, NO]', ['no', 'yes', 'on', 'true', 'False', 'NO']],
    ['["1", \'2\', "null", "~"]', ['1', '2', 'null', '~']],
    ['[2024-01-01, 12:30, .5, 1., 1e400, .inf]', ['2024-01-01', '12:30', '.5', '1.', '1e400', '.inf']],
    ['["a b", " c ", é, 日本]', ['a b', ' c ', 'é', '日本']],
    ['{values: [a/b, 01]}', ['a/b', '01']],
  ])('%s', (param, values) => expect(valuesOf(param)).toEqual(values));

  it('takes values that differ only as text for different ones', () => {
    expect(valuesOf('[1, 1.0, 01, "1 "]')).toEqual(['1', '1.0', '01', '1 ']);
  });
});

describe('a range counts in exact decimals', () => {
  it.each([
    ['{from: 0, to: 3}', ['0', '1', '2', '3']],
    ['{from: 0, to: 1, step: 0.25}', ['0.00', '0.25', '0.50', '0.75', '1.00']],
    ['{from: 0.1, to: 0.35, step: 0.1}', ['0.10', '0.20', '0.30']],
    ['{from: 0, to: 0.3, step: 0.1}', ['0.0', '0.1', '0.2', '0.3']],
    ['{from: 3, to: -3, step: -3}', ['3', '0', '-3']],
    ['{from: -0.5, to: 0.5, step: 0.5}', ['-0.5', '0.0', '0.5']],
    ['{from: 1e-3, to: 3e-3, step: 1e-3}', ['0.001', '0.002', '0.003']],
    ['{from: 5, to: 5}', ['5']],
    ['{from: 0, to: 10, step: 4}', ['0', '4', '8']],
  ])('%s', (param, values) => expect(valuesOf(param)).toEqual(values));
});

describe('linspace and logspace include both ends, as they are written', () => {
  it.each([
    ['{linspace: {from: 0, to: 1, count: 5}}', ['0', '0.25', '0.5', '0.75', '1']],
    ['{linspace: {from: 0.10, to: 0.30, count: 3}}', ['0.10', '0.2', '0.30']],
    ['{linspace: {from: 7, to: 9, count: 1}}', ['7']],
    ['{linspace: {from: 1, to: -1, count: 3}}', ['1', '0', '-1']],
    ['{logspace: {from: 1e-4, to: 1e-1, count: 4}}', ['1e-4', '0.001', '0.01', '1e-1']],
    ['{logspace: {from: 1, to: 1000, count: 4}}', ['1', '10', '100', '1000']],
  ])('%s', (param, values) => expect(valuesOf(param)).toEqual(values));
});

describe('lines of a file', () => {
  const lines = (text: string): readonly string[] => valuesOf('{lines: l.txt}', { files: { 'l.txt': text } });

  it('lose outer blanks, CR and empty lines', () => {
    expect(lines('  01022500 \r\n\r\n\t01030500\r\n   \n01031500')).toEqual(['01022500', '01030500', '01031500']);
  });

  it('keep # and inner blanks', () => expect(lines('# a\nb c\n')).toEqual(['# a', 'b c']));
});

describe('a glob', () => {
  const spec = (glob: string, output = 'x'): string =>
    `wfc: 1\nparams: {p: {glob: "${glob}"}}\nrules: {r: {output: "${output}", run: x}}\n`;
  const glob = (pattern: string, files: readonly string[], output?: string): readonly string[] =>
    planOf(spec(pattern, output), {
      files: Object.fromEntries(files.map((f) => [f, ''])),
    }).workflow.relation.columns.get('p')!.values;

  it('takes what stands at its placeholder, sorted by bytes', () => {
    expect(glob('data/{p}.csv', ['data/b.csv', 'data/é.csv', 'data/B.csv', 'data/10.csv', 'data/2.csv'])).toEqual([
      '10',
      '2',
      'B',
      'b',
      'é',
    ]);
  });

  it('leaves out files that do not match, dot files, and empty values', () => {
    expect(glob('d/{p}.csv', ['d/a.csv', 'd/a.txt', 'd/.hidden.csv', 'd/.csv', 'd/x/y.csv'])).toEqual(['a']);
  });

  it('finds dot files where the dot is written', () => expect(glob('.{p}.csv', ['.a.csv', 'b.csv'])).toEqual(['a']));

  it('leaves out files that a task produces', () => {
    expect(glob('d/{p}.csv', ['d/a.csv', 'd/a_clean.csv'], 'd/{p}_clean.csv')).toEqual(['a']);
  });

  it('looks for folders, and for a file inside each', () => {
    expect(glob('d/{p}/in.csv', ['d/a/in.csv', 'd/b/other.csv'])).toEqual(['a']);
  });
});

describe('tables', () => {
  const table = (name: string, text: string): string[] =>
    outputsOf(`wfc: 1\ntables: {t: {csv: ${name}}}\nrules: {r: {output: "{a}_{b}", run: x}}\n`, {
      files: { [name]: text },
    });

  it('come from CSV, with its quotes, CR and blanks', () => {
    expect(table('t.csv', 'a, b\r\n01, "x,y"\r\n\r\n1.0,"say ""hi"""\r\n')).toEqual(['01_x,y', '1.0_say "hi"']);
  });

  it('come from TSV, where commas are text', () => expect(table('t.tsv', 'a\tb\n1,5\t2\n')).toEqual(['1,5_2']));

  it('need no line end after the last row', () => expect(table('t.csv', 'a,b\n1,2')).toEqual(['1_2']));

  it('determine: a column that the key determines can stand in the command', () => {
    const spec = 'wfc: 1\ntables: {t: [{a: 1, b: x}, {a: 2, b: x}]}\nrules: {r: {output: "{a}", run: "echo {b}"}}\n';
    expect(errorsOf(spec)).toEqual([]);
    expect(errorsOf(spec.replace('"{a}", run: "echo {b}"', '"{b}", run: "echo {a}"'))).toEqual([
      '{a} has no single value for a task of rule "r": b=x has a 1 and 2 (wfc.yml:2)',
    ]);
  });
});

describe('padding', () => {
  it('fills integers with zeros, after the sign', () => {
    const spec = 'wfc: 1\nparams: {p: [7, 007x, 12345]}\nrules: {r: {output: "{p:04}", run: x}}\n';
    expect(errorsOf(spec)).toEqual(['{p:04} pads integers with zeros, and "007x" is none']);
    expect(outputsOf(spec.replace('007x', '-7'))).toEqual(['0007', '-007', '12345']);
  });

  it('makes two values that are one integer one path, which is an error', () => {
    const spec = 'wfc: 1\nparams: {p: [7, 07]}\nrules: {r: {output: "{p:04}", run: x}}\n';
    expect(errorsOf(spec)).toEqual(['two tasks would write 0007: r p=7, and r p=07']);
  });
});

describe('--set', () => {
  const spec = `wfc: 1
config: {epochs: 10, model: {width: 64}}
params: {site: [a, b]}
tables: {t: [{m: x, lr: 0.1}, {m: y, lr: 0.10}]}
rules: {r: {output: "{site}_{m}_{lr}_{config.epochs}_{config.model.width}", run: x}}
`;

  it('gives a param other values', () => {
    expect(outputsOf(spec, { set: ['site=01022500,c', 'm=x'] })).toEqual(['01022500_x_0.1_10_64', 'c_x_0.1_10_64']);
  });

  it('filters the rows of a table by text', () => {
    expect(outputsOf(spec, { set: ['lr=0.10', 'site=a'] })).toEqual(['a_y_0.10_10_64']);
  });

  it('replaces a constant, also a nested one, and wins over --config', () => {
    const options = { set: ['epochs=1e3', 'model.width=0128', 'site=a', 'm=x'], configs: ['epochs: 5'] };
    expect(outputsOf(spec, options)).toEqual(['a_x_0.1_1e3_0128']);
  });

  it('counts only at its last time', () => {
    expect(outputsOf(spec, { set: ['site=a', 'site=b', 'm=x'] })).toEqual(['b_x_0.1_10_64']);
  });
});

describe('config', () => {
  it('stands in the names of value files and tables, and in values', () => {
    const spec = `wfc: 1
config: {data: in/v1, suffix: 01, root: "{config.data}/x"}
params: {p: {lines: "{config.data}/sites.txt"}, q: ["q{config.suffix}"]}
rules: {r: {output: "{config.root}/{p}_{q}", run: x}}
`;
    expect(outputsOf(spec, { files: { 'in/v1/sites.txt': 'a\nb\n' } })).toEqual(['in/v1/x/a_q01', 'in/v1/x/b_q01']);
  });

  it('of a --config file is merged key by key', () => {
    const spec = 'wfc: 1\nconfig: {m: {a: 1, b: 2}}\nrules: {r: {output: "{config.m.a}_{config.m.b}", run: x}}\n';
    expect(outputsOf(spec, { configs: ['m: {b: 1.10}'] })).toEqual(['1_1.10']);
  });
});

describe('names that JavaScript knows too are names like any other', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s', (name) => {
    const spec = `wfc: 1
config: {${name}: c}
params: {${name}: [a]}
rules: {${name}: {output: {${name}: "{${name}}_{config.${name}}"}, run: "echo {output.${name}}"}}
`;
    expect(outputsOf(spec)).toEqual(['a_c']);
  });
});

it.each([
  ['.//a', 'a'],
  ['././/a/./b//c', 'a/b/c'],
  ['//a', '/a'],
  ['/./a', '/a'],
  ['.a/..b', '.a/..b'],
])('the path %s is %s', (written, path) => {
  expect(outputsOf(`wfc: 1\nrules: {r: {output: "${written}", run: x}}\n`)).toEqual([path]);
});
