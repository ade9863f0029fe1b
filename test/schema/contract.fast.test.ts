import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseSource } from '../../src/compile/text/source.ts';
import { plainValue } from '../../src/model/source.ts';
import { compileText } from './compile-text.ts';

const text = readFileSync(join(import.meta.dirname, 'contract/wfc.yml'), 'utf8');
const sites = Array.from({ length: 101 }, (_, i) => String(1_013_500 + 37 * i).padStart(8, '0'));

it('the spec of the language reference is valid, and plans to 81,912 tasks', () => {
  const { plan, diagnostics } = compileText(text, { files: { 'sites.txt': `${sites.join('\n')}\n` } });
  expect(diagnostics).toEqual([]);
  expect(plan?.neededCount).toBe(81_912);
  expect(plan?.rules.map((r) => [r.rule.name, r.space.size])).toEqual([
    ['prep_io_data', 101],
    ['train_model', 27_270],
    ['make_predictions', 54_540],
    ['evaluate_predictions', 54_540],
    ['combine_metrics', 1],
  ]);
});

it('the same spec as JSON plans to the same tasks', () => {
  const { plan: fromYaml } = compileText(text, { files: { 'sites.txt': sites.join('\n') } });
  const rules = fromYaml!.rules.map((r) => `${r.rule.name} ${r.space.size}`);
  const json = JSON.stringify(yamlAsObject(), null, '\t');
  const { plan, diagnostics } = compileText(json, { file: 'wfc.json', files: { 'sites.txt': sites.join('\n') } });
  expect(diagnostics).toEqual([]);
  expect(plan!.rules.map((r) => `${r.rule.name} ${r.space.size}`)).toEqual(rules);
});

function yamlAsObject(): unknown {
  const { root } = parseSource({ file: 'wfc.yml', text });
  return plainValue(root!);
}
