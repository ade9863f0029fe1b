import { createHash } from 'node:crypto';
import Handlebars from 'handlebars';

export interface PageParts {
  readonly name: string;
  /** From `packReport`. */
  readonly data: string;
  /** One SVG element; null where the graph is too large to draw, as `noGraph` says. */
  readonly graph: string | null;
  readonly noGraph: string;
  /** What ships with wfc. */
  readonly template: string;
  readonly style: string;
  readonly script: string;
}

/** One HTML file that holds all it needs. */
export function renderPage({ script, template, ...parts }: PageParts): string {
  // Handlebars escapes for HTML; only what wfc itself wrote goes in as it is.
  const render = Handlebars.compile(template, { strict: true });
  const scriptHash = createHash('sha256').update(script).digest('base64');
  return render({ ...parts, script, scriptHash: new Handlebars.SafeString(scriptHash) });
}
