/** What index-by-index dependencies buy: elements of later stages run beside slow ones of earlier stages. */
import { afterAll, expect, it } from 'vitest';
import type { Cluster } from './cluster.ts';
import { compile, handIn, orderViolations, summary, Traced } from './submit.ts';
import { describeOnSlurm } from './suite.ts';

/** Three arrays, not fused: each asks for something else. `memory` keeps the ids of two experiments apart. */
function spec(memory: string): string {
  return `params:
  i: {from: 0, to: 3}
rules:
  one:
    output: out/{i}/one.txt
    run: ./step one {i} {output}
    resources: {mem: ${memory}}
  two:
    input: out/{i}/one.txt
    output: out/{i}/two.txt
    run: ./step two {i} {output} {input}
    resources: {mem: 60M}
  three:
    input: out/{i}/two.txt
    output: out/{i}/three.txt
    run: ./step three {i} {output} {input}
    resources: {mem: 70M}
`;
}

/** Seconds, by rule and index. */
const DURATIONS: Readonly<Record<string, readonly number[]>> = {
  one: [0.5, 1, 2, 5],
  two: [5, 2, 1, 0.5],
  three: [0.5, 1, 2, 5],
};

function needs(task: string): string[] {
  const [rule, i] = task.split('-');
  return rule === 'one' ? [] : [`${rule === 'two' ? 'one' : 'two'}-${i}`];
}

function uneven(memory: string): Traced {
  const files = Object.entries(DURATIONS).flatMap(([rule, seconds]) =>
    seconds.map((s, i) => [`slow/${rule}-${i}`, `${s}\n`] as const),
  );
  return new Traced(spec(memory), Object.fromEntries(files));
}

/** Seconds from the first start to the last end. */
function makespan(traced: Traced): number {
  const seconds = traced.trace().map((event) => event.seconds);
  return Math.max(...seconds) - Math.min(...seconds);
}

/** Tasks of rule `later` that started before the last one of rule `earlier` had ended. */
function overlapping(traced: Traced, earlier: string, later: string): string[] {
  const trace = traced.trace();
  const lastEnd = trace.findLastIndex(({ kind, task }) => kind === 'end' && task.startsWith(`${earlier}-`));
  return trace
    .slice(0, lastEnd)
    .filter(({ kind, task }) => kind === 'start' && task.startsWith(`${later}-`))
    .map(({ task }) => task);
}

async function waitForWholeArrays(cluster: Cluster, traced: Traced): Promise<void> {
  const script = traced.experiment.read('slurm/submit.sh');
  const rewritten = script.replaceAll(/aftercorr:(\$job_\d+)\?afterany:\$job_\d+/g, 'afterok:$1');
  expect(rewritten).not.toBe(script);
  traced.experiment.write('slurm/submit.sh', rewritten);
  await handIn(cluster, traced.experiment);
}

const rows: object[] = [];
afterAll(() => {
  if (rows.length > 0) console.table(rows);
});

describeOnSlurm('three arrays of uneven tasks', { nodes: 4, cpusPerNode: 8 }, (cluster) => {
  it('overlap: an element starts when its own predecessor has ended, not when the whole array has', async () => {
    const byIndex = uneven('50M');
    const byArray = uneven('51M');
    for (const traced of [byIndex, byArray]) await compile(cluster(), traced.experiment);
    // However slow the machine is, an element of two starts before the last one of one ends, or this would not go on.
    byIndex.hold('one-3');
    await Promise.all([handIn(cluster(), byIndex.experiment), waitForWholeArrays(cluster(), byArray)]);
    await byIndex.seen('start', 'two-0');
    byIndex.release();
    await cluster().waitForIdleQueue();
    for (const [dependencies, traced] of [
      ['index by index', byIndex],
      ['whole array, afterok', byArray],
    ] as const) {
      const violations = orderViolations(traced.trace(), needs);
      rows.push({
        dependencies,
        tasks: 12,
        'makespan, seconds': Number(makespan(traced).toFixed(1)),
        'order violations': violations.length,
        'bad inputs': traced.badInputs().length,
        'starts of two before the last end of one': overlapping(traced, 'one', 'two').length,
        'starts of three before the last end of two': overlapping(traced, 'two', 'three').length,
      });
      expect(violations).toEqual([]);
      expect(traced.badInputs()).toEqual([]);
      expect(summary(traced.experiment)).toMatch(/in all\s+12\s+12\s+0\s+0\s+0/);
    }
    expect(overlapping(byIndex, 'one', 'two')).not.toEqual([]);
    expect(overlapping(byArray, 'one', 'two')).toEqual([]);
  });
});
