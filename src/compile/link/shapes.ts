import type { Edge } from '../../model/plan.ts';
import type { Input, Rule } from '../../model/workflow.ts';
import type { OutputRef } from './outputs.ts';

/**
 * The shape of an edge, from the keys of producer and consumer and the params that stand in both paths:
 * `one-to-one` the same key; `block` they share a part of their keys, and nothing crosses from one value of it to
 * another; `broadcast` one task feeds all; `gather` all feed one; `irregular` paths that agree by text, not by param.
 */
export function edgeShape(consumer: Rule, input: Input, { rule: producer, output }: OutputRef): Edge {
  const written = new Set(output.pattern.columns);
  const read = new Set(input.pattern.columns);
  const shared = consumer.key.filter((c) => read.has(c) && written.has(c));
  const names = shared.map((c) => c.name);
  const byText = input.pattern.columns.some((c) => !written.has(c));
  if (byText) return { producer, shape: 'irregular', shared: names };
  // A param of the producer that the consumer writes as a literal picks a part of the producer's tasks.
  const open = producer.key.filter((c) => read.has(c));
  if (shared.length === 0) {
    const single = consumer.key.length === 0 && producer.key.length === 0;
    return { producer, shape: input.gathered ? 'gather' : single ? 'one-to-one' : 'broadcast', shared: names };
  }
  const same = !input.gathered && open.length === shared.length && consumer.key.length === shared.length;
  return { producer, shape: same ? 'one-to-one' : 'block', shared: names };
}
