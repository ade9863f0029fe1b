/** The only way by which anything is written to the terminal, or to what stands in its place. */

/** An answer: what was asked for, to standard output. */
export function writeOut(text: string): void {
  process.stdout.write(text);
}

/** What is told beside an answer, to standard error. */
export function writeError(text: string): void {
  process.stderr.write(text);
}
