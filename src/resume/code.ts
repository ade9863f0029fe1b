import { hash } from 'node:crypto';
import type { Rule } from '../model/workflow.ts';
import { parseState, type SuccessRecord } from './record.ts';

/** What stands at a code file. */
export interface CodeFile {
  readonly path: string;
  /** MD5 in hex; '' where there is no file. */
  readonly digest: string;
  /** When it was last written, in milliseconds since 1970; 0 where there is no file. */
  readonly mtimeMs: number;
  /** Since when it is as it is: its content, its name or its mode changed then. No program can set this one back. */
  readonly ctimeMs: number;
}

/** Files whose digests stand in a record one by one; of more, one digest for all. */
const MOST_SINGLE = 4;

/**
 * What ends the fingerprint in a record of a task whose rule has code: `-d41d8cd98f00.900150983cd2`, 12 digits a file in
 * the order of the rule's code, `none` for a missing one; for more than four files `-7:d41d8cd98f00b204`, their number and
 * a digest of theirs. '' for no code. The same in templates/attempt/files.sh.
 */
export function codeText(files: readonly Pick<CodeFile, 'digest'>[]): string {
  if (files.length === 0) return '';
  const digests = files.map(({ digest }) => (digest === '' ? 'none' : digest.slice(0, 12)));
  if (digests.length <= MOST_SINGLE) return `-${digests.join('.')}`;
  return `-${digests.length}:${hash('md5', `${digests.join('\n')}\n`).slice(0, 16)}`;
}

/** A recorded fingerprint in its two parts; `code` is '' where the record knows of none. */
export function splitFingerprint(recorded: string): { readonly command: string; readonly code: string } {
  const at = recorded.indexOf('-');
  return at < 0 ? { command: recorded, code: '' } : { command: recorded.slice(0, at), code: recorded.slice(at) };
}

/** How many files such a text tells of. */
function codeCount(code: string): number {
  if (code === '') return 0;
  const colon = code.indexOf(':');
  return colon < 0 ? code.split('.').length : Number(code.slice(1, colon));
}

/** The places of files whose digests differ; null where that can't be told. */
export function changedCode(recorded: string, now: string): number[] | null {
  if (codeCount(recorded) !== codeCount(now) || recorded.includes(':')) return null;
  const before = recorded.slice(1).split('.');
  return now
    .slice(1)
    .split('.')
    .flatMap((digest, i) => (digest === before[i] ? [] : [i]));
}

/** The kernel's clock for the times of files stands still for up to 10 ms at a time. */
const CLOCK_MS = 20;

/**
 * Whether the code that ran was that of now, also where the record can't tell (it knows of other files, or of none): no
 * file changed in any way since before the attempt began. Its outputs were written before it ended, and it is known how
 * long it took.
 */
function isOlderThanAttempt(files: readonly CodeFile[], { outputs, durationSeconds }: SuccessRecord): boolean {
  const states = outputs.split(/[,|]/).map((text) => parseState(text));
  let began = Number.POSITIVE_INFINITY;
  for (const state of states) {
    // A digest of many, or a temp output that was never there.
    if (state === null) return false;
    began = Math.min(began, state.mtimeMs - durationSeconds * 1000);
  }
  return files.every(({ digest, ctimeMs, mtimeMs }) => digest !== '' && Math.max(ctimeMs, mtimeMs) + CLOCK_MS < began);
}

/** The code of rules as it is now; that of each is looked at once. */
export class CodeNow {
  private readonly look: (paths: readonly string[]) => readonly CodeFile[];
  private readonly rules = new Map<Rule, { readonly files: readonly CodeFile[]; readonly text: string }>();

  constructor(look: (paths: readonly string[]) => readonly CodeFile[]) {
    this.look = look;
  }

  files(rule: Rule): readonly CodeFile[] {
    return this.of(rule).files;
  }

  /** See `codeText`. */
  text(rule: Rule): string {
    return this.of(rule).text;
  }

  /** What a record says of a rule's code, `recorded`, beside what is there. Of a rule without code, any will do. */
  compare(rule: Rule, recorded: string, record: SuccessRecord): 'same' | 'same, not recorded' | 'changed' {
    const { files, text } = this.of(rule);
    if (recorded === text || files.length === 0) return 'same';
    return codeCount(recorded) !== files.length && isOlderThanAttempt(files, record) ? 'same, not recorded' : 'changed';
  }

  private of(rule: Rule): { readonly files: readonly CodeFile[]; readonly text: string } {
    let code = this.rules.get(rule);
    if (!code) {
      const files = rule.code.length === 0 ? [] : this.look(rule.code);
      code = { files, text: codeText(files) };
      this.rules.set(rule, code);
    }
    return code;
  }
}
