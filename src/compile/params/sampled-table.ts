import type { Located } from '../../model/located.ts';
import type { Location } from '../../model/source.ts';
import type { Distribution as DistributionSpec, SampledTable } from '../../model/spec.generated.ts';
import type { Context } from '../context.ts';
import * as report from '../report/report.ts';
import { isFilled } from './config.ts';
import { type Distribution, MOST_SOBOL_COLUMNS, type Sample, unitPoints, valueAt } from './sample.ts';
import { MAX_TASKS } from './space.ts';
import { ColumnsBuilder, type TableData } from './table-data.ts';
import type { FillConfig } from './values.ts';

type Named = TableData['columns'][number];

/** Rows that are drawn: the columns as declared, then the one that numbers the rows. null: told what is wrong. */
export function sampledTable(
  table: Located<SampledTable>,
  name: string,
  context: Context,
  fill: FillConfig,
): TableData | null {
  const declared = table.get('columns')?.entries() ?? [];
  const sample = readSample(table, name, context, fill);
  const drawn = declared.map(({ key, value }) => ({
    column: { name: key.text, location: key.location },
    distribution: readDistribution(value as Located<DistributionSpec>, key.text, context, fill),
  }));
  if (sample?.method === 'sobol' && drawn.length > MOST_SOBOL_COLUMNS) {
    const { location } = drawn[MOST_SOBOL_COLUMNS]!.column;
    context.diagnostics.push(report.tooManySobolColumns(location, drawn.length, MOST_SOBOL_COLUMNS));
    return null;
  }
  const distributions = drawn.flatMap(({ distribution }) => distribution ?? []);
  if (!sample || drawn.length === 0 || distributions.length < drawn.length) return null;
  const columns: Named[] = drawn.map(({ column }) => column);
  const points = columns.map((column, c) => unitPoints(sample, column.name, c));
  const index = table.get('index');
  if (index) columns.push({ name: index.text, location: index.location });
  const built = new ColumnsBuilder(columns.length);
  for (let row = 0; row < sample.count; row++) {
    const texts = distributions.map((distribution, c) => valueAt(distribution, points[c]!(row)));
    built.add(index ? [...texts, String(row)] : texts);
  }
  const { rowCount, distinct, cells, blanks } = built;
  return { columns, rowCount, distinct, cells, blanks, location: (_, column) => columns[column]!.location };
}

function readSample(table: Located<SampledTable>, name: string, context: Context, fill: FillConfig): Sample | null {
  const declared = table.get('sample')!;
  const given = declared.get('count');
  // What can't be read is told of already.
  if (!given) return null;
  const text = fill(given.text, given.node);
  const seed = declared.get('seed');
  const method = (declared.get('method')?.text ?? 'random') as Sample['method'];
  const count = Number(text);
  if (!isFilled(text)) return null;
  if (!/^\d+$/.test(text) || count < 1) context.diagnostics.push(report.badSampleCount(given.location, text));
  else if (count > MAX_TASKS) context.diagnostics.push(report.axisTooLong(given.location, name, count, MAX_TASKS));
  else return { method, count, seed: seed ? fill(seed.text, seed.node) : '0' };
  return null;
}

function readDistribution(
  declared: Located<DistributionSpec>,
  name: string,
  { diagnostics }: Context,
  fill: FillConfig,
): Distribution | null {
  const entry = declared.entries()[0];
  if (!entry) return null;
  const { key, value } = entry;
  const kind = key.text as Distribution['kind'];
  const given = value.items().map((item) => ({ text: fill(item.text, item.node), location: item.location }));
  const texts = given.map(({ text }) => text);
  if (!texts.every(isFilled)) return null;
  if (kind === 'choice') return { kind, texts };
  const problem = boundsProblem(kind, texts.map(Number) as [number, number], given);
  if (problem) diagnostics.push(report.badBounds(problem.location, name, kind, problem.words));
  return problem ? null : { kind, low: Number(texts[0]), high: Number(texts[1]), texts: [texts[0]!, texts[1]!] };
}

function boundsProblem(
  kind: 'uniform' | 'loguniform' | 'integers',
  [low, high]: readonly [number, number],
  given: readonly { readonly text: string; readonly location: Location }[],
): { location: Location; words: string } | null {
  for (const [b, value] of [low, high].entries()) {
    const { text, location } = given[b]!;
    const isNumber = kind === 'integers' ? /^-?\d+$/.test(text) && Number.isSafeInteger(value) : isDecimal(text);
    if (!isNumber) return { location, words: `"${text}" is no ${kind === 'integers' ? 'integer' : 'number'}` };
    if (kind === 'loguniform' && value <= 0) return { location, words: `${text} is not above 0` };
  }
  if (kind === 'integers' ? low <= high : low < high) return null;
  return { location: given[1]!.location, words: `${given[1]!.text} is not above ${given[0]!.text}` };
}

function isDecimal(text: string): boolean {
  return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text));
}
