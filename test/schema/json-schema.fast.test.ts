import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type Schema } from 'ajv';
import { describe, expect, it } from 'vitest';

interface Node {
  [key: string]: unknown;
}

const file = join(import.meta.dirname, '../../schema/spec.schema.json');
const schema = JSON.parse(readFileSync(file, 'utf8')) as Node;

/** Every schema inside the schema, with its JSON pointer. */
function* schemasIn(node: unknown, pointer = ''): Generator<{ pointer: string; node: Node }> {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) yield { pointer, node: node as Node };
  for (const [key, value] of Object.entries(node)) {
    if (!['examples', 'default', 'const', 'required'].includes(key)) yield* schemasIn(value, `${pointer}/${key}`);
  }
}

function resolve(node: Node): Node {
  const name = /^#\/definitions\/(\w+)$/.exec(String(node.$ref ?? ''))?.[1];
  return name === undefined ? node : (schema.definitions as Record<string, Node>)[name]!;
}

const all = [...schemasIn(schema)];

describe('the JSON Schema of specs', () => {
  it('is valid draft-07, and strict but for unions of scalars', () => {
    // Scalars of any type are texts; draft-07 ignores what stands beside $ref, but editors show its description.
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: true, allErrors: true });
    expect(ajv.validateSchema(schema as Schema), JSON.stringify(ajv.errors)).toBe(true);
    expect(() => ajv.compile(schema)).not.toThrow();
  });

  it('describes every property, for editors to show', () => {
    const bare = all.flatMap(({ pointer, node }) =>
      Object.entries((node.properties ?? {}) as Record<string, Node>)
        .filter(([, property]) => typeof (property.description ?? resolve(property).description) !== 'string')
        .map(([key]) => `${pointer}/properties/${key}`),
    );
    expect(bare).toEqual([]);
  });

  it('names no property and no definition that is not used', () => {
    const text = JSON.stringify(schema);
    const unused = Object.keys(schema.definitions as object).filter((d) => !text.includes(`"#/definitions/${d}"`));
    expect(unused).toEqual([]);
  });

  it('holds examples and defaults that are valid', () => {
    const ajv = new Ajv({ strict: false });
    ajv.addSchema(schema, 'https://wfc.invalid/spec');
    const wrong: string[] = [];
    let count = 0;
    for (const { pointer, node } of all) {
      const values = [
        ...((node.examples as unknown[] | undefined) ?? []),
        ...('default' in node ? [node.default] : []),
      ];
      const validate = ajv.getSchema(`https://wfc.invalid/spec#${pointer.replaceAll(' ', '%20')}`);
      for (const value of values) {
        count++;
        if (!validate?.(value)) wrong.push(`${pointer}: ${JSON.stringify(value)} ${JSON.stringify(validate?.errors)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(20);
  });
});
