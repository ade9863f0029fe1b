import schema from '../../../schema/spec.schema.json' with { type: 'json' };
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { MappingNode, Node } from '../../model/source.ts';
import { type Holes, noHoles } from '../text/holes.ts';
import { SchemaChecker, type SchemaFindings } from './errors.ts';
import { repair } from './repair.ts';
import * as validators from './spec-validators.generated.js';

const checker = new SchemaChecker({
  schema,
  validators,
  whole: 'the spec',
  collections: { rules: 'rule', params: 'param', tables: 'table', results: 'result' },
});

export interface SchemaCheck {
  readonly diagnostics: readonly Diagnostic[];
  /** The spec as far as it fits the schema; null where it can't be read on. */
  readonly root: Node | null;
  readonly holes: Holes;
}

/** Check a parsed text against `schema/spec.schema.json`; every violation in the user's words, at its own place. */
export function checkSchema(root: Node): SchemaCheck {
  const find = (node: Node): SchemaFindings =>
    checker.check(node, (mapping, pointer) => unquotedPlaceholder(mapping, pointer, root));
  const { diagnostics, faults } = find(root);
  const holes = noHoles();
  return { diagnostics, root: repair(root, faults, (node) => find(node).faults, holes), holes };
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
