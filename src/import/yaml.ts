/** A value as the spec's YAML holds it. */
export type Yaml = string | Verbatim | readonly Yaml[] | { readonly [key: string]: Yaml };

/** Text that is YAML already, such as a number or `true`. */
export class Verbatim {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const WIDTH = 110;

/** A scalar that reads back as exactly this text; `flow`: between brackets, where commas and braces count. */
export function scalar(text: string, flow = false): string {
  const plain = flow ? /^[\w./][\w./+@=-]*$/ : /^[\w./][\x20-\x7e]*$/;
  const isNothing = /^(|~|null|Null|NULL)$/.test(text);
  const confuses = /^(---|\.\.\.)/.test(text) || /: | #|:$|\s$/.test(text);
  if (plain.test(text) && !isNothing && !confuses) return text;
  // Such as JSON, which is easier to read without a backslash before each quote.
  return /^[\x20-\x7e]*"[\x20-\x7e]*$/.test(text) && !text.includes("'") ? `'${text}'` : JSON.stringify(text);
}

/** `key: value` lines at an indentation. */
export function entry(key: string, value: Yaml, indent: string, comment = ''): string[] {
  const head = `${indent}${scalar(key, true)}:`;
  const note = comment === '' ? '' : `  # ${comment}`;
  if (value instanceof Verbatim) return [`${head} ${value.text}${note}`];
  if (typeof value === 'string') {
    // A block that holds a carriage return, or begins or ends with an empty line, would not read back as it is.
    if (value.includes('\n') && !/^\n|\n$|\r/.test(value)) {
      const sign = /^[ \t]/.test(value) ? '|2' : '|';
      return [`${head} ${sign}${note}`, ...block(value, `${indent}  `)];
    }
    return [`${head} ${scalar(value)}${note}`];
  }
  const inOneLine = `${head} ${flowText(value)}${note}`;
  if (inOneLine.length <= WIDTH) return [inOneLine];
  const below = `${indent}  `;
  if (isList(value)) {
    if (value.every((v) => typeof v === 'string' || v instanceof Verbatim))
      return wrappedList(head, value, below, note);
    return [head + note, ...value.map((v) => `${below}- ${flowText(v)}`)];
  }
  return [head + note, ...Object.entries(value).flatMap(([k, v]) => entry(k, v, below))];
}

function isList(value: Yaml): value is readonly Yaml[] {
  return Array.isArray(value);
}

function block(text: string, indent: string): string[] {
  return text.split('\n').map((line) => (line === '' ? '' : indent + line));
}

export function flowText(value: Yaml): string {
  if (value instanceof Verbatim) return value.text;
  if (typeof value === 'string') return scalar(value, true);
  if (isList(value)) return `[${value.map(flowText).join(', ')}]`;
  const pairs = Object.entries(value).map(([k, v]) => `${scalar(k, true)}: ${flowText(v)}`);
  return `{${pairs.join(', ')}}`;
}

/** Long lists of values, many a line; of paths one a line. */
function wrappedList(head: string, values: readonly Yaml[], indent: string, note: string): string[] {
  const texts = values.map(flowText);
  if (texts.some((t) => t.length > 40))
    return [head + note, ...values.map((v) => `${indent}- ${typeof v === 'string' ? scalar(v) : flowText(v)}`)];
  const lines: string[] = [];
  let line = indent;
  texts.forEach((text, i) => {
    const piece = i < texts.length - 1 ? `${text}, ` : text;
    if (line.length + piece.length > WIDTH) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += piece;
  });
  return [`${head} [${note}`, ...lines, `${line}]`];
}
