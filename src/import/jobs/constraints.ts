import type { SpecFiles } from '../../compile/context.ts';
import type { SnakeRule } from '../../model/snakefile.ts';
import { isFilledBy, pathsOf } from '../patterns.ts';
import type { Producer } from './job.ts';

interface Asked {
  readonly path: string;
  /** Wildcards of the job that reads it. */
  readonly given: ReadonlyMap<string, string>;
  /** What makes it. */
  readonly maker: Producer | undefined;
}

/**
 * Names of the rules whose wildcard_constraints have kept them from a file that they could make else, or have told the
 * wildcards of the file that they make. `seen`: those to look at.
 */
export function constrainedRules(
  { path, given, maker }: Asked,
  seen: readonly Producer[],
  all: readonly Producer[],
  files: Pick<SpecFiles, 'kind'>,
): string[] {
  const canBeHad = (read: string): boolean => files.kind(read) !== null || all.some(({ regex }) => regex.test(read));
  return seen
    .filter((one) => {
      const match = one.free?.exec(path);
      if (!match) return false;
      const bound = one.regex.exec(path);
      if (one.output === maker?.output)
        return !isFilledBy(one, path, given) && JSON.stringify(bound?.groups) !== JSON.stringify(match.groups);
      const wildcards = new Map(Object.entries(match.groups ?? {}));
      return bound === null && inputsOf(one.rule, wildcards).every(canBeHad);
    })
    .map(({ rule }) => rule.name);
}

/** As far as no function gives them. */
function inputsOf({ input }: SnakeRule, wildcards: ReadonlyMap<string, string>): string[] {
  return input.flatMap((a) => a.items).flatMap((item) => pathsOf(item, wildcards));
}
