/** What is wrong between rules: the graph of tasks and paths. See report.ts. */
import { countTasks } from '../../model/counts.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Location } from '../../model/source.ts';
import { didYouMean } from '../text/suggest.ts';
import { error, inOrder, listWords, type Notes, someOf, warning } from './words.ts';

export const tooManyTasks = (
  location: Location | null,
  rule: string | null,
  count: number,
  sizes: readonly { name: string; count: number }[],
  limit: number,
): Diagnostic => {
  const product = sizes.map((s) => `${s.name} (${s.count.toLocaleString('en')})`).join(' × ');
  const what = rule === null ? 'the spec' : `rule "${rule}"`;
  const reason = product === '' ? '' : `: ${product}`;
  return error(
    location,
    `${what} would have ${count.toLocaleString('en')} tasks or more${reason}; the limit is ${limit.toLocaleString('en')}`,
    'narrow an axis, or link params row by row in a table',
  );
};

export const gatherTooLarge = (location: Location, rule: string, count: number, limit: number): Diagnostic =>
  error(
    location,
    `this input of rule "${rule}" stands for ${count.toLocaleString('en')} paths or more; the limit is ${limit.toLocaleString('en')}`,
    'gather in two steps',
  );

export const twoProducers = (
  location: Location,
  path: string,
  first: string,
  second: string,
  other: Location,
): Diagnostic => {
  const [place, before] = inOrder(location, other);
  const sameRule = first.split(' ')[0] === second.split(' ')[0];
  return error(
    place,
    first === second ? `two tasks would write ${path}` : `two tasks would write ${path}: ${first}, and ${second}`,
    sameRule ? 'keep the params apart in the path, as in {a}_{b}' : 'write to another path in one of the rules',
    location === other ? undefined : [{ message: 'the other output', location: before }],
  );
};

export const outputTwice = (location: Location, path: string, other: Location): Diagnostic => {
  const [place, before] = inOrder(location, other);
  return error(place, `a task would write ${path} twice`, 'name each output once', [
    { message: 'the first one', location: before },
  ]);
};

export const outputInsideOutput = (
  location: Location,
  path: string,
  directory: boolean,
  producer: string,
  other: Location,
): Diagnostic =>
  error(
    location,
    directory
      ? `${path} lies inside the directory that another task makes: ${producer}`
      : `${path} lies below a path that is a file: the output of ${producer}`,
    'write to a folder of its own',
    [{ message: directory ? 'the directory output' : 'the output that is a file', location: other }],
  );

export const inputBelowOutput = (location: Location, path: string, producer: string, other: Location): Diagnostic =>
  error(
    location,
    `${path} lies below a path that is a file: the output of ${producer}, which would take the place of the folder`,
    'read from, or write to, a folder of its own; or write {path: …, directory: true} for an output that is a folder',
    [{ message: 'the output that is a file', location: other }],
  );

type Meeting = 'same' | 'inside' | 'below-file';

/** What a task writes and how it meets what is reserved: `own` is its own path, `path` the reserved one. */
interface Overwriting {
  readonly kind: 'output' | 'log' | 'checkpoint';
  readonly task: string;
  readonly own: string;
  readonly path: string;
  readonly meeting: Meeting;
}

interface ReservedWords {
  readonly what: string;
  readonly location: Location | null;
}

const namedHere = ({ location }: ReservedWords): Notes =>
  location === null ? [] : [{ message: 'it is named here', location }];

export const overwritesReserved = (
  location: Location,
  { kind, task, own, path, meeting }: Overwriting,
  reserved: ReservedWords,
): Diagnostic => {
  const message =
    meeting === 'same'
      ? kind === 'log'
        ? `the log of task ${task} would be appended to ${path}, ${reserved.what}`
        : `task ${task} would write over ${path}, ${reserved.what}`
      : meeting === 'inside'
        ? `task ${task} makes the directory ${own} anew, and in it lies ${path}, ${reserved.what}`
        : `task ${task} would write a file ${own} in place of the folder, in which ${path} lies, ${reserved.what}`;
  return error(location, message, 'write to another path', namedHere(reserved));
};

export const insideReserved = (
  location: Location,
  kind: 'output' | 'log' | 'checkpoint',
  path: string,
  above: string,
  reserved: ReservedWords,
): Diagnostic =>
  error(
    location,
    `${path} lies below ${above}, ${reserved.what}`,
    kind === 'log' && above === '.wfc'
      ? 'leave "log" out, and wfc chooses a path in .wfc/logs/; or write to another path'
      : 'write to another path',
    namedHere(reserved),
  );

export const logInOutput = (
  location: Location,
  path: string,
  meeting: Meeting,
  producer: string,
  other: Location,
): Diagnostic =>
  error(
    location,
    meeting === 'same'
      ? `the log ${path} is an output, too: of ${producer}`
      : meeting === 'inside'
        ? `the log ${path} lies in the directory that ${producer} makes, and goes with it`
        : `the log ${path} lies below a path that is a file: the output of ${producer}`,
    'give the log a path of its own, as in logs/…',
    [{ message: 'the output', location: other }],
  );

export const twoLogs = (
  location: Location,
  path: string,
  first: string,
  second: string,
  other: Location,
): Diagnostic => {
  const [place, before] = inOrder(location, other);
  return error(
    place,
    `two tasks would write the log ${path}: ${first}, and ${second}`,
    'give each its own, with the name of the rule and its params in the path',
    location === other ? undefined : [{ message: 'the other log', location: before }],
  );
};

export const belowLog = (location: Location, path: string, task: string, log: Location): Diagnostic =>
  error(location, `${path} lies below a path that is a file: the log of ${task}`, 'give the log a path of its own', [
    { message: 'the log', location: log },
  ]);

export const logRead = (location: Location, path: string, task: string, log: Location): Diagnostic =>
  error(
    location,
    `this input is a log, to which ${task} appends: ${path}`,
    'give the log another path; what a task reads must be an output, such as "cmd | tee {output}" writes',
    [{ message: 'the log', location: log }],
  );

export const cycle = (location: Location, tasks: readonly string[], places: Notes): Diagnostic => {
  const shown = tasks.length > 8 ? [...tasks.slice(0, 7), '…', tasks.at(-1)!] : tasks;
  return error(
    location,
    tasks.length === 2
      ? `task ${tasks[0]} reads its own output`
      : `these tasks wait for each other: ${shown.join(' needs ')}`,
    tasks.length === 2
      ? 'read another file, or write to another path'
      : 'one of them must read another file, or write to another path',
    places,
  );
};

export const unknownTarget = (
  location: Location | null,
  target: string,
  near: string | null,
  rules: readonly string[],
): Diagnostic =>
  error(
    location,
    `no rule is named "${target}", and no task makes it`,
    didYouMean(near) || (rules.length === 1 ? `the only rule is "${rules[0]}"` : `the rules are ${someOf(rules)}`),
  );

const MOST_CODE = 3;

export const codeUnseen = (
  location: Location,
  rule: string,
  paths: readonly string[],
  declared: readonly string[],
): Diagnostic => {
  const shown = paths.slice(0, MOST_CODE);
  const more = paths.length - shown.length;
  const all = more > 0 ? `${shown.join(', ')} and ${more} more` : listWords(shown, 'and');
  const list = paths.length <= MOST_CODE ? ` (or code: [${[...declared, ...paths].join(', ')}])` : '';
  return warning(
    location,
    `rule "${rule}" uses ${all}, and an edit of ${paths.length > 1 ? 'them' : 'it'} makes nothing stale`,
    declared.length > 0
      ? `add to the rule:  code: [auto, ${declared.join(', ')}]${list}`
      : `add to the rule, or under "defaults:":  code: auto${list}`,
  );
};

/** `packages` take long; `preload` are the modules that bring them. */
export const heavyImports = (
  location: Location,
  rule: string,
  tasks: number,
  packages: readonly string[],
  preload: readonly string[],
): Diagnostic =>
  warning(
    location,
    `each of the ${countTasks(tasks)} of rule "${rule}" imports ${listWords(packages, 'and')} anew`,
    `a worker can import once for all of its tasks: add to the rule, or under "defaults:":  preload: [${preload.join(', ')}]`,
  );

export const codeParam = (location: Location, path: string, param: string): Diagnostic =>
  error(
    location,
    `{${param}} can't stand in "code": all tasks of a rule have the same code`,
    `read the file as an input: input: {script: "${path}"}, and {input.script} in the command`,
  );

export const codeProduced = (location: Location, path: string): Diagnostic =>
  error(
    location,
    `${path} is made by a task, and code is what you wrote yourself`,
    'name it under "input:", so that it is made first',
  );

export const codeFolder = (location: Location, path: string): Diagnostic =>
  error(location, `${path} is a folder, and code is files`, 'name the files in it that count');

export const codeMissing = (location: Location, path: string, near: string | null): Diagnostic =>
  error(location, `there is no file ${path}`, didYouMean(near) || "paths count from the spec's folder");

export const nearOutput = (location: Location, path: string, output: string, rule: string): Diagnostic =>
  warning(
    location,
    `no task makes ${path}, and it does not exist`,
    `did you mean ${output}, which rule "${rule}" makes?`,
  );
