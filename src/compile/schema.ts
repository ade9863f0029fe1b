import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import schema from '../../schema/spec.schema.json' with { type: 'json' };
import type { Diagnostic } from '../model/diagnostic.ts';
import { isNull, type Location, type MappingEntry, type Node, plainValue } from '../model/source.ts';
import * as report from './report.ts';

const SCHEMA_ID = 'urn:wfc:spec';

let validator: { ajv: Ajv; validate: ValidateFunction } | null = null;

function compiled(): { ajv: Ajv; validate: ValidateFunction } {
  if (!validator) {
    // The schema is checked by the tests; checking it at every start would cost more than the spec itself.
    const ajv = new Ajv({ allErrors: true, strict: false, verbose: true, validateSchema: false, addUsedSchema: false });
    ajv.addSchema(schema, SCHEMA_ID);
    validator = { ajv, validate: ajv.getSchema(SCHEMA_ID)! };
  }
  return validator;
}

export interface SchemaCheck {
  readonly diagnostics: readonly Diagnostic[];
  /**
   * Rules with unknown keys, where that is all that is wrong: the others can be read on, so that their mistakes show in
   * the same go. null where the spec can't be read on.
   */
  readonly rulesToSkip: ReadonlySet<string> | null;
}

/** Check a parsed text against `schema/spec.schema.json`; every violation in the user's words, at its own place. */
export function checkSchema(root: Node): SchemaCheck {
  const nulls = nullDiagnostics(root);
  const { validate } = compiled();
  const value = plainValue(root);
  if (validate(value)) return { diagnostics: nulls, rulesToSkip: nulls.length === 0 ? new Set() : null };
  const errors = outermost(validate.errors ?? []).flatMap((error) => explain(error, '', value));
  const rules = errors.map((e) => (e.error.keyword === 'additionalProperties' ? ruleOfPointer(e.pointer) : null));
  const readable = nulls.length === 0 && !rules.includes(null);
  return {
    diagnostics: [...nulls, ...errors.flatMap((error) => describe(error, root))],
    rulesToSkip: readable ? new Set(rules as string[]) : null,
  };
}

function ruleOfPointer(pointer: string): string | null {
  const [head, name] = pointerParts(pointer);
  return head === 'rules' && name !== undefined ? name : null;
}

/** Values that YAML reads as nothing: always a mistake, and always the same words, whatever the schema wants there. */
function nullDiagnostics(node: Node, entry: MappingEntry | null = null): Diagnostic[] {
  switch (node.kind) {
    case 'scalar':
      if (!isNull(node)) return [];
      return [
        report.nullValue(node.text === '' && entry ? entry.key.location : node.location, node.text, entry?.key.text),
      ];
    case 'sequence':
      return node.items.flatMap((item) => nullDiagnostics(item));
    case 'mapping':
      return [...node.entries.values()].flatMap((e) => nullDiagnostics(e.value, e));
  }
}

interface SchemaError {
  readonly pointer: string;
  readonly error: ErrorObject;
  /** For an `anyOf` in which no branch fits: what the branches want. */
  readonly wanted?: readonly string[];
}

/** Under a failed `anyOf` AJV lists the errors of every branch: keep the outermost `anyOf`, drop what is below it. */
function outermost(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter((e) => e.keyword === 'anyOf');
  return errors.filter((e) => {
    const inside = choices.some(
      (c) =>
        c !== e &&
        (e.instancePath === c.instancePath ? e.keyword !== 'anyOf' : e.instancePath.startsWith(`${c.instancePath}/`)),
    );
    return !inside;
  });
}

/** Replace a failed `anyOf` by the errors of the branch that the user most likely meant. */
function explain(error: ErrorObject, prefix: string, root: unknown): SchemaError[] {
  const pointer = prefix + error.instancePath;
  if (error.keyword !== 'anyOf') return [{ pointer, error }];
  const data = at(root, pointer);
  const branches = error.schema as unknown[] | undefined;
  const wanted: string[] = [];
  let best: ErrorObject[] | null = null;
  for (const branch of branches ?? []) {
    const validate = branchValidator(branch);
    if (validate(data)) continue;
    const errors = outermost(validate.errors ?? []);
    const mismatch = errors.find((e) => e.instancePath === '' && (e.keyword === 'type' || e.keyword === 'const'));
    if (mismatch) wanted.push(wantedBy(mismatch));
    else if (!best || score(errors) < score(best)) best = errors;
  }
  if (best) return best.flatMap((e) => explain(e, pointer, root));
  return [{ pointer, error, wanted: [...new Set(wanted)] }];
}

/** A branch whose required keys are there is closer than one that misses them. */
function score(errors: readonly ErrorObject[]): number {
  return errors.reduce((sum, e) => sum + (e.keyword === 'required' ? 10 : 1), 0);
}

const branchValidators = new Map<unknown, ValidateFunction>();

/** A validator for one branch of an `anyOf`; its references count from the whole schema. */
function branchValidator(branch: unknown): ValidateFunction {
  let validate = branchValidators.get(branch);
  if (!validate) {
    const absolute = JSON.stringify(branch).replaceAll('"$ref":"#', `"$ref":"${SCHEMA_ID}#`);
    validate = compiled().ajv.compile(JSON.parse(absolute) as object);
    branchValidators.set(branch, validate);
  }
  return validate;
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

function describe({ pointer, error, wanted }: SchemaError, root: Node): Diagnostic[] {
  const place = locate(root, pointer);
  if (place.node && isNull(place.node)) return [];
  const what = place.name;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = (error.params as { additionalProperty: string }).additionalProperty;
      const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
      return [report.unknownKey(keyLocation(place.node, key) ?? place.location, key, what, known)];
    }
    case 'required': {
      const key = (error.params as { missingProperty: string }).missingProperty;
      return [report.missingKey(place.location, key, what)];
    }
    case 'propertyNames':
      return [];
    case 'pattern':
    case 'not': {
      const name = (error as { propertyName?: string }).propertyName;
      if (name !== undefined) return [report.badName(keyLocation(place.node, name) ?? place.location, name)];
      return [report.badFormat(place.location, what, String((error.params as { pattern?: string }).pattern ?? ''))];
    }
    case 'const':
      return [report.wrongConst(place.location, what, (error.params as { allowedValue: unknown }).allowedValue)];
    case 'type': {
      const type = (error.params as { type: string | string[] }).type;
      const words = Array.isArray(type) ? 'a text' : typeWords(type);
      return [report.wrongType(place.location, what, [words], found(place.node))];
    }
    case 'anyOf':
      return [report.wrongType(place.location, what, wanted ?? [], found(place.node))];
    case 'minItems':
    case 'minProperties':
      return [report.emptyCollection(place.location, what)];
    case 'minimum':
      return [report.tooSmall(place.location, what, (error.params as { limit: number }).limit)];
    default:
      return [report.schemaViolation(place.location, what, error.message ?? error.keyword)];
  }
}

function found(node: Node | null): string {
  switch (node?.kind) {
    case 'mapping':
      return 'a mapping';
    case 'sequence':
      return 'a list';
    case 'scalar':
      return `"${node.text.length > 40 ? `${node.text.slice(0, 40)}…` : node.text}"`;
    default:
      return 'nothing';
  }
}

function pointerParts(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((p) => p.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function at(value: unknown, pointer: string): unknown {
  let found = value;
  for (const part of pointerParts(pointer)) found = (found as Record<string, unknown>)[part];
  return found;
}

function keyLocation(node: Node | null, key: string): Location | null {
  return node?.kind === 'mapping' ? (node.entries.get(key)?.key.location ?? null) : null;
}

/** The node that a JSON pointer means, where it stands, and how a person would name it: `rule "train"`, `"mem"`. */
function locate(root: Node, pointer: string): { node: Node | null; location: Location; name: string } {
  let node: Node = root;
  let location = root.location;
  const parts = pointerParts(pointer);
  for (const part of parts) {
    if (node.kind === 'mapping') {
      const entry = node.entries.get(part);
      if (!entry) break;
      node = entry.value;
      location = node.kind === 'mapping' ? entry.key.location : node.location;
    } else if (node.kind === 'sequence') {
      const item: Node | undefined = node.items[Number(part)];
      if (!item) break;
      node = item;
      location = node.location;
    }
  }
  if (parts.length === 0) location = { ...root.location, end: root.location.start + 1 };
  return { node, location, name: nameOf(parts) };
}

const COLLECTIONS: Readonly<Record<string, string>> = { rules: 'rule', params: 'param', tables: 'table' };

function nameOf(parts: readonly string[]): string {
  const [head, name, ...rest] = parts;
  if (head === undefined) return 'the spec';
  const noun = COLLECTIONS[head];
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
