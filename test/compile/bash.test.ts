import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BashCommand, rewriteBash } from '../../src/compile/bash/rewrite.ts';
import { parseTemplate } from '../../src/compile/text/template.ts';
import type { Placeholder } from '../../src/model/template.ts';

const PARAMS = new Set(['a', 'b', 'n', 'site', 'seed']);

const isMany = (p: Placeholder): boolean => p.root === 'input' && p.index === null && p.format === null;
const variableOf = (p: Placeholder): string =>
  `wfc_${p.root === 'param' ? p.name : p.root}${p.index ?? ''}${p.format ?? ''}`;

function rewrite(text: string): BashCommand {
  const { template, errors } = parseTemplate(text, PARAMS);
  expect(errors, text).toEqual([]);
  return rewriteBash(template, (p) => ({ variable: variableOf(p), many: isMany(p) }));
}

function rewriteWell(text: string): BashCommand {
  const command = rewrite(text);
  expect(command.errors, text).toEqual([]);
  return command;
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wfc-bash-'));
  // Prints its arguments, each ended by NUL.
  writeFileSync(join(folder, 'show'), '#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done\n');
  chmodSync(join(folder, 'show'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Values = Record<string, string | readonly string[]>;

const single = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** What the command prints for each set of values, run as all executors run it: a function's body, in strict mode. */
function runAll(text: string, sets: readonly Values[]): Outcome[] {
  const runs = sets.map((values, index) => {
    const bound = Object.entries(values).map(([name, value]) =>
      typeof value === 'string' ? `wfc_${name}=${single(value)}` : `wfc_${name}=(${value.map(single).join(' ')})`,
    );
    return `( ${bound.join('; ')}\nset -euo pipefail; main ) </dev/null >out${index} 2>err${index}\necho $? >status${index}\n`;
  });
  // A function is faster than the program of the same name, which "sh -c" finds.
  const show = `show() { local word; for word in "$@"; do printf '%s\\0' "$word"; done; }`;
  writeFileSync(join(folder, 'command.sh'), `${show}\nmain() {\n${rewriteWell(text).text}\n}\n${runs.join('')}`);
  execFileSync('bash', ['command.sh'], { cwd: folder, env: { ...process.env, PATH: `${folder}:${process.env.PATH}` } });
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return sets.map((_, i) => ({ stdout: read(`out${i}`), stderr: read(`err${i}`), status: Number(read(`status${i}`)) }));
}

function words(text: string, values: Values): string[] {
  const { stdout, status, stderr } = runAll(text, [values])[0]!;
  expect({ status, stderr }, text).toEqual({ status: 0, stderr: '' });
  return stdout === '' ? [] : stdout.replace(/\0$/, '').split('\0');
}

const HOSTILE = [
  '',
  ' ',
  '  leading and trailing  ',
  'two words',
  `it's`,
  'say "hi"',
  '$(touch PWNED)',
  '`touch PWNED`',
  '${HOME}',
  '$HOME',
  '; touch PWNED ;',
  '& touch PWNED',
  '| touch PWNED',
  '*',
  '[a-z]*',
  '?(x)',
  '-n',
  '--version',
  'größe/κλίμα/流量/😀',
  'back\\slash\\\\',
  'ends in \\',
  '\\n\\t\\0',
  '%s %d %%',
  '!!',
  '!x',
  '#comment',
  '~',
  '~root',
  '{a,b}',
  '{1..3}',
  '}',
  ')',
  'esac',
  '))',
  ']]',
  '"',
  "'",
  '$',
  '&',
  '\\&',
  'EOF',
  'a=b',
  '<in >out',
  'tab\there',
  'two\nlines',
  'a[$(touch PWNED)]',
  '\u0001control',
];

/** Contexts of one value, and the words that the program must get. */
const CONTEXTS: readonly (readonly [string, (value: string) => string[]])[] = [
  ['show {site}', (v) => [v]],
  ['show {site} {site}', (v) => [v, v]],
  ['show {site}{site}', (v) => [v + v]],
  ['show --in={site}.csv', (v) => [`--in=${v}.csv`]],
  ['show a/{site}/b', (v) => [`a/${v}/b`]],
  ['show "{site}"', (v) => [v]],
  ['show "a {site} b"', (v) => [`a ${v} b`]],
  ['show "{site}"{site}\'{site}\'', (v) => [v + v + v]],
  ['show "\\"{site}\\""', (v) => [`"${v}"`]],
  ['show "\\\\{site}"', (v) => [`\\${v}`]],
  ["show '{site}'", (v) => [v]],
  ['show \'{ print "{site}" $1 \\ }\'', (v) => [`{ print "${v}" $1 \\ }`]],
  ["show '$'{site}", (v) => [`$${v}`]],
  ["show 'a\\{site}'", (v) => [`a\\${v}`]],
  ['show "$(show {site} | tr -d "\\0")x"', (v) => [`${v.replace(/\n+$/, '')}x`]],
  ['show "$(printf "%s" "{site}" x)"', (v) => [`${v}x`]],
  ['show "$(printf "%s" \'{site}\' x)"', (v) => [`${v}x`]],
  ['show "$(printf "%s" "$(printf "%s" {site} x)" y)"', (v) => [`${v}xy`]],
  ['show "$(case {site} in ({site}) printf %s {site} x;; *) echo no;; esac)"', (v) => [`${v}x`]],
  ['show "$(case x in y) echo no;; x) printf %s {site} x; esac)"', (v) => [`${v}x`]],
  ['show "$( (printf %s {site} x) )"', (v) => [`${v}x`]],
  ['show "$(( (1) + 2 )){site}"', (v) => [`3${v}`]],
  ['show "`printf %s {site} x`"', (v) => [`${v}x`]],
  ['show "`printf %s "{site}" x`"', (v) => [`${v}x`]],
  ['show "`printf %s \'{site}\' x`"', (v) => [`${v}x`]],
  ['show "`if true; then printf %s {site} x; fi`"', (v) => [`${v}x`]],
  ['x=`printf "%s" "a {site}" x`; show "$x"', (v) => [`a ${v}x`]],
  ['cat <(show {site})', (v) => [v]],
  ['true > >(show {site} >/dev/null); show {site}', (v) => [v]],
  ['( show {site} )', (v) => [v]],
  ['((1)) && (show {site})', (v) => [v]],
  ['{ show {site}; }', (v) => [v]],
  ['f() { show "$1" {site}; }; f {site}', (v) => [v, v]],
  ['function f { show {site}; }\nf', (v) => [v]],
  ['f() (\n  show {site}\n)\nf', (v) => [v]],
  ['case {site} in\n  {site}) show yes ;;\n  *) show no ;;\nesac', () => ['yes']],
  ['case {site} in (x{site}|y) show no ;;& "{site}"|z) show yes ;; esac', () => ['yes']],
  ["case x{site}y in x'{site}'y) show yes;; *) show no; esac", () => ['yes']],
  ['case "x" in *{site}) show match;; *) show none;; esac', (v) => [v === '' ? 'match' : 'none']],
  ['x={site}; show "$x"', (v) => [v]],
  ['x={site}{site}y; show "$x"', (v) => [`${v}${v}y`]],
  ['x="a {site}" y={site} env sh -c \'show "$x" "$y"\'', (v) => [`a ${v}`, v]],
  ['export x={site}; sh -c \'show "$x"\'', (v) => [v]],
  ['local -r x={site}; show "$x"', (v) => [v]],
  ['declare -a x=(1 {site} "{site}" \'{site}\'); show "${x[@]}"', (v) => ['1', v, v, v]],
  ['x=(\n  {site} # first {site}\n  b\n); show "${x[@]}"', (v) => [v, 'b']],
  ['declare -A m=([k]={site}); show "${m[k]}"', (v) => [v]],
  ['x+={site}; show "$x"', (v) => [v]],
  ['x={a,{site}}; show "$x"', (v) => [`{a,${v}}`]],
  ['show {a,{site}}', (v) => ['a', v]],
  ['show x{a,{site},{b,"{site}"}}y', (v) => ['xay', `x${v}y`, 'xby', `x${v}y`]],
  ['for x in {site} b; do show "$x"; done', (v) => [v, 'b']],
  ['for x in {site}\ndo show "$x"\ndone', (v) => [v]],
  ['for x in {site}; { show "$x"; }', (v) => [v]],
  ['select x in {site}; do show "$x"; break; done <<< 1 2>/dev/null', (v) => [v]],
  ['if [[ {site} == {site} ]]; then show yes; else show no; fi', () => ['yes']],
  ['if [[ "x{site}" == x{site} && ! x != x ]]; then show yes; fi', () => ['yes']],
  ["if [[ ( 'x{site}' = x* ) || -f {site} ]]; then show yes; fi", () => ['yes']],
  ['[[ x{site}y =~ ^x{site}y$ ]] && show yes', () => ['yes']],
  ['[[ x{site}y =~ ^(x|z){site}(y|z w)$ ]] && show yes', () => ['yes']],
  ['[[ x{site}y == x@({site}|b)y ]] && show yes', () => ['yes']],
  ['[ {site} = {site} ] && show yes', () => ['yes']],
  ['test -n x{site} && show yes', () => ['yes']],
  ['cat <<< {site} | show "$(cat; echo .)"', (v) => [`${v}\n.`]],
  ['cat <<EOF\n[{site}] "{site}" \'{site}\' \\$x\nEOF', (v) => [`[${v}] "${v}" '${v}' $x\n`]],
  [
    "cat <<'EOF'\n[{site}] \"{site}\" '{site}' \\$x $HOME `x` $(x) \\\\ \\\n end\\\nEOF",
    (v) => [`[${v}] "${v}" '${v}' \\$x $HOME \`x\` $(x) \\\\ \\\n end\\\n`],
  ],
  ['cat <<-"EOF"\n\t\ta{site}\n\tb\\\n\tEOF', (v) => [`a${v}\nb\\\n`]],
  ['cat <<-EOF\n\t{site}\n\tEOF', (v) => [`${v}\n`]],
  ["cat <<'THE END'\n{site} EOF WFC_EOF\nTHE END", (v) => [`${v} EOF WFC_EOF\n`]],
  ["cat <<''\n{site} $x\n\necho x", (v) => [`${v} $x\nx\n`]],
  ['cat <<\\EOF\n{site}$\nEOF', (v) => [`${v}$\n`]],
  ["cat <<A - <<'B'\nx{site}\nA\n$y{site}\nB", (v) => [`$y${v}\n`]],
  ["cat <<A; cat <<'B'\nx{site}\nA\n$ {site}\nB", (v) => [`x${v}\n$ ${v}\n`]],
  [
    `cat <<EOF\n$(printf '<%s>' {site} "{site}")\`printf '<%s>' {site}\`\${x:-{site}}$(cat <<E\n{site}\nE\n)\nEOF`,
    (v) => [`<${v}><${v}><${v}>${v}${v.replace(/\n+$/, '')}\n`],
  ],
  ['show "$(cat <<\'EOF\'\n{site}$x\nEOF\n)"', (v) => [`${v}$x`]],
  ['show ${x:-{site}} "${x:-{site}}" "${x:-a {site}}" ${x:-"{site}"}', (v) => [v, v, `a ${v}`, v]],
  ['x=1; show "${x:+{site}}" "${x+"{site}"}" ${x:+{site}}', (v) => [v, v, v]],
  ['show "${x:={site}}"; show "$x"', (v) => [v, v]],
  ['x={site}tail; show "${x#{site}}" ${x##"{site}"} "${x%tail}"', (v) => ['tail', 'tail', v]],
  ['x=head{site}; show "${x%{site}}" "${x%%"{site}"}" ${x%{site}}', () => ['head', 'head', 'head']],
  ['x=aZb; show "${x/Z/{site}}" "${x/Z/"{site}"}"', (v) => [`a${v}b`, `a${v}b`]],
  ['show x # {site} isn\'t "read\nshow {site}#{site}', (v) => ['x', `${v}#${v}`]],
  ['show a\\\n  {site} \\\n  b', (v) => ['a', v, 'b']],
  ['show foo\\\n{site}', (v) => [`foo${v}`]],
  ['{ time show {site}; } 2>/dev/null', (v) => [v]],
  ['! false && show {site}', (v) => [v]],
  ['coproc { cat; }\nshow {site}', (v) => [v]],
  ['true | show {site} |& cat', (v) => [v]],
  ['show {site} &> out; cat out', (v) => [v]],
  ['show {site} {{fd}}>/dev/null 2>&1', (v) => [v]],
  ['bash -c \'show "$1"\' x {site}', (v) => [v]],
  ['awk \'BEGIN { printf "%s", ARGV[1] }\' {site}', (v) => [v]],
  ['set -- {site} b; show "$@" "$#"', (v) => [v, 'b', '2']],
  ['while true; do show {site}; break; done; until true; do :; done', (v) => [v]],
  ['show $((1 + 1)) ${#HOME} $# $$ {site} | cat >/dev/null; show {site}', (v) => [v]],
];

/** "awk" itself reads a=b among its arguments as an assignment. */
const safeInContext = (context: string, value: string): boolean => !(context.startsWith('awk') && value === 'a=b');

describe('a value arrives byte for byte and is never program text', () => {
  it.each(CONTEXTS.map(([text, expected]) => ({ text, expected })))('$text', ({ text, expected }) => {
    const values = HOSTILE.filter((value) => safeInContext(text, value));
    const outcomes = runAll(
      text,
      values.map((site) => ({ site })),
    );
    for (const [index, { stdout, stderr, status }] of outcomes.entries()) {
      const value = values[index]!;
      const out = stdout.replace(/\0$/, '');
      expect({ value, out, stderr, status }).toEqual({ value, out: expected(value).join('\0'), stderr: '', status: 0 });
    }
    expect(existsSync(join(folder, 'PWNED'))).toBe(false);
  });

  it('the harness would notice: pasted into the text, the same value is run', () => {
    execFileSync('bash', ['-c', 'echo {site}'.replace('{site}', '$(touch PWNED)')], { cwd: folder });
    expect(existsSync(join(folder, 'PWNED'))).toBe(true);
    rmSync(join(folder, 'PWNED'));
  });

  it('a redirection goes to the file that the value names', () => {
    for (const value of HOSTILE.filter((v) => !['', '~', '~root'].includes(v) && !v.includes('/'))) {
      const name = `dir-${value}`;
      expect(
        words('show x > {site}; cat {site} < {site}; show {site} >> "{site}"; rm ./{site}', { site: name }),
      ).toEqual(['x']);
    }
  });
});

describe('a list is one word a path', () => {
  const paths = HOSTILE.filter((v) => v !== '');
  it.each([
    'show {input}',
    'show "{input}"',
    'for f in {input}; do show "$f"; done',
    'for f in "{input}"; do show "$f"; done',
    'files=({input}); show "${files[@]}"',
    'files+=("{input}" ); show "${files[@]}"',
    'set -- {input}; show "$@"',
    'x=$(show {input} | tr "\\0" "\\1"); printf %s "$x" | tr "\\1" "\\0"',
    'cat <(show {input})',
    'show {input}\\\n',
    '{ show {input}; }',
    'local -a x=({input}); show "${x[@]}"',
  ])('%s', (text) => {
    const separated = text.includes('\\1') ? paths.filter((v) => !v.includes('\u0001')) : paths;
    expect(words(text, { input: separated })).toEqual(separated);
    expect(words(text, { input: ['just one'] })).toEqual(['just one']);
  });

  it('keeps its neighbours', () => {
    expect(words('show --in {input} --out {output}', { input: ['a b', 'c'], output: 'o p' })).toEqual([
      '--in',
      'a b',
      'c',
      '--out',
      'o p',
    ]);
    expect(words('show "{input[0]}.x" {input:list}', { input0: 'a b', inputlist: 'l m' })).toEqual(['a b.x', 'l m']);
  });
});

describe('where bash reads an integer', () => {
  it.each([
    ['show $(( {n} + 1 ))', (n: number) => n + 1],
    ['show $(( 3 -{n} ))', (n: number) => 3 - n],
    ['show $(( 3-{n} ))', (n: number) => 3 - n],
    ['show $(( 3+{n}*2 ))', (n: number) => 3 + n * 2],
    ['show $(({n}-1))', (n: number) => n - 1],
    ['show $(( "{n}" + 1 ))', (n: number) => n + 1],
    ['show $(( -"{n}" ))', (n: number) => -n + 0],
    ['show $[ {n} * 2 ]', (n: number) => n * 2 + 0],
    ['show "$(( {n} + $(printf %s 1) ))"', (n: number) => n + 1],
    ['show $(( ${x:-{n}} + 1 ))', (n: number) => n + 1],
    ['(( x = {n}, y = 2 )) || true; show $x', (n: number) => n],
    ['for (( i = {n}; i < {n} + 1; i++ )); do show $i; done', (n: number) => n],
    ['if (( {n} > 3 )); then show 1; else show 0; fi', (n: number) => Number(n > 3)],
    ['if [[ {n} -gt 3 ]]; then show 1; else show 0; fi', (n: number) => Number(n > 3)],
    ['if [[ 3 -lt "{n}" && x == x ]]; then show 1; else show 0; fi', (n: number) => Number(n > 3)],
    ['if [ {n} -gt 3 ]; then show 1; else show 0; fi', (n: number) => Number(n > 3)],
    ['declare -i x={n}; show $x', (n: number) => n],
    ['declare -i x; x={n}; show $x', (n: number) => n],
    ['declare -ia x=({n} "{n}"); show ${x[1]}', (n: number) => n],
    ['declare -A m; m[{n}]=yes; m[k{n}]=no; show "${m[{n}]}"', () => 'yes'],
    ['show $((\n{n}\n))', (n: number) => n],
  ] as [string, (n: number) => number | string][])('%s', (text, expected) => {
    for (const n of ['0', '7', '-5', '010', '0089', '-007']) {
      const plain = String(Number(n));
      expect(words(text, { n, n_int: plain }), n).toEqual([String(expected(Number(n)))]);
    }
  });

  it('a subscript and a substring take it without parentheses', () => {
    const values = { n: '02', n_int: '2' };
    expect(words('y=(x y z); show ${y[{n}]} "${y[{n}-1]}"; y[{n}]=w; y[ {n} + 1 ]=v; show "${y[@]}"', values)).toEqual([
      'z',
      'y',
      'x',
      'y',
      'w',
      'v',
    ]);
    expect(words('y=([{n}]=q); show "${!y[@]}"', values)).toEqual(['2']);
    expect(words('x=abcdef; show ${x:{n}} "${x:{n}:2}" "${x:1:{n}}"', values)).toEqual(['cdef', 'cd', 'bc']);
    expect(words('x=abcdef; show ${x:{n}}', { n: '-02', n_int: '-2' })).toEqual(['ef']);
    expect(words('y=(x y z); show "${y[@]:{n}}"', values)).toEqual(['z']);
  });

  it('names the placeholders to bind as integers, once a place', () => {
    const { integers } = rewriteWell('show {n} $(( {n} )) ${x:{seed}} [[ {a} -eq 1 ]]; [[ {b} -eq 1 ]]');
    expect(integers.map((p) => p.name)).toEqual(['n', 'seed', 'b']);
  });
});

/** What is underlined, and a part of the message. */
const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['show --in={input}', '{input}', /stands alone/],
  ['show {input}.bak', '{input}', /stands alone/],
  ['show {input}{site}', '{input}', /stands alone/],
  ['show --in="{input}"', '{input}', /stands alone/],
  ['show "x {input}"', '{input}', /stands alone/],
  ["show '{input}'", '{input}', /single quotes takes one value/],
  ['show {a,{input}}', '{input}', /stands alone/],
  ['x={input}', '{input}', /variable takes one value/],
  ['export x="{input}"', '{input}', /variable takes one value/],
  ['show > {input}', '{input}', /redirection takes one value/],
  ['cat <<< {input}', '{input}', /"<<<" takes one value/],
  ['[[ -f {input} ]]', '{input}', /takes one value/],
  ['case {input} in x) ;; esac', '{input}', /"case" takes one value/],
  ['case x in {input}) ;; esac', '{input}', /"case" takes one value/],
  ['cat <<E\n{input}\nE', '{input}', /here-document takes one value/],
  ["cat <<'E'\n{input}\nE", '{input}', /here-document takes one value/],
  ['show $(( {input} ))', '{input}', /arithmetic takes one value/],
  ['a[{input}]=1', '{input}', /arithmetic takes one value/],
  ['show ${x:-{input}}', '{input}', /takes one value/],
  ['show "${x:-"{input}"}"', '{input}', /takes one value/],
  ['show {1..{n}}', '{n}', /brace range/],
  ['show {{n}..3}', '{n}', /brace range/],
  ['show x{1..9..{n}}', '{n}', /brace range/],
  ['cat <<{site}\nx\n{site}', '{site}', /ends a here-document/],
  ["cat <<'x{site}'\nx\n", '{site}', /ends a here-document/],
  ["show $'a{site}'", '{site}', /inside \$'…'/],
  ['show $"a{site}"', '{site}', /inside \$"…"/],
  ['show \\{site}', '{site}', /backslash/],
  ['show "a\\{site}"', '{site}', /backslash/],
  ['cat <<E\n\\{site}\nE', '{site}', /backslash/],
  ['show ~{site}', '{site}', /home directory/],
  ['show `echo \\\\ {site}`', '{site}', /backticks/],
  ['show `echo \\`echo {site}\\``', '{site}', /backticks/],
  ["show `cat <<'E'\n{site}\nE\n`", '{site}', /backticks/],
  ["show $(( '{n}' ))", '{n}', /single quotes/],
  ['show $(( 1{n} ))', '{n}', /touches other digits/],
  ['show $(( {n}{seed} ))', '{n}', /touches other digits/],
  ['a[i-{n}]=1', '{n}', /touches other digits/],
  ['[[ 1{n} -eq 3 ]]', '{n}', /touches other digits/],
  ['[[ ${x:-{n}} -eq 3 ]]', '{n}', /touches other digits/],
  ['declare -i x=3-{n}', '{n}', /touches other digits/],
  ['let x={n}', '{n}', /let/],
  ['let "x = {n}"', '{n}', /let/],
  ['{site}=1', '{site}', /expects a name/],
  ['x_{site}=1 show', '{site}', /expects a name/],
  ['export {site}', '{site}', /expects a name/],
  ['declare {site}=1', '{site}', /expects a name/],
  ['declare "{site}=1"', '{site}', /expects a name/],
  ['declare -n x={site}', '{site}', /expects a name/],
  ['declare "a[{site}]=1"', '{site}', /expects a name/],
  ['unset {site}', '{site}', /expects a name/],
  ['read -r {site}', '{site}', /expects a name/],
  ['command read {site}', '{site}', /expects a name/],
  ['printf -v {site} x', '{site}', /expects a name/],
  ['[ -v {site} ]', '{site}', /expects a name/],
  ['[[ -v {site} ]]', '{site}', /expects a name/],
  ['for {site} in a; do :; done', '{site}', /expects a name/],
  ['{site}() { :; }', '{site}', /expects a name/],
  ['function {site} { :; }', '{site}', /expects a name/],
  ['show ${!x{site}}', '{site}', /expects a name/],
  ['show "${x@{site}}"', '{site}', /cannot tell/],
  ['show "${x^{site}}"', '{site}', /cannot tell/],
  ['show "${x:-\'{site}\'}"', '{site}', /cannot tell/],
  ['cat <<E\n${x#{site}}\nE', '{site}', /cannot tell/],
  ['[[ x =~ [{site}] ]]', '{site}', /regular expression/],
  ['((show {site}) )', '{site}', /"\(\("/],
  ['show $((show {site}) )', '{site}', /"\(\("/],
  ['(\\\n(show {n}))', '(', /in two/],
  ['show $\\\n(x)', '$', /in two/],
  ['c\\\nase x in x) ;; esac', 'c\\\nase', /in two/],
  ['show "a', '"', /double quote is never closed/],
  ["show 'a {site}", "'", /single quote is never closed/],
  ['show $(echo', '$(', /\$\( is never closed/],
  ['show `echo', '`', /backtick is never closed/],
  ['show ${x', '${', /\$\{ is never closed/],
  ['show <(echo', '<(', /<\( is never closed/],
  ['(show', '(', /\( is never closed/],
  ['x=(a', '(', /\( is never closed/],
  ['{ show', '{', /"\{" is never closed/],
  ['if x; then y', 'if', /"if" is never closed/],
  ['for x in y; do z', 'do', /"do" is never closed/],
  ['case x in y) z', 'case', /"case" is never closed/],
  ['[[ x', '[[', /\[\[ is never closed/],
  ['cat <<E\nx', '<<', /here-document never ends/],
  ['cat <<E\nx\n E', '<<', /here-document never ends/],
  ['show $(cat <<E\nx)', '<<', /here-document never ends/],
  ['cat <<E', '<<', /here-document never ends/],
  ['show a \\', '\\', /ends in a backslash/],
  ['show )', ')', /closes nothing/],
  ['show; }', '}', /closes nothing/],
  ['}\ntouch PWNED\n{', '}', /closes nothing/],
  ['show; fi', 'fi', /closes nothing/],
  ['cat <<A $(echo\nfoo)\nA', '\n', /where the text/],
  ['show >', '>', /word is missing/],
  ['show a (b)', '(', /cannot read this "\("/],
];

describe('what wfc cannot tell is an error where it stands', () => {
  it.each(REFUSED)('%j', (text, underlined, message) => {
    const { errors } = rewrite(text);
    expect(errors.length, JSON.stringify(errors)).toBeGreaterThan(0);
    expect(errors[0]!.message).toMatch(message);
    expect(text.slice(errors[0]!.start, errors[0]!.end)).toBe(underlined);
    expect(errors[0]!.hint).toBeTruthy();
  });

  it('all errors come, in source order', () => {
    const { errors } = rewrite('show x{input} {1..{n}}\ncat <<< {input}');
    expect(errors.map((e) => e.start)).toEqual([6, 18, 31]);
  });

  it('an error after {{word}} is underlined where it stands', () => {
    const text = "awk '{{print}}' | show {{x}} x{input}";
    const [error] = rewrite(text).errors;
    expect(text.slice(error!.start, error!.end)).toBe('{input}');
    const quote = `awk '{{print}}' 'x`;
    expect(rewrite(quote).errors[0]!.start).toBe(quote.length - 2);
  });

  it('deep nesting takes no exponential time', () => {
    for (const opener of ['$((', '((', '$(', 'a[', '${x:-', '{ ', '@(', '[[ ( ']) {
      expect(rewrite(`show {n}; ${opener.repeat(300)}`).errors.length, opener).toBeGreaterThanOrEqual(
        opener === 'a[' ? 0 : 1,
      );
    }
    expect(rewriteWell(`show ${'$(('.repeat(60)}{n}${'))'.repeat(60)}`).integers).toHaveLength(1);
  });

  it('a NUL in the command is an error, not a placeholder', () => {
    expect(rewrite('show a\0b').errors[0]!.message).toMatch(/NUL/);
  });

  it('comments are left alone', () => {
    const command = rewriteWell('# {input} isn\'t $(closed "\nshow a#b "#{site}" # `{n}\n# last');
    expect(command.text).toBe('# {input} isn\'t $(closed "\nshow a#b "#${wfc_site}" # `{n}\n# last');
    expect(rewriteWell('# only {input}').significant).toBe('');
  });
});

describe('the significant text', () => {
  const significant = (text: string): string => rewriteWell(text).significant;

  it.each([
    ['show {site}', '  show   {site}  # why\n\n'],
    ['show a\nshow b', '\n\nshow a # x\n\n\n  # y\n\tshow b\n'],
    ['show a b', 'show \\\n  a \\\n  b'],
    ['show ab', 'show a\\\nb'],
    ['if x; then\ny\nfi', 'if x; then # c\n  y\n\nfi'],
    ['cat <<E\n a\nE\nshow', 'cat   <<E # x\n a\nE\n\n show'],
    ['x=(a b\nc)', 'x=(a   b # c\n  c)'],
    ['[[ a == b ]]', '[[  a  ==  b ]]'],
    ['case x in\na) b ;;\nesac', 'case x in # c\n\n  a)   b ;;\n\nesac'],
    ['show {input[0]}', 'show  {input[00]}'],
  ])('%j means the same as %j', (one, other) => {
    expect(significant(one)).toBe(significant(other));
  });

  it.each([
    ['show a b', 'show ab'],
    ['show "a  b"', 'show "a b"'],
    ["show 'a # b'", "show 'a'"],
    ['show a#b', 'show a'],
    ['show a\nb', 'show a b'],
    ['cat <<E\na  b\nE', 'cat <<E\na b\nE'],
    ['cat <<E\n# a\nE', 'cat <<E\nE'],
    ['cat <<E\n\nE', 'cat <<E\nE'],
    ["cat <<'E'\n$x\nE", 'cat <<E\n$x\nE'],
    ["cat <<''\nshow\n\nshow", "cat <<''\n\nshow\nshow"],
    ['show {site}', 'show {{site}}'],
    ['show {site}', 'show {\\\nsite}'],
    ['show {{{site}}}', 'show {{site}}'],
    ['show {site}', 'show {seed}'],
    ['show {seed}', 'show {seed:04}'],
    ['show {site}', 'show "{site}"'],
    ['show $( (a) )', 'show $((a) )'],
    ['show "a\\\nb"', 'show "ab "'],
    ["show 'a\\\nb'", "show 'ab'"],
    ['show $((1 +  1)) "$(a  b)"', 'show $((1 + 1)) "$(a b c)"'],
  ])('%j differs from %j', (one, other) => {
    expect(significant(one)).not.toBe(significant(other));
  });

  it('reads to bash exactly as the command does', () => {
    const shown = (text: string): string =>
      execFileSync('bash', { input: `shopt -s extglob\nf() {\n${text}\n}\ndeclare -f f\n`, encoding: 'utf8' });
    const commands = [
      '  if  a; then # x\n\n  b   c\\\n  d # y\n fi  \n',
      'case  $x  in # c\n (a | b)  c ;; # d\n *) d\nesac  >  /dev/null',
      'cat  <<A   <<-\\B # c\na  a\nA\n\tb  # b\n\tB\n\n\nfor  (( i=0; i<3;  i++ )); do  # x\n  :  ; done',
      'f()   {  # x\n a=(1   2\n # y\n 3)   ; [[ a   =~ (x  y|z) ]]\n}',
      'a \\\n&& b |\\\n c\nd  &  e;f',
    ];
    for (const command of commands) {
      const text = rewriteWell(command).significant.replaceAll('{{', '{');
      expect(text.length).toBeLessThan(command.length);
      expect(shown(text)).toBe(shown(command));
    }
  });
});

/** A piece of a command with the words that it must yield, for any value. */
interface Sample {
  readonly text: string;
  readonly word: string;
}

const value = fc.oneof(
  fc.constantFrom(...HOSTILE.filter((v) => v !== '')),
  fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...'ab \'"\\$`(){}[]*?!#~;&|<>=,.:-@%^\n\té') }),
);

/** Word parts of any nesting; `word` is what they expand to when {a} is `a`. */
const samples = (a: string) =>
  fc.letrec<{ part: Sample; inner: Sample }>((tie) => ({
    inner: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<Sample>({ text: '{a}', word: a }, { text: 'x', word: 'x' }),
      fc.constantFrom<Sample>({ text: '"{a}y"', word: `${a}y` }, { text: "'{a} \\'", word: `${a} \\` }),
      tie('part'),
    ),
    part: fc.oneof(
      { depthSize: 'small' },
      tie('inner'),
      fc.tuple(tie('inner'), tie('inner')).map(([x, y]) => ({ text: x.text + y.text, word: x.word + y.word })),
      tie('inner').map((x) => ({ text: `"$(printf '%s.' ${x.text})"`, word: `${x.word}.` })),
      tie('inner').map((x) => ({ text: `"<$(printf '%s.' ${x.text} # )\n)>"`, word: `<${x.word}.>` })),
      tie('inner').map((x) => ({
        text: `"$(case ${x.text} in ${x.text}) printf '%s.' ${x.text};; esac)"`,
        word: `${x.word}.`,
      })),
      tie('inner').map((x) => ({
        text: `"$(cat <<E${x.text.length}\n{a}$(printf '%s' ${x.text}.).\nE${x.text.length}\n)"`,
        word: `${a}${x.word}..`,
      })),
      tie('inner').map((x) => ({ text: `"$(x=(${x.text}); printf '%s.' "\${x[@]}")"`, word: `${x.word}.` })),
      tie('inner').map((x) => ({
        text: `"\${none:-"${x.text.includes("'") || x.text.includes('"') ? '{a}' : x.text}"}"`,
        word: x.text.includes("'") || x.text.includes('"') ? a : x.word,
      })),
    ),
  })).part;

describe('any nesting of quotes and substitutions', () => {
  it('gives the value back', () => {
    fc.assert(
      fc.property(
        value.chain((a) => samples(a).map((sample) => ({ a, sample }))),
        ({ a, sample }) => {
          // bash drops NUL only; the values hold none.
          expect(words(`show ${sample.text} x`, { a })).toEqual([sample.word, 'x']);
          expect(existsSync(join(folder, 'PWNED'))).toBe(false);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });

  it('edits that bash ignores leave the significant text as it is, others do not', () => {
    const line = samples('v').map((s) => `show ${s.text}`);
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), fc.nat(4), fc.nat(3), (lines, edit, at) => {
        const index = at % lines.length;
        const edits = [
          (l: string) => `   ${l}`,
          (l: string) => `${l}  # {a} isn't "it`,
          (l: string) => `\n\n# c\n${l}`,
          (l: string) => l.replace('show ', 'show \\\n   '),
          (l: string) => `${l}\t \n\n`,
        ];
        const edited = lines.with(index, edits[edit]!(lines[index]!));
        const original = rewriteWell(lines.join('\n')).significant;
        expect(rewriteWell(edited.join('\n')).significant).toBe(original);
        expect(rewriteWell(lines.with(index, `${lines[index]} y`).join('\n')).significant).not.toBe(original);
      }),
      { numRuns: 200, seed: 2 },
    );
  });
});
