import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PlanOptions, plan } from '../../src/commands/plan.ts';
import { validate } from '../../src/commands/validate.ts';
import type { ExitStatus } from '../../src/session/session.ts';

/** Specs with one mistake, or one family of mistakes, each. */
export const CASES = join(import.meta.dirname, 'cases');

export const caseNames = (): string[] =>
  readdirSync(CASES)
    .filter((name) => /\.(yml|json)$/.test(name) && name !== 'biome.json')
    .sort();

/** The arguments that a case asks for in its first line: `# with: --set a=1`, or `# with: plan --force a`. */
export function argumentsOf(name: string): string[] {
  const first = readFileSync(join(CASES, name), 'utf8').split('\n', 1)[0] ?? '';
  const words = /^# with: (.*)$/.exec(first)?.[1]?.split(' ') ?? [];
  return words[0] === 'plan' ? ['plan', name, ...words.slice(1)] : ['validate', name, ...words];
}

export interface Session {
  readonly status: ExitStatus;
  readonly out: string;
}

/** `wfc validate` or `wfc plan` in this process, from a folder; what it says on both streams. */
export async function wfc(args: readonly string[], folder: string): Promise<Session> {
  const [command, ...rest] = args;
  const values = (flag: string): string[] => rest.flatMap((arg, i) => (rest[i - 1] === flag ? [arg] : []));
  const options: PlanOptions = {
    command: command!,
    spec: rest[0]?.startsWith('--') ? undefined : rest[0],
    settings: values('--set'),
    configs: values('--config'),
    goals: values('--goal'),
    profile: values('--profile')[0],
    userProfiles: null,
    force: values('--force'),
    trust: 'fingerprints',
    json: rest.includes('--json'),
    quiet: false,
    style: { colour: false },
    target: null,
    forecast: false,
    maxParallel: null,
    env: process.env,
  };
  return inFolder(folder, () => (command === 'plan' ? plan(options) : validate(options)));
}

async function inFolder(folder: string, run: () => Promise<ExitStatus> | ExitStatus): Promise<Session> {
  let out = '';
  const streams = [process.stdout, process.stderr] as const;
  const writes = streams.map((s) => s.write);
  const from = process.cwd();
  for (const stream of streams) {
    stream.write = ((text: string) => {
      out += text;
      return true;
    }) as typeof stream.write;
  }
  process.chdir(folder);
  try {
    const status = await run();
    return { status, out };
  } finally {
    process.chdir(from);
    streams.forEach((stream, i) => {
      stream.write = writes[i]!;
    });
  }
}

/** A case as a session at a terminal. */
export async function transcript(args: readonly string[], folder: string): Promise<string> {
  const { status, out } = await wfc(args, folder);
  return `$ wfc ${args.join(' ')}\n${out}exit status ${status}\n`;
}
