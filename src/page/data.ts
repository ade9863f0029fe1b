import {
  NO_START,
  REPORT_STATES,
  type ReportColumn,
  type ReportFailure,
  type ReportHeader,
  type ReportPath,
  type ReportResources,
  type ReportRule,
  type ReportState,
} from '../model/report-data.ts';

type Column = Uint8Array | Uint16Array | Uint32Array | Float32Array;

/** Attempts that failed, also where a later one succeeded; all of one length. */
export interface FailedAttempts {
  readonly task: Column;
  /** In seconds since `Data.header.originSeconds`. */
  readonly start: Float64Array;
  readonly host: Column;
}

/** The files of a result; all of one length. See `ReportResult`. */
export interface ResultColumns {
  readonly task: Column;
  readonly value: Column;
  readonly setting: Column;
  readonly params: readonly Column[];
}

/** A param of a rule, and the value ids of its tasks by their place in the rule. */
export interface RuleParam {
  readonly name: string;
  readonly ids: Column;
}

/** How often a task with a checkpoint went on. */
export interface WentOn {
  readonly times: number;
  /** From one start to the next, in the mean; NaN where not known. */
  readonly secondsApart: number;
}

/** All that a report knows of tasks, by their number, 0 to `count - 1`. */
export class Data {
  readonly header: ReportHeader;
  readonly count: number;
  readonly state: Column;
  /** In seconds since `header.originSeconds`; NaN where not known. */
  readonly start: Float64Array;
  readonly duration: Column;
  readonly wait: Column;
  readonly peak: Column;
  readonly host: Column;
  readonly slurm: Column;
  readonly attempt: Column;
  readonly resource: Column;
  /** Per task the position of its rule. */
  readonly rule: Uint16Array | Uint32Array;
  readonly failed: FailedAttempts;
  readonly failureOf: ReadonlyMap<number, ReportFailure>;
  readonly wentOnOf: ReadonlyMap<number, WentOn>;
  /** Of blocked tasks the first one that they wait for: it failed or stopped. */
  readonly blockedBy: ReadonlyMap<number, number>;
  readonly results: readonly ResultColumns[];
  private readonly params: readonly (readonly RuleParam[])[];
  private readonly keys: readonly (readonly Column[])[];

  constructor(header: ReportHeader, column: (name: string) => Column | null) {
    const required = (name: string): Column => {
      const found = column(name);
      if (!found) throw new Error(`this report lacks its column "${name}"`);
      return found;
    };
    this.header = header;
    const seconds = (steps: Column): Float64Array =>
      Float64Array.from(steps, (step) => (step === NO_START ? Number.NaN : step * header.startUnitSeconds));
    this.state = required('state');
    this.count = this.state.length;
    this.start = seconds(required('start'));
    this.duration = required('duration');
    this.wait = required('wait');
    this.peak = required('peak');
    this.host = required('host');
    this.slurm = required('slurm');
    this.attempt = required('attempt');
    this.resource = required('resource');
    this.params = header.rules.map((rule) =>
      [...rule.params, ...rule.determined].map((name, p) => ({ name, ids: required(`${rule.name}/${p}`) })),
    );
    this.keys = header.rules.map(({ params }, r) => this.params[r]!.slice(0, params.length).map(({ ids }) => ids));
    this.rule = header.rules.length < 65_536 ? new Uint16Array(this.count) : new Uint32Array(this.count);
    header.rules.forEach(({ first, count }, r) => {
      this.rule.fill(r, first, first + count);
    });
    const none = new Uint32Array(0);
    this.failed = {
      task: column('failed/task') ?? none,
      start: seconds(column('failed/start') ?? none),
      host: column('failed/host') ?? none,
    };
    const [times, apart] = [column('wentOn/times') ?? none, column('wentOn/apart') ?? none];
    const wentOn = [...(column('wentOn/task') ?? none)];
    this.wentOnOf = new Map(wentOn.map((task, i) => [task, { times: times[i]!, secondsApart: apart[i]! }]));
    const by = column('blocked/by') ?? none;
    this.blockedBy = new Map([...(column('blocked/task') ?? none)].map((task, i) => [task, by[i]!]));
    this.results = header.results.map(({ params }, r) => ({
      task: required(`result/${r}/task`),
      value: required(`result/${r}/value`),
      setting: required(`result/${r}/setting`),
      params: params.map((_, p) => required(`result/${r}/${p}`)),
    }));
    this.failureOf = new Map(header.failures.map((failure) => [failure.task, failure]));
  }

  ruleOf(task: number): ReportRule {
    return this.header.rules[this.rule[task]!]!;
  }

  stateOf(task: number): ReportState {
    return REPORT_STATES[this.state[task]!]!;
  }

  resourcesOf(task: number): ReportResources {
    return this.header.resources[this.resource[task]!]!;
  }

  /** Per param of a rule, in order, the value ids of its tasks by their place in the rule. */
  keyOf(rule: number): readonly Column[] {
    return this.keys[rule]!;
  }

  /** The key of a rule, and what that determines. */
  paramsOf(rule: number): readonly RuleParam[] {
    return this.params[rule]!;
  }

  /** The value of the rule's p-th param. */
  valueOf(task: number, p: number): string {
    const rule = this.ruleOf(task);
    const id = this.keys[this.rule[task]!]![p]![task - rule.first]!;
    return this.header.values[rule.params[p]!]![id]!;
  }

  /** `site=01022500 seed=3`. */
  paramsText(task: number): string {
    return this.ruleOf(task)
      .params.map((param, p) => `${param}=${this.valueOf(task, p)}`)
      .join(' ');
  }

  /** As messages of wfc name it: `train_model site=01022500 seed=3`. */
  taskName(task: number): string {
    return `${this.ruleOf(task).name} ${this.paramsText(task)}`.trimEnd();
  }

  /** null where the task's own params do not tell it. */
  pathText(task: number, path: ReportPath | null): string | null {
    if (path === null) return null;
    return path
      .map((part) => (typeof part === 'string' ? part : padded(this.valueOf(task, part[0]), part[1])))
      .join('');
  }
}

/** As `formatValue` does it where paths are made. */
function padded(text: string, pad: number): string {
  const match = pad === 0 ? null : /^([-+]?)0*(\d+)$/.exec(text);
  if (!match) return text;
  const sign = match[1] === '-' ? '-' : '';
  return sign + match[2]!.padStart(pad - sign.length, '0');
}

/** From the text that the page carries to what it means; see `ReportHeader`. */
export async function unpack(base64: string): Promise<Data> {
  const text = atob(base64.trim());
  const deflated = new Uint8Array(text.length);
  // Uint8Array.from, with a function, takes a third of a second for a megabyte.
  for (let i = 0; i < text.length; i++) deflated[i] = text.charCodeAt(i);
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate'));
  const block = await new Response(stream).arrayBuffer();
  const headerLength = new DataView(block).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(block, 4, headerLength))) as ReportHeader;
  const columns = new Map(header.columns.map((column) => [column.name, column]));
  return new Data(header, (name) => {
    const column = columns.get(name);
    return column ? viewOf(block, column) : null;
  });
}

function viewOf(block: ArrayBuffer, { type, offset, length }: ReportColumn): Column {
  switch (type) {
    case 'u8':
      return new Uint8Array(block, offset, length);
    case 'u16':
      return new Uint16Array(block, offset, length);
    case 'u32':
      return new Uint32Array(block, offset, length);
    case 'f32':
      return new Float32Array(block, offset, length);
  }
}
