/** A spec that is hostile in every place where a spec may be so and still compile. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { type Experiment, experiment } from '../support/experiment.ts';

/** What a shell, a template, a batch script, a make or a terminal would take for more than text; each is one line. */
const TEXTS = [
  '$(touch PWNED)',
  '`touch PWNED`',
  '"; touch PWNED; "',
  "'; touch PWNED; '",
  'a b --array=0-5 --wrap=x',
  '#SBATCH --wrap=x',
  '{{x}}{{{y}}}{{#each z}}',
  '%(a)s %n \\n \\e[31m',
  '\u009b31mred\u009d0;title\u009c',
  'a\u202eb\u2066c\u061cd\u2028e',
  "$'\\x24' ${IFS} $(shell touch PWNED) $$",
  '-rf',
];

/** Texts that could be names of files: most of the above, and the shortest. */
const NAMES = [...TEXTS, '*', '~', ';', '|', '&', '\\', '#', ' '];

const json = JSON.stringify;

/** `glob/` holds a file a name; a table in a file has a row a text. */
export function hostileExperiment(): Experiment {
  const e = experiment(SPEC, {
    'table.csv': `cell,pair\n${TEXTS.map((t, i) => `"${t.replaceAll('"', '""')}",${i}`).join('\n')}\n`,
    'lines.txt': `${TEXTS.join('\n')}\n`,
    [SOURCE_PATH]: 'source\n',
  });
  mkdirSync(e.path('glob'));
  for (const name of NAMES) writeFileSync(e.path(`glob/${name}.csv`), `${name}\n`);
  return e;
}

/** `$(…)` and pairs of backticks are errors in a path that the spec writes itself; here values hold them. */
const SOURCE = 'src $$ $5 ` \' " ; touch PWNED # {{x}} \u009b5m \u202e';

/** The same as a path: `{{x}}` writes `{x}`. */
export const SOURCE_PATH = SOURCE.replace('{{x}}', '{x}');

const SPEC = `
name: ${json('n\n#SBATCH --wrap=x\u001b]0;t\u0007\n$(touch PWNED) `touch PWNED` {{x}} {{{y}}} \' " \\')}
config: {c: ${json(TEXTS.join(' '))}}
params:
  f: {glob: "glob/{f}.csv"}
  v: ${json(TEXTS)}
  line: {lines: lines.txt}
tables:
  t: {csv: table.csv}
rules:
  value:
    input: ${json(SOURCE)}
    output: "out/{v}"
    log: "logs/{v}.log"
    env: {V: "{v}", C: "{config.c}"}
    run: |
      echo said {v}
      [[ "{v}" == "$V" && {config.c} == "$C" ]]
      printf '%s\\n' {v} '{v}' "$C" > {output}
  file:
    input: "glob/{f}.csv"
    output: "copy/{f}"
    run: cp -- {input} {output}
  cell:
    output: "cells/{pair}"
    run: printf '%s\\n' {cell} > {output}
  line:
    output: "lines/{line}"
    shell: python3
    run: |
      open({output}, 'w').write({line} + {config.c})
  all:
    gather: [v, f]
    input: {a: "out/{v}", b: "copy/{f}"}
    output: {text: all.txt, names: "name's $1 ; touch PWNED"}
    run: |
      cat -- {input.a} {input.b} > {output.text}
      cat -- {input.a:list} > {output.names}
`;

/** A rule that fails, and says on its log what a terminal would obey. */
export const FAILING = `
params: {v: ${json(TEXTS)}}
rules:
  bad:
    output: "bad/{v}"
    run: |
      printf '\\e]0;title\\a\\e[31m\\x9b5m\\u202e %s\\n' {v}
      exit 3
`;

export { TEXTS };
