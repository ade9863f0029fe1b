/**
 * Modules that each of many tasks imports anew, where a worker could import them once and fork a child a task: see
 * `preload` in schema/README.md.
 */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { PlannedRule } from '../../model/plan.ts';
import { locationInside, type ScalarNode } from '../../model/source.ts';
import type { Rule } from '../../model/workflow.ts';
import type { SpecFiles } from '../context.ts';
import * as report from '../report/report.ts';
import { pythonImports } from '../script/python-imports.ts';
import { attachedPackages } from '../script/r-packages.ts';
import type { CodeFinder, NamedFile, NamingText } from './code-files.ts';

/** A rule whose script says nothing of what it wants imported once, though it could. */
export interface Unpreloaded {
  readonly rule: Rule;
  readonly run: ScalarNode;
  readonly naming: NamingText;
}

/** Rules of as many tasks or fewer are none to hint at: what they could save is over in a minute. */
const FEW_TASKS = 100;

/** Packages whose import takes a tenth of a second, or seconds: as long as many a task. */
const HEAVY_PYTHON: ReadonlySet<string> = new Set(
  (
    'numpy pandas scipy sklearn torch torchvision tensorflow keras jax xarray matplotlib seaborn statsmodels numba dask ' +
    'polars pyarrow transformers lightning xgboost lightgbm cv2 skimage geopandas rasterio netCDF4 sympy networkx plotly ' +
    'anndata scanpy'
  ).split(' '),
);
const HEAVY_R: ReadonlySet<string> = new Set(
  (
    'tidyverse dplyr tidyr readr purrr data.table ggplot2 lubridate sf terra raster stars arrow caret tidymodels lme4 ' +
    'brms rstan torch keras Seurat DESeq2 SummarizedExperiment GenomicRanges Biostrings phyloseq'
  ).split(' '),
);

/** What `from scipy import stats` means: a module, which the import of its package alone leaves out. */
const SUBMODULES: Readonly<Record<string, ReadonlySet<string>>> = {
  scipy: new Set('fft integrate interpolate io linalg ndimage optimize signal sparse spatial special stats'.split(' ')),
  sklearn: new Set(
    'cluster datasets decomposition ensemble linear_model metrics pipeline preprocessing svm tree'.split(' '),
  ),
  matplotlib: new Set(['pyplot']),
};

/** Warn once a rule. Reads only rules of many tasks. */
export function warnOfHeavyImports(
  unpreloaded: readonly Unpreloaded[],
  rules: readonly PlannedRule[],
  { files, finder, diagnostics }: { files: SpecFiles; finder: CodeFinder; diagnostics: Diagnostic[] },
): void {
  for (const { rule, run, naming } of unpreloaded) {
    const planned = rules[rule.index];
    if (planned?.rule !== rule || planned.space.size <= FEW_TASKS) continue;
    const found = heavyImports(naming, finder.find(naming), (path) => {
      const read = files.readText(path);
      return 'text' in read ? read.text : '';
    });
    if (found === null) continue;
    const location = locationInside(run, found.at, found.length);
    const { packages, preload } = found;
    diagnostics.push(report.heavyImports(location, rule.name, planned.space.size, packages, preload));
  }
}

export interface HeavyImports {
  /** The packages that take long, wherever they are imported. */
  readonly packages: readonly string[];
  /** What brings them when it is preloaded. */
  readonly preload: readonly string[];
  /** What stands first in the script and imports some. */
  readonly at: number;
  readonly length: number;
}

/**
 * What a script imports that takes long; null for nothing.
 * @param own the files of the spec's folder that it imports or sources, and so on
 */
export function heavyImports(
  { shell, text }: Pick<NamingText, 'shell' | 'text'>,
  own: readonly NamedFile[],
  textOf: (path: string) => string,
): HeavyImports | null {
  const { packages, preload, places } = shell === 'python3' ? ofPython(text, own, textOf) : ofR(text, own, textOf);
  const [first] = inOrder(places);
  if (!first || packages.length === 0) return null;
  return { packages: unique(packages), preload: withoutParents(unique(preload)), at: first.at, length: first.length };
}

interface Place {
  readonly at: number;
  readonly length: number;
}

interface Found {
  readonly packages: readonly string[];
  readonly preload: readonly string[];
  readonly places: readonly Place[];
}

function ofPython(text: string, own: readonly NamedFile[], textOf: (path: string) => string): Found {
  const imports = inOrder(pythonImports(text).filter(({ level }) => level === 0));
  const paths = new Set(own.map(({ path }) => path));
  const ofOwn = [...paths]
    .filter((path) => path.endsWith('.py'))
    .flatMap((path) => pythonImports(textOf(path)))
    // What a function imports, it may never come to.
    .filter(({ level, isIndented, module }) => level === 0 && !isIndented && isHeavy(module));
  const isOwn = (module: string): boolean => {
    const path = module.replaceAll('.', '/');
    return paths.has(`${path}.py`) || paths.has(`${path}/__init__.py`);
  };
  // The spec's own modules bring what they import.
  const wanted = imports.filter(({ module }) => isHeavy(module) || (ofOwn.length > 0 && isOwn(rootOf(module))));
  return {
    packages: [...wanted.filter(({ module }) => isHeavy(module)), ...ofOwn].map(({ module }) => rootOf(module)),
    preload: wanted.flatMap(({ module, names }) => {
      const modules = names.filter((name) => SUBMODULES[module]?.has(name) || isOwn(`${module}.${name}`));
      return modules.length === 0 ? [module] : modules.map((name) => `${module}.${name}`);
    }),
    places: wanted,
  };
}

function ofR(text: string, own: readonly NamedFile[], textOf: (path: string) => string): Found {
  const attached = attachedPackages(text).filter(({ name }) => HEAVY_R.has(name));
  const sourced = own.filter(({ path }) => /\.[Rr]$/.test(path));
  const ofOwn = sourced.flatMap(({ path }) => attachedPackages(textOf(path))).filter(({ name }) => HEAVY_R.has(name));
  const packages = [...attached, ...ofOwn].map(({ name }) => name);
  // Where a file is sourced: those that others source have no word here.
  const calls = sourced
    .filter(({ word }) => word !== '')
    .map(({ word }) => ({ at: text.indexOf(word), length: word.length }));
  return { packages, preload: packages, places: attached.length > 0 ? attached : calls };
}

function isHeavy(module: string): boolean {
  return HEAVY_PYTHON.has(rootOf(module));
}

function rootOf(module: string): string {
  return module.split('.', 1)[0]!;
}

function inOrder<T extends Place>(places: readonly T[]): T[] {
  return [...places].sort((a, b) => a.at - b.at);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** `sklearn.svm` imports `sklearn`. */
function withoutParents(names: readonly string[]): string[] {
  return names.filter((name) => !names.some((other) => other.startsWith(`${name}.`)));
}
