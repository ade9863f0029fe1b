import { stripVTControlCharacters } from 'node:util';
import { displayWidth } from './terminal.ts';

/** Lines on a terminal that are drawn again and again, the cursor below them. */
export class DrawnLines {
  private readonly stream: NodeJS.WriteStream;
  private lines: readonly string[] = [];

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream;
  }

  /** A terminal that does not know its size says 0. */
  get room(): { readonly columns: number; readonly rows: number } {
    return { columns: this.stream.columns || 80, rows: this.stream.rows || 24 };
  }

  /** One write, and each line over the old one: nothing flickers. */
  draw(lines: readonly string[]): void {
    this.stream.write(`${this.up()}${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
    this.lines = lines;
  }

  /** Write a line above them. */
  above(line: string): void {
    const below = this.lines.map((l) => `${l}\n`).join('');
    this.stream.write(`${this.erase()}${line}\n${below}`);
  }

  clear(): void {
    if (this.lines.length > 0) this.stream.write(this.erase());
    this.lines = [];
  }

  private erase(): string {
    return this.lines.length === 0 ? '' : `${this.up()}\u001b[J`;
  }

  /** To the first line drawn; in a terminal made narrower since, lines have wrapped. */
  private up(): string {
    const { columns } = this.room;
    const rowsOf = (line: string): number => Math.ceil(displayWidth(stripVTControlCharacters(line)) / columns);
    const height = this.lines.reduce((sum, line) => sum + Math.max(1, rowsOf(line)), 0);
    return height === 0 ? '' : `\u001b[${height}A`;
  }
}
