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

/** What a file imports, by type too, of the sources. */
function importsOf(name: string): string[] {
  const file = join(root, name);
  const imports = readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g);
  return [...imports].map(([, path]) => relative(root, resolve(dirname(file), path!)));
}

function layerOf(file: string): string {
  return relative(root, file).includes('/') ? relative(root, file).split('/')[0]! : '';
}

it('imports point one way: cli, commands, submit, session, execute, io, terminal, import, target, resume, compile, plan, page, model', () => {
  const wrong: string[] = [];
  for (const name of sources()) {
    for (const path of importsOf(name)) {
      // The schema itself and the manifest are data.
      if (path.startsWith('..')) continue;
      if (LAYERS.indexOf(layerOf(join(root, path))) < LAYERS.indexOf(layerOf(join(root, name))))
        wrong.push(`${name} imports ${path}`);
    }
  }
  expect(wrong).toEqual([]);
});

/** What only one room may do. */
const ROOMS: readonly (readonly [room: RegExp, pattern: RegExp])[] = [
  [/^io\//, /^import .* from 'node:fs'/m],
  [/^terminal\//, /process\.std(out|err)\.write\(|console\./],
];

it('only io/ touches files, and only terminal/ writes to the terminal', () => {
  const wrong = sources().flatMap((name) => {
    if (name.startsWith('page/')) return [];
    const text = readFileSync(join(root, name), 'utf8');
    return ROOMS.flatMap(([room, pattern]) => (!room.test(name) && pattern.test(text) ? [`${name}: ${pattern}`] : []));
  });
  expect(wrong).toEqual([]);
});

it('every layer is known', () => {
  expect([...new Set(sources().map((f) => layerOf(join(root, f))))].filter((l) => !LAYERS.includes(l))).toEqual([]);
});

it('no bash that is shipped is over 450 lines, and all of it is part of a script or stands beside specs', () => {
  const folder = join(root, '../templates');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sh'));
  expect(files.filter((name) => readFileSync(join(folder, name), 'utf8').split('\n').length > 450)).toEqual([]);
  const own = files.filter((name) => !name.startsWith('import/beside/'));
  expect(own.sort()).toEqual([...new Set<string>(Object.values(SCRIPTS).flat())].sort());
});

it('no file imports itself through others, by types neither', () => {
  const cycles: string[] = [];
  const state = new Map<string, 'open' | 'closed'>();
  const visit = (name: string, way: readonly string[]): void => {
    if (state.get(name) === 'closed' || !name.endsWith('.ts')) return;
    if (state.get(name) === 'open') {
      cycles.push([...way.slice(way.indexOf(name)), name].join(' → '));
      return;
    }
    state.set(name, 'open');
    for (const next of importsOf(name)) if (!next.startsWith('..')) visit(next, [...way, name]);
    state.set(name, 'closed');
  };
  for (const name of sources()) visit(name, []);
  expect(cycles).toEqual([]);
});

/** Files in one room: more, and nobody finds anything. */
const MOST_FILES = 20;
/** Lines of a file. Those that are made from the schemas are read by nobody. */
const MOST_LINES = 400;

it(`no folder has more than ${MOST_FILES} files, and no file more than ${MOST_LINES} lines`, () => {
  const counts = new Map<string, number>();
  for (const name of sources()) counts.set(dirname(name), (counts.get(dirname(name)) ?? 0) + 1);
  expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
  const long = sources().filter(
    (name) =>
      !name.includes('.generated.') && readFileSync(join(root, name), 'utf8').split('\n').length > MOST_LINES + 1,
  );
  expect(long).toEqual([]);
});

it('programs are started in io/programs alone, and execa is loaded only when one is asked', () => {
  const wrong = sources().filter((name) => {
    const text = readFileSync(join(root, name), 'utf8');
    const starts = /['"](node:)?child_process['"]|['"]execa['"]/.test(text) && dirname(name) !== 'io/programs';
    return starts || /from ['"]execa['"]/.test(text);
  });
  expect(wrong).toEqual([]);
});

// --- tests ---

/** What a test needs that starts processes, itself or by what it imports of the tests. */
const STARTS = /from '(?:execa|node:child_process|playwright-core)'/;

it('tests named `.fast.` start no process of their own', () => {
  const folder = join(root, '../test');
  const starting = (file: string, seen: Set<string>): string[] => {
    if (seen.has(file) || file.startsWith(root)) return [];
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    const imports = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+\.ts)'/g)].map(([, path]) =>
      resolve(dirname(file), path!),
    );
    return [...(STARTS.test(text) ? [relative(folder, file)] : []), ...imports.flatMap((path) => starting(path, seen))];
  };
  const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  const fast = tests.filter((name) => name.endsWith('.fast.test.ts'));
  expect(fast.length).toBeGreaterThan(10);
  expect(fast.flatMap((name) => starting(join(folder, name), new Set()).map((by) => `${name}: ${by}`))).toEqual([]);
});

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
    (name) => name.endsWith('.ts') && !name.startsWith('bench/') && name !== 'architecture.fast.test.ts',
  );
  const wrong = files.flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    return NOT_IN_TESTS.filter(([pattern, , butIn]) => pattern.test(text) && !butIn.test(name)).map(
      ([pattern, instead]) => `${name}: ${pattern.exec(text)![0].trim()}: ${instead}`,
    );
  });
  expect(wrong).toEqual([]);
});
