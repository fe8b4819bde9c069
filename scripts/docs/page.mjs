// A page of Markdown, taken apart as far as the checks need it.

const FENCE = /^( *)(```+)(\w*)[^\n]*\n([^]*?)^\1\2 *$/gm;

/** As GitHub makes anchors of headings: small letters, no punctuation, hyphens for spaces. */
const slugOf = (heading) =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');

export class Page {
  /** Blocks of code: `{language, text}`. */
  blocks = [];
  /** What stands in backticks in the text. */
  codes;
  links;
  anchors;

  /** `path`: from the root of the project. */
  constructor(path, text) {
    this.path = path;
    this.text = text;
    const prose = text.replace(FENCE, (_all, _indent, _ticks, language, body) => {
      this.blocks.push({ language, text: body });
      return '';
    });
    this.codes = [...prose.matchAll(/(`+)([^`]|[^`].*?[^`])\1(?!`)/g)].map(([, , code]) => code.trim());
    const plain = prose.replace(/(`+)(?:[^`]|[^`].*?[^`])\1(?!`)/g, (code) => (prose.includes(`[${code}](`) ? 'code' : ''));
    this.links = [...plain.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
    this.anchors = new Set();
    for (const [, heading] of prose.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
      const slug = slugOf(heading);
      let anchor = slug;
      for (let count = 1; this.anchors.has(anchor); count++) anchor = `${slug}-${count}`;
      this.anchors.add(anchor);
    }
  }

  /** Everything that is code: pieces in the text, and lines of blocks. */
  get snippets() {
    return [...this.codes, ...this.blocks.flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'))];
  }
}
