/** Texts that nobody wrote: bytes, tokens, trees and commands put together at random, from a seed. */
import { TOKENS } from './mutations.ts';

type Random = (below: number) => number;

const pick = <T>(from: readonly T[], random: Random): T => from[random(from.length)]!;

/** Up to 400 bytes; every second one is of the kind that YAML and JSON are made of. */
export function bytesSoup(random: Random): Buffer {
  const usual = Buffer.from('{}[]:,-"\'|>#&*!%@`?~ \n\t\\$()<>=./abc019\u00e9');
  return Buffer.from(
    Array.from({ length: random(400) }, () => (random(2) ? usual[random(usual.length)]! : random(256))),
  );
}

const WORDS = [
  'wfc: 1\n',
  'name: x\n',
  'config:\n',
  'params:\n',
  'tables:\n',
  'exclude:\n',
  'defaults:\n',
  'rules:\n',
  'targets:\n',
  '  r:\n',
  '    output: ',
  '    input: ',
  '    run: ',
  '    run: |\n      ',
  '    gather: ',
  '    check: ',
  '    resources: ',
  '  a: ',
  '  b: ',
  '{a}',
  '{b}',
  'o/{a}',
  'i/{b}',
  '{from: ',
  ', to: ',
  ', step: ',
  '{values: [',
  '], path: true}',
  '{linspace: {from: 1, to: 2, count: 3}}',
  '{logspace: {from: 1, to: 2, count: 3}}',
  '{lines: sites.txt}',
  '{glob: "data/{a}.csv"}',
  '[1, 2]',
  '1',
  '007',
  'x',
];

/** Up to sixty tokens of YAML and of the language, in any order. */
export function tokenSoup(random: Random): string {
  const tokens = Array.from({ length: random(60) }, () => (random(3) ? pick(WORDS, random) : pick(TOKENS, random)));
  return (random(4) ? 'wfc: 1\n' : '') + tokens.join('');
}

const KEYS: readonly string[] = [
  ...'wfc name config params tables exclude defaults rules targets input output gather run shell env modules'.split(
    ' ',
  ),
  ...'conda container resources retries local log check path ancient directory temp protected values from to'.split(
    ' ',
  ),
  ...'step count lines glob csv linspace logspace cpus mem time gpus slurm extra partition min_bytes sha256'.split(' '),
  ...'a b c r s nonempty file __proto__ constructor toString'.split(' '),
  '',
];

const LEAVES: readonly unknown[] = [
  ...[0, 1, -1, 2.5, 1e300, true, false, null, '', ' ', '.', '..', '/', '-', '~', '\n', 'a\tb', '\u202e', '\ud800'],
  ...['a', 'b', 'r', '{a}', '{b}', 'o/{a}', 'o/{a}{b}', '{a:03}', '{c}', '{config.a}', '{config.a:raw}', '{input}'],
  ...['{output}', '{input[0]}', '{input.a}', '{input:list}', '{resources.cpus}', '{rule}', '{log}', '{attempt}'],
  ...['{file}', 'python3', 'bash', 'perl', '10m', '4G', 'a100:2', 'sites.txt', 'stations.csv', 'data/{a}.csv'],
  ...['x > {output}', 'cat {input} > {output}', 'echo $(( {a} + 1 ))', 'nonempty', '1e-4', '0x10', '1-2', '{{a}}'],
];

/** A tree of keys that the language knows and of values that it may, three to five levels deep. */
function tree(random: Random, depth: number): unknown {
  const kind = depth === 0 ? 2 : random(4);
  if (kind === 0) return Array.from({ length: random(4) }, () => tree(random, depth - 1));
  if (kind === 1 || (kind === 3 && depth > 1)) {
    const keys = Array.from({ length: random(5) }, () => pick(KEYS, random));
    return Object.fromEntries(keys.map((key) => [key, tree(random, depth - 1)]));
  }
  return pick(LEAVES, random);
}

/** A spec in JSON that has the shape of one at the top, and anything below. */
export function treeSoup(random: Random): string {
  const leaf = (): unknown => (random(6) ? pick(LEAVES, random) : tree(random, 2));
  const some = (names: string, make: () => unknown): object =>
    Object.fromEntries(names.split(' ').flatMap((name) => (random(2) ? [[name, make()]] : [])));
  const rule = (): unknown => ({
    output: leaf(),
    ...(random(2) ? { input: leaf() } : {}),
    run: leaf(),
    ...some(pick(KEYS, random), () => tree(random, 3)),
  });
  const spec = {
    wfc: 1,
    ...(random(2) ? { config: some('a b', leaf) } : {}),
    params: some('a b c', () => (random(2) ? ['1', '2', pick(LEAVES, random)] : tree(random, 3))),
    ...(random(3) ? {} : { tables: some('t u', () => tree(random, 3)) }),
    ...(random(3) ? {} : { exclude: [some('a b c', leaf)] }),
    ...(random(3) ? {} : { targets: leaf() }),
    rules: { r: rule(), ...some('s a', rule) },
    ...(random(8) ? {} : { [pick(KEYS, random)]: tree(random, 4) }),
  };
  return JSON.stringify(spec, null, random(3));
}

const BASH = [
  ...'if then else elif fi for in do done while until case esac function select time coproc { } ! [[ ]] (('.split(' '),
  ...')) ( ) ; ;; & && | || |& < > >> << <<- <<< <( >( >& &> 2>&1 $ $( $(( ${ $[ $\' $" " \' ` \\ # * ? ~ = += [ ]'.split(
    ' ',
  ),
  ..." \n,\t,EOF,EOF\n,<<EOF\n,<<'EOF'\n,\\\n,x,y=,a[,],-eq,=~,@(,#{,{1..3},{a,b},${x:-,${x//,${#x},$((1+".split(','),
  ...[
    '{a}',
    '{b}',
    '{input}',
    '{input[0]}',
    '{output}',
    '{{a}}',
    '{a:03}',
    '{config.k}',
    '{config.k:raw}',
    '{input:list}',
  ],
  ...['"{a}"', "'{a}'", '"{input}"', '$(echo {a})', '$(( {b} ))', 'é', '🌊'],
];

const PYTHON = [
  ...'def if : = ( ) [ ] { } " \' """ \'\'\' # \\ f" r\' b" + . , \n ; ` ${ // /* */ /x/ => "\'" %{ #= =# r"( )"'.split(
    ' ',
  ),
  ...['{a}', '{b}', '{input}', '{input[0]}', '{output}', '{{a}}', '{config.k}', '{log}', 'x', '\n', ' ', '"{a}"', '1'],
];

/** A valid spec around a command of up to forty tokens of its language. */
export function commandSoup(random: Random): string {
  const shell = pick(['bash', 'bash', 'bash', 'python3', 'Rscript', 'julia', 'node'], random);
  const tokens = shell === 'bash' ? BASH : PYTHON;
  const command = Array.from({ length: 1 + random(40) }, () => pick(tokens, random)).join(random(2) ? ' ' : '');
  return `wfc: 1
config: {k: "x y"}
params: {a: [p, q], b: [1, 2]}
rules:
  r:
    shell: ${shell}
    input: [i/{a}, j]
    output: o/{a}{b}
    run: ${JSON.stringify(command)}
`;
}
