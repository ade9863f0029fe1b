import { stripVTControlCharacters } from 'node:util';

/**
 * How many columns a text takes; stands in for the package of that name, which the help of yargs lays out with. That one
 * knows emoji and wide characters too, which wfc's help has none of, and loading what it needs costs every start 30 ms.
 */
export default function stringWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
