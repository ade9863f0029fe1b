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

/** Python that writes a row for each file of a pattern, or each line of files, with the wildcards of their paths. */
function script(table: LaterTable): string {
  const { columns, list } = table;
  const isGlob = list.kind === 'glob';
  const hasPattern = isGlob || list.by.length > 0;
  const pattern = patternOf(table);
  return [
    `import csv${isGlob ? ', os' : ''}${list.code === null ? '' : ', pandas'}${hasPattern ? ', re' : ''}`,
    ...(hasPattern
      ? [`pattern = re.compile(${pattern.includes('"') ? JSON.stringify(pattern) : `r"${pattern}"`})`]
      : []),
    'rows = []',
    `for path in ${list.output || !isGlob ? '{input}' : JSON.stringify([folderOf(list)])}:`,
    ...(isGlob ? FILES : linesOf(table)),
    '    if not found:',
    '        raise SystemExit("nothing is listed of " + path + ", and there can be no tasks for nothing")',
    '    rows += found',
    'with open({output}, "w", newline="") as out:',
    `    writer = csv.DictWriter(out, [${columns.map((column) => JSON.stringify(column)).join(', ')}], lineterminator="\\n")`,
    '    writer.writeheader()',
    '    writer.writerows(rows)',
  ].join('\n');
}

const FILES = [
  '    names = [path] + [os.path.join(at, name) for at, folders, files in os.walk(path) for name in folders + files]',
  '    found = [match.groupdict() for match in map(pattern.fullmatch, sorted(names)) if match]',
];

function linesOf({ columns, list: { kind, delimiter, code, by, names }, usedAt }: LaterTable): string[] {
  const values: Record<typeof kind, (at: number) => string> = {
    glob: () => '',
    lines: () => 'line.strip()',
    columns: (at) => `line[${names[at]}]`,
    csv: (at) => `line[${JSON.stringify(names[at])}]`,
    tsv: (at) => `line[${JSON.stringify(names[at])}]`,
    computed: () => 'value',
  };
  const cells = usedAt.map((at, i) => `${JSON.stringify(columns[by.length + i])}: ${values[kind](at)}`);
  const row = `{${[...(by.length > 0 ? ['**key'] : []), ...cells].join(', ')}}`;
  const lines: Record<typeof kind, string> = {
    glob: '',
    lines: 'open(path) if line.strip()',
    // As Python splits it: any number of blanks.
    columns: `[line.split(${delimiter === ' ' ? '' : JSON.stringify(delimiter)}) for line in open(path).read().splitlines() if line.strip()]`,
    csv: 'csv.DictReader(open(path))',
    tsv: 'csv.DictReader(open(path), delimiter="\\t")',
    computed: 'dict.fromkeys(values)',
  };
  return [
    ...(by.length > 0 ? ['    key = pattern.fullmatch(path).groupdict()'] : []),
    ...(code?.split('\n') ?? []).map((step) => `    ${step}`),
    `    found = [${row} for ${code === null ? 'line' : 'value'} in ${lines[kind]}]`,
  ];
}

/** The regular expression that tells the columns in a path. */
function patternOf({ columns, list: { path, by, names, rows }, usedAt }: LaterTable): string {
  const seen = new Set<string>();
  const group = (name: string): string => {
    const again = seen.has(name);
    seen.add(name);
    // Wildcards of the rule may be paths.
    const isPath = rows.some((row) => row[columns.indexOf(name)]?.includes('/') && columns.indexOf(name) < by.length);
    return again ? `(?P=${name})` : `(?P<${name}>${isPath ? '.+' : '[^/]+'})`;
  };
  return path
    .map((p) => {
      if (typeof p === 'string') return p.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
      if ('w' in p) return group(columns[by.indexOf(p.w)]!);
      const at = usedAt.indexOf(names.indexOf(p.e));
      return at < 0 ? '[^/]+' : group(columns[by.length + at]!);
    })
    .join('');
}

/** The folder in which all files of a pattern lie. */
export function folderOf({ path }: LaterList): string {
  const begin = path[0] && typeof path[0] === 'string' ? path[0] : '';
  return begin.slice(0, begin.lastIndexOf('/')) || '.';
}
