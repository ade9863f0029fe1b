import { deflateSync } from 'node:zlib';
import type { ReportColumn, ReportHeader } from '../../model/report-data.ts';

export interface NamedColumn {
  readonly name: string;
  readonly values: Uint8Array | Uint16Array | Uint32Array | Float32Array;
}

/** The block of a report, deflated, in base64: text that no parser of HTML can take for anything else. */
export function packReport(header: Omit<ReportHeader, 'columns'>, columns: readonly NamedColumn[]): string {
  const described = (begin: number): ReportColumn[] => {
    let offset = begin;
    return columns.map(({ name, values }) => {
      const at = offset;
      offset = aligned(offset + values.byteLength);
      return { name, type: typeOf(values), length: values.length, offset: at };
    });
  };
  const headerText = (begin: number): Buffer => Buffer.from(JSON.stringify({ ...header, columns: described(begin) }));
  // Offsets stand in the header whose length moves them; blanks fill the room that was left for them.
  const begin = aligned(4 + headerText(0).length + 16 * columns.length);
  const text = headerText(begin);
  const last = described(begin).at(-1);
  const size = last ? last.offset + columns.at(-1)!.values.byteLength : begin;
  const block = Buffer.alloc(size, ' ');
  block.writeUInt32LE(begin - 4, 0);
  text.copy(block, 4);
  described(begin).forEach(({ offset }, i) => {
    const { buffer, byteOffset, byteLength } = columns[i]!.values;
    Buffer.from(buffer, byteOffset, byteLength).copy(block, offset);
  });
  return deflateSync(block, { level: 9 }).toString('base64');
}

/** Whole numbers from 0 in as few bytes as they need. */
export function narrow(values: Uint32Array): Uint8Array | Uint16Array | Uint32Array {
  let max = 0;
  for (const value of values) if (value > max) max = value;
  if (max < 256) return Uint8Array.from(values);
  return max < 65_536 ? Uint16Array.from(values) : values;
}

function typeOf(values: NamedColumn['values']): ReportColumn['type'] {
  if (values instanceof Uint8Array) return 'u8';
  if (values instanceof Uint16Array) return 'u16';
  return values instanceof Uint32Array ? 'u32' : 'f32';
}

function aligned(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}
