/** Inputs that no task makes and that are not there, and that look like an output with a slip of the hand in it. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Plan, PlannedInput } from '../../model/plan.ts';
import type { PathPattern, Rule, Segment } from '../../model/workflow.ts';
import type { SpecFiles } from '../context.ts';
import * as report from '../report/report.ts';
import { partTexts, segmentText } from '../rules/paths.ts';
import { closest } from '../text/suggest.ts';

/** Inputs that are compared with the outputs, and paths of one that are looked for: more than that, nobody mistyped. */
const MOST_INPUTS = 100;
const MOST_PATHS = 1000;
/** Slips in a path. */
const MOST_SLIPS = 2;
/** Stands for any param. */
const PARAM = '\u0001';

/** An input that is there, at any of its paths, is a source file whatever it looks like. */
export function warnOfNearOutputs(plan: Plan, files: SpecFiles, diagnostics: Diagnostic[]): void {
  let compared = 0;
  for (const { rule, inputs } of plan.rules) {
    for (const planned of inputs) {
      const { pattern } = planned.input;
      if (planned.hasProducer || planned.paths.size === 0) continue;
      if (files.kind(planned.pathText(0)) !== null || ++compared > MOST_INPUTS) continue;
      const near = nearOutput(plan, rule, pattern);
      if (near && !isThere(planned, files))
        diagnostics.push(report.nearOutput(pattern.location, pattern.text, near.pattern.text, near.rule.name));
    }
  }
}

function isThere({ input, paths, pathText }: PlannedInput, files: SpecFiles): boolean {
  const { absolute, segments } = input.pattern;
  const firstParam = segments.findIndex((segment) => segment.some((part) => typeof part !== 'string'));
  const above = segments.slice(0, Math.max(0, firstParam)).map(segmentText);
  // Where its folder is not there, none of them is.
  if (above.length > 0 && files.kind(`${absolute ? '/' : ''}${above.join('/')}`) === null) return false;
  for (let p = 0; p < Math.min(paths.size, MOST_PATHS); p++) if (files.kind(pathText(p)) !== null) return true;
  return paths.size > MOST_PATHS;
}

/** The output of another rule that reads most like the input. */
function nearOutput(plan: Plan, reader: Rule, input: PathPattern): { rule: Rule; pattern: PathPattern } | null {
  const found = new Map<string, { rule: Rule; pattern: PathPattern }>();
  const wanted = input.segments.map(shape).join('/');
  for (const { rule } of plan.rules) {
    if (rule === reader) continue;
    for (const { pattern } of rule.outputs) {
      if (pattern.absolute !== input.absolute) continue;
      const alike = pattern.segments.length === input.segments.length;
      const likened = pattern.segments.map((made, s) => (alike ? likenedTo(input.segments[s]!, made) : shape(made)));
      const text = likened.join('/');
      // A value in place of a param is no slip.
      if (countParams(text) === countParams(wanted) && !found.has(text)) found.set(text, { rule, pattern });
    }
  }
  const near = closest(wanted, found.keys(), MOST_SLIPS);
  return near === null ? null : found.get(near)!;
}

function countParams(text: string): number {
  return text.split(PARAM).length;
}

function shape(segment: Segment): string {
  return segment.map((part) => (typeof part === 'string' ? part : PARAM)).join('');
}

/** A part of an output's path as text: where the input writes a value and the output a param, with the nearest value. */
function likenedTo(read: Segment, made: Segment): string {
  const [only, more] = made.filter((part) => typeof part !== 'string');
  if (!only || more || shape(read).includes(PARAM)) return shape(made);
  const texts = partTexts(only.column, only.pad).slice(0, MOST_PATHS);
  const filled = texts.map((text) => made.map((part) => (typeof part === 'string' ? part : text)).join(''));
  const text = shape(read);
  return filled.includes(text) ? text : (closest(text, filled, MOST_SLIPS) ?? shape(made));
}
