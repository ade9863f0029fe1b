import type { SnakePart } from '../../model/snakefile.ts';
import { outputItems } from '../patterns.ts';
import { entry, type Yaml } from '../yaml.ts';
import type { LaterTable } from './fit.ts';
import type { LaterList } from './lists.ts';

/** The rule of a table that says what another rule has made, as lines of the spec. `param`: a wildcard of that rule. */
export function listingRule(table: LaterTable, param: (wildcard: string) => string): string[] {
  const { list } = table;
  const paths = list.output ? [list.output] : outputItems(list.rule!).map(({ parts }) => parts);
  const text = (parts: readonly SnakePart[]): string =>
    parts.map((p) => (typeof p === 'string' ? p : 'w' in p ? `{${param(p.w)}}` : '')).join('');
  const parts: { [key: string]: Yaml } = {
    ...(list.by.length > 0 ? { gather: list.by.map(param) } : {}),
    // The files of a list lie in the folder, or are the input themselves.
    input: (list.kind === 'glob' ? paths : [list.path]).map(text),
    output: table.csv,
    shell: 'python3',
    run: script(table),
  };
  const head = `  ${table.name}:  # lists what rule "${list.rule!.name}" has made`;
  return [head, ...Object.entries(parts).flatMap(([key, value]) => entry(key, value, '    '))];
}

function script({ columns, list }: LaterTable): string {
  const { by, names, kind } = list;
  const used = columns.slice(by.length);
  const pattern = patternOf(list, columns);
  const rows = kind === 'glob' ? FILES : kind === 'lines' ? LINES : TABLE;
  const asked = used.map((name, i) => `${JSON.stringify(name)}: row[${JSON.stringify(names[i])}]`).join(', ');
  const lines = [
    'import csv, os, re',
    `pattern = re.compile(${pattern.includes('"') ? JSON.stringify(pattern) : `r"${pattern}"`})`,
    'rows = []',
    `for path in ${list.output || kind !== 'glob' ? '{input}' : JSON.stringify([folderOf(list)])}:`,
    ...rows,
    '    if not found:',
    '        raise SystemExit("nothing is listed of " + path + ", and there can be no tasks for nothing")',
    '    rows += found',
    'with open({output}, "w", newline="") as out:',
    `    writer = csv.DictWriter(out, ${JSON.stringify(columns)}, lineterminator="\\n")`,
    '    writer.writeheader()',
    '    writer.writerows(rows)',
  ];
  const filled = lines.join('\n').replace('LINE', JSON.stringify(used[0])).replace('ASKED', asked);
  return filled.replace('DELIMITER', kind === 'tsv' ? '"\\t"' : '","');
}

const FILES = [
  '    names = [path] + [os.path.join(at, name) for at, folders, files in os.walk(path) for name in folders + files]',
  '    found = [match.groupdict() for match in map(pattern.fullmatch, sorted(names)) if match]',
];
const LINES = [
  '    key = pattern.fullmatch(path).groupdict()',
  '    found = [dict(key, **{LINE: line.strip()}) for line in open(path) if line.strip()]',
];
const TABLE = [
  '    key = pattern.fullmatch(path).groupdict()',
  '    found = [dict(key, **{ASKED}) for row in csv.DictReader(open(path), delimiter=DELIMITER)]',
];

/** The regular expression that tells the columns in a path. */
function patternOf({ path, by, names }: LaterList, columns: readonly string[]): string {
  const seen = new Set<string>();
  const group = (name: string): string => {
    const again = seen.has(name);
    seen.add(name);
    return again ? `(?P=${name})` : `(?P<${name}>[^/]+)`;
  };
  return path
    .map((p) => {
      if (typeof p === 'string') return p.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      return group('w' in p ? columns[by.indexOf(p.w)]! : columns[by.length + names.indexOf(p.e)]!);
    })
    .join('');
}

/** The folder in which all files of a pattern lie. */
export function folderOf({ path }: LaterList): string {
  const begin = path[0] && typeof path[0] === 'string' ? path[0] : '';
  return begin.slice(0, begin.lastIndexOf('/')) || '.';
}
