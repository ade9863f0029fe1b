/** What is wrong with values that come from what rules make. See report.ts. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Rule, StagedSource } from '../../model/workflow.ts';
import { error, listWords } from './words.ts';

export const stagedCycle = ({ path, gives, location }: StagedSource, makers: readonly Rule[]): Diagnostic => {
  const names = makers.map((rule) => rule.name);
  return error(
    location,
    `"${gives}" takes its values from ${path}, and ${listWords(names, 'and')} can make that only once these values are known`,
    `make ${path} of what does not depend on "${gives}"; a file that is only named like an output needs another folder`,
    makers.map((rule) => ({ message: `rule "${rule.name}"`, location: rule.location })),
  );
};
