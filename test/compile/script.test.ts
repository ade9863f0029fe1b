import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptLanguage } from '../../src/compile/script/regions.ts';
import { rewriteScript, type Script, type ScriptBinding, scriptText } from '../../src/compile/script/script.ts';
import { parseTemplate } from '../../src/compile/text/template.ts';
import type { Placeholder } from '../../src/model/template.ts';

const PARAMS = new Set(['site', 'seed']);

function bindingOf(p: Placeholder): ScriptBinding {
  const variable = `wfc_${p.root === 'param' ? p.name : p.root}${p.index ?? ''}`;
  if (p.root === 'input' && p.index === null) return { variable, kind: 'list' };
  return { variable, kind: p.root === 'resources' || p.root === 'attempt' ? 'number' : 'string' };
}

function rewrite(language: ScriptLanguage, text: string): Script {
  const { template, errors } = parseTemplate(text, PARAMS, scriptText(language, text));
  expect(errors, text).toEqual([]);
  return rewriteScript(language, template, bindingOf);
}

const EXTENSION = { python3: 'py', Rscript: 'R', julia: 'jl', node: 'cjs' };
const installed = (language: ScriptLanguage): boolean => spawnSync(language, ['--version']).status === 0;

/** `spec` is the spec's folder; the script itself lies elsewhere. */
let folder: string;
let spec: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wfc-script-'));
  spec = join(folder, 'spec');
  mkdirSync(spec);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Values = Record<string, string | readonly string[]>;

function run(language: ScriptLanguage, text: string, values: Values, env: Record<string, string> = {}) {
  const script = rewrite(language, text);
  expect(script.errors, text).toEqual([]);
  const file = join(folder, `script.${EXTENSION[language]}`);
  writeFileSync(file, script.text);
  const args = script.bindings.flatMap((b) => {
    const value = values[b.variable.slice('wfc_'.length)]!;
    return typeof value === 'string' ? [value] : [String(value.length), ...value];
  });
  const { stdout, stderr, status } = spawnSync(language, [file, ...args], {
    cwd: spec,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
}

const HOSTILE = [
  '',
  '  blanks  ',
  `it's "quoted"`,
  '$(touch PWNED)',
  '`touch PWNED`; touch PWNED',
  '*',
  '-n',
  '-e',
  '-g',
  '--version',
  '--args',
  '--help',
  '--slave',
  'größe/κλίμα/流量/😀',
  'back\\slash\\n',
  '%s %d',
  '!!',
  '{site}',
  '${HOME}',
  '#comment',
  '01022500',
  '1e-4',
  'two\nlines\n',
  "'''",
  '~+~',
  '\u0001',
];

/** Each prints the string, then each of the list, each ended by U+001E. */
const PRINT: Record<ScriptLanguage, string> = {
  python3: `
import sys
for value in [{site}] + {input}:
    sys.stdout.buffer.write(value.encode('utf-8') + b'\\x1e')
`,
  Rscript: `
for (value in c({site}, {input})) writeLines(value, sep = "\\x1e", useBytes = TRUE)
`,
  julia: `
for value in vcat([{site}], {input})
    print(value, '\\x1e')
end
`,
  node: `
for (const value of [{site}, ...{input}]) process.stdout.write(value + '\\x1e');
`,
};

const LANGUAGES = ['python3', 'Rscript', 'julia', 'node'] as const;
const RUNNABLE = LANGUAGES.filter(installed);

describe.each(RUNNABLE)('in %s', (language) => {
  it.each([
    ['the usual locale', {}],
    ['LC_ALL=C', { LC_ALL: 'C' }],
  ])('values arrive byte for byte under %s', (_, env) => {
    // The list brings every value; alone come those that an interpreter might take for its own options.
    for (const value of HOSTILE.filter((v) => /^(?:-|~|$)/.test(v))) {
      const { stdout, stderr, status } = run(
        language,
        PRINT[language],
        { site: value, input: HOSTILE },
        env as Record<string, string>,
      );
      expect({ value, stderr, status }).toEqual({ value, stderr: '', status: 0 });
      expect(stdout.split('\x1e').slice(0, -1)).toEqual([value, ...HOSTILE]);
    }
    expect(existsSync(join(spec, 'PWNED'))).toBe(false);
  });

  it('a list of one is a list, in the order of first use', () => {
    const script = rewrite(language, PRINT[language]);
    expect(script.bindings.map((b) => b.variable)).toEqual(['wfc_site', 'wfc_input']);
    expect(run(language, PRINT[language], { site: 'a', input: ['b'] }).stdout).toBe('a\x1eb\x1e');
  });

  it('a failing script fails', () => {
    const fail = {
      python3: 'raise ValueError({site})',
      Rscript: 'stop({site})',
      julia: 'error({site})',
      node: 'throw new Error({site})',
    };
    const { status, stderr } = run(language, fail[language], { site: 'boom' });
    expect(status).not.toBe(0);
    expect(stderr).toContain('boom');
    expect(run(language, '', {}).status).toBe(0);
  });
});

it.runIf(installed('julia'))('julia is installed here, so its scripts ran above', () => {
  expect(RUNNABLE).toContain('julia');
});

describe('python3', () => {
  it('numbers are numbers and arguments are gone', () => {
    const text =
      'import sys\nprint({attempt} + {resources.cpus}, len(sys.argv), {input[0]}, [n for n in dir() if "bind" in n])';
    expect(run('python3', text, { attempt: '2', resources: '40', input0: 'x' })).toMatchObject({
      stdout: '42 1 x []\n',
      stderr: '',
    });
  });

  it("imports from the spec's folder, not from the script's", () => {
    writeFileSync(join(spec, 'here.py'), 'name = "spec"\n');
    writeFileSync(join(folder, 'here.py'), 'name = "script"\n');
    expect(
      run('python3', 'import here, sys, os\nprint(here.name, os.getcwd() == sys.path[0], {site})', { site: 'x' })
        .stdout,
    ).toBe('spec True x\n');
  });

  it.each([
    'from __future__ import annotations\nx: Nowhere = {site}\nprint(x)',
    '"""Docstring."""\n# c\n\nfrom __future__ import (\n  annotations,  # why\n)\nfrom __future__ import division; print({site})',
    "#!/usr/bin/env python3\n# coding: utf-8\n'Doc' ' string'\nfrom __future__ import \\\n  annotations\nx: Nowhere = {site}\nprint(x)",
    'from __future__ import annotations',
    'print({site})',
    '"a" .upper(); print({site})',
  ])('future imports stay at the top: %j', (text) => {
    const stdout = text.includes('{site}') ? 'v\n' : '';
    expect(run('python3', text, { site: 'v' })).toEqual({ stdout, stderr: '', status: 0 });
  });

  it('a docstring stays one', () => {
    expect(run('python3', '"""About {{site}}."""\nprint(__doc__, {site})', { site: 'v' }).stdout).toBe(
      'About {site}. v\n',
    );
  });

  it.each(['spawn', 'forkserver', 'fork'])('values are there in the processes of multiprocessing (%s)', (method) => {
    const values = { site: `it's\n"${'ä'.repeat(50_000)}"`, input: ['a b', '', 'ü', '12:3'] };
    const text = `
import multiprocessing
def work(n):
    return [len({site}), {site}[:6], {input}][n]
if __name__ == '__main__':
    multiprocessing.set_start_method('${method}')
    with multiprocessing.Pool(2) as pool:
        print(pool.map(work, range(3)) == [len({site}), {site}[:6], {input}], work(2))
`;
    expect(run('python3', text, values)).toEqual({ stdout: "True ['a b', '', 'ü', '12:3']\n", stderr: '', status: 0 });
  });

  it('a script inside a script gets its own values', () => {
    const inner = join(folder, 'inner.py');
    writeFileSync(inner, rewrite('python3', 'print({site})').text);
    const outer = `import subprocess, sys\nsubprocess.run([sys.executable, ${JSON.stringify(inner)}, "inner"], check=True)\nprint({site}, {seed})`;
    expect(run('python3', outer, { site: 'outer', seed: 's' }).stdout.split('\n').sort()).toEqual([
      '',
      'inner',
      'outer s',
    ]);
  });
});

describe('Rscript', () => {
  it.runIf(installed('Rscript'))('numbers are numbers, helpers are gone, sources go by the spec folder', () => {
    writeFileSync(join(spec, 'here.R'), 'name <- "spec"\n');
    const text =
      'source("here.R"); cat(ls(), name, {attempt} + {resources.cpus}, length({input}), is.character({input}))';
    expect(run('Rscript', text, { attempt: '2', resources: '40', input: ['a', 'b'] })).toMatchObject({
      stdout: 'name wfc_attempt wfc_input wfc_resources spec 42 2 TRUE',
      stderr: '',
    });
  });
});

describe('node', () => {
  it("require and import() look in the spec's folder, for files and packages", () => {
    writeFileSync(join(spec, 'here.cjs'), 'exports.name = "required";');
    writeFileSync(join(spec, 'here.mjs'), 'export const name = "imported";');
    mkdirSync(join(spec, 'node_modules/pack'), { recursive: true });
    writeFileSync(join(spec, 'node_modules/pack/index.js'), 'exports.name = "packed";');
    writeFileSync(join(spec, 'package.json'), '{"type": "module"}');
    const text = `
const { name } = require('./here.cjs');
import('./here.mjs').then(async (m) => console.log(name, m.name, require('pack').name, (await import('pack')).name, {site}));
`;
    expect(run('node', text, { site: 'x' })).toEqual({
      stdout: 'required imported packed packed x\n',
      stderr: '',
      status: 0,
    });
    rmSync(join(spec, 'package.json'));
  });

  it('numbers are numbers, arguments are gone, the main module is the main module', () => {
    const text =
      'console.log({attempt} + {resources.cpus}, process.argv.length, require.main === module, "wfc" in module)';
    expect(run('node', text, { attempt: '2', resources: '40' })).toMatchObject({
      stdout: '42 2 true false\n',
      stderr: '',
    });
  });

  it("'use strict' still rules", () => {
    expect(run('node', "// c\n'use strict';\nundeclared = {site};", { site: 'x' }).status).not.toBe(0);
    expect(run('node', 'undeclared = {site};', { site: 'x' }).status).toBe(0);
  });

  it('an error names the line of the file', () => {
    const { text } = rewrite('node', 'throw new Error("boom")');
    const line = text.split('\n').findIndex((l) => l.includes('boom')) + 1;
    expect(run('node', 'throw new Error("boom")', {}).stderr).toContain(`script.cjs:${line}`);
  });
});

describe('julia', () => {
  // julia is not to be had where this was written: its text is checked, not run.
  it('binds strings, lists and numbers in order, and clears ARGS', () => {
    const { text, bindings } = rewrite('julia', 'println({site}, {input}, {attempt})\n');
    expect(bindings.map((b) => b.kind)).toEqual(['string', 'list', 'number']);
    expect(text).toBe(`# Written by wfc: binds the placeholders of the script below.
pushfirst!(LOAD_PATH, pwd())
let values = copy(ARGS)
    empty!(ARGS)
    next() = popfirst!(values)
    global wfc_site = next()
    global wfc_input = String[next() for _ in 1:parse(Int, next())]
    global wfc_attempt = parse(Int, next())
end
# End of what wfc wrote.
println(wfc_site, wfc_input, wfc_attempt)
`);
  });
});

const REFUSED: readonly (readonly [ScriptLanguage, string, RegExp, RegExp])[] = [
  ['python3', 'f("{site}")', /inside a string/, /write \{site\} in place of the string/],
  ['python3', "f('{site}')", /inside a string/, /write \{site\} in place of the string/],
  ['python3', 'f("a {site} b")', /inside a string/, /value = \{site\} .*f"…\{value\}…".*\{\{site\}\} is Python's own/],
  ['python3', 'f(f"a {site} b")', /inside a string/, /value = \{site\} .*f"…\{value\}…".*\{\{site\}\} is Python's own/],
  ['python3', 'f(rb"\\" {site} ")', /inside a string/, /value = /],
  ['python3', '"""\n"x" {site}\n"""', /inside a string/, /value = /],
  ['python3', "'''\n' {site} ' '''", /inside a string/, /value = /],
  ['python3', 'f(f"{a["b {site} c"]} ")', /inside a string/, /value = /],
  ['python3', 'f(f"{ {site} }")', /inside a string/, /value = /],
  ['python3', 'x{site} = 1', /touches a name/, /join/],
  ['python3', 'f({site}{seed})', /touches a name/, /join/],
  ['python3', 'print"{site}"', /inside a string/, /value =/],
  ['python3', 'f("a"{site})', /next to a quote/, /join/],
  ['Rscript', 'f(glue("{site}"))', /inside a string/, /value <- \{site\} .*paste0/],
  ['Rscript', "f('a {site} b')", /inside a string/, /paste0/],
  ['Rscript', 'f(r"---[ " {site} ]---")', /inside a string/, /paste0/],
  ['Rscript', 'x$`a {site}`', /inside a string/, /./],
  ['julia', 'f("a {site} b")', /inside a string/, /value = \{site\} .*\$value/],
  ['julia', 'f("a $(g("b")) {site} b")', /inside a string/, /value = \{site\} .*\$value/],
  ['julia', "f('{site}')", /next to a quote/, /join/],
  ['julia', 'f("a $(g({site}))")', /inside a string/, /\$value/],
  ['julia', 'run(`cat {site} x`)', /inside a string/, /value = \{site\} .*\$value/],
  ['node', 'f("a {site} b")', /inside a string/, /const value = \{site\}; .*\$\{value\}/],
  ['node', 'f(`a ${g("`")} {site} b`)', /inside a string/, /const value = \{site\}; .*\$\{value\}/],
  ['node', 'f(/a" {site} /)', /inside a string/, /./],
  ['node', 'f(`{site}`)', /inside a string/, /const value/],
  ['node', 'a$b{site}', /touches a name/, /./],
];

describe('a placeholder where no variable can stand is an error', () => {
  it.each(REFUSED)('%s: %j', (language, text, message, hint) => {
    const { errors } = rewrite(language, text);
    expect(errors).not.toEqual([]);
    expect(errors[0]!.message).toMatch(message);
    expect(errors[0]!.hint).toMatch(hint);
    expect(text.slice(errors[0]!.start, errors[0]!.end)).toMatch(/^\{(site|seed)\}$/);
  });

  it.each([
    ['python3', "x = 'it\\'s' # \"\ny = f'''{'a'} {{b}}''' + {site}"],
    ['python3', 'd = {"a": {site}, **{1: 2}}; x = d[{site}] if {site} else {seed}.strip()'],
    ['python3', 'x = f\'{ {"a": 1}["a"] }\' + {site}'],
    ['python3', "x = 'broken\ny = {site}"],
    ['Rscript', 'x <- c("a#", \'b"\', r"(c")") ; paste({site}) # "'],
    ['julia', 'y = x\' * {site} * \'c\' * "a $(f("b")) c" * {seed} #= #= " =# =# * {site}'],
    ['node', 'const x = a / b; f({site}); // "\nf(/["/]/.test({site}), `a ${ {b: `c`}.b } d`, {site}) /* ` */'],
  ] as [ScriptLanguage, string][])('%s: %j is fine', (language, text) => {
    expect(rewrite(language, text).errors).toEqual([]);
  });

  it.each([
    ['python3', '# {site} "\nf({site})', '# {site} "\nf(wfc_site)'],
    ['Rscript', 'f({site}) # {input}', 'f(wfc_site) # {input}'],
    ['julia', '#= {site}\n=# f({site})', '#= {site}\n=# f(wfc_site)'],
    ['node', '/* {site} */ f({site}) // {input}', '/* {site} */ f(wfc_site) // {input}'],
  ] as [ScriptLanguage, string, string][])(
    '%s: in comments they are text, and not bound',
    (language, text, expected) => {
      const script = rewrite(language, text);
      expect(script.text).toContain(expected);
      expect(script.bindings.map((b) => b.variable)).toEqual(['wfc_site']);
    },
  );

  it('a NUL is an error', () => {
    expect(rewrite('python3', 'a\0b').errors).toHaveLength(1);
  });
});

/** The braces in strings and comments that are the language's own, what they print, and what they read as. */
const OWN: Record<ScriptLanguage, [text: string, printed: string]> = {
  python3: [
    `# {d} {site:.2f} {input[a]} {wildcards.x}
d = 2.5
value = {site}
print(f"{d}|{d:.1f}|{value:>3}|{{d}}|{{{d}}}", "{x}|{}".format(1, x=2), r"\\d{n}", sep="|")
`,
    '2.5|2.5|  s|{d}|{2.5}|2|1|\\d{n}\n',
  ],
  Rscript: [
    `# {d} {site:04x}
value <- {site}
cat("{d}", '{value}', r"({n})", sprintf("{%s}", value), "{{d}}\n", sep = "|")
`,
    '{d}|{value}|{n}|{s}|{{d}}\n',
  ],
  julia: [
    `#= {d} {site:x} =#
value = {site}
println("{d}|{$value}|", r"a{n}".pattern, "|{{d}}")
`,
    '{d}|{s}|a{n}|{{d}}\n',
  ],
  node: [
    `/* {d} {site.x} */
const d = 2.5, value = {site};
console.log(\`\${d}|{d}|{\${value}}\`, '{d}', /^a{n}$/.source, '{{d}}');
`,
    '2.5|{d}|{s} {d} ^a{n}$ {{d}}\n',
  ],
};

it.each(RUNNABLE)('in strings and comments of %s, braces around what is not declared are its own', (language) => {
  const [text, printed] = OWN[language];
  const { stdout, stderr } = run(language, text, { site: 's' });
  expect([stdout, stderr]).toEqual([printed, '']);
});

it.each([
  ['python3', 'f(f"{site:.3f}")', '{site:.3f}'],
  ['python3', "f('{input[data]}')", '{input[data]}'],
  ['node', 'f(`${site}`)', '${site}'],
  ['julia', 'f("{site+1}")', '{site+1}'],
] as [ScriptLanguage, string, string][])(
  'a declared name in a string of %s is one error in any form: %s',
  (language, text, at) => {
    const { errors } = parseTemplate(text, PARAMS, scriptText(language, text));
    expect(errors.map((e) => [text.slice(e.start, e.end), e.message])).toEqual([
      [at, expect.stringMatching(/inside a string/)],
    ]);
  },
);

describe('the significant text', () => {
  const significant = (text: string, language: ScriptLanguage = 'python3') => rewrite(language, text).significant;

  it.each([
    ['f({site})  \ng()\t\n\n', 'f({site})\ng()'],
    ['f({input[0]})', 'f({input[00]})'],
    ['f() # c  \n', 'f() # c'],
  ])('%j equals %j', (one, other) => {
    expect(significant(one)).toBe(significant(other));
  });

  it.each([
    ['x = """a  \n"""', 'x = """a\n"""'],
    ['  f()', 'f()'],
    ['f({site})', 'f({seed})'],
    ['f({site})', 'f({{site}})'],
    ['x = 1 \\ \n', 'x = 1 \\\n'],
    ['x = "a {{b}}"', 'x = "a {b}"'],
    ['f()\n\ng()', 'f()\ng()'],
  ])('%j differs from %j', (one, other) => {
    expect(significant(one)).not.toBe(significant(other));
  });

  it('does not hold the prelude', () => {
    for (const language of LANGUAGES) expect(significant('f({site})', language)).toBe('f({site})');
  });
});

/** The files as they stand, without what is put in. */
const PRELUDES = fileURLToPath(new URL('../../templates/script/', import.meta.url));
const MARK = /wfc: (bindings|names|values)/;

it.each(RUNNABLE)(
  'what stands before a script of %s is a program that runs as it is, and binds nothing',
  (language) => {
    const file = join(PRELUDES, `prelude.${EXTENSION[language]}`);
    const { stdout, stderr, status } = spawnSync(language, [file], { cwd: spec, encoding: 'utf8' });
    expect({ stdout, stderr, status }).toEqual({ stdout: '', stderr: '', status: 0 });
  },
);

it.each(LANGUAGES)(
  'the bindings of %s take the place of the marks, and the head of the file is left out',
  (language) => {
    const file = readFileSync(join(PRELUDES, `prelude.${EXTENSION[language]}`), 'utf8');
    const head = file.slice(0, file.indexOf('\n'));
    const { text } = rewrite(language, 'f({site}, {input})');
    expect(file).toMatch(MARK);
    expect(text).not.toMatch(MARK);
    expect(text).toContain('wfc_site');
    expect(text).not.toContain(head);
    expect(text).toMatch(/^(#|\/\/) Written by wfc: /);
  },
);

it('the scripts written are valid to their interpreters', () => {
  const file = join(folder, 'check.py');
  writeFileSync(file, rewrite('python3', 'print({site}, {input}, {attempt})').text);
  execFileSync('python3', ['-W', 'error', '-m', 'py_compile', file]);
  expect(readFileSync(file, 'utf8')).toContain('[wfc_site, wfc_input, wfc_attempt] = wfc_bind([');
});
