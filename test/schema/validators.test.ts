import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import * as profile from '../../src/compile/schema/profile-validators.generated.js';
import * as spec from '../../src/compile/schema/spec-validators.generated.js';
import { CLI } from '../support/experiment.ts';

it('the built program holds validators of its schemas, and not the compiler that made them', () => {
  const folder = dirname(CLI);
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(texts.filter((text) => text.includes('urn:wfc:spec#/definitions/')).length).toBeGreaterThan(0);
  expect(texts.filter((text) => text.includes('addUsedSchema'))).toEqual([]);
});

it.each([
  [
    'spec',
    spec,
    { wfc: 1, rules: { a: { output: 'a', run: 'b' } } },
    { wfc: 1, rules: { a: { output: 7, rnu: 'b' } } },
  ],
  ['profile', profile, { limits: { max_submit: 7 } }, { limits: { max_submit: 'x', other: 1 } }],
] as const)('the validator of a %s finds what AJV itself finds', (name, { whole }, good, bad) => {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, `../../schema/${name}.schema.json`), 'utf8'));
  const ajv = new Ajv({ allErrors: true, strict: false }).compile(schema);
  expect([whole(good), ajv(good)]).toEqual([true, true]);
  expect([whole(bad), ajv(bad)]).toEqual([false, false]);
  const places = (errors: typeof ajv.errors): string[] =>
    (errors ?? []).map((e) => `${e.instancePath} ${e.keyword}`).sort();
  expect(places(whole.errors)).toEqual(places(ajv.errors));
});
