import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { SCRIPTS } from '../src/target/bundle.ts';

/** Each layer may import from itself and from those after it. The page of a report runs in a browser: it knows the model. */
const LAYERS = [
  '',
  'cli',
  'commands',
  'submit',
  'session',
  'execute',
  'io',
  'terminal',
  'import',
  'target',
  'resume',
  'compile',
  'plan',
  'page',
  'model',
];

const root = resolve(import.meta.dirname, '../src');

function sources(): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
}

function layerOf(file: string): string {
  return relative(root, file).includes('/') ? relative(root, file).split('/')[0]! : '';
}

it('imports point one way: cli, commands, submit, session, execute, io, terminal, import, target, resume, compile, plan, page, model', () => {
  const wrong: string[] = [];
  for (const name of sources()) {
    const file = join(root, name);
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const target = resolve(dirname(file), path!);
      // Types generated from the JSON Schema, the schema itself and the manifest are data.
      if (!target.startsWith(root)) continue;
      if (LAYERS.indexOf(layerOf(target)) < LAYERS.indexOf(layerOf(file))) wrong.push(`${name} imports ${path}`);
    }
  }
  expect(wrong).toEqual([]);
});

it('every layer is known', () => {
  expect([...new Set(sources().map((f) => layerOf(join(root, f))))].filter((l) => !LAYERS.includes(l))).toEqual([]);
});

it('no bash that is shipped is over 450 lines, and all of it is part of a script', () => {
  const folder = join(root, '../templates');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sh'));
  expect(files.filter((name) => readFileSync(join(folder, name), 'utf8').split('\n').length > 450)).toEqual([]);
  expect(files.sort()).toEqual([...new Set<string>(Object.values(SCRIPTS).flat())].sort());
});

// --- tests ---

/** What a slow machine, or an oversight, makes wrong: in which files it is right all the same. */
const NOT_IN_TESTS: readonly (readonly [pattern: RegExp, instead: string, butIn: RegExp])[] = [
  [
    /timers\/promises|setTimeout\(resolve/,
    'wait for what is to happen, with until(); random moments are another matter',
    /^(support\/waiting|global-setup|resume\/kills\.test|slurm\/(kills\.test|soak\.test|damage))\.ts$/,
  ],
  [/(?:[tT]imeout: |\}, |^ +)\d+_\d{3}(?: \}|\);|,$)/m, 'say how long it takes when idle, with patience()', /^$/],
  [/\b(?:it|test|describe)(?:\.\w+)*\.(?:only|skip|todo)\b/, 'no test is left out for good', /^$/],
];

it('tests wait for events, with limits from one place, and none is left out', () => {
  const folder = join(root, '../test');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('bench/') && name !== 'architecture.test.ts',
  );
  const wrong = files.flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    return NOT_IN_TESTS.filter(([pattern, , butIn]) => pattern.test(text) && !butIn.test(name)).map(
      ([pattern, instead]) => `${name}: ${pattern.exec(text)![0].trim()}: ${instead}`,
    );
  });
  expect(wrong).toEqual([]);
});
