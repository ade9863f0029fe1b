import type { Location, Node } from '../../model/source.ts';
import type { TemplateError } from '../../model/template.ts';
import type { StagedSource } from '../../model/workflow.ts';

/**
 * What a spec declares and nobody can read: a part that does not fit the schema, a file that is not there. What follows
 * from that alone is no mistake of its own: a name that may be declared there is not unknown.
 */
export interface Holes {
  /** Params, some or all of whose values are unknown, with where they are declared. */
  readonly params: Map<string, Location>;
  /** Tables with rows left out. */
  readonly tables: Set<string>;
  /** Params and columns whose values or rows are not all known, or not as declared: tasks can't be told from these. */
  readonly unsure: Set<string>;
  /** Columns that only some rows of a table have, with where one has them. */
  readonly strays: Map<string, Location>;
  /** Any name may be declared: by a table without readable columns, say. */
  anyName: boolean;
  /** Dotted keys of `config`; '' for all. Those below them are unknown, too. */
  readonly config: Set<string>;
  /** Names in entries of `exclude` that were left out. */
  readonly excluded: Set<string>;
  /** Keys of rules; 'rule' for all of a rule, 'directory' where an output may be one. Those of `defaults` are in each. */
  readonly rules: Map<string, Set<string>>;
  readonly defaults: Set<string>;
  /** Files that give values and that rules make. */
  readonly staged: StagedSource[];
  /** By param the files that its values wait for: these are no mistakes, but tasks can't be told from them either. */
  readonly waits: Map<string, readonly StagedSource[]>;
  /** The tables among them: what their columns are called is not known. */
  readonly unread: StagedSource[];
  /** Some of these may hold `/`. */
  hasUnreadPaths: boolean;
  /** How many unknown names were no mistakes, since `anyName` holds. */
  forgiven: number;
}

/** The value of a param that has none, so that what uses it can be read on. A number passes everywhere. */
export const STAND_IN = '0';

export function noHoles(): Holes {
  return {
    params: new Map(),
    tables: new Set(),
    unsure: new Set(),
    strays: new Map(),
    anyName: false,
    config: new Set(),
    excluded: new Set(),
    rules: new Map(),
    defaults: new Set(),
    staged: [],
    waits: new Map(),
    unread: [],
    hasUnreadPaths: false,
    forgiven: 0,
  };
}

/** Whether a config key that is not known may stand in a part that could not be read. */
export function mayBeConfig({ config }: Holes, key: string): boolean {
  return [...config].some((hole) => hole === '' || hole === key || key.startsWith(`${hole}.`));
}

/** Whether a mistake in a text follows from a part that could not be read, which has been told. */
export function isTold({ unknownName = false }: TemplateError, holes: Holes): boolean {
  if (!unknownName || !holes.anyName) return false;
  holes.forgiven++;
  return true;
}

/** The keys of a rule that can't be read, its own and those of `defaults`. */
export function holesOfRule({ rules, defaults }: Holes, rule: string): ReadonlySet<string> {
  return new Set([...(rules.get(rule) ?? []), ...defaults]);
}

/** Note that a part of the spec is left out: `path` leads from the spec to it. */
export function noteHole(holes: Holes, root: Node, path: readonly string[]): void {
  const [head, name, key] = path;
  switch (head) {
    case 'params':
      if (name === undefined) holes.anyName = true;
      else holes.params.set(name, keyLocation(root, ['params'], name));
      return;
    case 'tables':
      if (key === undefined) holes.anyName = true;
      if (name !== undefined) holes.tables.add(name);
      return;
    case 'config':
      holes.config.add(path.slice(1).join('.'));
      return;
    case 'exclude':
      for (const word of wordsIn(nodeAt(root, path))) holes.excluded.add(word);
      return;
    case 'defaults':
      holes.defaults.add(name ?? 'shell');
      return;
    case 'rules': {
      if (name === undefined) return;
      const ofRule = holes.rules.get(name) ?? new Set<string>();
      holes.rules.set(name, ofRule.add(key === undefined ? 'rule' : partOfRule(root, path)));
      return;
    }
  }
}

/** The key of a rule that lacks something with this part; of an option of a path, the option. */
function partOfRule(root: Node, path: readonly string[]): string {
  for (let length = 3; length < path.length; length++) {
    const node = nodeAt(root, path.slice(0, length));
    if (node?.kind === 'mapping' && node.entries.has('path') && path[length] !== 'path') return path[length]!;
  }
  return path[2]!;
}

export function nodeAt(root: Node, path: readonly string[]): Node | null {
  let node: Node | undefined = root;
  for (const part of path) {
    if (node?.kind === 'mapping') node = node.entries.get(part)?.value;
    else if (node?.kind === 'sequence') node = node.items[Number(part)];
    else return null;
  }
  return node ?? null;
}

function keyLocation(root: Node, path: readonly string[], key: string): Location {
  const node = nodeAt(root, path);
  return (node?.kind === 'mapping' && node.entries.get(key)?.key.location) || root.location;
}

function wordsIn(node: Node | null): string[] {
  switch (node?.kind) {
    case 'scalar':
      return [node.text];
    case 'sequence':
      return node.items.flatMap(wordsIn);
    case 'mapping':
      return [...node.entries].flatMap(([key, { value }]) => [key, ...wordsIn(value)]);
    default:
      return [];
  }
}
