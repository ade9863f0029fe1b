/**
 * Puts a blob into an executable file of Linux, where Node looks for its application: see "Single executable applications"
 * in Node's documentation. objcopy adds sections, but no segment, and only those are in memory; postject does, with 5 MB of
 * WebAssembly. Names and numbers: elf(5).
 */

/** Sizes in bytes, of 64 bits. */
const HEADER = 56;
const [PT_LOAD, PT_NOTE, PT_PHDR] = [1, 4, 6];
const READABLE = 4;

/** What Node asks whether it has an application: 0 behind it says no. It stands once in each that can have one. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';

/**
 * Whether a program can take an application, and has none.
 * @param {Buffer} program
 */
export function takesBlob(program) {
  const at = program.indexOf(`${FUSE}0`);
  const isElf64 = program.subarray(0, 6).equals(Buffer.from('\x7fELF\x02\x01', 'latin1'));
  return isElf64 && at >= 0 && program.indexOf(FUSE, at + 1) < 0;
}

/**
 * The program with the blob in a segment of its own at the end: first the table of program headers, which has no room to
 * grow where it was, then the note that holds the blob.
 * @param {Buffer} program
 * @param {Buffer} blob
 */
export function inject(program, blob) {
  const headers = readHeaders(program);
  const loads = headers.filter(({ type }) => type === PT_LOAD);
  const align = loads.map((load) => load.align).reduce((a, b) => (a > b ? a : b));
  // A kernel before 5.18 finds the table by its offset in the file, as if all of it lay in memory in one piece: the segment
  // must lie as far behind the first one in memory as in the file, and there behind all others.
  const base = loads[0].address - loads[0].offset;
  const ends = [BigInt(program.length), ...loads.map((load) => load.address + load.memorySize - base)];
  const at = roundUp(
    ends.reduce((a, b) => (a > b ? a : b)),
    align,
  );

  const note = noteOf('NODE_SEA_BLOB', blob);
  const tableSize = BigInt((headers.length + 2) * HEADER);
  const noteAt = at + roundUp(tableSize, 8n);
  const header = (type, offset, size, alignment) =>
    headerOf({ type, flags: READABLE, offset, address: base + offset, size, align: alignment });
  const table = headers.map(({ type, bytes }) => (type === PT_PHDR ? header(PT_PHDR, at, tableSize, 8n) : bytes));
  // Those that are loaded stand in order of their addresses.
  const behind = headers.findLastIndex(({ type }) => type === PT_LOAD) + 1;
  table.splice(behind, 0, header(PT_LOAD, at, noteAt - at + BigInt(note.length), align));
  table.push(header(PT_NOTE, noteAt, BigInt(note.length), 4n));

  const result = Buffer.alloc(Number(noteAt) + note.length);
  program.copy(result);
  Buffer.concat(table).copy(result, Number(at));
  note.copy(result, Number(noteAt));
  // e_phoff and e_phnum
  result.writeBigUInt64LE(at, 32);
  result.writeUInt16LE(table.length, 56);
  result.write('1', result.indexOf(FUSE) + FUSE.length);
  return result;
}

function readHeaders(program) {
  const [at, count] = [Number(program.readBigUInt64LE(32)), program.readUInt16LE(56)];
  return Array.from({ length: count }, (_, i) => {
    const bytes = program.subarray(at + i * HEADER, at + (i + 1) * HEADER);
    return {
      bytes,
      type: bytes.readUInt32LE(0),
      offset: bytes.readBigUInt64LE(8),
      address: bytes.readBigUInt64LE(16),
      memorySize: bytes.readBigUInt64LE(40),
      align: bytes.readBigUInt64LE(48),
    };
  });
}

function headerOf({ type, flags, offset, address, size, align }) {
  const bytes = Buffer.alloc(HEADER);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(flags, 4);
  // p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align
  for (const [i, value] of [offset, address, address, size, size, align].entries())
    bytes.writeBigUInt64LE(value, 8 + 8 * i);
  return bytes;
}

function noteOf(name, content) {
  const sizes = Buffer.alloc(12);
  sizes.writeUInt32LE(name.length + 1, 0);
  sizes.writeUInt32LE(content.length, 4);
  const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
  return Buffer.concat([sizes, padded(Buffer.from(`${name}\0`)), padded(content)]);
}

function roundUp(n, to) {
  return ((n + to - 1n) / to) * to;
}
