/** The text of a value as `{param}` or `{param:04}` writes it. Padding takes integers only; others are reported earlier. */
export function formatValue(text: string, pad: number): string {
  if (pad === 0) return text;
  const match = /^([-+]?)0*(\d+)$/.exec(text);
  if (!match) return text;
  const sign = match[1] === '-' ? '-' : '';
  return sign + match[2]!.padStart(pad - sign.length, '0');
}

/** Bash reads `010` as octal: the value of an integer, without its leading zeros and plus sign. */
export function withoutLeadingZeros(text: string): string {
  return text.replace(/^\+?(-?)0+(?=\d)/, '$1').replace(/^\+/, '');
}
