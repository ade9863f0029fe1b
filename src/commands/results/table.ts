import { resolve } from 'node:path';
import { determinedColumns, Space } from '../../compile/params/space.ts';
import { pathWriter } from '../../compile/rules/paths.ts';
import { type Cell, readResult } from '../../io/files/result-file.ts';
import { fromHere, systemProblem } from '../../io/files/spec-file.ts';
import { TableOutput } from '../../io/files/table-output.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Column, PathPattern, Target } from '../../model/workflow.ts';
import { refuse } from '../../session/locking.ts';
import { wouldSpoil } from '../../session/out-file.ts';
import {
  type CommonOptions,
  EXIT,
  type ExitStatus,
  openSession,
  printDiagnostics,
  type Session,
} from '../../session/session.ts';
import { waitingLines } from '../../session/staged/words.ts';
import { writeError } from '../../terminal/streams.ts';
import { countOf, formatCount, paint, printable } from '../../terminal/terminal.ts';
import { areNumbers, csvLine, FileColumns } from './table-columns.ts';

export interface TableOptions extends CommonOptions {
  /** A path pattern with params, or a rule with one output that is a table. */
  readonly pattern: string;
  readonly format: 'csv' | 'json' | null;
  /** null: standard output. */
  readonly out: string | null;
}

/** `wfc table PATTERN`: the small result files that a pattern names, as one tidy table with a column a param. */
export function table(options: TableOptions): ExitStatus {
  const session = openSession({ ...options, goals: [options.pattern] });
  if ('diagnostics' in session) {
    printDiagnostics(session.diagnostics.map(aboutPattern), options);
    return EXIT.badSpec;
  }
  const spoiled = options.out === null ? null : wouldSpoil(session, options.out);
  if (spoiled !== null) {
    printDiagnostics([spoiled], options);
    return EXIT.badSpec;
  }
  const unknown = waitingLines(session.plan);
  if (unknown.length > 0) {
    const message = `which files there are is not known yet: ${unknown.join('; ')}`;
    printDiagnostics([{ severity: 'error', message, location: null, hint: '"wfc run" makes them' }], options);
    return EXIT.badSpec;
  }
  const found = patternOf(session.plan.workflow.targets![0]!, options.pattern);
  if ('diagnostic' in found) {
    printDiagnostics([found.diagnostic], options);
    return EXIT.badSpec;
  }
  const files = new ResultFiles(session, found.pattern);
  const columns = files.findColumns();
  if (files.read === 0) {
    files.report(options);
    return refuse(
      `${files.count === 1 ? 'the 1 file' : `none of ${countOf(files.count, 'file')}`} could be read, so there is no table`,
      options,
    );
  }
  let output: TableOutput | null = null;
  try {
    output = new TableOutput(options.out === null ? null : resolve(options.out));
    writeTable(files, columns, output, options);
    output.end();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    output?.abandon();
    return refuse(`can't write ${fromHere(options.out ?? 'the table')}: ${systemProblem(error)}`, options);
  }
  files.report(options);
  return files.unreadable.length > 0 ? EXIT.taskFailed : EXIT.done;
}

/** The pattern went in as a goal; messages call it by its own name. */
function aboutPattern(diagnostic: Diagnostic): Diagnostic {
  const { location } = diagnostic;
  if (location?.source.file !== '--goal') return diagnostic;
  return { ...diagnostic, location: { ...location, source: { ...location.source, file: 'PATTERN' } } };
}

function patternOf(target: Target, text: string): { pattern: PathPattern } | { diagnostic: Diagnostic } {
  if (target.kind === 'path') return { pattern: target.pattern };
  const outputs = target.rule.outputs.map((o) => o.pattern).filter((p) => /\.(csv|tsv|json)$/.test(p.text));
  if (outputs.length === 1) return { pattern: outputs[0]! };
  const message =
    outputs.length === 0
      ? `rule "${text}" has no output that ends in .csv, .tsv or .json`
      : `rule "${text}" has several tables`;
  const hint = outputs.length === 0 ? 'name a path pattern' : `name one: ${outputs.map((p) => p.text).join(', ')}`;
  return { diagnostic: { severity: 'error', message, location: null, hint } };
}

/** The files of a pattern, one after the other, never all at once. */
class ResultFiles {
  readonly params: readonly Column[];
  readonly missing: string[] = [];
  /** Read, and without a row: a header alone, or an empty list. */
  readonly empty: string[] = [];
  readonly unreadable: { readonly path: string; readonly problem: string }[] = [];
  read = 0;
  rows = 0;
  private readonly space: Space;
  private readonly session: Session;
  private readonly pathOf: (tuple: number) => string;

  constructor(session: Session, pattern: PathPattern) {
    const { relation } = session.plan.workflow;
    const determined = determinedColumns(relation, pattern.columns);
    const inOrder = [...relation.columns.values()];
    this.params = inOrder.filter((c) => pattern.columns.includes(c) || determined.has(c));
    this.session = session;
    this.space = new Space(
      relation,
      inOrder.filter((c) => pattern.columns.includes(c)),
    );
    this.pathOf = pathWriter(pattern, this.space);
  }

  get count(): number {
    return this.space.size;
  }

  valuesAt(tuple: number): string[] {
    return this.params.map((c) => c.values[this.space.valueId(tuple, c)]!);
  }

  /** First reading: which columns there are, and which files can't be read. */
  findColumns(): FileColumns {
    const columns = new FileColumns(new Set(this.params.map((c) => c.name)));
    for (let tuple = 0; tuple < this.count; tuple++) {
      const path = this.pathOf(tuple);
      const result = readResult(resolve(this.session.spec.folder, path));
      if (result.kind === 'missing') this.missing.push(path);
      else if (result.kind === 'unreadable') this.unreadable.push({ path, problem: result.problem });
      else {
        this.read++;
        if (result.rows.length === 0) this.empty.push(path);
        const values = this.valuesAt(tuple);
        for (const row of result.rows)
          columns.see(row, (name) => values[this.params.findIndex((c) => c.name === name)]!);
      }
    }
    return columns;
  }

  /** Second reading: the rows, with the values of the params. */
  forEachRow(visit: (values: readonly string[], row: ReadonlyMap<string, Cell>) => void): void {
    for (let tuple = 0; tuple < this.count; tuple++) {
      const result = readResult(resolve(this.session.spec.folder, this.pathOf(tuple)));
      if (result.kind !== 'rows') continue;
      const values = this.valuesAt(tuple);
      for (const row of result.rows) {
        this.rows++;
        visit(values, row);
      }
    }
  }

  /** What is not in the table, on standard error. */
  report({ style, quiet }: TableOptions): void {
    const warning = paint(style, ['bold', 'yellow'], 'warning');
    const tell = (what: string, lines: readonly string[]): void => {
      if (lines.length === 0) return;
      const shown = lines.slice(0, 5).map((line) => `  ${printable(line)}\n`);
      const rest = lines.length > 5 ? `  and ${formatCount(lines.length - 5)} more\n` : '';
      writeError(
        `${warning}: ${formatCount(lines.length)} of ${countOf(this.count, 'file')} ${what}:\n${shown.join('')}${rest}`,
      );
    };
    tell('do not exist', this.missing);
    tell('hold no row', this.empty);
    tell(
      "can't be read",
      this.unreadable.map(({ path, problem }) => `${path}: ${problem}`),
    );
    if (!quiet && this.rows > 0) writeError(`${countOf(this.rows, 'row')} from ${countOf(this.read, 'file')}\n`);
  }
}

function writeTable(files: ResultFiles, columns: FileColumns, output: TableOutput, options: TableOptions): void {
  const names = columns.names();
  const headings = [...files.params.map((c) => c.name), ...names.map((name) => columns.heading(name))];
  const asJson =
    options.json || options.format === 'json' || (options.format === null && options.out?.endsWith('.json'));
  if (!asJson) {
    output.write(csvLine(headings));
    files.forEachRow((values, row) => output.write(csvLine([...values, ...names.map((name) => row.get(name))])));
    return;
  }
  const numeric = files.params.map((c) => areNumbers(c.values));
  let separator = options.json ? '{"rows": [\n' : '[\n';
  files.forEachRow((values, row) => {
    const cells = [
      ...values.map((v, i) => (numeric[i] ? Number(v) : v)),
      ...names.map((name) => columns.json(name, row.get(name))),
    ];
    output.write(`${separator}${JSON.stringify(Object.fromEntries(headings.map((h, i) => [h, cells[i]])))}`);
    separator = ',\n';
  });
  const { missing, empty, unreadable, read } = files;
  output.write(
    options.json ? `\n], ${JSON.stringify({ files: read, missing, empty, unreadable }).slice(1)}\n` : '\n]\n',
  );
}
