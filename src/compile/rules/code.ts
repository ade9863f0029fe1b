/** Which files are the code of a rule: those that `code` names, and a warning of those that it does not. */
import type { Located } from '../../model/located.ts';
import { type Location, locationInside, type ScalarNode } from '../../model/source.ts';
import type { Code } from '../../model/spec.generated.ts';
import type { Input } from '../../model/workflow.ts';
import { reservedFile } from '../context.ts';
import * as report from '../report/report.ts';
import { type PlacedPath, placed, placedText } from '../text/place.ts';
import { closest } from '../text/suggest.ts';
import type { NamingText } from './code-files.ts';
import type { RuleOptions } from './options.ts';
import { parsePath } from './paths.ts';

export interface RuleTexts {
  readonly inputs: readonly Input[];
  /** What may name files, in order of what is most worth showing. */
  readonly naming: readonly { readonly node: ScalarNode; readonly naming: NamingText }[];
}

const CODE = 'a file of code';

/** The code of a rule as paths, sorted by bytes, each once. */
export function ruleCode(
  rule: string,
  spec: Located<Code> | undefined,
  { inputs, naming }: RuleTexts,
  options: RuleOptions,
): readonly string[] {
  const items = spec?.items() ?? [];
  const isOff = spec !== undefined && items.length === 0;
  const code = new Set<string>();
  for (const { scalar } of items) {
    const path = scalar.text === 'auto' ? null : declaredFile(scalar, options);
    if (path === null) continue;
    code.add(path);
    options.context.reserved.push(reservedFile(path, scalar.location, CODE));
  }
  // An input is looked at in any case, and the output of a task is no source file.
  const counts = (path: string): boolean =>
    inputs.some(({ pattern }) => mayBe(placed(pattern, options.context.files.place), path)) || options.isProduced(path);
  const takesNamed = items.some((item) => item.text === 'auto');
  const unseen = new Map<string, Location>();
  for (const { node, naming: text } of isOff ? [] : naming) {
    for (const { path, word } of options.finder.find(text)) {
      if (code.has(path) || unseen.has(path) || counts(path)) continue;
      const at = word === '' ? -1 : node.text.indexOf(word);
      const location = at < 0 ? node.location : locationInside(node, at, word.length);
      if (!takesNamed) unseen.set(path, location);
      else options.context.reserved.push(reservedFile(path, location, CODE));
      if (takesNamed) code.add(path);
    }
  }
  const [first] = unseen.values();
  if (first) options.context.diagnostics.push(report.codeUnseen(first, rule, [...unseen.keys()], [...code]));
  return [...code].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** A file that `code` names, or null and what is wrong with it. */
function declaredFile(node: ScalarNode, options: RuleOptions): string | null {
  const { relation, constants, context } = options;
  const pattern = parsePath(node, { columns: relation.columns, constants, context });
  if (!pattern) return null;
  const { columns, location } = pattern;
  const path = placedText(pattern.text, context.files.place);
  const refuse = (diagnostic: ReturnType<typeof report.codeMissing>): null => {
    context.diagnostics.push(diagnostic);
    return null;
  };
  if (columns.length > 0) return refuse(report.codeParam(location, path, columns[0]!.name));
  if (options.isProduced(path)) return refuse(report.codeProduced(location, path));
  const kind = context.files.kind(path);
  if (kind === 'folder') return refuse(report.codeFolder(location, path));
  if (kind === null) return refuse(report.codeMissing(location, path, nearFile(path, options)));
  return path;
}

function nearFile(path: string, { context }: RuleOptions): string | null {
  const slash = path.lastIndexOf('/') + 1;
  const names = context.files.list(path.slice(0, slash) || '.') ?? [];
  const near = closest(path.slice(slash), names);
  return near === null ? null : path.slice(0, slash) + near;
}

/** Whether a pattern may stand for a path: its params for any text without a slash. */
function mayBe({ isBelow, segments }: PlacedPath, path: string): boolean {
  const parts = segments.map((segment) =>
    segment
      .map((part) =>
        typeof part !== 'string'
          ? part.column.allowsSlash
            ? '.+'
            : '[^/]+'
          : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
      )
      .join(''),
  );
  return new RegExp(`^${isBelow ? '' : '/'}${parts.join('/')}$`).test(path);
}
