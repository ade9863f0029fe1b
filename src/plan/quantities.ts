/** Seconds of `90s`, `10m`, `2h`, `1d`, `1h30m`, `02:00:00`, `1-12:00:00`; null for anything else. */
export function parseTimeSeconds(text: string): number | null {
  const clock = /^(?:(\d+)-)?(\d{1,3}):(\d{2}):(\d{2})$/.exec(text);
  if (clock) {
    const [days, hours, minutes, seconds] = clock.slice(1).map((p) => Number(p ?? 0)) as [
      number,
      number,
      number,
      number,
    ];
    return minutes < 60 && seconds < 60 ? ((days * 24 + hours) * 60 + minutes) * 60 + seconds : null;
  }
  const units = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?:in)?)?(?:(\d+)s)?$/.exec(text);
  if (!units || text === '') return null;
  const [days, hours, minutes, seconds] = units.slice(1).map((p) => Number(p ?? 0)) as [number, number, number, number];
  const total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
  return total > 0 ? total : null;
}

const MIB_PER_UNIT: Readonly<Record<string, number>> = { K: 1 / 1024, M: 1, G: 1024, T: 1024 * 1024 };

/** MiB of `500M`, `4G`, `1.5G`, `1T`; G = 1024 MiB, rounded up; null for anything else. */
export function parseMemoryMiB(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([KMGT])(?:i?B)?$/i.exec(text);
  if (!match) return null;
  const total = Math.ceil(Number(match[1]) * MIB_PER_UNIT[match[2]!.toUpperCase()]!);
  return total > 0 ? total : null;
}

/** What a task asks for in GPUs. */
export interface Gpus {
  readonly count: number;
  readonly type: string | null;
  /** More than 1 for a share of one GPU. */
  readonly tasksPerGpu: number;
}

/** A type of GPU as Slurm has it, also a slice of one: `1g.10gb`. */
const GPU_TYPE = /^(?:[A-Za-z][\w.-]*|\d+g\.\d+gb[\w.+-]*)$/;

/** `1`, `2`, `a100:2`, `a100` (one of them), `0.5`, `1/3`, `a100:0.25`; null for anything else. */
export function parseGpus(text: string): Gpus | null {
  const [first, amount, ...more] = text.split(':') as [string, ...string[]];
  if (more.length > 0) return null;
  const isType = GPU_TYPE.test(first);
  if (isType && amount === undefined) return { count: 1, type: first, tasksPerGpu: 1 };
  if (!isType && amount !== undefined) return null;
  const type = isType ? first : null;
  const number = amount ?? first;
  if (/^\d+$/.test(number)) return { count: Number(number), type, tasksPerGpu: 1 };
  const tasksPerGpu = 1 / (fractionOf(number) ?? 0);
  return isShare(tasksPerGpu) ? { count: 1, type, tasksPerGpu } : null;
}

function isShare(tasksPerGpu: number): boolean {
  return Number.isSafeInteger(tasksPerGpu) && tasksPerGpu >= 1;
}

/** Of `0.5`, `1/3`; null for anything else. */
export function fractionOf(text: string): number | null {
  const [, above, below] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (above !== undefined) return Number(above) / Number(below);
  return /^\d*\.\d+$/.test(text) ? Number(text) : null;
}

/** A whole number from 1; null for anything else. */
export function parseCount(text: string): number | null {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null;
}
