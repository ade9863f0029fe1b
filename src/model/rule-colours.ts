/** Colours that tell rules apart, on light and on dark ground, in order of the rules; none is red, which means failure. */
export const RULE_COLOURS = [
  '#3b7dd8',
  '#e08a1e',
  '#2a9d7c',
  '#8b62d0',
  '#c2569a',
  '#6f8f2f',
  '#2f9fb8',
  '#a6764a',
  '#6b7a90',
  '#b59f1a',
] as const;

export function ruleColour(ruleNumber: number): string {
  return RULE_COLOURS[ruleNumber % RULE_COLOURS.length]!;
}
