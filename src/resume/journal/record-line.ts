import { sameFile } from '../record.ts';
import { TAB } from './task-names.ts';

const COMMA = 0x2c;
const DASH = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;

/**
 * The line `done TASK FINGERPRINT CHECKS DURATION_SECONDS INPUTS OUTPUTS [PEAK_MIB] .` of a journal, compared where it
 * stands: of nearly all tasks nothing more is asked than whether they are as they were.
 */
export class RecordLine {
  private readonly bytes: Buffer;
  private readonly fingerprint: number;
  /** Where the fields behind it begin; 0 as long as nobody asked. */
  private checks = 0;
  private inputs = 0;
  private outputs = 0;
  private end = 0;

  constructor(bytes: Buffer, start: number) {
    this.bytes = bytes;
    this.fingerprint = nextField(bytes, nextField(bytes, start));
  }

  /** Whether the fingerprint is this one, code aside: see `splitFingerprint`. */
  hasCommand(fingerprint: string): boolean {
    const end = this.fingerprint + fingerprint.length;
    return this.isText(this.fingerprint, fingerprint) && (this.bytes[end] === TAB || this.bytes[end] === DASH);
  }

  hasChecks(text: string): boolean {
    this.findFields();
    return this.isText(this.checks, text) && this.bytes[this.checks + text.length] === TAB;
  }

  inputStates(): StateCursor {
    this.findFields();
    return new StateCursor(this.bytes, this.inputs, this.outputs - 1);
  }

  outputStates(): StateCursor {
    this.findFields();
    return new StateCursor(this.bytes, this.outputs, this.end);
  }

  private findFields(): void {
    if (this.checks > 0) return;
    const { bytes } = this;
    this.checks = nextField(bytes, this.fingerprint);
    this.inputs = nextField(bytes, nextField(bytes, this.checks));
    this.outputs = nextField(bytes, this.inputs);
    this.end = nextField(bytes, this.outputs) - 1;
  }

  /** Of a text of ASCII. */
  private isText(at: number, text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.bytes[at + i] !== text.charCodeAt(i)) return false;
    return true;
  }
}

/** Where the field behind the one that begins or goes on there begins. */
function nextField(bytes: Buffer, at: number): number {
  let end = at;
  while (bytes[end] !== TAB) end++;
  return end + 1;
}

/** Goes along a list of states as `statesText` writes it. */
export class StateCursor {
  private readonly bytes: Uint8Array;
  private at: number;
  private readonly end: number;
  /** The state that was read last. */
  private readonly before = { mtimeMs: 0, size: 0 };

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  /** Whether the next state is that of a file (NaN: of none). False for what is no single state, too. */
  isNext(mtimeMs: number, size: number): boolean {
    if (!this.read()) return false;
    const { before } = this;
    return before.size === size && (before.mtimeMs === mtimeMs || sameFile(before, { mtimeMs, size }));
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  /** As `parseState`. */
  private read(): boolean {
    const seconds = this.digits(POINT);
    const nanosecondsFrom = this.at;
    const nanoseconds = this.digits(COLON);
    if (seconds < 0 || nanoseconds < 0 || this.at !== nanosecondsFrom + 10) return false;
    const size = this.digits(COMMA);
    // The same arithmetic as in Node's own mtimeMs, so that equal times give equal doubles.
    this.before.mtimeMs = seconds * 1000 + nanoseconds / 1e6;
    this.before.size = size;
    return size >= 0;
  }

  /** The number up to this byte or the end, which are passed; -1 where there is something else, or nothing. */
  private digits(until: number): number {
    const start = this.at;
    let value = 0;
    let at = start;
    for (; at < this.end && this.bytes[at] !== until; at++) {
      const digit = this.bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) return -1;
      value = value * 10 + digit;
    }
    this.at = at + 1;
    return at === start ? -1 : value;
  }
}
