import { expect, it } from 'vitest';
import { problemOf } from './fuzz.ts';

const withCommand = (command: string): string =>
  `wfc: 1\nparams: {a: [1]}\nrules:\n  r:\n    output: o/{a}\n    run: |\n      ${command}\n`;
const withParam = (values: string): string =>
  `wfc: 1\nparams: {a: ${values}}\nrules: {r: {output: "o{a}", run: "echo"}}\n`;
const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

/** Each level holds nine of the one before: a gigabyte of values in a few lines. */
const ALIAS_BOMB = `wfc: 1\nconfig:\n  a: &a [${Array(9).fill('x')}]\n${[...'bcdefghi']
  .map((c, i) => `  ${c}: &${c} [${Array(9).fill(`*${'abcdefghi'[i]}`)}]`)
  .join('\n')}\nrules: {r: {output: o, run: "echo"}}\n`;

const TEXTS: Readonly<Record<string, string>> = {
  'substitutions in substitutions': withCommand(`echo ${nested('$(', ')', 20_000)}`),
  'quotes in substitutions': withCommand(`echo ${nested('"$(', ')"', 20_000)}`),
  'parentheses in arithmetic': withCommand(`echo $((${nested('(', ')', 20_000)}))`),
  'lists in lists': `wfc: 1\nparams: ${nested('[', ']', 100_000)}\n`,
  'mappings in mappings': `wfc: 1\nconfig: ${nested('{a: ', '}', 50_000)}\n`,
  'an alias bomb': ALIAS_BOMB,
  'a range past all numbers': withParam('{from: 0, to: 99999999999999999999999999}'),
  'a step of nothing': withParam('{from: 0, to: 1, step: 0.000000000000000000000001}'),
  'a count past all numbers': withParam('{linspace: {from: 0, to: 1, count: 1e300}}'),
  'names that objects have':
    'wfc: 1\nconfig: {__proto__: {x: 1}, constructor: 2}\nparams: {__proto__: [1], constructor: [2], toString: [3]}\nrules: {__proto__: {output: "o{constructor}{toString}{__proto__}", run: "echo {config.__proto__} {config.constructor}"}}\n',
  'a shell that objects have': 'wfc: 1\nrules: {r: {shell: __proto__, input: a, output: o, run: "echo {input}"}}\n',
  'one key 100,000 times': `wfc: 1\n${'x: 1\n'.repeat(100_000)}`,
  'a name of a megabyte': `wfc: 1\nname: ${'a'.repeat(1_000_000)}\nrules: {r: {output: o, run: "echo"}}\n`,
  'a byte order mark and carriage returns': `\ufeff${withCommand('echo {a}').replaceAll('\n', '\r\n')}`,
  'thousands of excludes': withParam('{from: 0, to: 99999}').replace(
    'rules:',
    `exclude:\n${Array.from({ length: 2000 }, (_, i) => `  - {a: ${i}}\n`).join('')}rules:`,
  ),
};

it.each(Object.keys(TEXTS))('%s: a plan or plain words, within a second', (name) => {
  expect(problemOf(TEXTS[name]!)).toBeNull();
});

const TABLES: Readonly<Record<string, string>> = {
  'an empty cell behind a carriage return, at the end': 'station,area\n1,12\n"2",\r\n\n',
  'too many cells behind a carriage return': 'staon,a\r00,12\nstaon,a\r00,12\n',
  'a carriage return inside quotes': '"010\r30500",7\n',
};

it.each(Object.keys(TABLES))('a table with %s: a plan or plain words, at places inside it', (name) => {
  const spec = 'wfc: 1\ntables: {t: {csv: stations.csv}}\nrules: {r: {output: "o{station}", run: "echo"}}\n';
  expect(problemOf(spec, TABLES[name]!)).toBeNull();
});
