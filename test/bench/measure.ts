/** Commands run to their end, by the clock, with the memory of their largest process. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

export const GNU_TIME = '/usr/bin/time';

export interface Sample {
  /** From before the start to after the end, as a user at a terminal waits. */
  readonly seconds: number;
  /** Of the processor, its own and its children's: what other work on the machine changes least; null without GNU time. */
  readonly cpuSeconds: number | null;
  /** Peak resident memory of the largest process among it and its children; null without GNU time. */
  readonly peakMiB: number | null;
}

export interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Fewer than the others', where one run takes minutes. */
  readonly repeats?: number;
  /** Before each run, not measured. */
  readonly prepare?: () => void | Promise<void>;
  /** Exit status that counts as success; 0 unless told. */
  readonly status?: number;
}

/** What a contender's runs took; at least one sample. */
export class Measured {
  readonly name: string;
  readonly samples: readonly Sample[];

  constructor(name: string, samples: readonly Sample[]) {
    this.name = name;
    this.samples = samples;
  }

  /** Median; of an even count the lower of the two in the middle. */
  get seconds(): number {
    return this.sorted[(this.samples.length - 1) >> 1]!;
  }

  get cpuSeconds(): number | null {
    const all = this.samples.flatMap(({ cpuSeconds }) => cpuSeconds ?? []).sort((a, b) => a - b);
    return all[(all.length - 1) >> 1] ?? null;
  }

  get fastest(): number {
    return this.sorted[0]!;
  }

  get slowest(): number {
    return this.sorted.at(-1)!;
  }

  get peakMiB(): number | null {
    const peaks = this.samples.flatMap(({ peakMiB }) => peakMiB ?? []);
    return peaks.length === 0 ? null : Math.max(...peaks);
  }

  private get sorted(): number[] {
    return this.samples.map(({ seconds }) => seconds).sort((a, b) => a - b);
  }
}

/** Run a command once. Throws with what it said where it fails: a failure has no speed. */
export async function measure({ command, folder, env, status = 0 }: Contender): Promise<Sample> {
  const notes = mkdtempSync(join(tmpdir(), 'wfc-time-'));
  const usage = join(notes, 'usage');
  const timed = existsSync(GNU_TIME)
    ? [GNU_TIME, '--quiet', '--format=%M %U %S', `--output=${usage}`, ...command]
    : command;
  const [file, ...args] = timed as [string, ...string[]];
  const from = performance.now();
  const ended = await execa(file, args, {
    cwd: folder,
    ...(env ? { env, extendEnv: false } : {}),
    stdin: 'ignore',
    // What a user would see scroll by goes nowhere, as fast as it can.
    stdout: { file: '/dev/null' },
    buffer: { stderr: true },
    maxBuffer: 1_000_000_000,
    reject: false,
  });
  const seconds = (performance.now() - from) / 1000;
  const [peakKiB, user, system] = existsSync(usage) ? readFileSync(usage, 'utf8').trim().split(' ').map(Number) : [];
  rmSync(notes, { recursive: true });
  if (ended.exitCode !== status) {
    const said = String(ended.stderr).split('\n').slice(-20).join('\n');
    throw new Error(`${command.join(' ')} in ${folder} ended with ${ended.exitCode}, not ${status}:\n${said}`);
  }
  if (peakKiB === undefined) return { seconds, cpuSeconds: null, peakMiB: null };
  return { seconds, cpuSeconds: user! + system!, peakMiB: peakKiB / 1024 };
}

/** Measure contenders in turn, round by round, so that what else the machine does hits all of them alike. */
export async function race(contenders: readonly Contender[], repeats: number): Promise<Map<string, Measured>> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < repeats; round++) {
    for (const contender of contenders) {
      if (round >= Math.min(repeats, contender.repeats ?? repeats)) continue;
      await contender.prepare?.();
      const sample = await measure(contender);
      process.stderr.write(`  ${contender.name}: ${sample.seconds.toFixed(3)} s\n`);
      samples.get(contender.name)!.push(sample);
    }
  }
  return new Map([...samples].map(([name, taken]) => [name, new Measured(name, taken)]));
}
