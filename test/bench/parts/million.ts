import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contender, race } from '../measure.ts';
import { atMost, type Section, TIMES_HEAD, timesRow } from '../report.ts';
import type { Session } from '../session.ts';

/** Sizes past the study's: a product, a table, and rules without any regularity. */
export async function million(session: Session): Promise<Section> {
  const contenders: Contender[] = [
    ...[10_000, 100_000, 1_000_000].map((tasks) => planOf(session, product(tasks), tasks)),
    compileOf(session, 1_000_000),
    planOf(session, tableSpec(1_000_000), 1_000_000),
    planOf(session, irregular(5_000), 5_000),
  ];
  const times = await race(contenders, Math.min(session.repeats, 3));
  const seconds = (name: string): number => times.get(name)!.seconds;
  const peaks = [...times.values()].flatMap(({ peakMiB }) => peakMiB ?? []);
  return {
    title: 'A million tasks',
    note: 'Nothing built. The product is two rules over three axes; the table is a CSV file with a row a task; of the irregular rules each reads one or two others at random.',
    head: TIMES_HEAD,
    rows: [...times.values()].map(timesRow),
    aims: [
      atMost('plan of a product of 1,000,000 tasks', seconds('plan, product, 1000000'), 5, 's'),
      atMost('compile of the same', seconds('compile, product, 1000000'), 5, 's'),
      atMost('plan of a table of 1,000,000 rows', seconds('plan, table, 1000000'), 10, 's'),
      atMost('plan of 5,000 irregular rules', seconds('plan, irregular rules, 5000'), 10, 's'),
      // Of a time that grows with the tasks; the start of Node is in both.
      atMost(
        '1,000,000 tasks by 100,000',
        seconds('plan, product, 1000000') / seconds('plan, product, 100000'),
        10,
        '',
      ),
      ...(peaks.length > 0 ? [atMost('peak memory of all these', Math.max(...peaks), 1024, 'MiB')] : []),
    ],
  };
}

/** A spec and the files that it reads. */
interface Experiment {
  readonly kind: string;
  readonly files: Readonly<Record<string, string>>;
}

function planOf(session: Session, { kind, files }: Experiment, count: number): Contender {
  const folder = write(session, files);
  return { name: `plan, ${kind}, ${count}`, command: session.wfc('plan'), folder };
}

function compileOf(session: Session, count: number): Contender {
  const folder = write(session, product(count).files);
  const command = session.wfc('compile', '--target', 'slurm', '--out', 'slurm');
  return { name: `compile, product, ${count}`, command, folder };
}

function write(session: Session, files: Readonly<Record<string, string>>): string {
  const folder = session.newFolder('experiment');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Two rules, each with half of the tasks: `tasks` is a multiple of 2,000. */
function product(tasks: number): Experiment {
  const spec = `wfc: 1
params:
  site: {from: 1, to: 100}
  factor: {from: 1, to: 10}
  seed: {from: 1, to: ${tasks / 2000}}
rules:
  fit:
    output: out/site_{site}/factor_{factor}/seed_{seed}.fit
    run: echo {seed} > {output}
  score:
    input: out/site_{site}/factor_{factor}/seed_{seed}.fit
    output: out/site_{site}/factor_{factor}/seed_{seed}.score
    run: echo {seed} > {output}
`;
  return { kind: 'product', files: { 'wfc.yml': spec } };
}

function tableSpec(rows: number): Experiment {
  const spec = `wfc: 1
tables:
  arms: {csv: arms.csv}
rules:
  fit:
    output: out/{arm}.fit
    run: ./fit --rate {rate} --width {width} > {output}
`;
  const lines = ['arm,rate,width'];
  for (let row = 0; row < rows; row++) lines.push(`arm${row},${(row % 1000) / 1000},${row % 17}`);
  return { kind: 'table', files: { 'wfc.yml': spec, 'arms.csv': `${lines.join('\n')}\n` } };
}

/** The same numbers in every session. Source: Knuth, MMIX's linear congruential generator, its high bits. */
function random(): (below: number) => number {
  let state = 1n;
  return (below) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
    return Number((state >> 33n) % BigInt(below));
  };
}

function irregular(rules: number): Experiment {
  const pick = random();
  const parts = ['wfc: 1\nrules:\n'];
  for (let r = 0; r < rules; r++) {
    const inputs = r === 0 ? [] : [pick(r), pick(r)];
    const paths = [...new Set(inputs)].map((i) => `out/${i}.txt`);
    const input = paths.length === 0 ? '' : `    input: [${paths.join(', ')}]\n`;
    parts.push(`  rule_${r}:\n${input}    output: out/${r}.txt\n    run: echo ${r} > {output}\n`);
  }
  return { kind: 'irregular rules', files: { 'wfc.yml': parts.join('') } };
}
