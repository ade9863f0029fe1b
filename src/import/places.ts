import type { Diagnostic } from '../model/diagnostic.ts';
import type { SnakePlace } from '../model/snakefile.ts';
import type { SourceText } from '../model/source.ts';

/** Turns files and lines into places that diagnostics can show. */
export class Places {
  private readonly read: (file: string) => SourceText;

  constructor(read: (file: string) => SourceText) {
    this.read = read;
  }

  error(place: SnakePlace, message: string, hint?: string | null): Diagnostic {
    return this.diagnostic('error', place, message, hint);
  }

  warning(place: SnakePlace, message: string): Diagnostic {
    return this.diagnostic('warning', place, message, null);
  }

  private diagnostic(
    severity: Diagnostic['severity'],
    { file, line }: SnakePlace,
    message: string,
    hint: string | null | undefined,
  ): Diagnostic {
    const source = this.read(file);
    const lines = source.text.split('\n');
    const text = lines[line - 1] ?? '';
    const before = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0);
    const start = before + text.length - text.trimStart().length;
    const location = { source, start, end: Math.max(start + 1, before + text.trimEnd().length) };
    return { severity, message, location, ...(hint ? { hint } : {}) };
  }
}
