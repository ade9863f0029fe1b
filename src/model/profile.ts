import type { Location } from './source.ts';

/** What belongs to a site and not to an experiment: a profile as it was read, or what holds where none is used. */
export interface Profile {
  /** As the user would name it; null where no profile is used. */
  readonly file: string | null;
  /** sbatch flags by long name. */
  readonly flags: ReadonlyMap<string, string>;
  /** Further sbatch flags, as they stand on a line. */
  readonly extra: readonly string[];
  readonly limits: ProfileLimits;
  readonly packing: {
    readonly tasksPerElement: number | 'auto';
    readonly fuse: 'auto' | 'never';
    /** Tasks at a time inside an element. */
    readonly lanes: number;
  };
  /** Elements of one array that run at a time; null: no limit. */
  readonly maxRunning: number | null;
  /** Names for `module load`. */
  readonly modules: readonly string[];
  /** Bash that runs before the tasks of an element. */
  readonly prelude: readonly string[];
  readonly preludeLocation: Location | null;
  readonly mail: ProfileMail | null;
  readonly notify: { readonly command: string; readonly location: Location } | null;
  readonly local: ProfileLocal;
}

/** Whom Slurm writes to when a submission is over, and when. */
export interface ProfileMail {
  readonly to: string;
  readonly on: readonly ('end' | 'fail')[];
}

/** What a profile says of the limits of a site; null where it says nothing. */
export interface ProfileLimits {
  readonly maxArraySize: number | null;
  /** Array elements that one user may have queued. */
  readonly maxSubmit: number | null;
  readonly maxTimeSeconds: number | null;
  /** Bounds what is asked for after a task ran out of memory. */
  readonly maxMemoryMiB: number | null;
  /** Of a job, on its node. */
  readonly maxCpus: number | null;
  readonly maxGpus: number | null;
}

/** What tasks may take on this machine; null where a profile says nothing. */
export interface ProfileLocal {
  readonly jobs: number | null;
  readonly cpus: number | null;
  readonly memoryMiB: number | null;
  readonly gpus: number | null;
}

export const NO_PROFILE: Profile = {
  file: null,
  flags: new Map(),
  extra: [],
  limits: {
    maxArraySize: null,
    maxSubmit: null,
    maxTimeSeconds: null,
    maxMemoryMiB: null,
    maxCpus: null,
    maxGpus: null,
  },
  packing: { tasksPerElement: 'auto', fuse: 'auto', lanes: 1 },
  maxRunning: null,
  modules: [],
  prelude: [],
  preludeLocation: null,
  mail: null,
  notify: null,
  local: { jobs: null, cpus: null, memoryMiB: null, gpus: null },
};
