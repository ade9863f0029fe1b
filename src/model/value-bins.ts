/** Values of a param that are counted together: each by itself, or numbers of which there are many in ranges. */
export interface Bins {
  /** Per value id the number of its bin. */
  readonly ofValue: Int32Array;
  /** Per bin: `0.01`, or `0.001 to 0.01`. */
  readonly names: readonly string[];
}

/** Numbers of which there are more come in ranges, as many as RANGES, with as many values in each. */
const MOST_VALUES = 40;
const RANGES = 8;

/** With leading zeros they are names: 01022500. */
export function areNumbers(values: readonly string[]): boolean {
  return values.every((text) => text.trim() !== '' && Number.isFinite(Number(text)) && !/^[-+]?0\d/.test(text));
}

/** A fraction with the digits that tell where a range ends. */
function short(text: string): string {
  return text.length > 6 && /[.e]/i.test(text) ? String(Number(Number(text).toPrecision(3))) : text;
}

export function binsOf(values: readonly string[], mostValues = MOST_VALUES): Bins {
  const numbers = values.map(Number);
  if (values.length <= mostValues || !areNumbers(values))
    return { ofValue: Int32Array.from(values.keys()), names: values };
  const ascending = [...values.keys()].sort((a, b) => numbers[a]! - numbers[b]!);
  const startOf = (bin: number): number => Math.ceil((bin * values.length) / RANGES);
  const names = Array.from(
    { length: RANGES },
    (_, bin) => `${short(values[ascending[startOf(bin)]!]!)} to ${short(values[ascending[startOf(bin + 1) - 1]!]!)}`,
  );
  const ofValue = new Int32Array(values.length);
  ascending.forEach((value, place) => {
    ofValue[value] = Math.floor((place * RANGES) / values.length);
  });
  return { ofValue, names };
}
