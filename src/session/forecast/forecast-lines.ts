import { countOf, countTasks, formatCount, formatDuration, printable, table } from '../../terminal/terminal.ts';
import type { Forecast, Place, Range, RuleForecast } from './forecast.ts';

interface Surroundings {
  readonly place: Place;
  /** Lists that are to be made anew and count as they stand, in words. */
  readonly assumed: string | null;
  /** Who waits for which lists that nobody has made; see `waitingLines`. */
  readonly waiting: readonly string[];
}

/** A forecast for a person. */
export function forecastLines(forecast: Forecast, { place, assumed, waiting }: Surroundings): string[] {
  const { tasks, makespanSeconds, coreHours, gpuHours, firstTarget, rules, stretch } = forecast;
  const lists: [string, string][] = [
    ...(assumed === null ? [] : ([['assumed', `${printable(assumed)}, as before`]] as [string, string][])),
    ...waiting.map((words): [string, string] => ['not in it', words]),
  ];
  const listed = (rows: readonly [string, string][]): string =>
    table(
      rows.map(([title, text]) => [`  ${title}`, text]),
      [false, false],
    );
  if (tasks === 0)
    return [`forecast ${placeWords(place)}: nothing runs`, ...(lists.length === 0 ? [] : [listed(lists)])];
  const lines: [string, string][] = [
    ['takes', rangeText(makespanSeconds, formatDuration)],
    ['core-hours', rangeText(coreHours, hoursText)],
  ];
  if (gpuHours.high > 0) lines.push(['GPU-hours', rangeText(gpuHours, hoursText)]);
  if (firstTarget !== null)
    lines.push([
      'first result',
      `after ${rangeText(firstTarget.seconds, formatDuration)}: ${printable(firstTarget.task)}`,
    ]);
  lines.push(['held up by', heldUpWords(forecast)]);
  if (stretch !== null && place.kind === 'local') lines.push(['in doubt', stretchWords(stretch, place.cores)]);
  lines.push(...lists);
  const rows = rules.map((rule) => [
    formatCount(rule.run),
    rule.name,
    rule.basis === 'unknown' ? '?' : formatDuration(rule.secondsEach),
    basisWords(rule),
  ]);
  return [
    `forecast ${placeWords(place)}: ${countTasks(tasks)}`,
    listed(lines),
    '',
    table([['to run', 'rule', 'each', 'by'], ...rows], [true, false, true, false]),
  ];
}

function placeWords(place: Place): string {
  if (place.kind === 'local') return `on this machine, ${countTasks(place.maxParallel)} at a time`;
  const { maxElements, maxRunning, isRoomSeen } = place;
  const elements = (count: number): string => countOf(count, 'element');
  return [
    'on Slurm',
    maxElements === null ? 'with room for all elements at once' : `${elements(maxElements)} at a time`,
    ...(isRoomSeen ? ['as many as had room before'] : []),
    ...(maxRunning === null ? [] : [`${elements(maxRunning)} of an array at most`]),
    'without waiting in the queue',
  ].join(', ');
}

function heldUpWords({ rules, shareForRoom, chainSeconds, makespanSeconds }: Forecast): string {
  const [first] = rules.toSorted((a, b) => b.share - a.share);
  const percent = `${Math.round(100 * first!.share)} % of the way to the end`;
  const least = `with room for all it would take ${formatDuration(chainSeconds)}`;
  const isFull = chainSeconds < 0.9 * makespanSeconds.middle;
  const why = isFull && shareForRoom > 0.3 ? `its tasks wait for room; ${least}` : 'its tasks follow each other';
  return `${first!.name}, ${percent}: ${isFull && shareForRoom <= 0.3 ? least : why}`;
}

/** What computes shares the cores, and what waits does not. */
function stretchWords(stretch: number, cores: number): string {
  const times = Number((stretch >= 1 ? stretch : 1 / stretch).toPrecision(2));
  const on = `on ${countOf(cores, 'core')}`;
  return stretch >= 1
    ? `fewer tasks ran at a time when these were measured; ${on}, what computes takes up to ${times} times as long now`
    : `more tasks ran at a time when these were measured; ${on}, what computes takes down to 1/${times} of that now`;
}

function basisWords({ basis, measured, params }: RuleForecast): string {
  switch (basis) {
    case 'measured': {
      const by = params.length === 0 ? '' : `, which differ by ${params.join(', ')}`;
      return `the times of ${countTasks(measured)}${by}`;
    }
    case 'others':
      return 'what other rules take of their "time", or take at all: none has run yet';
    case 'limit':
      return 'its "time", the most that a task may take: none has run yet';
    case 'unknown':
      return 'nothing: none has run yet, and it has no "time"; not counted';
  }
}

/** One number where low and high read the same. */
function rangeText({ low, middle, high }: Range, text: (value: number) => string): string {
  const [from, to] = [text(low), text(high)];
  return from === to ? text(middle) : `${text(middle)} (${from} to ${to})`;
}

function hoursText(hours: number): string {
  return hours === 0 ? '0' : hours < 10 ? String(Number(hours.toPrecision(2))) : formatCount(Math.round(hours));
}
