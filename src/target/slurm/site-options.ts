import type { ProfileMail } from '../../model/profile.ts';

/** What belongs to a site and not to an experiment. */
export interface SiteOptions {
  /** sbatch flags by long name: account, partition, qos … A rule's own win. */
  readonly flags: ReadonlyMap<string, string>;
  /** Further sbatch flags, as they stand on a line. */
  readonly extra: readonly string[];
  /** Names for `module load` before each element's tasks. */
  readonly modules: readonly string[];
  /** Bash before each element's tasks, after the modules. */
  readonly prelude: readonly string[];
  /** Whom Slurm writes to when all is over. */
  readonly mail: ProfileMail | null;
  /** Bash that the closing job runs at its end. */
  readonly notify: { readonly command: string } | null;
  /** Elements of one array that run at a time; null: no limit. */
  readonly maxRunning: number | null;
}
