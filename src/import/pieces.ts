/** The pieces of a command, and how text among placeholders is written. */
import { type Region, scanScript } from '../compile/script/regions.ts';
import { parseTemplate } from '../compile/text/template.ts';
import type { SnakeLanguage } from '../model/snakefile.ts';

/** What can't be written in a spec; the caller knows the place. */
export class NotConvertible extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** A placeholder with what stands around it, or text that must not be taken for one. */
export type Piece = string | { readonly literal: string };

export function literal(text: string): Piece {
  return { literal: text };
}

/** Texts are joined before they are escaped: a brace may end one, and a word begin the next. */
export function joinPieces(pieces: readonly Piece[], language: SnakeLanguage, params: ReadonlySet<string>): string {
  const plain = apart(pieces, language)
    .map((piece) => (typeof piece === 'string' ? piece : piece.literal))
    .join('');
  const regions = language === 'shell' ? null : scanScript(language, plain);
  let written = '';
  let open = '';
  let at = 0;
  const close = (): void => {
    const begin = at;
    written += escapeLiteral(open, params, (offset) => regions?.[begin + offset] ?? 'code');
    at += open.length;
    open = '';
  };
  for (const piece of apart(pieces, language)) {
    if (typeof piece !== 'string') {
      open += piece.literal;
      continue;
    }
    close();
    written += piece;
    at += piece.length;
  }
  close();
  return written;
}

/** `{word}` between braces, as in a set of Python, would be the literal `{word}`: blanks part them, where they mean nothing. */
function apart(pieces: readonly Piece[], language: SnakeLanguage): readonly Piece[] {
  return pieces.flatMap((piece, i): readonly Piece[] => {
    if (typeof piece !== 'string' || !/^\{\w+\}$/.test(piece)) return [piece];
    const [before, after] = [pieces[i - 1], pieces[i + 1]];
    const isBetween =
      typeof before === 'object' &&
      before.literal.endsWith('{') &&
      typeof after === 'object' &&
      after.literal.startsWith('}');
    if (!isBetween) return [piece];
    if (language === 'shell')
      throw new NotConvertible(
        `{${piece}} in the command would be the literal ${piece} in a spec`,
        'put it into a variable',
      );
    return [literal(' '), piece, literal(' ')];
  });
}

/** `{word` with all that could make it a placeholder, and a `$` before it. */
const LIKE_PLACEHOLDER = /\$?\{[A-Za-z_]\w*(?:(?:\.\w+)*(?:\[\d+\])?(?::\w+)?\}|[.[:+\-*/%|])/g;

/** Text that wfc reads back as it is: what it would take for a placeholder is written `{{word}}`. */
export function escapeLiteral(
  text: string,
  params: ReadonlySet<string>,
  regionAt: (offset: number) => Region = () => 'code',
): string {
  return text.replace(LIKE_PLACEHOLDER, (found, offset: number) => {
    const region = regionAt(offset);
    if (readsAs(found, found, params, region)) return found;
    const dollar = found.startsWith('$') ? '$' : '';
    const escaped = `${dollar}{${found.slice(dollar.length)}}`;
    if (found.endsWith('}') && readsAs(escaped, found, params, region)) return escaped;
    throw new NotConvertible(
      `"${found}" would be a placeholder in a spec, where this word is a param or one of wfc's own`,
      'give it another name, or put a blank behind the brace',
    );
  });
}

function readsAs(written: string, text: string, params: ReadonlySet<string>, region: Region): boolean {
  const regions = Array.from(written, () => region);
  const { template, errors } = parseTemplate(written, params, { regions, inString: () => ({ message: '', hint: '' }) });
  const read = template.tokens.map((t) => (t.kind === 'text' ? t.text : '\0')).join('');
  return errors.length === 0 && read === text;
}
