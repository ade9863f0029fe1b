import { firstDifference, type Seen, type SuccessRecord, statesText } from './record.ts';

/** What has to be as it was for a task to be complete. */
export const TRUSTS = ['times', 'fingerprints', 'contents'] as const;
/**
 * - `times`: outputs and inputs are as recorded; an edited command or check makes nothing stale.
 * - `fingerprints`: that, and command, values, environment, set of inputs and checks are as recorded. The default.
 * - `contents`: that, but where the time of a file differs from the record, its content decides.
 */
export type Trust = (typeof TRUSTS)[number];

/** What is known of the contents of files. */
export interface Contents {
  /** Whether what stands at a path has the content that it had in one of these recorded states, `state|state`. */
  readonly isSame: (path: string, recorded: string) => boolean;
  /** The same for a file that is gone, in any of these states. */
  readonly wasSame: (path: string, recorded: string, states: string) => boolean;
  /** The same for a list of files whose states were recorded as a digest; `now` is the digest of their present states. */
  readonly isSameList: (paths: readonly string[], recorded: string, now: string) => boolean;
}

/** A path that a record looks at, and what stands there. */
export interface SeenPath {
  readonly path: string;
  readonly seen: Seen;
}

/** Whether recorded states hold now, by time and size or else by content. */
export function holdsByContent(recorded: string, now: readonly SeenPath[], contents: Contents): boolean {
  const states = now.map(({ seen }) => seen);
  if (firstDifference(recorded, states) === -1) return true;
  if (recorded.startsWith('#')) {
    return (
      states.every((seen) => seen !== null && seen !== 'gone by nature' && !Array.isArray(seen)) &&
      contents.isSameList(
        now.map(({ path }) => path),
        recorded,
        statesText(states),
      )
    );
  }
  const texts = recorded === '' ? [] : recorded.split(',');
  return (
    texts.length === now.length &&
    now.every(({ path, seen }, k) => {
      if (firstDifference(texts[k]!, [seen]) === -1) return true;
      if (seen === null || seen === 'gone by nature') return false;
      if (Array.isArray(seen))
        return contents.wasSame(path, texts[k]!, seen.map((state) => statesText([state])).join('|'));
      return contents.isSame(path, texts[k]!);
    })
  );
}

/**
 * The record of a task that need not run although others ran before it: outputs and checks are as recorded, and so is what
 * all its inputs hold, whose new times it takes. null where it must run.
 */
export function unchangedRecord(
  record: SuccessRecord | undefined,
  now: {
    readonly inputs: readonly SeenPath[];
    readonly outputs: readonly SeenPath[];
    readonly checks: string;
    readonly contents: Contents;
  },
): SuccessRecord | null {
  if (record === undefined || record.checks !== now.checks) return null;
  // A temp output that is gone: who needs it has to have it made.
  if (now.outputs.some(({ seen }) => seen === null)) return null;
  if (!holdsByContent(record.outputs, now.outputs, now.contents)) return null;
  if (!holdsByContent(record.inputs, now.inputs, now.contents)) return null;
  return { ...record, inputs: statesText(now.inputs.map(({ seen }) => seen)) };
}
