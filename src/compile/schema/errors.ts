import type { ErrorObject, ValidateFunction } from 'ajv';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { type Location, type Node, plainValue } from '../../model/source.ts';
import * as report from '../report/report.ts';
import { suggestKey } from '../text/suggest.ts';
import { findBlanks, type PlaceholderIn } from './blanks.ts';
import { pointerParts } from './pointer.ts';

type Schema = Record<string, unknown>;

/** A kind of file that has a JSON Schema, and the words for its parts. */
export interface SchemaOptions {
  readonly schema: Schema;
  /** Compiled from it. See schema/generate-validators.mjs. */
  readonly validators: {
    readonly whole: ValidateFunction;
    /** By their JSON text. */
    readonly branches: ReadonlyMap<string, ValidateFunction>;
  };
  /** `the spec` */
  readonly whole: string;
  /** What an entry of a top-level mapping is called: `{rules: 'rule'}`. */
  readonly collections: Readonly<Record<string, string>>;
}

/** A part that does not fit; keys by the JSON pointer of the mapping that they stand in, or should. */
export type Fault =
  | { readonly kind: 'value' | 'missing key' | 'bad name'; readonly pointer: string }
  | {
      readonly kind: 'unknown key';
      readonly pointer: string;
      readonly key: string;
      /** The known key that it was likely meant to be; null for none. */
      readonly meant: string | null;
    };

export interface SchemaFindings {
  readonly diagnostics: readonly Diagnostic[];
  readonly faults: readonly Fault[];
}

/** Checks parsed texts against a JSON Schema, and says what does not fit in the user's words, at its own place. */
export class SchemaChecker {
  private readonly options: SchemaOptions;

  constructor(options: SchemaOptions) {
    this.options = options;
  }

  /** `placeholderIn` knows a mapping that was meant as text: `{site}` without quotes. */
  check(root: Node, placeholderIn: PlaceholderIn = () => null): SchemaFindings {
    const blanks = findBlanks(root, '', null, placeholderIn);
    const { whole: validate } = this.options.validators;
    const value = plainValue(root);
    const violations = validate(value) ? [] : outermost(validate.errors ?? []);
    const blank = new Set(blanks.map((b) => b.pointer));
    const errors = withoutFollowUps(violations.flatMap((error) => this.explain(error, '', value))).filter(
      ({ pointer }) => !blank.has(pointer) && !pathsAbove(pointer).some((path) => blank.has(path)),
    );
    return {
      diagnostics: [...blanks.map((b) => b.diagnostic), ...errors.flatMap((error) => this.describe(error, root))],
      faults: [...[...blank].map((pointer): Fault => ({ kind: 'value', pointer })), ...errors.map(faultOf)],
    };
  }

  /** Replace a failed `anyOf` by the errors of the branch that the user most likely meant. */
  private explain(error: ErrorObject, prefix: string, root: unknown): SchemaError[] {
    const pointer = prefix + error.instancePath;
    if (error.keyword !== 'anyOf') return [{ pointer, error }];
    const data = at(root, pointer);
    const wanted: string[] = [];
    let best: { branch: Schema; errors: ErrorObject[]; score: number } | null = null;
    for (const branch of this.leafBranches((error.schema as unknown[] | undefined) ?? [])) {
      const validate = this.branchValidator(branch);
      if (validate(data)) continue;
      const errors = outermost(validate.errors ?? []);
      const mismatch = errors.find((e) => e.instancePath === '' && (e.keyword === 'type' || e.keyword === 'const'));
      if (mismatch) {
        wanted.push(wantedBy(mismatch));
        continue;
      }
      const score = errors.reduce((sum, e) => sum + (isMissing(e, branch, data) ? 10 : 1), 0);
      if (!best || score < best.score) best = { branch, errors, score };
    }
    if (best && isMeant(best.branch, data)) {
      return withoutFollowUps(best.errors.flatMap((e) => this.explain(e, pointer, root)));
    }
    return [{ pointer, error, wanted: best ? [] : [...new Set(wanted)] }];
  }

  /** The branches of a choice, those of choices within it included. */
  private leafBranches(branches: readonly unknown[]): Schema[] {
    return branches.flatMap((branch) => {
      const resolved = this.resolveReference(branch as Schema);
      const inner = resolved.anyOf as unknown[] | undefined;
      return inner ? this.leafBranches(inner) : [resolved];
    });
  }

  private resolveReference(branch: Schema): Schema {
    const name = /#\/definitions\/(\w+)$/.exec(String(branch.$ref ?? ''))?.[1];
    return name === undefined ? branch : (this.options.schema.definitions as Record<string, Schema>)[name]!;
  }

  /** A validator for one branch of an `anyOf`. */
  private branchValidator(branch: Schema): ValidateFunction {
    // Within branches, references carry the URN of the whole schema.
    const text = JSON.stringify(branch).replace(/"\$ref":"[^"#]*#/g, '"$ref":"#');
    const validate = this.options.validators.branches.get(text);
    if (!validate) throw new Error(`internal error: no validator for ${text}`);
    return validate;
  }

  private describe({ pointer, error, wanted }: SchemaError, root: Node): Diagnostic[] {
    const place = this.locate(root, pointer);
    const what = place.name;
    const form = (error.parentSchema as { title?: string } | undefined)?.title ?? what;
    switch (error.keyword) {
      case 'additionalProperties': {
        const key = (error.params as { additionalProperty: string }).additionalProperty;
        const at = keyLocation(place.node, key) ?? place.location;
        return [report.unknownKey(at, key, what, knownKeys(error), textAt(place.node, key))];
      }
      case 'required': {
        const key = (error.params as { missingProperty: string }).missingProperty;
        const shell = key === 'run' ? textAt(place.node, 'shell') : null;
        // Snakemake's "shell:" is the command.
        if (shell !== null && /\s/.test(shell.trim())) {
          return [report.commandInShell(keyLocation(place.node, 'shell') ?? place.location, shell)];
        }
        return [report.missingKey(place.location, key, what)];
      }
      case 'propertyNames':
        return [];
      case 'pattern':
      case 'not': {
        const name = propertyNameOf(error);
        if (name !== undefined) return [report.badName(keyLocation(place.node, name) ?? place.location, name, what)];
        return [report.badFormat(place.location, what, String((error.params as { pattern?: string }).pattern ?? ''))];
      }
      case 'const':
        return [report.wrongConst(place.location, what, (error.params as { allowedValue: unknown }).allowedValue)];
      case 'type':
        return [report.wrongType(place.value, what, [wantedBy(error)], found(place.node), form)];
      case 'anyOf':
        return wanted && wanted.length > 0
          ? [report.wrongType(place.value, what, wanted, found(place.node), form)]
          : [report.wrongForm(place.value, what, form)];
      case 'enum':
        return [report.notOneOf(place.value, what, found(place.node), allowedBy(error))];
      case 'minItems':
      case 'minProperties':
      case 'maxItems':
      case 'maxProperties': {
        const { limit } = error.params as { limit: number };
        if (error.keyword.startsWith('min') && limit === 1) return [report.emptyCollection(place.value, what)];
        return [report.wrongCount(place.value, what, limit, error.keyword.endsWith('Items'))];
      }
      case 'minimum':
        return [report.tooSmall(place.location, what, (error.params as { limit: number }).limit)];
      default:
        return [report.schemaViolation(place.location, what, error.message ?? error.keyword)];
    }
  }

  /** What a JSON pointer means. */
  private locate(root: Node, pointer: string): Place {
    let node: Node = root;
    let location = root.location;
    let value = root.location;
    const parts = pointerParts(pointer);
    for (const part of parts) {
      if (node.kind === 'mapping') {
        const entry = node.entries.get(part);
        if (!entry) break;
        node = entry.value;
        location = node.kind === 'mapping' ? entry.key.location : node.location;
        value = isOnLineOf(node.location, entry.key.location) ? node.location : entry.key.location;
      } else if (node.kind === 'sequence') {
        const item: Node | undefined = node.items[Number(part)];
        if (!item) break;
        node = item;
        location = node.location;
        value = node.location;
      }
    }
    if (parts.length === 0) {
      location = { ...root.location, end: root.location.start + 1 };
      value = root.location;
    }
    return { node, location, value, name: this.nameOf(parts) };
  }

  private nameOf(parts: readonly string[]): string {
    const [head, name, ...rest] = parts;
    if (head === undefined) return this.options.whole;
    const noun = this.options.collections[head];
    const keys = (list: readonly string[]): string => {
      const entry = list.findIndex((p) => /^\d+$/.test(p));
      if (entry < 0) return `"${list.join('.')}"`;
      const key = list.slice(entry + 1);
      const inside = key.length > 0 ? `"${key.join('.')}" of ` : '';
      const of = entry > 0 ? ` of "${list.slice(0, entry).join('.')}"` : '';
      return `${inside}entry ${Number(list[entry]) + 1}${of}`;
    };
    if (noun === undefined || name === undefined) return keys(parts);
    return rest.length === 0 ? `${noun} "${name}"` : `${keys(rest)} of ${noun} "${name}"`;
  }
}

/** The key that is wrong, in an error of `propertyNames`. */
function propertyNameOf(error: ErrorObject): string | undefined {
  return (error as { propertyName?: string }).propertyName;
}

function faultOf({ pointer, error }: SchemaError): Fault {
  // What is named "path" would be taken for a pattern with options.
  if (propertyNameOf(error) === 'path') return { kind: 'value', pointer: `${pointer}/path` };
  if (propertyNameOf(error) !== undefined || error.keyword === 'propertyNames') return { kind: 'bad name', pointer };
  if (error.keyword === 'required') return { kind: 'missing key', pointer };
  if (error.keyword !== 'additionalProperties') return { kind: 'value', pointer };
  const { additionalProperty: key } = error.params as { additionalProperty: string };
  return { kind: 'unknown key', pointer, key, meant: suggestKey(key, knownKeys(error)) };
}

// --- choices ---

interface SchemaError {
  readonly pointer: string;
  readonly error: ErrorObject;
  /** For an `anyOf` in which no branch fits: what the branches want. */
  readonly wanted?: readonly string[];
}

/** Under a failed `anyOf` AJV lists the errors of every branch: keep the outermost `anyOf`, drop what is below it. */
function outermost(errors: readonly ErrorObject[]): ErrorObject[] {
  // Of choices within choices at one place, the outer one comes last, and is kept.
  const choices = new Map(errors.filter((e) => e.keyword === 'anyOf').map((e) => [e.instancePath, e]));
  return errors.filter((e) => {
    const choice = choices.get(e.instancePath);
    return (choice === undefined || choice === e) && !pathsAbove(e.instancePath).some((path) => choices.has(path));
  });
}

/** `/a/b` and `/a` and `` of `/a/b/c`. */
function pathsAbove(pointer: string): string[] {
  const paths: string[] = [];
  for (let at = pointer.lastIndexOf('/'); at >= 0; at = at === 0 ? -1 : pointer.lastIndexOf('/', at - 1)) {
    paths.push(pointer.slice(0, at));
  }
  return paths;
}

/** A required key that is not there, nor another one that was likely meant for it. */
function isMissing(error: ErrorObject, branch: Schema, data: unknown): boolean {
  if (error.keyword !== 'required' || error.instancePath !== '') return false;
  const { missingProperty } = error.params as { missingProperty: string };
  return !meantKeys(branch, data).has(missingProperty);
}

/** The known keys of a branch that a mapping holds, or holds in a form that suggests them. */
function meantKeys(branch: Schema, data: unknown): Set<string> {
  const known = Object.keys((branch.properties as object | undefined) ?? {});
  const keys = typeof data === 'object' && data !== null ? Object.keys(data) : [];
  return new Set(keys.map((key) => (known.includes(key) ? key : suggestKey(key, known)) ?? ''));
}

/** A branch is meant where its data shows at least one of the keys that it requires. */
function isMeant(branch: Schema, data: unknown): boolean {
  const required = (branch.required as string[] | undefined) ?? [];
  const meant = meantKeys(branch, data);
  return required.length === 0 || required.some((key) => meant.has(key));
}

/** A key that is missing because it is misspelt, and bounds of a value that is of the wrong type, are no news. */
function withoutFollowUps(errors: readonly SchemaError[]): SchemaError[] {
  const byPointer = new Map<string, ErrorObject[]>();
  for (const { pointer, error } of errors) {
    const here = byPointer.get(pointer);
    if (here) here.push(error);
    else byPointer.set(pointer, [error]);
  }
  return errors.filter(({ pointer, error }) => {
    const here = byPointer.get(pointer)!;
    switch (error.keyword) {
      case 'required': {
        const { missingProperty } = error.params as { missingProperty: string };
        return !here.some((other) => {
          if (other.keyword !== 'additionalProperties') return false;
          const key = (other.params as { additionalProperty: string }).additionalProperty;
          return key === '<<' || suggestKey(key, knownKeys(other)) === missingProperty;
        });
      }
      case 'minimum':
        return !here.some((other) => other.keyword === 'type');
      default:
        return true;
    }
  });
}

function allowedBy(error: ErrorObject): string[] {
  return (error.params as { allowedValues: string[] }).allowedValues;
}

function knownKeys(error: ErrorObject): string[] {
  return Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
}

function wantedBy(error: ErrorObject): string {
  if (error.keyword === 'const') return `"${(error.params as { allowedValue: unknown }).allowedValue}"`;
  const type = (error.params as { type: string | string[] }).type;
  const types = Array.isArray(type) ? type : [type];
  return types.length > 1 ? 'a text' : typeWords(types[0] ?? '');
}

function typeWords(type: string): string {
  switch (type) {
    case 'object':
      return 'a mapping';
    case 'array':
      return 'a list';
    case 'string':
      return 'a text';
    case 'integer':
      return 'a whole number';
    case 'boolean':
      return 'true or false';
    default:
      return `a ${type}`;
  }
}

function found(node: Node | null): string {
  switch (node?.kind) {
    case 'mapping':
      return 'a mapping';
    case 'sequence':
      return 'a list';
    case 'scalar': {
      const text = `"${node.text.length > 40 ? `${node.text.slice(0, 40)}…` : node.text}"`;
      return node.style === 'plain' ? text : `the text ${text}`;
    }
    default:
      return 'nothing';
  }
}

function at(value: unknown, pointer: string): unknown {
  let found = value;
  for (const part of pointerParts(pointer)) found = (found as Record<string, unknown>)[part];
  return found;
}

function keyLocation(node: Node | null, key: string): Location | null {
  return node?.kind === 'mapping' ? (node.entries.get(key)?.key.location ?? null) : null;
}

/** The text of a scalar below a key; null for anything else. */
function textAt(node: Node | null, key: string): string | null {
  const value = node?.kind === 'mapping' ? node.entries.get(key)?.value : undefined;
  return value?.kind === 'scalar' ? value.text : null;
}

interface Place {
  readonly node: Node;
  /** Where it stands; of a mapping, its key. */
  readonly location: Location;
  /** Where its value stands; of a mapping that begins on a line of its own, its key. */
  readonly value: Location;
  /** As a person would name it: `rule "train"`, `"mem"`. */
  readonly name: string;
}

/** Whether a value begins on the line of its key; what an alias stands for never does. */
function isOnLineOf(value: Location, key: Location): boolean {
  return value.start >= key.end && !key.source.text.slice(key.end, value.start).includes('\n');
}
