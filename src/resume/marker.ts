/**
 * A file beside a task's first output, from the attempt's first act until its record: `out/a.csv` has
 * `out/.a.csv.wfc-incomplete`. Where `.wfc/` is lost, it still tells a half-written output from a whole one. The same rule
 * stands in templates/shared (bash). null where the name would be too long for a file system (255 bytes).
 */
export function markerPath(output: string): string | null {
  const slash = output.lastIndexOf('/') + 1;
  const name = `.${output.slice(slash)}.wfc-incomplete`;
  return Buffer.byteLength(name) > 255 ? null : output.slice(0, slash) + name;
}
