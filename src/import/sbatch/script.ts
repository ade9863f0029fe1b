import { sbatchWords } from '../../compile/rules/sbatch-flags.ts';

/** A flag of an `#SBATCH` line. */
export interface SbatchFlag {
  /** The long one, without dashes. */
  readonly name: string;
  /** '' where it takes none. */
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A batch script as written: what it asks for, and what it does. */
export interface SbatchScript {
  readonly file: string;
  readonly flags: readonly SbatchFlag[];
  /** The commands, without the lines above the first of them. */
  readonly body: readonly ScriptLine[];
}

export interface ScriptLine {
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Short flags, and which of them take a value. Source: sbatch(1). */
const LONG_NAMES: Readonly<Record<string, string>> = {
  A: 'account',
  B: 'extra-node-info',
  C: 'constraint',
  D: 'chdir',
  F: 'nodefile',
  G: 'gpus',
  J: 'job-name',
  L: 'licenses',
  M: 'clusters',
  N: 'nodes',
  S: 'core-spec',
  a: 'array',
  b: 'begin',
  c: 'cpus-per-task',
  d: 'dependency',
  e: 'error',
  i: 'input',
  m: 'distribution',
  n: 'ntasks',
  o: 'output',
  p: 'partition',
  q: 'qos',
  t: 'time',
  w: 'nodelist',
  x: 'exclude',
};
const WITHOUT_VALUE: Readonly<Record<string, string>> = {
  H: 'hold',
  I: 'immediate',
  O: 'overcommit',
  Q: 'quiet',
  W: 'wait',
  k: 'no-kill',
  s: 'oversubscribe',
  v: 'verbose',
};
const LONG_WITHOUT_VALUE = new Set([
  ...Object.values(WITHOUT_VALUE),
  ...[
    'contiguous',
    'exclusive',
    'no-requeue',
    'parsable',
    'reboot',
    'requeue',
    'spread-job',
    'test-only',
    'use-min-nodes',
  ],
]);

/** Read a batch script. Source: sbatch(1): `#SBATCH` counts above the first line that is neither blank nor a comment. */
export function readScript(file: string, text: string): SbatchScript {
  const lines = text.split(/\r?\n/).map((line, i) => ({ text: line, line: i + 1 }));
  const first = lines.findIndex((line) => !/^\s*(#|$)/.test(line.text));
  const head = first < 0 ? lines : lines.slice(0, first);
  const flags = head.flatMap(({ text: line, line: number }) => {
    const asked = /^#SBATCH\s+(.*)$/.exec(line);
    return asked ? flagsOf(sbatchWords(asked[1]!) ?? [], number) : [];
  });
  const body = first < 0 ? [] : lines.slice(first);
  while (body.at(-1)?.text.trim() === '') body.pop();
  return { file, flags, body };
}

/** The flags among words of a command line. */
export function flagsOf(words: readonly string[], line: number): SbatchFlag[] {
  const flags: SbatchFlag[] = [];
  for (let w = 0; w < words.length; w++) {
    const long = /^--([a-z][\w-]*)(?:=(.*))?$/s.exec(words[w]!);
    const short = /^-(\w)(.*)$/s.exec(words[w]!);
    const name = long ? long[1]! : short ? (LONG_NAMES[short[1]!] ?? WITHOUT_VALUE[short[1]!]) : undefined;
    if (name === undefined) continue;
    const given = long ? long[2] : short![2]!.replace(/^=/, '') || undefined;
    const takesNext = given === undefined && !LONG_WITHOUT_VALUE.has(name) && words[w + 1]?.startsWith('-') === false;
    flags.push({ name, value: given ?? (takesNext ? words[++w]! : ''), line });
  }
  return flags;
}

/** The elements of `--array=1-300%50`, in order, and how many run at a time (null: all). null where it can't be read. */
export function arrayOf(value: string): { indices: readonly number[]; atATime: number | null } | null {
  const match = /^([\d,:-]+)(?:%(\d+))?$/.exec(value);
  if (!match) return null;
  const indices = new Set<number>();
  for (const part of match[1]!.split(',')) {
    const range = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(part);
    if (!range) return null;
    const [from, to, step] = [Number(range[1]), Number(range[2] ?? range[1]), Number(range[3] ?? 1)];
    if (step < 1 || to < from || (to - from) / step > 1e6) return null;
    for (let index = from; index <= to; index += step) indices.add(index);
  }
  return {
    indices: [...indices].sort((a, b) => a - b),
    atATime: match[2] === undefined ? null : Number(match[2]),
  };
}
