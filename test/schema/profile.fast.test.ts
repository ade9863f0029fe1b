import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type Schema } from 'ajv';
import { describe, expect, it } from 'vitest';
import profileSchema from '../../schema/profile.schema.json' with { type: 'json' };
import { parseProfile } from '../../src/compile/schema/profile.ts';
import { NO_PROFILE, type Profile } from '../../src/model/profile.ts';
import { renderDiagnostic } from '../../src/terminal/terminal.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples/profiles');

function mistakes(text: string): string {
  const { profile, diagnostics } = parseProfile({ file: 'p.yml', text });
  expect(profile === null).toBe(diagnostics.length > 0);
  return diagnostics.map((d) => renderDiagnostic(d, { colour: false })).join('\n');
}

function profileOf(text: string): Profile {
  const { profile, diagnostics } = parseProfile({ file: 'p.yml', text });
  expect(diagnostics.map((d) => d.message)).toEqual([]);
  return profile!;
}

interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
}

function keysOf(node: SchemaNode, path = ''): { path: string; key: SchemaNode }[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, key]) => [
    { path: `${path}/properties/${name}`, key },
    ...keysOf(key, `${path}/properties/${name}`),
  ]);
}

describe('the JSON Schema of profiles', () => {
  it('is valid draft-07, and strict but for unions of scalars', () => {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: true, allErrors: true });
    expect(ajv.validateSchema(profileSchema as Schema), JSON.stringify(ajv.errors)).toBe(true);
    expect(() => ajv.compile(profileSchema as Schema)).not.toThrow();
  });

  it('has for every key a description, a default in words or as a value, and examples; all of them valid', () => {
    const ajv = new Ajv({ strict: false });
    ajv.addSchema(profileSchema, 'https://wfc.invalid/p');
    const keys = keysOf(profileSchema as SchemaNode);
    expect(keys.length).toBeGreaterThan(20);
    for (const { path, key } of keys) {
      expect(key.description, path).toBeTruthy();
      expect(key.examples?.length, path).toBeGreaterThan(0);
      const hasDefault = key.default !== undefined || /Default: /.test(key.description!) || path.endsWith('$schema');
      expect(hasDefault, path).toBe(true);
      const validate = ajv.getSchema(`https://wfc.invalid/p#${path.replace('$', '%24')}`)!;
      for (const value of [...(key.examples ?? []), ...(key.default === undefined ? [] : [key.default])]) {
        expect(validate(value), `${path} ${JSON.stringify(value)}`).toBe(true);
      }
    }
  });
});

describe('a profile', () => {
  it('is read into what the rest of wfc works with, units resolved', () => {
    const profile = profileOf(`slurm: {account: 007, partition: "a,b", exclusive: true, extra: [--comment="x y"]}
limits: {max_array_size: 500, max_submit: 2000, max_time: 1-12:00:00, max_mem: 2G, max_cpus: 64, max_gpus: 0}
packing: {tasks_per_element: 3, fuse: never, lanes: 2, max_running: 5}
modules: gcc/12
prelude: [export A=1, "export B=2"]
mail: {to: me@university.example}
notify: echo over
local: {jobs: 3, cpus: 8, mem: 1G, gpus: 0}
`);
    const notify = profile.notify?.command;
    expect({ ...profile, flags: Object.fromEntries(profile.flags), preludeLocation: null, notify }).toEqual({
      file: 'p.yml',
      flags: { account: '007', partition: 'a,b', exclusive: 'true' },
      extra: ['--comment="x y"'],
      limits: {
        maxArraySize: 500,
        maxSubmit: 2000,
        maxTimeSeconds: 36 * 3600,
        maxMemoryMiB: 2048,
        maxCpus: 64,
        maxGpus: 0,
      },
      packing: { tasksPerElement: 3, fuse: 'never', lanes: 2 },
      maxRunning: 5,
      modules: ['gcc/12'],
      prelude: ['export A=1', 'export B=2'],
      preludeLocation: null,
      mail: { to: 'me@university.example', on: ['end'] },
      notify: 'echo over',
      local: { jobs: 3, cpus: 8, memoryMiB: 1024, gpus: 0 },
    });
  });

  it.each(['', '# nothing yet\n\n  # slurm: {}\n', '{}'])('may say nothing: %j', (text) => {
    expect(profileOf(text)).toEqual({ ...NO_PROFILE, file: 'p.yml' });
  });

  it('is told of all its mistakes at once, each with its line, an underline and a hint', () => {
    const text = 'slrum: {account: x}\npacking:\n  lanes: 0\n  fuse: maybe\npartition: short\nlimits: {max_time: 90}\n';
    expect(mistakes(text)).toBe(`p.yml:1:1 error: unknown key "slrum" in the profile
    slrum: {account: x}
    ^^^^^
  hint: did you mean "slurm"?
p.yml:3:10 error: "packing.lanes" must be at least 1
      lanes: 0
             ^
p.yml:4:9 error: "packing.fuse" must be "auto" or "never", not "maybe"
      fuse: maybe
            ^^^^^
p.yml:5:1 error: unknown key "partition" in the profile
    partition: short
    ^^^^^^^^^
  hint: write slurm: {partition: …}
p.yml:6:20 error: "90" has no unit
    limits: {max_time: 90}
                       ^^
  hint: write a number and a unit, such as 90s, 10m, 2h or 1-12:00:00`);
    expect(mistakes('limits: {max_time: 90, max_mem: lots}\nlocal: {mem: 4}')).toBe(`p.yml:1:20 error: "90" has no unit
    limits: {max_time: 90, max_mem: lots}
                       ^^
  hint: write a number and a unit, such as 90s, 10m, 2h or 1-12:00:00
p.yml:1:33 error: "lots" is no value for "max_mem"
    limits: {max_time: 90, max_mem: lots}
                                    ^^^^
  hint: write a number and a unit, such as 500M or 4G
p.yml:2:14 error: "4" has no unit
    local: {mem: 4}
                 ^
  hint: write a number and a unit, such as 500M or 4G`);
  });

  it.each([
    '- a',
    'text',
    'slurm: 5',
    'limits: [max_time]',
    'limits: {max_time: [90]}',
    'prelude: {a: b}',
    'slurm: {extra: x}',
    'slurm:',
  ])('that has another shape is told once what is wanted: %s', (text) => {
    expect(mistakes(text).match(/ error: /g)).toHaveLength(1);
    expect(mistakes(text)).toMatch(/must be|has no value/);
  });

  it.each([
    'slurm: {account: "x\\n#SBATCH --uid=0"}',
    'slurm: {comment: "a\\rb"}',
    'slurm: {extra: ["--comment=x\\n#SBATCH --array=1"]}',
    'slurm: {partition: "\\e[2J"}',
    'modules: ["gcc\\nrm -rf x"]',
    'prelude: ["export A=\\0"]',
  ])('that holds a control character is refused: %s', (text) => {
    expect(mistakes(text)).toContain('holds a line break or another control character');
  });

  it.each([
    ['slurm: {array: 0-5}', '--array'],
    ['slurm: {time: 10m}', '--time'],
    ['slurm: {job-name: x}', '--job-name'],
    ['slurm: {extra: [--dependency=afterok:1]}', '--dependency'],
    ['slurm: {extra: [-N2]}', '--nodes'],
    ['slurm: {extra: ["--exclusive --mem=0"]}', '--mem'],
  ])('that sets what wfc sets itself is refused: %s', (text, flag) => {
    expect(mistakes(text)).toContain(`wfc itself sets ${flag} in every job`);
  });

  it('may set other flags, also those whose text looks like one of them', () => {
    const { flags, extra } = profileOf(
      'slurm: {mem-bind: local, extra: [--nodelist=n1, "--comment=\\"--array=1\\"", --exclusive]}',
    );
    expect([...flags]).toEqual([['mem-bind', 'local']]);
    expect(extra).toHaveLength(3);
  });

  it.each(readdirSync(EXAMPLES))('%s of examples/profiles has no mistake', (name) => {
    const text = readFileSync(join(EXAMPLES, name), 'utf8');
    const profile = profileOf(text);
    expect(profile.flags.get('account')).toBeTruthy();
    expect(profile.prelude.length).toBeGreaterThan(0);
  });
});
