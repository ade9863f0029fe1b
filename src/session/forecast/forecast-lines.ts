import { countOf, countTasks, formatCount, formatDuration, printable, table } from '../../terminal/terminal.ts';
import type { Forecast, Place, Range, RuleForecast } from './forecast.ts';

/** A forecast for a person. */
export function forecastLines(forecast: Forecast, place: Place): string[] {
  const { tasks, makespanSeconds, coreHours, gpuHours, firstTarget, rules } = forecast;
  if (tasks === 0) return [`forecast ${placeWords(place)}: nothing runs`];
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
  const rows = rules.map((rule) => [
    formatCount(rule.run),
    rule.name,
    rule.basis === 'unknown' ? '?' : formatDuration(rule.secondsEach),
    basisWords(rule),
  ]);
  return [
    `forecast ${placeWords(place)}: ${countTasks(tasks)}`,
    table(
      lines.map(([title, text]) => [`  ${title}`, text]),
      [false, false],
    ),
    '',
    table([['to run', 'rule', 'each', 'by'], ...rows], [true, false, true, false]),
  ];
}

function placeWords(place: Place): string {
  if (place.kind === 'local') return `on this machine, ${countTasks(place.maxParallel)} at a time`;
  const { maxElements, maxRunning } = place;
  const elements = (count: number): string => countOf(count, 'element');
  return [
    'on Slurm',
    maxElements === null ? 'with room for all elements at once' : `${elements(maxElements)} at a time`,
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
