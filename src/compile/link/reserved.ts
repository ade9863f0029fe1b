import type { Diagnostic } from '../../model/diagnostic.ts';
import { type RuleTasks, taskName } from '../../model/plan.ts';
import type { Location } from '../../model/source.ts';
import type { PathPattern, Relation } from '../../model/workflow.ts';
import type { Context, Reserved } from '../context.ts';
import { Space } from '../params/space.ts';
import * as report from '../report/report.ts';
import { pathPattern, pathWriter } from '../rules/paths.ts';
import { placedText } from '../text/place.ts';
import { type Indexed, type Match, OutputIndex } from './outputs.ts';

/** What tasks write: an output, a log that the spec names, or a checkpoint. */
export interface Written extends Indexed {
  readonly tasks: RuleTasks;
  readonly kind: 'output' | 'log' | 'checkpoint';
}

interface ReservedRef extends Indexed {
  readonly reserved: Reserved;
}

/** Beside the spec. */
const OWN_FOLDER: Reserved = { path: '.wfc', what: 'where wfc keeps its own files', isFolder: true, location: null };

/** Refuse what would write over the spec, over what is read for the plan, or among wfc's own files. */
export function reportReserved(
  written: readonly Written[],
  index: OutputIndex<Written>,
  relation: Relation,
  { reserved, files: { place }, diagnostics }: Context,
): void {
  const reservedIndex = new OutputIndex<ReservedRef>(place);
  const reported = new Set<string>();
  const once = ({ tasks, output, kind }: Written, one: Reserved, diagnostic: () => Diagnostic): void => {
    const key = [tasks.rule.index, kind, output.pattern.location.start, one.what, one.location?.start].join(' ');
    if (!reported.has(key)) diagnostics.push(diagnostic());
    reported.add(key);
  };
  for (const one of [...reserved, OWN_FOLDER]) {
    const pattern = typeof one.path === 'string' ? literalPattern(placedText(one.path, place)) : one.path;
    if (pattern === null) continue;
    const space = new Space(relation, pattern.columns);
    reservedIndex.add({ tasks: { space, firstTask: 0 }, output: { pattern, directory: one.isFolder }, reserved: one });
    index.match(pattern, space, (tuple, match) => {
      once(match.ref, one, () => overwrites(match, pathWriter(pattern, space)(tuple), one));
    });
  }
  for (const one of written) {
    const { pattern } = one.output;
    reservedIndex.match(pattern, one.tasks.space, (tuple, { ref, meeting }) => {
      if (meeting === 'same') return;
      const path = pathWriter(pattern, one.tasks.space)(tuple);
      const above = ref.output.pattern.text;
      once(one, ref.reserved, () => report.insideReserved(pattern.location, one.kind, path, above, ref.reserved));
    });
  }
}

function overwrites({ ref, task, meeting }: Match<Written>, path: string, reserved: Reserved): Diagnostic {
  const { tasks, output, kind } = ref;
  const own = pathWriter(output.pattern, tasks.space)(task - tasks.firstTask);
  const name = taskName(tasks, task - tasks.firstTask);
  return report.overwritesReserved(output.pattern.location, { kind, task: name, own, path, meeting }, reserved);
}

const NO_PLACE: Location = { source: { file: '', text: '' }, start: 0, end: 0 };

/** null for the spec's folder itself. */
function literalPattern(path: string): PathPattern | null {
  const absolute = path.startsWith('/');
  const names = path.split('/').filter((name) => name !== '');
  if (names.length === 0) return null;
  return pathPattern(
    absolute,
    names.map((name) => [name]),
    NO_PLACE,
  );
}
