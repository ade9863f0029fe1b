import type { Location } from './source.ts';
import type { Template } from './template.ts';

/**
 * A param: one axis of the experiment, or one column of a table.
 * A value is named by its id everywhere, the index into `values`.
 */
export interface Column {
  readonly name: string;
  /** Index of the column's factor in `Relation.factors`. */
  readonly factor: number;
  /** Distinct texts in order of first appearance; a value's id is its index here. */
  readonly values: readonly string[];
  /** `{values: […], path: true}`: values may hold `/`. */
  readonly allowsSlash: boolean;
  readonly location: Location;
}

/** One factor of the product that is the relation: an axis (one column, a row a value) or a table. */
export interface Factor {
  readonly name: string;
  readonly kind: 'axis' | 'table';
  readonly columns: readonly Column[];
  /** Rows left by `--set`, before `exclude`. */
  readonly rowCount: number;
  /** Per column the value id of each row. */
  readonly cells: readonly Int32Array[];
  /** The same for all rows as declared, before `--set`: these decide what a key determines. */
  readonly declaredCells: readonly Int32Array[];
}

/** A row of the relation goes if, for every column named here, it has one of the given value ids. */
export interface Exclude {
  readonly conditions: ReadonlyMap<Column, ReadonlySet<number>>;
  readonly location: Location;
}

/** The product of all factors, the first varying slowest, less the rows that an exclude matches. */
export interface Relation {
  readonly factors: readonly Factor[];
  readonly columns: ReadonlyMap<string, Column>;
  readonly excludes: readonly Exclude[];
}

/** A param inside a path: its text, or with `pad` > 0 its integer padded with zeros to that many digits. */
export interface ParamPart {
  readonly column: Column;
  readonly pad: number;
}

/** What stands between two slashes: literal texts and params, no two literals side by side, never empty. */
export type Segment = readonly (string | ParamPart)[];

/** A path with params, config values put in, normalised. */
export interface PathPattern {
  /** As a person reads it: `expA/site_id_{site}/x.csv`. */
  readonly text: string;
  /** True for a path that begins with `/`. */
  readonly absolute: boolean;
  readonly segments: readonly Segment[];
  /** The distinct params in it, in order of appearance. */
  readonly columns: readonly Column[];
  readonly location: Location;
}

export interface Input {
  readonly pattern: PathPattern;
  /** Only existence counts; staleness does not come through it. */
  readonly ancient: boolean;
  /** It names a gathered param, and stands for every distinct path. */
  readonly gathered: boolean;
}

export type Check =
  | { readonly kind: 'nonempty' }
  /** Of a directory output: its state is that of all files below it. See `Disk.stat`. */
  | { readonly kind: 'files' }
  | { readonly kind: 'min_bytes'; readonly bytes: number }
  | { readonly kind: 'sha256'; readonly hash: string }
  | { readonly kind: 'run'; readonly command: string };

export interface Output {
  readonly pattern: PathPattern;
  readonly directory: boolean;
  readonly temp: boolean;
  readonly protected: boolean;
  readonly checks: readonly Check[];
}

/** The fewest bytes with which an output passes its checks; 0 where they ask for none. */
export function leastBytes({ checks }: Pick<Output, 'checks'>): number {
  return Math.max(0, ...checks.map((c) => (c.kind === 'nonempty' ? 1 : c.kind === 'min_bytes' ? c.bytes : 0)));
}

/** Whether the state of an output is the sum of the files below it. */
export function sumsFiles({ checks }: Output): boolean {
  return checks.some(({ kind }) => kind === 'files');
}

/** How the inputs or outputs of a rule were declared: which of them a placeholder means, and whether it is a list. */
export interface Slot {
  /** '' for the whole of `input` or `output`. */
  readonly name: string;
  /** Range of indices into `Rule.inputs` or `Rule.outputs`, `end` exclusive. */
  readonly start: number;
  readonly end: number;
  /** Written as a list or mapping, or gathered; decided by declaration, never by count. */
  readonly many: boolean;
}

/** A value that the spec itself holds. */
export type SpecSource =
  | { readonly kind: 'param'; readonly column: Column; readonly pad: number }
  | { readonly kind: 'constant'; readonly text: string };

/** What a placeholder's variable holds for a task. What each kind means stands in plan/sources.ts. */
export type ValueSource =
  | SpecSource
  | { readonly kind: 'input'; readonly slot: Slot; readonly index: number | null }
  | { readonly kind: 'output'; readonly slot: Slot; readonly index: number | null }
  /** The path of a file that lists the inputs of the slot, one a line. */
  | { readonly kind: 'inputList'; readonly slot: Slot }
  | { readonly kind: 'resource'; readonly field: 'cpus' | 'mem_mb' | 'gpus' | 'time_s' | 'nodes' | 'ranks_per_node' }
  | { readonly kind: 'rule' }
  | { readonly kind: 'attempt' }
  | { readonly kind: 'log' }
  /** One path of the checkpoint, or with `many` all. */
  | { readonly kind: 'checkpoint'; readonly index: number };

/** A variable that a command reads, and where its value comes from. */
export interface Binding {
  /** A bash name, such as `wfc_input`. */
  readonly variable: string;
  readonly source: ValueSource;
  /** True for an indexed array. */
  readonly many: boolean;
  /** The value with leading zeros dropped, for arithmetic. */
  readonly integer: boolean;
  /** The placeholder as written, for messages: `{site}`. */
  readonly placeholder: string;
}

/** What runs for a task of a rule: one text for all tasks of the rule; values come through variables. */
export interface Command {
  /** Bash lines that run before the body: calls of the functions in target/environment.ts, and `export`. */
  readonly setup: readonly string[];
  /** The image for `apptainer exec` as a bash word; null for none. */
  readonly container: string | null;
  /** The bash text of the function body; may consist of comments only. */
  readonly body: string;
  /** For other interpreters, the script file that `body` starts; null for bash. */
  readonly script: { readonly text: string; readonly extension: string } | null;
  /** Of the interpreter that is kept up for its script, see templates/attempt/preload.sh; null where each starts its own. */
  readonly preloadId: string | null;
  readonly bindings: readonly Binding[];
  /** The command without what its interpreter ignores; part of the fingerprint. */
  readonly significant: string;
}

/** A text with params and constants, as in `resources`; rendered per task. */
export interface ValueTemplate {
  readonly template: Template;
  /** By placeholder position in `template.tokens`. */
  readonly sources: ReadonlyMap<number, SpecSource>;
  readonly location: Location;
}

/** What one task asks for. */
export interface Resources {
  /** Of each rank. */
  readonly cpus: number;
  /** Of each node; null: no limit asked for. */
  readonly memoryMiB: number | null;
  /** null: no limit. */
  readonly timeSeconds: number | null;
  /** Of each node: whole ones, of which this task may use a share. */
  readonly gpus: number;
  /** Tasks that use its one GPU together; 1 where the GPUs are its own. */
  readonly tasksPerGpu: number;
  /** `a100` in `a100:2`, else null. */
  readonly gpuType: string | null;
  readonly nodes: number;
  /** Processes that its command starts on each node, by srun or mpirun. */
  readonly ranksPerNode: number;
}

export interface ResourceTemplates {
  readonly cpus: ValueTemplate | null;
  readonly mem: ValueTemplate | null;
  readonly time: ValueTemplate | null;
  readonly gpus: ValueTemplate | null;
  readonly nodes: ValueTemplate | null;
  readonly ranksPerNode: ValueTemplate | null;
  /** sbatch flags by long name. */
  readonly slurm: ReadonlyMap<string, ValueTemplate>;
  readonly slurmExtra: readonly ValueTemplate[];
}

/** Where a task saves how far it has come, and how it goes on from there: see templates/attempt/checkpoint.sh. */
export interface Checkpoint {
  readonly paths: readonly PathPattern[];
  /** Written as a list. */
  readonly many: boolean;
  readonly directory: boolean;
  /** How often a task goes on, at most. */
  readonly continues: number;
  /** So long before the end of its time it is warned. */
  readonly warnSeconds: number;
  readonly signal: 'SIGTERM' | 'SIGUSR1' | 'SIGUSR2';
  /** It stays when the task has succeeded. */
  readonly keep: boolean;
  /** Of the file in which wfc keeps what it knows of a task's checkpoint. */
  readonly note: PathPattern;
  readonly location: Location;
  /** Of `warn`, or of the whole where it is not written. */
  readonly warnLocation: Location;
}

export interface Rule {
  readonly name: string;
  /** Index into `Workflow.rules`. */
  readonly index: number;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  readonly inputSlots: ReadonlyMap<string, Slot>;
  readonly outputSlots: ReadonlyMap<string, Slot>;
  /** The params in its outputs, in order of the relation: one task per distinct value. */
  readonly key: readonly Column[];
  readonly gather: readonly Column[];
  readonly command: Command;
  /** Files whose content counts as the command does: paths, sorted, each once. */
  readonly code: readonly string[];
  readonly shell: string;
  readonly resources: ResourceTemplates;
  readonly retries: number;
  readonly checkpoint: Checkpoint | null;
  readonly local: boolean;
  readonly log: PathPattern;
  /** Whether the spec names its log; else it lies in `.wfc/logs/`. */
  readonly hasOwnLog: boolean;
  readonly location: Location;
  /** Of the text of `run`. */
  readonly runLocation: Location;
}

export type Target =
  | { readonly kind: 'rule'; readonly rule: Rule; readonly location: Location | null }
  | { readonly kind: 'path'; readonly pattern: PathPattern; readonly location: Location | null };

/** A number that the experiment is about: one in each file of a pattern. */
export interface Result {
  readonly name: string;
  readonly pattern: PathPattern;
  /** Of a CSV file; of a JSON file a key, nested ones as `a.b`. */
  readonly column: string;
  readonly goal: 'min' | 'max';
  /** Params that are repeats of one setting; the pattern names them all. */
  readonly over: readonly Column[];
  readonly location: Location;
}

/** A file that gives values, or the folder of a glob, where a rule makes it: what it holds counts once that rule has run. */
export interface StagedSource {
  /** As the spec writes it, config put in. */
  readonly path: string;
  /** The param or the table that takes its values from there. */
  readonly gives: string;
  /** Whether it was read; else what names its values waits. */
  readonly isKnown: boolean;
  readonly location: Location;
}

/** A rule whose tasks can't be told before some files are there. */
export interface WaitingRule {
  /** As far as it can be read. */
  readonly rule: Rule;
  /** At least one, in order of the spec; also those that rules wait for whose outputs it may read. */
  readonly sources: readonly StagedSource[];
  /** Whether one of its outputs may be a path, or hold it. */
  readonly mayMake: (path: string) => boolean;
  /** Whether one of its inputs may be a path. */
  readonly mayRead: (path: string) => boolean;
  /** Names of other waiting rules whose outputs it may read. */
  readonly reads: ReadonlySet<string>;
}

/** Values that come from what rules make. */
export interface Staged {
  readonly sources: readonly StagedSource[];
  /** Rules whose tasks can't be told yet. */
  readonly waiting: readonly WaitingRule[];
}

/** A spec with every name resolved. */
export interface Workflow {
  readonly name: string;
  readonly relation: Relation;
  readonly rules: readonly Rule[];
  /** null: every task of every rule. */
  readonly targets: readonly Target[] | null;
  readonly results: readonly Result[];
  /** Here also what no target needs. */
  readonly staged: Staged & {
    /** Those that targets name, beside `targets`. */
    readonly wanted: readonly WaitingRule[];
  };
}
