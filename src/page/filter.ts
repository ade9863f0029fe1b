import { REPORT_STATES, type ReportState } from '../model/report-data.ts';
import type { Data } from './data.ts';

export interface Filter {
  /** Words that must all be found; `"…"` holds one with blanks, `-` before one means that it must not be found. */
  readonly text: string;
  /** null for all. */
  readonly state: ReportState | null;
  /** Position of a rule; null for all. */
  readonly rule: number | null;
}

/** The tasks that a filter lets through, in order. */
export function matchingTasks(data: Data, { text, state, rule }: Filter): Uint32Array {
  const words = wordsOf(text).map((word) => new WordMatcher(data, word));
  const stateId = state === null ? -1 : REPORT_STATES.indexOf(state);
  const found = new Uint32Array(data.count);
  let size = 0;
  data.header.rules.forEach(({ first, count }, r) => {
    if (rule !== null && rule !== r) return;
    const tests = words.map((word) => word.testOf(r));
    for (let task = first; task < first + count; task++) {
      if (stateId >= 0 && data.state[task] !== stateId) continue;
      if (tests.every((test) => test(task))) found[size++] = task;
    }
  });
  return found.slice(0, size);
}

interface Word {
  /** In lower case. */
  readonly text: string;
  readonly isWanted: boolean;
}

function wordsOf(text: string): Word[] {
  return [...text.toLowerCase().matchAll(/(-?)((?:"[^"]*"?|[^\s"])+)/g)].flatMap(([, minus, word]) => {
    const bare = word!.replaceAll('"', '');
    return bare === '' ? [] : [{ text: bare, isWanted: minus === '' }];
  });
}

/** Looks at each text of the report once, and at numbers from then on. */
class WordMatcher {
  private readonly data: Data;
  private readonly word: Word;
  private readonly hosts: Uint8Array;
  private readonly slurmIds: Uint8Array;
  private readonly states: Uint8Array;
  private readonly failed: Set<number>;
  private readonly byParam = new Map<string, Uint8Array>();
  /** `site` of `site=01022500`, which then is meant exactly; null for a word that may be found anywhere. */
  private readonly param: string | null;

  constructor(data: Data, word: Word) {
    const { header } = data;
    this.data = data;
    this.word = word;
    const at = word.text.indexOf('=');
    const named = Object.keys(header.values).filter((param) => param.toLowerCase() === word.text.slice(0, at));
    this.param = at > 0 && named.length > 0 ? named[0]! : null;
    const holds = (texts: readonly string[]): Uint8Array =>
      Uint8Array.from(texts, (text) => (this.param === null && text.toLowerCase().includes(word.text) ? 1 : 0));
    this.hosts = holds(header.hosts);
    this.slurmIds = holds(header.slurmIds);
    this.states = holds(REPORT_STATES);
    const reasons = header.failures.filter(({ reason }) => reason.toLowerCase().includes(word.text));
    this.failed = new Set(this.param === null ? reasons.map((failure) => failure.task) : []);
    for (const [param, values] of Object.entries(header.values)) this.byParam.set(param, this.flagsOf(param, values));
  }

  private flagsOf(param: string, values: readonly string[]): Uint8Array {
    const { text } = this.word;
    if (this.param !== null) {
      const wanted = text.slice(text.indexOf('=') + 1);
      return Uint8Array.from(values, (value) => (param === this.param && value.toLowerCase() === wanted ? 1 : 0));
    }
    return Uint8Array.from(values, (value) => (`${param}=${value}`.toLowerCase().includes(text) ? 1 : 0));
  }

  /** The test for tasks of one rule. */
  testOf(r: number): (task: number) => boolean {
    const { data, word, hosts, slurmIds, states, failed } = this;
    const { name, first } = data.header.rules[r]!;
    if (this.param === null && name.toLowerCase().includes(word.text)) return () => word.isWanted;
    const columns = data.paramsOf(r).map((param) => ({ ids: param.ids, flags: this.byParam.get(param.name)! }));
    return (task) => {
      const isFound =
        columns.some(({ ids, flags }) => flags[ids[task - first]!] === 1) ||
        states[data.state[task]!] === 1 ||
        hosts[data.host[task]!] === 1 ||
        slurmIds[data.slurm[task]!] === 1 ||
        failed.has(task);
      return isFound === word.isWanted;
    };
  }
}
