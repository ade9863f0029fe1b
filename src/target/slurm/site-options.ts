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
  /** Elements of one array that run at a time; null: no limit. */
  readonly maxRunning: number | null;
}
