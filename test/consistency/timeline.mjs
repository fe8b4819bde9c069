// A page that shows what happened around each violation.

const escaped = (value) => String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const WIDTH = 1_400;
const ROW = 16;
const COLOURS = { ok: '#2a7', refused: '#999', unknown: '#d90' };

function chart({ operation, operations }, events) {
  const from = Math.min(...operations.map(({ start }) => start));
  const to = Math.max(...operations.map(({ end }) => end), operation.end ?? 0);
  const x = (time) => 420 + ((Math.min(Math.max(time, from), to) - from) / Math.max(to - from, 1)) * (WIDTH - 440);
  const bar = (row, start, end, colour, label) =>
    `<text x="4" y="${row * ROW + 12}">${escaped(label)}</text><rect x="${x(start)}" y="${row * ROW + 3}" width="${Math.max(x(end) - x(start), 2)}" height="${ROW - 6}" fill="${colour}"/>`;
  const near = events.filter(({ start, end }) => end >= from && start <= to);
  const rows = [
    ...near.map(({ kind, start, end, detail }) => [start, end, '#e9b', `${kind} ${detail}`]),
    ...[...operations].sort((one, other) => one.start - other.start).map((each) => {
      const colour = each === operation ? '#c00' : each.isWrite ? '#25c' : COLOURS[each.outcome];
      return [each.start, each.end, colour, `${each.isWrite ? 'W' : 'r'}${each.instance} ${each.kind} ${each.outcome} ${JSON.stringify(each.seen ?? {})}`];
    }),
  ]; // prettier-ignore
  return `<svg width="${WIDTH}" height="${rows.length * ROW + 8}" font-size="10" font-family="monospace">${rows.map(([start, end, colour, label], row) => bar(row, start, end, colour, label.slice(0, 200))).join('')}</svg>`;
}

/** HTML of a run's violations; pink: faults, blue: writes, green: reads, red: the one that is wrong. */
export function timelineOf({ details, events, seed, violations }) {
  const sections = details.map((violation, index) => {
    const states = violation.states.map((state) => `<tr>${Object.values(state).map((value) => `<td>${escaped(value)}</td>`).join('')}</tr>`).join('');
    return `<h2>${index + 1}. ${escaped(violation.kind)}</h2><p>User ${escaped(violation.operation.user)}: ${escaped(violation.text)}</p>${chart(violation, events)}
      <details><summary>committed versions</summary><table border="1">${states}</table></details>`;
  });
  return `<!doctype html><meta charset="utf-8"><title>Consistency, seed ${escaped(seed)}</title><h1>Violations: ${escaped(JSON.stringify(violations))}</h1>${sections.join('\n')}`;
}
