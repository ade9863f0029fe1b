import type { Placeholder } from '../../model/template.ts';

/**
 * What can be wrong with a placeholder's place in a bash command, and with the command itself. One constructor each;
 * the lexer adds the offsets. The readers are researchers: no grammar terms, and a hint that can be typed in.
 */
export interface Complaint {
  readonly message: string;
  readonly hint: string;
}

/** A placeholder as its user wrote it, in one spelling: `{site:04}`, `{input.data[0]}`. */
export function canonical(p: Placeholder): string {
  const root = p.root === 'param' ? p.name : p.name === '' ? p.root : `${p.root}.${p.name}`;
  return `{${root}${p.index === null ? '' : `[${p.index}]`}${p.format === null ? '' : `:${p.format}`}}`;
}

const shellVariable = (p: Placeholder): string =>
  `put it in a shell variable first: v=${canonical(p)}, then use "$v" there`;

const one = (p: Placeholder): string => {
  if (p.root !== 'input' && p.root !== 'output') return `write ${canonical(p)} as a word of its own`;
  const single = canonical({ ...p, index: 0, format: null });
  return p.root === 'output'
    ? `write ${single} for one of them`
    : `write ${single} for one of them, or ${canonical({ ...p, index: null, format: 'list' })} for a file of all paths`;
};

export const complaints = {
  listGlued: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} is a list and touches other text: a list stands alone`,
    hint: `put blanks around ${canonical(p)}, each path is then a word; or ${one(p)}`,
  }),
  listElsewhere: (p: Placeholder, place: string): Complaint => ({
    message: `${canonical(p)} is a list, but ${place} takes one value`,
    hint: one(p),
  }),
  listAssigned: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} is a list, but a shell variable takes one value`,
    hint: `write name=(${canonical(p)}) for a bash array; or ${one(p)}`,
  }),
  backslash: (p: Placeholder): Complaint => ({
    message: `a backslash stands right before ${canonical(p)}`,
    hint: `drop it, or double it for a backslash before the value; {${canonical(p)}} is a literal ${canonical(p)}`,
  }),
  dollar: (p: Placeholder): Complaint => ({
    message: `a "$" stands right before ${canonical(p)}: it reads as the shell's variable too`,
    hint: `write ${canonical(p)} for wfc's value, or $\{${canonical(p)}} for the shell's variable`,
  }),
  braceRange: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands in a brace range: bash expands {1..3} before it knows any value`,
    hint: 'write $(seq 1 {n}) with your placeholder in place of {n}, or a for ((…)) loop',
  }),
  ansiQuote: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands inside $'…', where a value would be read for backslashes`,
    hint: `close the quote before it: $'…'${canonical(p)}$'…'`,
  }),
  localeQuote: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands inside $"…", which bash translates`,
    hint: 'write plain double quotes, without the $',
  }),
  hereDelimiter: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands in the word that ends a here-document`,
    hint: 'write a fixed word such as EOF',
  }),
  oddDelimiter: (): Complaint => ({
    message: 'wfc cannot tell which word ends this here-document',
    hint: 'write a plain word such as EOF',
  }),
  name: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands where bash expects a name: bash would run parts of some values`,
    hint: 'write the name out, or keep the values in an array: values[{n}]=… with an integer param',
  }),
  letCommand: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands in "let", which computes with the text of its arguments`,
    hint: 'write $(( … )) or (( … )) instead',
  }),
  tilde: (p: Placeholder): Complaint => ({
    message: `~${canonical(p)} does not become a home directory: bash looks at ~ before it knows any value`,
    hint: 'write the directory out',
  }),
  integerGlued: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} touches other digits or a sign where bash reads an integer`,
    hint: `put blanks around it, or ${shellVariable(p)}`,
  }),
  arithmeticQuote: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands in single quotes where bash reads an integer`,
    hint: 'drop the quotes',
  }),
  expansion: (p: Placeholder, what: string): Complaint => ({
    message: `wfc cannot tell how bash reads ${canonical(p)} in ${what}`,
    hint: shellVariable(p),
  }),
  splitResult: (p: Placeholder): Complaint => ({
    message: `bash splits what this \${…} with ${canonical(p)} gives at blanks, and expands * in it`,
    hint: 'put double quotes around the whole "${…}"',
  }),
  backtickEscape: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands in backticks that also hold a backslash, which bash reads twice there`,
    hint: 'write $(…) in place of the backticks',
  }),
  backtickHereDoc: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands in a quoted here-document inside backticks`,
    hint: 'write $(…) in place of the backticks',
  }),
  regexBracket: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands inside […] of a regular expression, where quoting has no meaning`,
    hint: shellVariable(p),
  }),
  doubleParen: (p: Placeholder): Complaint => ({
    message: `${canonical(p)} stands in "((" that does not end in "))": bash may take it for arithmetic`,
    hint: 'write "( (" with a blank between for two subshells',
  }),
  splitOperator: (): Complaint => ({
    message: 'a backslash at the end of the line cuts an operator or a keyword of bash in two',
    hint: 'write it on one line',
  }),
  trailingBackslash: (): Complaint => ({
    message: 'the command ends in a backslash',
    hint: 'drop it, or write \\\\ for a literal backslash',
  }),
  unterminated: (opener: string, closer: string): Complaint => ({
    message: `this ${opener} is never closed`,
    hint: `a ${closer} is missing`,
  }),
  unterminatedHereDoc: (delimiter: string): Complaint => ({
    message: 'this here-document never ends',
    hint: `a line that holds ${delimiter === '' ? 'nothing' : `"${delimiter}" alone`} is missing`,
  }),
  hereDocInside: (): Complaint => ({
    message: 'wfc cannot tell where the text of this here-document begins',
    hint: 'end the line of << before a (…) that spans lines begins',
  }),
  stray: (word: string): Complaint => ({
    message: `this "${word}" closes nothing`,
    hint: `drop it, or quote it: '${word}'`,
  }),
  unexpected: (word: string): Complaint => ({
    message: `bash cannot read this "${word}" here`,
    hint: `quote it if it is meant as text: '${word}'`,
  }),
  missingWord: (operator: string): Complaint => ({
    message: `a word is missing after "${operator}"`,
    hint: 'write a file name or a word there',
  }),
  malformed: (construct: string, shape: string): Complaint => ({
    message: `bash cannot read this "${construct}"`,
    hint: `it reads: ${shape}`,
  }),
  tooDeep: (): Complaint => ({
    message: 'the command is nested too deeply here',
    hint: 'put it into a script file, and run that',
  }),
  controlCharacter: (): Complaint => ({
    message: 'the command holds a NUL character, which bash drops',
    hint: 'remove it',
  }),
};
