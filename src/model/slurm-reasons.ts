/**
 * Why a job waits, by the codes that squeue prints for `%r`. Source: squeue(1), JOB REASON CODES, and the names in Slurm
 * 22.05's library; as seen there, a job that no node can run is `BadConstraints` or `PartitionConfig`.
 */

/**
 * - `turn`: it waits for its turn, or for other jobs of the submission.
 * - `long`: it may take long, since others or an administrator must do something first.
 * - `held`: it waits until somebody releases it.
 * - `never`: it will not start as things are; what it asks for must change, or what the site grants.
 */
export type WaitKind = 'turn' | 'long' | 'held' | 'never';

export interface WaitReason {
  readonly kind: WaitKind;
  /** In words, to be put behind the code; '' where the code says it all. */
  readonly words: string;
}

/** Extended regular expressions that bash and JavaScript read alike; the first that a code fits as a whole counts. */
const REASONS: readonly (readonly [pattern: string, kind: WaitKind, words: string])[] = [
  ['BadConstraints|PartitionConfig', 'never', 'no node of its partition has all that it asks for'],
  ['PartitionTimeLimit', 'never', 'its partition allows no job of that time'],
  ['PartitionNodeLimit', 'never', 'its partition allows no job of so many nodes'],
  ['MaxMemPerLimit', 'never', 'its partition allows no job of so much memory'],
  ['InvalidAccount', 'never', 'its account is not valid'],
  ['InvalidQOS', 'never', 'its QOS is not valid'],
  ['AccountNotAllowed', 'never', 'its account may not use the partition'],
  ['QOSNotAllowed', 'never', 'its QOS may not use the partition'],
  ['(Association|QOS)TimeLimit', 'never', 'its account or QOS allows no job of that time'],
  ['(Assoc|QOS)Max[A-Za-z]*WallDurationPerJobLimit', 'never', 'its account or QOS allows no job of that time'],
  ['(Assoc|QOS)Max[A-Za-z]*Per(Job|Node)(Limit)?', 'never', 'its account or QOS allows no job so large'],
  ['QOSMin[A-Za-z]*', 'never', 'its QOS takes no job so small'],
  ['DependencyNeverSatisfied', 'never', 'a job that it depends on failed'],
  ['ReservationDeleted', 'never', 'its reservation is gone'],
  ['JobHeldUser|JobHeldAdmin|JobHoldMaxRequeue', 'held', ''],
  ['launch failed requeued held', 'held', 'a node failed to launch it'],
  ['job requeued in held state', 'held', ''],
  ['(Assoc|QOS)Grp[A-Za-z]*', 'long', 'a limit of its account or QOS that all its jobs share'],
  ['(Association|QOS)(Resource|Job)Limit', 'long', 'a limit of its account or QOS'],
  ['(Assoc|QOS)Max[A-Za-z]*|Max[A-Za-z]*PerAccount', 'long', 'a limit of its user or account on what runs together'],
  ['QOSUsageThreshold', 'long', ''],
  ['ReqNodeNotAvail', 'long', 'nodes that it needs are down or reserved'],
  ['Partition(Down|Inactive)', 'long', 'its partition starts no jobs now'],
  ['NodeDown|Reservation|Licenses|BeginTime', 'long', ''],
];

const COMPILED = REASONS.map(([pattern, kind, words]) => [new RegExp(`^(${pattern})$`), { kind, words }] as const);

/** What a code says; a code that is not known is taken for a turn. */
export function waitReason(code: string): WaitReason {
  // "ReqNodeNotAvail, UnavailableNodes:n1": more than a code.
  const bare = code.replace(/,.*$/, '').replace(/^\((.*)\)$/, '$1');
  return COMPILED.find(([pattern]) => pattern.test(bare))?.[1] ?? { kind: 'turn', words: '' };
}

/** Patterns, for bash, of the codes with which a job never starts, each with its words. */
export function neverReasons(): readonly { readonly pattern: string; readonly words: string }[] {
  return REASONS.flatMap(([pattern, kind, words]) => (kind === 'never' ? [{ pattern, words }] : []));
}
