import schema from '../../schema/spec.schema.json' with { type: 'json' };
import type { Diagnostic } from '../model/diagnostic.ts';
import type { MappingNode, Node } from '../model/source.ts';
import { pointerParts, SchemaChecker } from './schema-errors.ts';
import * as validators from './spec-validators.generated.js';

const checker = new SchemaChecker({
  schema,
  validators,
  whole: 'the spec',
  collections: { rules: 'rule', params: 'param', tables: 'table' },
});

export interface SchemaCheck {
  readonly diagnostics: readonly Diagnostic[];
  /**
   * Rules that do not fit the schema, where that is all that is wrong: the others can be read on, so that their
   * mistakes show in the same go. null where the spec can't be read on.
   */
  readonly rulesToSkip: ReadonlySet<string> | null;
}

/** Check a parsed text against `schema/spec.schema.json`; every violation in the user's words, at its own place. */
export function checkSchema(root: Node): SchemaCheck {
  const { diagnostics, pointers } = checker.check(root, (node, pointer) => unquotedPlaceholder(node, pointer, root));
  const rules = pointers.map(ruleOfPointer);
  return { diagnostics, rulesToSkip: rules.includes(null) ? null : new Set(rules as string[]) };
}

function ruleOfPointer(pointer: string): string | null {
  const [head, name] = pointerParts(pointer);
  return head === 'rules' && name !== undefined ? name : null;
}

/** `output: {site}`, which YAML reads as a mapping with an empty value; null for any other mapping. */
function unquotedPlaceholder(node: MappingNode, pointer: string, root: Node): string | null {
  const { source, start, end } = node.location;
  const written = source.text.slice(start, end);
  const name = /^\{([A-Za-z_]\w*)(?:[.:]\w+)*\}$/.exec(written)?.[1];
  if (name === undefined) return null;
  const isPath = /^\/rules\/[^/]+\/(input|output|run|log)|^\/targets/.test(pointer);
  const params = root.kind === 'mapping' ? root.entries.get('params')?.value : undefined;
  const isParam = params?.kind === 'mapping' && params.entries.has(name);
  return isPath || isParam ? written : null;
}
