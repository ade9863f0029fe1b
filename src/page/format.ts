import { countOf } from '../model/counts.ts';

/** Numbers for people. NaN stands for what is not known, and shows as a dash. */

const DASH = '–';

/** `27,270`. */
export function count(n: number): string {
  return n.toLocaleString('en');
}

export function countTasks(n: number): string {
  return countOf(n, 'task');
}

/** `0.24 s`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return DASH;
  if (seconds < 0.005) return '0 s';
  if (seconds < 9.95) return `${seconds.toFixed(seconds < 0.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return parts(whole, 60, 'min', 's');
  const minutes = Math.round(whole / 60);
  if (minutes < 48 * 60) return parts(minutes, 60, 'h', 'min');
  return parts(Math.round(minutes / 60), 24, 'd', 'h');
}

/** A quantity in a large unit and what is left of it in a small one. */
function parts(smalls: number, inLarge: number, large: string, small: string): string {
  const rest = smalls % inLarge;
  return `${Math.floor(smalls / inLarge)} ${large}${rest > 0 ? ` ${rest} ${small}` : ''}`;
}

/** `0.4`, `12`, `1,234`: hours with as many digits as say something. */
export function hours(seconds: number): string {
  if (!Number.isFinite(seconds)) return DASH;
  const value = seconds / 3600;
  if (value > 0 && value < 0.001) return '<0.001';
  const digits = value >= 10 || value === 0 ? 0 : value >= 1 ? 1 : value >= 0.1 ? 2 : 3;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** `120 MiB`, `1.5 GiB`. */
export function memory(mebibytes: number): string {
  if (!Number.isFinite(mebibytes)) return DASH;
  if (mebibytes < 1000) return `${Math.round(mebibytes)} MiB`;
  return `${(mebibytes / 1024).toLocaleString('en', { maximumFractionDigits: 1 })} GiB`;
}

const TIME = new Intl.DateTimeFormat('en-CA', {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** `2026-11-23 14:05:09`, in the reader's own time zone. */
export function time(secondsSince1970: number): string {
  if (!Number.isFinite(secondsSince1970)) return DASH;
  return TIME.format(secondsSince1970 * 1000).replace(', ', ' ');
}

/** `90s`, `10m`, `2h`: a time as a spec writes it; seconds are whole. */
export function specTime(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}

/** `500M`, `4G`: memory as a spec writes it. */
export function specMemory(mebibytes: number): string {
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024}G` : `${mebibytes}M`;
}
