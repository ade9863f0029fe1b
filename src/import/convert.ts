import { compile } from '../compile/compile.ts';
import { NO_OVERRIDES, type SpecFiles } from '../compile/context.ts';
import { type Diagnostic, hasErrors } from '../model/diagnostic.ts';
import type { CallFunctions, Snakefile } from '../model/snakefile.ts';
import { lineAndColumn } from '../model/source.ts';
import { withFiles } from './from-files.ts';
import { splitByPresence } from './functions/presence.ts';
import { type Resolved, resolveFunctions } from './functions/resolve.ts';
import { goalOf, missingTargets, splitByMaker } from './goal.ts';
import type { Jobs } from './jobs/job.ts';
import { type Found, findJobs } from './jobs.ts';
import { fitAxes } from './params/axes.ts';
import type { Sharing } from './params/classes.ts';
import { fillParts, outputItems } from './patterns.ts';
import type { Places } from './places.ts';
import { type Site, type SiteProfile, siteOf } from './site/site.ts';
import { isInline, type SpecText, writeSpec } from './spec.ts';
import { withLater } from './staged/files.ts';
import type { Later } from './staged/fit.ts';
import { LaterLists, pathOfList, placeOfList } from './staged/lists.ts';
import { compare } from './verify.ts';

export interface ConvertOptions {
  /** Rules or files that are asked for; none: the first rule. */
  readonly goals: readonly string[];
  /** How the spec is called in messages. */
  readonly specFile: string;
  readonly files: SpecFiles;
  readonly places: Places;
  readonly call: CallFunctions;
  /** The profile of Snakemake's whose resources count: a folder, or the name of one beside the Snakefile; null: the only one. */
  readonly profile: string | null;
}

export interface Converted {
  /** null where the paths could not be converted, so that no spec would be right. */
  readonly text: string | null;
  readonly rules: number;
  /** Those known before anything has run; 0 while files are to be brought. */
  readonly tasks: number;
  /** What the other tasks wait for: what rules make, and files that are to be brought, of which the rule is null. */
  readonly waits: readonly { readonly rule: string | null; readonly path: string }[];
  /** Rules whose command is left to the user, and fails until then. */
  readonly unfinished: readonly string[];
  /** Rules whose command placeholders can't tell; Python may, task by task. */
  readonly forPython: readonly string[];
  /** Files that the spec needs beside it, by name. */
  readonly beside: Readonly<Record<string, string>>;
  /** What belongs to the site. */
  readonly profiles: readonly SiteProfile[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 *  Snakefile ──findJobs──▶ Jobs ──resolveFunctions──▶ Jobs ──fitAxes──▶ Axes ──writeSpec──▶ text ──compile──▶ Plan
 *                    (as Snakemake's)       (without functions)   (params, tables)                            │
 *                                                                                       differences ◀──compare┘
 *
 * The spec is a guess until the last step: wfc's own plan of it must have the same tasks, with the same outputs, inputs
 * and producers. Where it has not, nothing is handed out.
 */
export async function convert(told: Snakefile, options: ConvertOptions): Promise<Converted> {
  const { places } = options;
  const diagnostics: Diagnostic[] = [
    ...told.problems.map((p) => places.error(p, p.message, p.hint)),
    ...told.notes.map((n) => places.warning(n, n.message)),
  ];
  const fail = (...more: readonly Diagnostic[]): Converted => ({
    text: null,
    rules: 0,
    tasks: 0,
    waits: [],
    unfinished: [],
    forPython: [],
    beside: {},
    profiles: [],
    diagnostics: [...diagnostics, ...more],
  });
  if (told.problems.length > 0) return fail();
  const site = siteOf(told, options);
  if ('problem' in site)
    return fail({ severity: 'error', message: site.problem, location: null, hint: 'name its folder' });
  const read = site.snakefile;
  const goal = goalOf(read, options.goals, places);
  if ('diagnostic' in goal) return fail(goal.diagnostic);
  const needed = await findJobs(read, { goal, places, files: options.files, call: options.call });
  if ('diagnostics' in needed) return fail(...needed.diagnostics);
  if (needed.jobs.length === 0)
    return fail(
      places.error(
        goal,
        `rule "${goal.name}" needs nothing that another rule makes`,
        'name a rule or a file with --goal',
      ),
    );
  const best = await bestAttempt(needed, site, options);
  if ('refused' in best) return fail(...best.refused);
  const {
    sharing,
    attempt: { written, beside, later, checked },
    resolved: { snakefile, jobs, diagnostics: more },
  } = best;
  diagnostics.push(...more, ...site.diagnostics, ...leftOut(snakefile, jobs, places), ...onlyWaits(jobs, places));
  diagnostics.push(
    ...withoutMaker(missingTargets(jobs, options.files), jobs, places),
    ...readLogs(read, needed, places),
    ...constrained(read, needed, places),
  );
  diagnostics.push(...written.diagnostics, ...checked.diagnostics);
  if (sharing === 'own')
    diagnostics.push(
      places.warning(goal, 'the wildcards fit no params that rules share: each rule has those of its jobs'),
    );
  const { unfinished } = written;
  const wrong = snakefile.rules.filter((rule) => checked.commands.includes(rule.name) && isInline(rule));
  const forPython = [...new Set([...written.forPython, ...wrong.map((rule) => rule.name)])];
  if (!checked.isSame) return { ...fail(), forPython };
  const rules = new Set(jobs.jobs.map((j) => j.rule)).size;
  const waits = waitsOf(later);
  const tasks = waits.length === 0 ? jobs.jobs.length : knownTasks(written.text, later, beside, options);
  const { text } = written;
  return { text, rules, tasks, waits, unfinished, forPython, beside, profiles: site.profiles, diagnostics };
}

interface Best {
  readonly sharing: Sharing;
  readonly attempt: Attempt;
  readonly resolved: Resolved;
}

/** The first way to say it that means the same; else the first that can be said at all, or why none can. */
async function bestAttempt(
  needed: Found,
  site: Site,
  options: ConvertOptions,
): Promise<Best | { refused: readonly Diagnostic[] }> {
  const { snakefile: read } = needed;
  const whole = { snakefile: read, jobs: splitByMaker(needed, options.files) };
  const split = splitByPresence(read, needed);
  const parted = { ...split, jobs: splitByMaker(split.jobs, options.files) };
  let best: Best | null = null;
  let refused: readonly Diagnostic[] = [];
  for (const { snakefile, jobs } of split.jobs === needed ? [whole] : [parted, whole]) {
    const resolutions = new Map<boolean, Resolved>();
    for (const { lift, sharing } of WAYS) {
      const resolved = resolutions.get(lift) ?? (await resolveFunctions(snakefile, jobs, { ...options, lift }));
      resolutions.set(lift, resolved);
      if (hasErrors(resolved.diagnostics)) {
        refused = resolved.diagnostics;
        continue;
      }
      // Nothing was a function: there is nothing to lift, or to hold apart.
      if (resolved.jobs === jobs && (!lift || sharing === 'apart')) continue;
      if (sharing === 'own' && jobs.jobs.length > MOST_JOBS_IN_TABLES) break;
      const how = { sharing, site, options };
      const attempt = tryOut(resolved, how);
      if (attempt.checked.isSame) return { sharing, attempt: betterWithFiles(attempt, resolved, how), resolved };
      best ??= { sharing, attempt, resolved };
    }
  }
  return best ?? { refused };
}

/**
 * In which ways to try, the one that a person would write first. What a function gave may be the values of another rule's
 * wildcard, or only look like it; what fits no params at all has a table for each rule.
 */
const WAYS: readonly { readonly lift: boolean; readonly sharing: Sharing }[] = [
  { lift: true, sharing: 'shared' },
  { lift: true, sharing: 'apart' },
  { lift: false, sharing: 'shared' },
  { lift: false, sharing: 'apart' },
  { lift: true, sharing: 'same' },
  { lift: false, sharing: 'same' },
  { lift: true, sharing: 'own' },
  { lift: false, sharing: 'own' },
];

/** More rows than a person would keep in a spec. */
const MOST_JOBS_IN_TABLES = 5000;

interface Attempt {
  readonly written: SpecText;
  readonly beside: Readonly<Record<string, string>>;
  readonly later: Later;
  readonly checked: Checked;
}

interface Checked {
  readonly isSame: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** Rules whose command wfc does not accept. */
  readonly commands: readonly string[];
}

interface AttemptOptions {
  readonly sharing: Sharing;
  /** Values are taken from the files that hold them; not unless told. */
  readonly fromFiles?: true;
  readonly site: Site;
  readonly options: ConvertOptions;
}

/** The same with values taken from files, where that changes nothing else. */
function betterWithFiles(attempt: Attempt, resolved: Resolved, how: AttemptOptions): Attempt {
  const isFit = attempt.checked.isSame && attempt.later.axes.length + attempt.later.tables.length === 0;
  if (!isFit || resolved.snakefile.readFiles.length === 0) return attempt;
  const other = tryOut(resolved, { ...how, fromFiles: true });
  const isAsGood =
    other.checked.isSame &&
    other.checked.diagnostics.length <= attempt.checked.diagnostics.length &&
    other.written.unfinished.length <= attempt.written.unfinished.length;
  return isAsGood ? other : attempt;
}

function tryOut({ snakefile, jobs }: Resolved, { sharing, fromFiles, site, options }: AttemptOptions): Attempt {
  const lists = new LaterLists(snakefile.lists, jobs);
  const fitted = fitAxes(jobs, lists, sharing);
  const rules = [...new Set(jobs.jobs.map((job) => job.rule))];
  const sources = { paths: snakefile.readFiles, files: options.files };
  const axes = (fromFiles && withFiles(fitted, rules, sources)) || fitted;
  const written = writeSpec({ snakefile, jobs, axes, site, places: options.places, files: options.files });
  const beside = Object.fromEntries(Object.entries(snakefile.beside).filter(([name]) => written.code.has(name)));
  const { later } = axes;
  const found = lists.in(written.text);
  const left = found ? [`values of ${placeOfList(found.list)} come out in the spec, and nobody knows them yet`] : [];
  const problems = [...new Set([...later.problems, ...left])];
  const checked =
    problems.length > 0
      ? {
          isSame: false,
          diagnostics: problems.map((problem) => options.places.error(jobs.goal, problem, BY_HAND)),
          commands: [],
        }
      : check(written.text, jobs, later, { ...options, files: filesWith(options.files, beside) });
  return { written, beside, later, checked };
}

const BY_HAND =
  'give the list to a param by hand: let a rule write it into a file, one value a line, and write param: {lines: FILE}';

function waitsOf({ axes, tables }: Later): Converted['waits'] {
  const lists = new Set([...axes, ...tables].map(({ list }) => list));
  return [...lists].map((list) => ({ rule: list.rule?.name ?? null, path: pathOfList(list) }));
}

/** How many tasks there are before a rule has run. */
function knownTasks(
  text: string,
  later: Later,
  beside: Readonly<Record<string, string>>,
  { specFile, files }: ConvertOptions,
): number {
  if (later.axes.some(({ list }) => list.rule === null)) return 0;
  const with_ = withLater(filesWith(files, beside), later);
  return compile({ file: specFile, text }, { files: with_.files, overrides: NO_OVERRIDES }).plan?.neededCount ?? 0;
}

/** The files as they will be once these are written. */
function filesWith(files: SpecFiles, beside: Readonly<Record<string, string>>): SpecFiles {
  return {
    place: files.place,
    list: (folder) => files.list(folder),
    kind: (path) => (path in beside ? 'file' : files.kind(path)),
    readText: (path) => (path in beside ? { text: beside[path]! } : files.readText(path)),
  };
}

function check(text: string, jobs: Jobs, later: Later, { specFile, files, places }: ConvertOptions): Checked {
  const with_ = withLater(files, later);
  const { plan, diagnostics } = compile({ file: specFile, text }, { ...with_, overrides: NO_OVERRIDES });
  if (!plan) {
    const errors = diagnostics.filter((d) => d.severity === 'error');
    const start = places.error(
      jobs.goal,
      'the Snakefile was read, but wfc does not accept what became of it, as follows',
    );
    return { isSame: false, diagnostics: [start, ...errors], commands: rulesWithWrongCommands(errors) };
  }
  const listing = later.tables.filter(({ isListed }) => isListed).map(({ name }) => name);
  const { wrong, reordered } = compare(plan, jobs, { known: with_.known, rules: listing });
  const told = wrong.map((w) =>
    places.error(
      jobs.goal,
      `no spec was found that means the same: ${w}`,
      'name a smaller part with --goal, and write the rest by hand',
    ),
  );
  const order = jobs.jobs
    .map((j) => j.rule)
    .filter((rule, i, all) => reordered.includes(rule.name) && all.indexOf(rule) === i)
    .map((rule) =>
      places.warning(
        rule,
        `the inputs of rule "${rule.name}" are the same, in another order: a spec orders them by its params`,
      ),
    );
  return { isSame: !hasErrors(told), diagnostics: [...told, ...order], commands: [] };
}

/** Rules of a spec that have one of the errors in their command. */
function rulesWithWrongCommands(errors: readonly Diagnostic[]): string[] {
  const found = errors.flatMap(({ location }) => {
    if (location === null) return [];
    const { line } = lineAndColumn(location.source, location.start);
    const lines = location.source.text.split('\n');
    const before = lines.slice(0, line);
    const start = before.findLastIndex((line) => /^ {2}\w+:/.test(line));
    const isCommand = before.slice(start).some((line) => line.startsWith('    run:'));
    return isCommand ? [/\w+/.exec(lines[start]!)![0]] : [];
  });
  return [...new Set(found)];
}

/** Rules whose functions ask a checkpoint, of which they then read nothing. */
function onlyWaits(jobs: Jobs, places: Places): Diagnostic[] {
  const rules = new Map([jobs.goalJob, ...jobs.jobs].map(({ rule }) => [rule.name, rule]));
  return [jobs.goalJob, ...jobs.jobs].flatMap(({ rule, inputs, answer }) =>
    (answer?.asked ?? []).flatMap((asked) => {
      const wildcards = new Map(Object.entries(asked.wildcards));
      const outputs = outputItems(rules.get(asked.rule)!).map(({ parts }) => fillParts(parts, wildcards));
      const reads = inputs.some((path) => outputs.some((output) => path === output || path.startsWith(`${output}/`)));
      if (reads || answer!.lists.some((list) => list.rule === asked.rule)) return [];
      const message = `rule "${rule.name}" waits for checkpoint "${asked.rule}" and names none of its outputs: here it does not wait for it`;
      return [places.warning(rule, message)];
    }),
  );
}

function readLogs({ rules }: Snakefile, { readLogs }: Found, places: Places): Diagnostic[] {
  return rules
    .filter(({ name }) => readLogs.has(name))
    .map(({ file, name, log }) =>
      places.warning({ file, line: log[0]!.line }, `the log of rule "${name}" becomes an output, since others read it`),
    );
}

/** Constraints that a spec does without, but that say which values are right. */
function constrained({ placesOfConstraints }: Snakefile, { constrained: rules }: Found, places: Places): Diagnostic[] {
  return placesOfConstraints.flatMap((place) => {
    const found = [...rules].find(([rule]) => place.rule === null || place.rule === rule);
    if (!found) return [];
    const [rule, path] = found;
    const message = `wildcard_constraints decide what rule "${rule}" makes, as with ${path}: a spec has none, and its params hold the values that fit`;
    return [places.warning(place, message)];
  });
}

function withoutMaker(missing: ReadonlySet<string>, { goal }: Jobs, places: Places): Diagnostic[] {
  const [first] = missing;
  if (first === undefined) return [];
  const [what, are] = missing.size === 1 ? [first, 'is'] : [`${first} and ${missing.size - 1} more`, 'are'];
  const message = `${what}, which "${goal.name}" asks for, ${are} made by no rule and not there: no target here`;
  return [places.warning(goal, message)];
}

/** Rules that nothing asked for needs: their wildcards have no values. */
function leftOut(snakefile: Snakefile, jobs: Jobs, places: Places): Diagnostic[] {
  const used = new Set(jobs.jobs.map((j) => j.rule));
  return snakefile.rules
    .filter((rule) => !used.has(rule) && rule !== jobs.goal && rule.output.length > 0)
    .map((rule) =>
      places.warning(
        rule,
        `rule "${rule.name}" is left out: "${jobs.goal.name}" needs nothing of it; ask for it with --goal`,
      ),
    );
}
