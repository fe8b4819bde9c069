const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text that is HTML already. */
export class Html {
  constructor(readonly source: string) {}
}

type Part = string | Html | readonly Html[];

const sourceOf = (part: Part): string => {
  if (part instanceof Html) return part.source;
  return typeof part === 'string' ? part.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!) : part.map(({ source }) => source).join('');
};

/** A template whose values are escaped, unless they are such templates themselves. */
export const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html =>
  new Html(strings.reduce((whole, string, index) => whole + sourceOf(parts[index - 1] ?? '') + string));
