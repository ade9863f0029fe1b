/** A hint at `preload`, where each of many tasks imports what takes long. */
import { expect, it } from 'vitest';
import { CodeFinder } from '../../src/compile/rules/code-files.ts';
import { PRELOADING } from '../../src/compile/rules/command.ts';
import { heavyImports } from '../../src/compile/rules/heavy-imports.ts';
import { lineAndColumn } from '../../src/model/source.ts';
import { compileText, inMemory } from '../schema/compile-text.ts';

const FILES = {
  'utils.py': 'import pandas as pd\n',
  'light.py': 'import json\ndef f():\n    import torch\n',
  'pkg/__init__.py': '',
  'pkg/one.py': 'from . import two\n',
  'pkg/two.py': 'import numpy\n',
  'plots.R': 'library(ggplot2)\n',
} as const;

/** The modules that the hint names, the packages of its message, and what it underlines; null where there is none. */
function hintOf(
  rule: string,
  run: string,
  tasks = 101,
): { preload: string; packages: string; underlined: string } | null {
  const lines = run
    .split('\n')
    .map((line) => `      ${line}\n`)
    .join('');
  const { plan, diagnostics } = compileText(
    `wfc: 1\nparams: {n: {from: 1, to: ${tasks}}}\ndefaults: {code: []}\nrules:\n  r:\n    output: "o/{n}"\n${rule}    run: |\n${lines}`,
    { files: FILES },
  );
  expect(plan).not.toBeNull();
  const [hint, ...others] = diagnostics;
  expect(others).toEqual([]);
  if (!hint) return null;
  expect([hint.severity, hint.message]).toEqual([
    'warning',
    expect.stringMatching(`^each of the ${tasks} tasks of rule "r" imports .* anew$`),
  ]);
  const { source, start, end } = hint.location!;
  expect(lineAndColumn(source, start).line).toBeGreaterThan(7);
  return {
    preload: /preload: \[(.*)\]$/.exec(hint.hint!)![1]!,
    packages: / imports (.*) anew$/.exec(hint.message)![1]!,
    underlined: source.text.slice(start, end),
  };
}

const PYTHON = '    shell: python3\n';

it.each<[run: string, preload: string, packages: string, underlined: string]>([
  ['import os\nimport numpy as np, json', 'numpy', 'numpy', 'import numpy as np, json'],
  ['from pandas import DataFrame; import numpy', 'pandas, numpy', 'pandas and numpy', 'from pandas import DataFrame'],
  ['from sklearn.svm import SVC', 'sklearn.svm', 'sklearn', 'from sklearn.svm import SVC'],
  ['from scipy import stats, pi', 'scipy.stats', 'scipy', 'from scipy import stats, pi'],
  ['import matplotlib\nimport matplotlib.pyplot as plt', 'matplotlib.pyplot', 'matplotlib', 'import matplotlib'],
  ['def f():\n  import torch\nf()', 'torch', 'torch', 'import torch'],
  ['from utils import f', 'utils', 'pandas', 'from utils import f'],
  ['import light, utils\nimport numpy', 'light, utils, numpy', 'numpy and pandas', 'import light, utils'],
  ['from pkg import one', 'pkg.one', 'numpy', 'from pkg import one'],
  ['import pkg.two as t', 'pkg.two', 'numpy', 'import pkg.two as t'],
])('a python3 script %j', (run, preload, packages, underlined) => {
  expect(hintOf(PYTHON, run)).toEqual({ preload, packages, underlined });
});

/** The same of an Rscript script, whether or not wfc can preload these yet. */
function inR(text: string): ReturnType<typeof hintOf> {
  const own = new CodeFinder(inMemory(FILES)).find({ shell: 'Rscript', text, commands: [] });
  const found = heavyImports({ shell: 'Rscript', text }, own, (path) => FILES[path as keyof typeof FILES]);
  if (found === null) return null;
  const underlined = text.slice(found.at, found.at + found.length);
  return { preload: found.preload.join(', '), packages: found.packages.join(' and '), underlined };
}

it.each<[run: string, packages: readonly string[], underlined: string]>([
  ['suppressMessages(library("dplyr"))\nrequire(data.table)', ['dplyr', 'data.table'], 'library("dplyr")'],
  ['source("plots.R")', ['ggplot2'], 'plots.R'],
])('an Rscript script %j', (run, packages, underlined) => {
  expect(inR(run)).toEqual({ preload: packages.join(', '), packages: packages.join(' and '), underlined });
});

it.each([['# library(dplyr)\nmylibrary(dplyr)\ncat("library(dplyr)")'], ['library(stats)']])(
  'nothing is said of %j in R',
  (run) => {
    expect(inR(run)).toBeNull();
  },
);

it('a shell is hinted at as soon as it can be preloaded', () => {
  expect(hintOf('    shell: Rscript\n', 'library(dplyr)') !== null).toBe(PRELOADING.has('Rscript'));
});

it.each([
  ['import json, sys, unknown'],
  ['import light'],
  ['from . import numpy'],
  ['# import numpy\nx = "import numpy"'],
  ['numpyro = 1\nimport mynumpy'],
])('nothing is said of %j', (run) => {
  expect(hintOf(PYTHON, run)).toBeNull();
});

it('nothing is said of a hundred tasks, of other shells, nor where the rule preloads', () => {
  expect(hintOf(PYTHON, 'import numpy', 101)).not.toBeNull();
  expect(hintOf(PYTHON, 'import numpy', 100)).toBeNull();
  expect(hintOf('    shell: node\n', 'import("numpy")')).toBeNull();
  expect(hintOf('', 'import numpy')).toBeNull();
  expect(hintOf(`${PYTHON}    preload: numpy\n`, 'import numpy')).toBeNull();
  expect(hintOf(`${PYTHON}    preload: []\n`, 'import numpy')).toBeNull();
  expect(hintOf(`${PYTHON}    container: x.sif\n`, 'import numpy')).not.toBeNull();
  expect(hintOf(`${PYTHON}    conda: x\n`, 'import numpy')).not.toBeNull();
});
