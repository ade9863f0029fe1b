/**
 * Compiles the JSON Schemas of specs and profiles to JavaScript, so that no start of wfc does: AJV takes longer to load
 * and to compile than a small spec takes to plan. Writes src/compile/schema/NAME-validators.generated.js, each with
 *
 *   whole     validates a whole file
 *   branches  a validator by the JSON text of each branch of an `anyOf`, to tell which of them the user meant
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';

const TYPES = `import type { ValidateFunction } from 'ajv';

export const whole: ValidateFunction;
export const branches: ReadonlyMap<string, ValidateFunction>;
`;

/** The branches of all choices in a schema, those of choices within choices included, by their JSON text. */
function branchTexts(schema) {
  const texts = new Set();
  const addLeaves = (branches) => {
    for (const branch of branches) {
      const name = /^#\/definitions\/(\w+)$/.exec(branch.$ref ?? '')?.[1];
      const resolved = name === undefined ? branch : schema.definitions[name];
      if (resolved.anyOf) addLeaves(resolved.anyOf);
      else texts.add(JSON.stringify(resolved));
    }
  };
  const walk = (part) => {
    if (typeof part !== 'object' || part === null) return;
    if (Array.isArray(part.anyOf)) addLeaves(part.anyOf);
    for (const inner of Object.values(part)) walk(inner);
  };
  walk(schema);
  return [...texts];
}

function generate(name) {
  const schema = JSON.parse(readFileSync(`schema/${name}.schema.json`, 'utf8'));
  const id = `urn:wfc:${name}`;
  // The schemas themselves are checked by the tests.
  const ajv = new Ajv({
    allErrors: true,
    strict: false,
    verbose: true,
    validateSchema: false,
    code: { source: true, esm: true },
  });
  ajv.addSchema(schema, id);
  const exported = { whole: id };
  const entries = branchTexts(schema).map((text, i) => {
    // References of a branch count from the whole schema.
    ajv.addSchema(JSON.parse(text.replaceAll('"$ref":"#', `"$ref":"${id}#`)), `${id}:branch${i}`);
    exported[`branch${i}`] = `${id}:branch${i}`;
    return `[${JSON.stringify(text)},branch${i}]`;
  });
  const code = standalone.default(ajv, exported);
  // Helpers of AJV would be loaded by `require`, which a module does not have.
  if (code.includes('require('))
    throw new Error(`schema/${name}.schema.json uses what needs a helper of AJV at run time`);
  const file = `src/compile/schema/${name}-validators.generated`;
  writeFileSync(`${file}.js`, `${code}\nexport const branches=new Map([${entries.join(',')}]);\n`);
  writeFileSync(`${file}.d.ts`, TYPES);
}

generate('spec');
generate('profile');
