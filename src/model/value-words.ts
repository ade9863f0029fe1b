/** A param of some tasks: the values that they have, each once, and how many there are. */
export interface ParamValues {
  readonly name: string;
  readonly values: readonly string[];
  readonly of: number;
}

/** More values of a param are counted. */
const NAMED = 6;

/** What tasks have in common: `factor=320`, `seed=3,10,17`, `site: 101 of 101 values`, those with the fewest values first. */
export function valueWords(params: readonly ParamValues[]): string[] {
  const words = ({ name, values, of }: ParamValues): string =>
    values.length <= NAMED ? `${name}=${values.join(',')}` : `${name}: ${values.length} of ${of} values`;
  return [...params].sort((a, b) => a.values.length - b.values.length).map(words);
}
