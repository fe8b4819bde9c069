const whole = (value) => Math.round(value).toLocaleString('en');
const places = (value) => (Math.abs(value) >= 100 ? whole(value) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2));
const range = ({ median, low, high }, write = places) => (low === high ? write(median) : `${write(median)} (${write(low)}–${write(high)})`);
const row = (cells) => `| ${cells.join(' | ')} |`;
const head = (...cells) => [row(cells), row(cells.map(() => '---'))];

/** What an aim says of a median: by rate, and by processor time where others had the machine. */
const verdict = ({ aim, byRate, byCpu }) => {
  if (aim === null) return '';
  const [rate, cpu] = [byRate.median >= aim, byCpu.median >= aim];
  return `${places(aim)}: ${rate && cpu ? 'reached' : rate ? 'reached by rate' : cpu ? 'reached by processor time' : 'not reached'}`;
};

export function contestTable(contests) {
  const ratioOf = ({ ratios }, name) => ratios.filter(({ of }) => of === name);
  const rows = contests.flatMap((contest) =>
    contest.contestants.map(({ name, perSecond, p50Ms, p99Ms, cpuMicros }) => {
      const ratios = ratioOf(contest, name);
      const cells = [contest.title, contest.connections, name, range(perSecond, (value) => places(value)), places(p50Ms.median), places(p99Ms.median), range(cpuMicros)];
      return row([...cells, ratios.map(({ to, byRate }) => `${range(byRate)} of ${to}`).join('; '), ratios.map(({ byCpu }) => range(byCpu)).join('; '), ratios.map(verdict).filter(Boolean).join('; ')]);
    }),
  );
  return [...head('figure', 'at once', 'who', 'requests/s (spread)', 'p50 ms', 'p99 ms', 'CPU µs per request', 'ratio by rate', 'by processor time', 'aim'), ...rows].join('\n');
}

export function numberTable(figures) {
  const rows = figures.flatMap(({ title, numbers }) =>
    numbers.map((number) => {
      const aim = number.atMost === undefined ? '' : `at most ${number.atMost}: ${number.median <= number.atMost ? 'reached' : 'not reached'}`;
      return row([title, number.name, `${range(number)} ${number.unit}`.trim(), aim]);
    }),
  );
  return [...head('figure', '', 'median (spread)', 'aim'), ...rows].join('\n');
}
