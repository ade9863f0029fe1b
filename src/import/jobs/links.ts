import type { SnakeItem } from '../../model/snakefile.ts';
import { pathsOf } from '../patterns.ts';
import type { Job, Jobs, Link, Maker } from './job.ts';

/** An item of a rule's input with each output that some of its paths are, once. */
export function linksOf(jobs: readonly Job[], makers: Jobs['makers']): Link[] {
  const links = new Map<SnakeItem, Map<Maker['output'], Link>>();
  for (const { rule, wildcards } of jobs)
    for (const item of rule.input.flatMap((a) => a.items))
      for (const path of pathsOf(item, wildcards)) {
        const maker = makers.get(path);
        if (!maker) continue;
        let known = links.get(item);
        if (!known) {
          known = new Map();
          links.set(item, known);
        }
        if (!known.has(maker.output))
          known.set(maker.output, { consumer: rule, item, producer: maker.rule, output: maker.output });
      }
  return [...links.values()].flatMap((known) => [...known.values()]);
}
