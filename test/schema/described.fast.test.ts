/** The schemas are what editors complete and explain from: each key says what it is, and shows how it looks. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';

interface Schema {
  readonly [keyword: string]: unknown;
}

const NAMES = ['spec', 'profile', 'manifest'] as const;

function schemaOf(name: string): Schema {
  return JSON.parse(readFileSync(new URL(`../../schema/${name}.schema.json`, import.meta.url), 'utf8'));
}

interface Found {
  readonly path: string;
  readonly schema: Schema;
}

/** Every declared property at every depth, with what its $ref adds; and every definition. */
function propertiesOf(root: Schema): { properties: Found[]; definitions: Found[] } {
  const properties: Found[] = [];
  const target = ({ $ref }: Schema): Schema =>
    typeof $ref === 'string' ? (root.definitions as Record<string, Schema>)[$ref.split('/').at(-1)!]! : {};
  const walk = (schema: Schema, path: string): void => {
    for (const [key, inner] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
      properties.push({ path: `${path}.${key}`, schema: { ...target(inner), ...inner } });
      walk(inner, `${path}.${key}`);
    }
    for (const keyword of ['anyOf', 'items', 'additionalProperties'])
      for (const inner of [schema[keyword]].flat())
        if (inner !== null && typeof inner === 'object') walk(inner as Schema, path);
  };
  walk(root, '');
  const definitions = Object.entries((root.definitions ?? {}) as Record<string, Schema>).map(([path, schema]) => ({
    path,
    schema,
  }));
  for (const { path, schema } of definitions) walk(schema, path);
  return { properties, definitions };
}

it.each(NAMES)('every property of the %s schema, at every depth, has a description', (name) => {
  const { properties, definitions } = propertiesOf(schemaOf(name));
  expect(properties.length).toBeGreaterThan(10);
  const silent = [...properties, ...definitions].filter(({ schema }) => String(schema.description ?? '').length < 5);
  expect(silent.map((p) => p.path)).toEqual([]);
});

it.each(['spec', 'profile'])('every key of the %s schema that takes more than yes or no has an example', (name) => {
  const { properties } = propertiesOf(schemaOf(name));
  const without = properties.filter(
    ({ schema }) => !schema.examples && schema.type !== 'boolean' && !('const' in schema),
  );
  expect(without.map((p) => p.path)).toEqual([]);
});

it.each(['spec', 'profile'])('examples and defaults of the %s schema fit the schema itself', (name) => {
  const root = schemaOf(name);
  const { $id: _, ...plain } = root;
  const ajv = new Ajv({ allErrors: true, strict: false });
  ajv.addSchema({ ...plain, $id: 'whole' });
  for (const { path, schema } of propertiesOf(root).properties) {
    const { examples = [], default: fallback, ...rest } = schema as { examples?: unknown[]; default?: unknown };
    const text = JSON.stringify(rest).replaceAll('"#/definitions/', '"whole#/definitions/');
    const validate = ajv.compile(JSON.parse(text));
    for (const value of fallback === undefined ? examples : [...examples, fallback])
      expect([path, value, validate(value)]).toEqual([path, value, true]);
  }
});
