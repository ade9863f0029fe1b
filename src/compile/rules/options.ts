import type { Relation } from '../../model/workflow.ts';
import type { Context } from '../context.ts';
import type { Constants } from '../params/config.ts';
import type { CodeFinder } from './code-files.ts';

/** What each rule of a spec is read with. */
export interface RuleOptions {
  readonly relation: Relation;
  readonly constants: Constants;
  readonly context: Context;
  readonly finder: CodeFinder;
  /** Whether a path looks like the output of some rule. */
  readonly isProduced: (path: string) => boolean;
}
