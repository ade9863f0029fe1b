/** Ends a field of a journal. */
export const TAB = 0x09;

/** A list of numbers that grows; -1 wherever none was set. */
export class Numbers {
  private values = new Int32Array(0);

  get(i: number): number {
    return this.values[i] ?? -1;
  }

  set(i: number, value: number): void {
    if (i >= this.values.length) {
      const before = this.values;
      this.values = new Int32Array(Math.max(1024, 2 * i)).fill(-1);
      this.values.set(before);
    }
    this.values[i] = value;
  }
}

/**
 * Names of tasks as they stand in journals, each numbered where it is first met: a table of hashes over the bytes
 * themselves, since a hundred thousand texts would take longer to make than the journals take to read.
 */
export class TaskNames {
  private readonly journals: Buffer[] = [];
  private count = 0;
  /** Numbers of names by their hash, or in the next free slot behind it; -1 where none is. */
  private slots = new Int32Array(1024).fill(-1);
  private readonly hashes = new Numbers();
  private readonly journalOf = new Numbers();
  /** Where the name begins in its journal; a tab ends it. */
  private readonly starts = new Numbers();

  /** Returns its number. It must not change from now on. */
  addJournal(bytes: Buffer): number {
    return this.journals.push(bytes) - 1;
  }

  journal(number: number): Buffer {
    return this.journals[number]!;
  }

  /** The number of the name that begins there. */
  take(journal: number, start: number): number {
    const bytes = this.journals[journal]!;
    let end = start;
    let hash = FIRST_HASH;
    for (let byte = bytes[end]!; byte !== TAB; byte = bytes[++end]!) hash = nextHash(hash, byte);
    const slot = this.slotOf(hash, bytes, start, end);
    return this.slots[slot] === -1 ? this.add(slot, hash, journal, start) : this.slots[slot]!;
  }

  /** -1 where it stands in no journal. */
  find(name: string): number {
    const bytes = Buffer.from(name);
    return this.findBytes(bytes, bytes.length);
  }

  /** The same of the first bytes. */
  findBytes(bytes: Buffer, length: number): number {
    let hash = FIRST_HASH;
    for (let at = 0; at < length; at++) hash = nextHash(hash, bytes[at]!);
    return this.slots[this.slotOf(hash, bytes, 0, length)]!;
  }

  text(number: number): string {
    const bytes = this.journals[this.journalOf.get(number)]!;
    const start = this.starts.get(number);
    return bytes.toString('utf8', start, bytes.indexOf(TAB, start));
  }

  /** That of the name that stands there, or a free one. */
  private slotOf(hash: number, bytes: Buffer, start: number, end: number): number {
    const { slots, hashes } = this;
    let slot = this.firstSlot(hash);
    for (let number = slots[slot]!; number !== -1; number = slots[slot]!) {
      if (hashes.get(number) === hash && this.isName(number, bytes, start, end)) return slot;
      slot = (slot + 1) % slots.length;
    }
    return slot;
  }

  private firstSlot(hash: number): number {
    return (hash ^ (hash >>> 15)) & (this.slots.length - 1);
  }

  private isName(number: number, bytes: Buffer, start: number, end: number): boolean {
    const known = this.journals[this.journalOf.get(number)]!;
    let at = this.starts.get(number);
    for (let i = start; i < end; i++) if (known[at++] !== bytes[i]) return false;
    return known[at] === TAB;
  }

  private add(slot: number, hash: number, journal: number, start: number): number {
    const number = this.count++;
    this.slots[slot] = number;
    this.hashes.set(number, hash);
    this.journalOf.set(number, journal);
    this.starts.set(number, start);
    if (this.count * 2 > this.slots.length) this.grow();
    return number;
  }

  private grow(): void {
    this.slots = new Int32Array(this.slots.length * 4).fill(-1);
    for (let number = 0; number < this.count; number++) {
      let slot = this.firstSlot(this.hashes.get(number));
      while (this.slots[slot] !== -1) slot = (slot + 1) % this.slots.length;
      this.slots[slot] = number;
    }
  }
}

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
const FIRST_HASH = 0x811c9dc5 | 0;

function nextHash(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}
