/**
 * As preload.test.ts, for packages of R: the outcome of each script (journal, files, log) is compared with that of the same
 * script without `preload`. Where there is no Rscript, these say that they are skipped.
 */
import { execaSync } from 'execa';
import { expect, it } from 'vitest';
import { type Experiment, experiment, gone, isAlive } from '../support/experiment.ts';
import { attempt, type Executor, type Outcome, prepare, start } from './executors.ts';
import { comparable, ONE_ELEMENT, outcomeOfScript, specOfScripts } from './script-outcomes.ts';

/** Who keeps interpreters up; a recipe of make starts its own. */
const KEEPERS: readonly Executor[] = ['wfc run', 'an element'];
const hasR = !execaSync('Rscript', ['--version'], { reject: false }).failed;
/** Each on a machine with R. */
const inR = (claim: string, test: (executor: Executor) => Promise<void>): void => {
  for (const executor of KEEPERS) {
    it(claim.replace('%s', executor), async ({ skip }) => {
      skip(!hasR, 'there is no Rscript');
      await test(executor);
    });
  }
};

/** By the rule's name, in the order in which they run, one after another in one interpreter. */
const SCRIPTS: Readonly<Record<string, string>> = {
  // --- what it is ---
  has_arguments: `writeLines(c(commandArgs(trailingOnly = TRUE), basename(commandArgs()[1:4]), getwd() == normalizePath('.')), {output})`,
  has_values: `writeLines(paste({word}, {attempt}, {resources.cpus}, {input}), {output})`,
  has_globals: `writeLines(c(ls(all.names = TRUE), search(), environmentName(environment())), {output})`,
  has_an_environment: `
writeLines(c(Sys.getenv('WORD'), Sys.getenv('CUDA_VISIBLE_DEVICES', 'none'), system('echo $WORD', intern = TRUE)), {output})`,
  has_an_empty_input: `writeLines(as.character(length(readLines(file('stdin')))), {output})`,
  has_descriptors: `writeLines(c(list.files('/proc/self/fd'), nrow(showConnections())), {output})`,
  has_signals: `writeLines(grep('^(Sig|Shd)(Blk|Ign|Cgt)', readLines('/proc/self/status'), value = TRUE), {output})`,
  has_options: `
o <- options(); writeLines(c(names(o), o$warn, o$showErrorCalls, compiler::enableJIT(-1), setdiff(names(getLoadedDLLs()), 'splines')), {output})`,
  has_a_folder_for_itself: `
writeLines(c(length(list.files(tempdir())), basename(tempdir()) == basename(Sys.getenv('R_SESSION_TMPDIR'))), {output})
writeLines(tempdir(), paste0('folder.', {word}))
unlink(paste0('folder.', {word}))`,
  has_no_seed: `invisible(file.create({output})); stopifnot(!exists('.Random.seed')); x <- runif(1); stopifnot(exists('.Random.seed'))`,
  has_a_seed_of_its_own: `set.seed(1); writeLines(format(runif(2)), {output})`,
  // --- how it ends ---
  ends: `invisible(file.create({output}))`,
  quits: `invisible(file.create({output})); q()`,
  quits_with_3: `invisible(file.create({output})); quit(status = 3)`,
  stops: `f <- function(x) g(x); g <- function(x) stop('bad fit'); f(1)`,
  is_no_r: `x <- 1\nprint(x)\nx y\nprint(2)`,
  is_interrupted: `tools::pskill(Sys.getpid(), 2); Sys.sleep(10)`,
  is_killed: `tools::pskill(Sys.getpid(), 9)`,
  leaves_no_output: `x <- 1`,
  // --- what is done at its end ---
  prints: `1 + 1; invisible(3); message('err'); cat('no newline'); invisible(file.create({output}))`,
  warns: `
invisible(file.create({output}))
f <- function() warning('one'); f(); print('between'); for (i in 1:3) warning(i)
options(warn = 1); warning('at once')`,
  cleans_up: `
.Last <- function() cat('last\\n')
reg.finalizer(environment(), function(e) cat('finalizer\\n'), onexit = TRUE)
local({ on.exit(cat('on exit\\n')); cat('in\\n') }); (function() { on.exit(cat('out\\n')); 1 })()
invisible(file.create({output}))`,
  plots: `plot(1); writeLines(as.character(dev.cur()), {output}); invisible(dev.off()); stopifnot(file.remove('Rplots.pdf'))`,
  leaves_a_plot: `invisible(file.create({output})); pdf(paste0({word}, '.pdf')); plot(1); cat(names(dev.list()))`,
  // --- packages and processes ---
  attaches: `library(stats4); library(splines); writeLines(c(search(), exists('bs'), is.function(mle)), {output})`,
  lacks_a_package: `library(no.such.package)`,
  runs_a_program: `system('echo said; echo error >&2'); writeLines(system('echo x', intern = TRUE), {output})`,
  forks: `writeLines(format(unlist(parallel::mclapply(1:2, function(x) 2 * x, mc.cores = 2))), {output})`,
  closes_all: `closeAllConnections(); writeLines('x', {output})\ncat('still here\\n')`,
  // --- what one does is nothing to the next ---
  changes_all: `
Sys.setenv(LEAK = '1', WORD = 'leak'); set.seed(1); options(leak = 1, digits = 3); leak <- 1; Sys.umask('077')
file.create(file.path(tempdir(), 'leak')); invisible(file.create({output})); setwd('/'); library(splines); sink('/dev/null')`,
  sees_nothing_of_it: `
writeLines(c(Sys.getenv('LEAK'), Sys.getenv('WORD'), getOption('leak', 'none'), getOption('digits'), ls(all.names = TRUE),
  list.files(tempdir()), search(), exists('.Random.seed'), getwd() == normalizePath('.'), format(Sys.umask())), {output})`,
};

const spec = (preload: string): string => specOfScripts({ shell: 'Rscript', preload, input: 'given' }, SCRIPTS);

/** And without the time in a PDF. */
function withoutTimes(outcome: Outcome): Outcome {
  const files = Object.entries(outcome.files).map(([path, text]) => [path, text.replace(/^\/(Cre|Mod).*\n/gm, '')]);
  return { ...comparable(outcome), files: Object.fromEntries(files) };
}

inR('by %s, an R script ends in a fork as it does in an R of its own', async (executor) => {
  const alone = withoutTimes(await attempt(executor, experiment(spec(''), { given: '' })));
  const forked = withoutTimes(await attempt(executor, experiment(spec(', preload: [stats4, splines]'), { given: '' })));
  for (const name of Object.keys(SCRIPTS))
    expect([name, outcomeOfScript(forked, name)]).toEqual([name, outcomeOfScript(alone, name)]);
  expect(Object.keys(forked.files).sort()).toEqual(Object.keys(alone.files).sort());
  expect(forked.journal.length).toBeGreaterThan(Object.keys(SCRIPTS).length);
});

const SEVERAL = `
params: {n: {from: 1, to: 4}}
rules:
  one:
    shell: Rscript
    preload: [stats4, splines]
    output: out/{n}
    run: |
      writeLines(c(Sys.getenv('STARTED'), intersect(c('stats4', 'splines'), loadedNamespaces()), runif(1)), {output})
`;

/** Notes when R starts. */
const PROFILE = {
  '.Rprofile': `cat('started\n', file = 'starts', append = TRUE)\nSys.setenv(STARTED = Sys.getpid())\n`,
};

inR('by %s, packages are loaded once for all tasks of a lane, and each seeds itself', async (executor) => {
  const made = experiment(SEVERAL, { ...PROFILE, ...ONE_ELEMENT });
  expect((await attempt(executor, made)).ended).toBe('well');
  const written = [1, 2, 3, 4].map((n) => made.read(`out/${n}`).trim().split('\n'));
  expect(made.read('starts')).toBe('started\n');
  expect(new Set(written.map(([started]) => started)).size).toBe(1);
  expect(written.map((lines) => lines.slice(1, 3))).toEqual(new Array(4).fill(['stats4', 'splines']));
  expect(new Set(written.map((lines) => lines[3])).size).toBe(4);
});

inR('by %s, a package that can not be loaded fails each task, with the message of R', async (executor) => {
  const made = experiment(SEVERAL.replace('splines]', 'no.such.package]'), ONE_ELEMENT);
  const { journal, logs } = await attempt(executor, made);
  expect(journal.filter((line) => line.startsWith('failed'))).toEqual(
    [1, 2, 3, 4].map((n) => `failed out/${n} 1 exit_status:1`),
  );
  expect(logs['.wfc/logs/one/n=1.log']).toMatch(
    /^Error in library\(no\.such\.package\) : \n? *there is no package called \S*no\.such\.package\S*\nExecution halted\n$/,
  );
});

/** R has started when the limit of the task in question begins. */
const SLOW = `
rules:
  before:
    shell: Rscript
    preload: stats4
    output: b
    run: invisible(file.create({output}))
  one:
    shell: Rscript
    preload: stats4
    input: b
    output: a
    resources: {time: 3s}
    run: |
      system("sleep 1000 & echo $! >child")
      own <- readLines("/proc/self/stat")
      writeLines(paste(Sys.getpid(), readLines("child"), sub("^.*\\\\) . (\\\\d+) .*", "\\\\1", own)), "pids.new")
      invisible(file.rename("pids.new", "pids"))
      repeat cat("x", file = {output}, append = TRUE)
`;

const processes = (made: Experiment): number[] => made.read('pids').trim().split(' ').map(Number);

inR('by %s, a time limit ends the R script and all that it started', async (executor) => {
  const made = experiment(SLOW);
  const { journal, files } = await attempt(executor, made);
  expect(journal).toEqual(['started b 1', 'done b', 'started a 1', 'failed a 1 time_limit:3']);
  expect(files.a).toBeUndefined();
  expect(processes(made).slice(0, 2).filter(isAlive)).toEqual([]);
  for (const pid of processes(made)) await gone(pid);
});

inR('by %s, nothing is left of R once all was killed', async (executor) => {
  const made = experiment(SLOW.replace('time: 3s', ''));
  await prepare(executor, made);
  const running = start(executor, made);
  await made.filled('pids');
  const [, , preloader] = processes(made);
  const owner = execaSync('cat', [`/proc/${preloader}/cmdline`]).stdout.split('\0');
  if (executor === 'wfc run') running.kill('SIGKILL');
  else process.kill(Number(owner[owner.indexOf('--args') + 1]), 'SIGKILL');
  for (const pid of processes(made)) await gone(pid);
});

inR('by %s, an R script that is asked to stop does, also where its preloader hears of it first', async (executor) => {
  const made = experiment(SLOW.replace('time: 3s', ''));
  await prepare(executor, made);
  const running = start(executor, made);
  await made.filled('pids');
  process.kill(processes(made)[2]!, 'SIGTERM');
  running.kill('SIGTERM');
  expect((await running.ended).journal).toEqual(['started b 1', 'done b', 'started a 1', 'interrupted a']);
  for (const pid of processes(made)) await gone(pid);
});
