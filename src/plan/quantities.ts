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

/** `1`, `2`, `a100:2`, `a100` (one of them); null for anything else. */
export function parseGpus(text: string): { count: number; type: string | null } | null {
  const match = /^(?:([A-Za-z][\w.-]*)(?::(\d+))?|(\d+))$/.exec(text);
  if (!match) return null;
  return { type: match[1] ?? null, count: Number(match[2] ?? match[3] ?? 1) };
}

/** A whole number from 1; null for anything else. */
export function parseCount(text: string): number | null {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null;
}
