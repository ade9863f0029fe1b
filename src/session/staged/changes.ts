import { partTexts } from '../../compile/rules/paths.ts';
import { readToldDropped, writeToldDropped } from '../../io/state/told-dropped.ts';
import { type Plan, type PlannedRule, taskName } from '../../model/plan.ts';
import type { Column } from '../../model/workflow.ts';
import { countTasks, printable } from '../../terminal/terminal.ts';
import type { Outlook, Session } from '../session.ts';

/** Names of tasks that a list which a rule made brought, or took, since tasks of the same rules were complete. */
export interface ListChanges {
  readonly added: readonly string[];
  /** Those of which the first output is still there. */
  readonly dropped: readonly string[];
}

const NONE: ListChanges = { added: [], dropped: [] };

/** What changed by lists that are known; the records of tasks tell what there was before. */
export function listChanges({ plan, disk }: Session, { history, decisions }: Outlook): ListChanges {
  const given = givenColumns(plan);
  const staged = plan.rules.filter(({ rule }) => rule.key.some((column) => given.has(column)));
  if (staged.length === 0 || history === null) return NONE;
  const ran = new Set<PlannedRule>();
  const dropped: string[] = [];
  for (const path of history.records.keys()) {
    const found = plan.findPath(path);
    const rule = found && staged.find(({ firstTask, space }) => isIn(found.task, firstTask, space.size));
    if (rule) ran.add(rule);
    if (found) continue;
    for (const rule of staged) {
      const name = formerName(rule, path, given);
      if (name === null || disk.stat(path) === null) continue;
      ran.add(rule);
      dropped.push(name);
      break;
    }
  }
  const added = [...ran].flatMap((rule) => {
    const tasks = Array.from({ length: rule.space.size }, (_, i) => i);
    const isNew = (i: number): boolean =>
      decisions.reasons[rule.firstTask + i] !== 0 && !history.records.has(rule.outputTexts[0]!(i));
    return tasks.filter(isNew).map((i) => taskName(rule, i));
  });
  return { added, dropped };
}

/**
 * Tell what lists changed, before a run. What they dropped is told once: it stays as it is until somebody removes it, and
 * `wfc plan` goes on to tell. A dry run remembers nothing.
 */
export function tellChanges(
  session: Session,
  outlook: Outlook,
  { dryRun }: { readonly dryRun: boolean },
  say: (line: string) => void,
): void {
  const { root } = session.state;
  const { added, dropped } = listChanges(session, outlook);
  const told = readToldDropped(root);
  for (const line of changeLines({ added, dropped: dropped.filter((name) => !told.has(name)) })) say(line);
  // While a list is not known, nothing is known of what it drops.
  if (dryRun || session.plan.staged.waiting.length > 0) return;
  if (dropped.length !== told.size || dropped.some((name) => !told.has(name))) writeToldDropped(root, dropped);
}

export function changesJson(changes: ListChanges): object {
  return changes.added.length + changes.dropped.length === 0 ? {} : { changes };
}

/** The same for a person; none where nothing changed. */
export function changeLines({ added, dropped }: ListChanges): string[] {
  const lines: string[] = [];
  if (added.length > 0) lines.push(`new by its list: ${countTasks(added.length)}, ${someNames(added)}`);
  if (dropped.length > 0)
    lines.push(`gone from its list: ${countTasks(dropped.length)}, ${someNames(dropped)}; what they made stays`);
  return lines.map(printable);
}

function someNames(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ' and others' : '');
}

function isIn(task: number, first: number, count: number): boolean {
  return task >= first && task < first + count;
}

/** Params whose values a rule made. */
function givenColumns({ staged, workflow }: Plan): ReadonlySet<Column> {
  const given = new Set(staged.sources.map(({ gives }) => gives));
  return new Set(workflow.relation.factors.filter(({ name }) => given.has(name)).flatMap((f) => f.columns));
}

/** The name of a task of which this was the first output, with values that there are not now; null for any other path. */
function formerName({ rule }: PlannedRule, path: string, given: ReadonlySet<Column>): string | null {
  const { absolute, segments } = rule.outputs[0]!.pattern;
  const parts: { readonly column: Column; readonly pad: number }[] = [];
  const source = segments.map((segment) =>
    segment
      .map((part) => {
        if (typeof part === 'string') return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        parts.push(part);
        return part.column.allowsSlash ? '(.+)' : '([^/]+)';
      })
      .join(''),
  );
  const match = new RegExp(`^${absolute ? '/' : ''}${source.join('/')}$`).exec(path);
  if (!match) return null;
  const values = new Map(parts.map(({ column }, i) => [column, match[i + 1]!]));
  const known = parts.filter(({ column, pad }, i) => partTexts(column, pad).includes(match[i + 1]!));
  const unknown = parts.filter((part) => !known.includes(part));
  // A path whose values are all known is that of a task, or `exclude` leaves it out; one with other values that the list
  // does not give, that of an older spec.
  if (unknown.length === 0 || unknown.some(({ column }) => !given.has(column))) return null;
  return (
    rule.name + rule.key.map((column) => (values.has(column) ? ` ${column.name}=${values.get(column)}` : '')).join('')
  );
}
