import type { Located } from '../../model/located.ts';
import { locationInside, type ScalarNode } from '../../model/source.ts';
import type { Check as CheckSpec } from '../../model/spec.generated.ts';
import type { Check } from '../../model/workflow.ts';
import { type Context, reservedFile } from '../context.ts';
import * as report from '../report/report.ts';
import type { NamingText } from './code-files.ts';
import { compileCheck } from './command.ts';
import type { RuleOptions } from './options.ts';

/** One check of an output; `named` is told of a command, since it may name files. */
export function normalizeCheck(
  spec: Located<CheckSpec>,
  { constants, context, relation }: RuleOptions,
  named: (run: ScalarNode, naming: NamingText) => void,
): Check {
  if (spec.kind === 'scalar') return { kind: spec.text === 'files' ? 'files' : 'nonempty' };
  const minBytes = spec.as<{ min_bytes: number }>().get('min_bytes');
  if (minBytes) return { kind: 'min_bytes', bytes: Number(minBytes.text) };
  const sha256 = spec.as<{ sha256: string }>().get('sha256');
  if (sha256) {
    // A hash of digits alone is a number to the schema, and passes it whatever its length.
    if (!/^[0-9a-f]{64}$/i.test(sha256.text)) {
      context.diagnostics.push(report.badFormat(sha256.location, '"sha256"', 'a-fA-F'));
    }
    return { kind: 'sha256', hash: sha256.text.toLowerCase() };
  }
  const run = spec.as<{ run: string }>().get('run')!.scalar;
  reserveNamed(run, context);
  const { command, naming } = compileCheck(run, constants, new Set(relation.columns.keys()), context);
  named(run, naming);
  return { kind: 'run', command };
}

/** What a check names and what is there, such as `check.py`, is read by it. */
function reserveNamed(check: ScalarNode, { files, reserved }: Context): void {
  for (const { 0: word, index } of check.text.matchAll(/[^\s'"`;|&<>(){}=]+/g)) {
    if (files.kind(word) !== 'file') continue;
    reserved.push(reservedFile(word, locationInside(check, index, word.length), 'a file that a check names'));
  }
}
