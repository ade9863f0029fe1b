/** `[[ … ]]`. Source: bash(1), SHELL GRAMMAR, Compound Commands; CONDITIONAL EXPRESSIONS. */
import type { Cursor } from './cursor.ts';
import { complaints } from './errors.ts';
import { computeHoles, lexGap, lexWord, type Word } from './words.ts';

const COMPARES_INTEGERS = /^-(?:eq|ne|lt|le|gt|ge)$/;
const TAKES_NAME = /^-[vR]$/;

/** From `[[` through `]]`. Quoted values are literal in patterns and regular expressions. */
export function lexConditional(c: Cursor): void {
  const opened = c.at;
  c.take(2);
  c.nested(() => lexTests(c, opened));
  c.take(2);
}

function lexTests(c: Cursor, opened: number): void {
  let previous: Word | null = null;
  for (;;) {
    lexGap(c, true);
    if (c.done) c.stop(opened, complaints.unterminated('[[', ']]'), 2);
    if (c.startsWith(']]') && (c.peek(2) === '' || ' \t\n;&|()<>'.includes(c.peek(2)))) return;
    const before = previous?.quoted === false ? previous.value : null;
    const regex = before === '=~';
    // A regular expression may begin with a parenthesis.
    const operator = regex ? '' : c.match(/&&|\|\||[()]|<(?!\()|>(?!\()/y);
    if (operator !== '') {
      c.take(operator.length);
      previous = null;
      continue;
    }
    const word: Word = lexWord(c, {
      regex,
      list: (p) => complaints.listElsewhere(p, '"[[ … ]]"'),
    });
    if (word.end === word.start) c.stop(c.at, complaints.unexpected(c.shown()));
    // Both sides of -eq and its kin are computed: the left one is known only now.
    if (before !== null && COMPARES_INTEGERS.test(before)) computeHoles(c, word.holes, word.start);
    if (before !== null && TAKES_NAME.test(before)) {
      for (const { placeholder } of word.holes) c.failAt(placeholder, complaints.name(placeholder));
    }
    if (previous && !word.quoted && COMPARES_INTEGERS.test(word.value ?? '')) {
      computeHoles(c, previous.holes, previous.start, previous.end);
    }
    previous = word;
  }
}
