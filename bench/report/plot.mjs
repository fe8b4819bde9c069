// A bar for each contestant at each number of connections, in SVG: the median, and a line from the lowest to the highest.
const WIDTH = 860;
const BAR = 18;
const GAP = 6;
const GROUP_GAP = 20;
const LABEL = 250;
const VALUE = 150;
const COLOURS = ['#8a94a6', '#2f6fdb', '#7aa7f0', '#d98a2b', '#3a9d6b'];

const escaped = (text) => String(text).replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const text = (x, y, words, attributes = '') => `<text x="${x}" y="${y}" ${attributes}>${escaped(words)}</text>`;

/** `groups`: `[{label, bars: [{name, median, low, high}]}]`. */
export function plotOf(title, unit, groups) {
  const highest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ high }) => high)));
  const scale = (value) => (value / highest) * (WIDTH - LABEL - VALUE);
  const parts = [];
  let y = 44;
  for (const { label, bars } of groups) {
    parts.push(text(12, y + 12, label, 'font-weight="600"'));
    y += BAR;
    for (const [index, { name, median, low, high }] of bars.entries()) {
      const middle = y + BAR / 2;
      parts.push(
        text(LABEL - 8, middle + 4, name, 'text-anchor="end"'),
        `<rect x="${LABEL}" y="${y}" width="${scale(median).toFixed(1)}" height="${BAR}" fill="${COLOURS[index % COLOURS.length]}"/>`,
        `<path d="M${(LABEL + scale(low)).toFixed(1)} ${middle}H${(LABEL + scale(high)).toFixed(1)}" stroke="#1b1f27" stroke-width="1.5"/>`,
        text(LABEL + scale(high) + 8, middle + 4, `${Number(median.toPrecision(3)).toLocaleString('en')} ${unit}`),
      );
      y += BAR + GAP;
    }
    y += GROUP_GAP;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="system-ui, sans-serif" font-size="13" fill="#1b1f27" role="img">
<title>${escaped(title)}</title><rect width="100%" height="100%" fill="#ffffff"/>
${text(12, 24, title, 'font-size="16" font-weight="600"')}
${parts.join('\n')}
</svg>
`;
}
