import type { PathPattern, Segment } from '../../model/workflow.ts';

/** Where the spec lies: what makes an absolute and a relative path one path. */
export interface SpecPlace {
  /** The components of the spec's folder from the root on, links followed: `['home', 'me', 'study']`. */
  readonly folder: readonly string[];
  /** Whether an absolute path leads to the spec's folder, through links too. */
  isFolder(absolute: string): boolean;
}

/** A path, or a pattern of paths, in the one way to write it. */
export interface PlacedPath {
  /** Whether it lies in the spec's folder; then its components count from there, else from the root. */
  readonly isBelow: boolean;
  readonly segments: readonly Segment[];
}

/**
 * The one way to write a path, for comparing paths: commands and records see each as the spec writes it, since a command
 * may need the absolute path (`cd build && cmd {output}`). A pattern whose components down to the spec's folder hold
 * params stays absolute: where its values lead to the folder is told path by path.
 */
export function placed(
  { absolute, segments }: Pick<PathPattern, 'absolute' | 'segments'>,
  place: SpecPlace,
): PlacedPath {
  if (!absolute) {
    let up = 0;
    while (literalOf(segments[up]) === '..') up++;
    if (up === 0) return { isBelow: true, segments };
    const above = place.folder.slice(0, Math.max(0, place.folder.length - up));
    return fromRoot([...above.map((name) => [name]), ...segments.slice(up)], place);
  }
  // The root has no folder above it.
  const first = segments.findIndex((segment) => literalOf(segment) !== '..');
  return fromRoot(first < 0 ? [] : segments.slice(first), place);
}

function fromRoot(segments: readonly Segment[], { folder, isFolder }: SpecPlace): PlacedPath {
  const isSame = folder.length <= segments.length && folder.every((name, i) => literalOf(segments[i]) === name);
  if (isSame) return { isBelow: true, segments: segments.slice(folder.length) };
  let path = '';
  for (const [i, segment] of segments.entries()) {
    const name = literalOf(segment);
    if (name === null) break;
    path += `/${name}`;
    if (isFolder(path)) return { isBelow: true, segments: segments.slice(i + 1) };
  }
  return { isBelow: false, segments };
}

function literalOf(segment: Segment | undefined): string | null {
  if (segment === undefined || segment.length !== 1) return null;
  return typeof segment[0] === 'string' ? segment[0] : null;
}

/** The one way to write a path that a person or a value wrote: relative in the spec's folder, '' for the folder itself. */
export function placedText(path: string, place: SpecPlace): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..' && names.length > 0 && names.at(-1) !== '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  const { isBelow, segments } = placed({ absolute: path.startsWith('/'), segments: names.map((n) => [n]) }, place);
  return (isBelow ? '' : '/') + segments.map((segment) => segment.join('')).join('/');
}
