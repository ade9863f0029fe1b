import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeOut } from '../../terminal/streams.ts';
import { makeFolder } from './make-folder.ts';

/** Characters gathered before a write. */
const CHUNK = 256 * 1024;

/** Where a table goes: standard output, or a file that appears only when it is whole. */
export class TableOutput {
  private readonly file: string | null;
  private readonly descriptor: number | null;
  private text = '';

  /** @param file null: standard output. Throws the errors of the file system. */
  constructor(file: string | null) {
    this.file = file;
    if (file !== null) makeFolder(dirname(file));
    this.descriptor = file === null ? null : openSync(this.partial(), 'w');
  }

  write(text: string): void {
    this.text += text;
    if (this.text.length >= CHUNK) this.flush();
  }

  private partial(): string {
    return `${this.file}.wfc-part`;
  }

  private flush(): void {
    if (this.descriptor === null) writeOut(this.text);
    else writeSync(this.descriptor, this.text);
    this.text = '';
  }

  end(): void {
    this.flush();
    if (this.descriptor === null) return;
    closeSync(this.descriptor);
    // Rename last: a reader must never find half a table.
    renameSync(this.partial(), this.file!);
  }

  /** Nothing is left of it. */
  abandon(): void {
    if (this.descriptor === null) return;
    closeSync(this.descriptor);
    rmSync(this.partial(), { force: true });
  }
}
