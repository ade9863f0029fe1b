import type { Diagnostic } from '../../model/diagnostic.ts';
import { locationInside, type ScalarNode } from '../../model/source.ts';
import * as report from '../report/report.ts';

/** A part of a text that a shell would put something else in place of. */
export interface ShellWord {
  readonly text: string;
  /** Offset in the text. */
  readonly start: number;
}

/** `~`, `~root` at the beginning; anywhere `$NAME`, `${…}`, `$(…)` and `…` in backticks. Other `$` are a name's own. */
const EXPANDED = /^~[^/\0]*|\$(?:[A-Za-z_]\w*|\{[^}/\0]*\}?|\([^)\0]*\)?)|`[^`\0]*`/;

/** The first word of a path that a shell would expand; null for none. A NUL stands for a param. */
export function shellWord(path: string): ShellWord | null {
  const match = EXPANDED.exec(path);
  return match && { text: match[0], start: match.index };
}

/** Refuse a text of the spec that is a path, its `{config.key}` filled in, where a shell would expand a part of it. */
export function refuseShellWord(text: string, node: ScalarNode, diagnostics: Diagnostic[]): boolean {
  const word = shellWord(text);
  if (!word) return false;
  // From a constant, it does not stand here.
  const at = node.text.indexOf(word.text);
  const location = at < 0 ? node.location : locationInside(node, at, word.text.length);
  diagnostics.push(
    report.shellWordInPath(location, word.text, text.slice(0, word.start), text.slice(word.start + word.text.length)),
  );
  return true;
}
