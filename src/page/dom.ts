/** Elements by code: every text goes in as text, so that nothing from a spec or a log is ever markup. */

type Child = Node | string;

/** An HTML element with properties (`className`, `title`, …) and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** An SVG element with attributes. */
export function svg(tag: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== '') made.textContent = text;
  return made;
}

/** The element that the page itself has under this id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`internal error: the page has no #${id}`);
  return found;
}

/** A small square in a rule's colour. */
export function swatch(colour: string): HTMLElement {
  const made = element('span', { className: 'swatch' });
  made.style.background = colour;
  return made;
}

/** A colour, or another value, that the style sheet defines. */
export function styleValue(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
