/** Files of the spec's folder that a command runs, sources or imports: a warning, unless they are declared. */
import { describe, expect, it } from 'vitest';
import { compileText } from '../schema/compile-text.ts';

const FILES = {
  'train.py': 'import helper\n',
  'helper.py': '"""\nimport unused\n"""\nimport os, pkg.one as p\n# import unused\n',
  'pkg/__init__.py': '',
  'pkg/one.py': 'def f():\n    from . import (two,\n      nothing)\n    from .three import x\n',
  'pkg/two.py': 'import helper',
  'pkg/three.py': '',
  'unused.py': '',
  'sub/main.py': 'from near import y\nimport helper; import numpy',
  'sub/near.py': '',
  'env.sh': 'export A=1\n',
  'go.sh': 'source ./env.sh\npython3 "train.py" "$@" # unused.py\n',
  'bin/tool': '',
  'odd name.py': '',
  'a.R': 'source("b.R")\n# source("unused.R")\n',
  'b.R': '',
  'unused.R': '',
  'x/a.jl': 'include("b.jl")',
  'x/b.jl': '',
  'a.mjs': "import x from './b.js';\nconst y = 'require(\"./unused.py\")';",
  'b.js': "require('./lib')",
  'lib/index.js': '',
  'sum.awk': '',
  'data.csv': '',
} as const;

const PKG = ['pkg/__init__.py', 'pkg/one.py', 'pkg/three.py', 'pkg/two.py'];
const TRAIN = ['helper.py', ...PKG, 'train.py'];

/** The files that `code: auto` takes for a rule. */
function codeOf(rule: string): readonly string[] {
  const { plan, diagnostics } = compileText(
    `wfc: 1\nconfig: {file: train.py}\nrules:\n  r: {output: o, code: auto, ${rule}}\n`,
    {
      files: FILES,
    },
  );
  expect(diagnostics).toEqual([]);
  return plan!.rules[0]!.rule.code;
}

describe('the files that a command names', () => {
  it.each<[command: string, files: readonly string[]]>([
    ['python3 train.py {output}', TRAIN],
    ['python3 -u -W ignore ./train.py data.csv', TRAIN],
    ['A=1 time env B=2 python3.11 train.py', TRAIN],
    ['srun --mpi=pmix -n 4 timeout 5m nice python train.py', TRAIN],
    ['torchrun --nproc_per_node 4 train.py --x 1', TRAIN],
    ['python3 -m pkg.two', ['helper.py', ...PKG]],
    ['python3 sub/main.py', ['helper.py', ...PKG, 'sub/main.py', 'sub/near.py']],
    ['source env.sh && ./bin/tool', ['bin/tool', 'env.sh']],
    ['. ./env.sh; exec bin/tool data.csv', ['bin/tool', 'env.sh']],
    ['bash -e go.sh', ['env.sh', 'go.sh', ...TRAIN].sort()],
    ["python3 'odd name.py'", ['odd name.py']],
    ['x=$(python3 unused.py); for i in 1; do echo $(bin/tool); done', ['bin/tool', 'unused.py']],
    ['Rscript --vanilla a.R', ['a.R', 'b.R']],
    ['julia -t 4 x/a.jl', ['x/a.jl', 'x/b.jl']],
    ['node a.mjs', ['a.mjs', 'b.js', 'lib/index.js']],
    ['awk -f sum.awk data.csv', ['sum.awk']],
  ])('%s', (command, files) => {
    expect(codeOf(`run: ${JSON.stringify(command)}`)).toEqual(files);
  });

  it.each([
    'cat data.csv > {output}',
    'echo "python3 train.py"',
    'echo x # python3 train.py',
    'cat <<X\npython3 train.py\nX',
    'python3 {config.file}',
    'python3 "$HOME/train.py"',
    'python3 /train.py ../train.py',
    'python3 -c "import helper" unused',
    'python3 missing.py data.csv',
    'python3 train.pyc',
  ])('%s names none', (command) => {
    expect(codeOf(`run: ${JSON.stringify(command)}`)).toEqual([]);
  });

  it('a Python script of a rule names what it imports, at any depth', () => {
    const script = 'import numpy\nif True:\n    from pkg.two import x\n"import unused"';
    expect(codeOf(`shell: python3, run: ${JSON.stringify(script)}`)).toEqual(['helper.py', ...PKG]);
  });

  it('a check names its program', () => {
    expect(codeOf('run: "true"').length).toBe(0);
    const { plan } = compileText(
      'wfc: 1\nrules:\n  r: {output: {path: o, check: {run: "python3 unused.py {file}"}}, run: x, code: auto}\n',
      { files: FILES },
    );
    expect(plan!.rules[0]!.rule.code).toEqual(['unused.py']);
  });
});

describe('the warning of code that is not declared', () => {
  const messages = (rules: string): string[] =>
    compileText(`wfc: 1\nparams: {i: [train, other]}\nrules:\n${rules}`, { files: FILES }).diagnostics.map(
      (d) => d.message,
    );

  it('is one a rule, and none where the files are declared, are inputs or are made', () => {
    expect(messages('  r: {output: o, run: "python3 train.py; bin/tool"}\n')).toEqual([
      'rule "r" uses train.py, bin/tool, helper.py and 4 more, and an edit of them makes nothing stale',
    ]);
    expect(messages('  r: {output: o, run: "python3 unused.py", code: unused.py}\n')).toEqual([]);
    expect(messages('  r: {output: o, run: "python3 unused.py; bin/tool", code: ./unused.py}\n')).toEqual([
      'rule "r" uses bin/tool, and an edit of it makes nothing stale',
    ]);
    expect(messages('  r: {output: o, run: "python3 unused.py", code: []}\n')).toEqual([]);
    expect(messages('  r: {input: unused.py, output: o, run: "python3 unused.py"}\n')).toEqual([]);
    const made = '  m: {output: unused.py, run: x}\n  d: {output: {path: bin, directory: true}, run: x}\n';
    expect(messages(`${made}  r: {output: o, run: "python3 unused.py; bin/tool"}\n`)).toEqual([]);
    // What another rule reads says nothing of this one.
    expect(
      messages('  a: {input: unused.py, output: a, run: x}\n  r: {output: o, run: "python3 unused.py"}\n'),
    ).toHaveLength(1);
  });
});
