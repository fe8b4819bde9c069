export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Lowest and highest. */
export const spread = (values) => [Math.min(...values), Math.max(...values)];

const whole = (value) => Math.round(value).toLocaleString('en');
const ratioText = (ratio, range) => (ratio === undefined ? '1' : `**${hundredths(ratio)}** (${hundredths(range[0])}–${hundredths(range[1])})`);

const hundredths = (value) => value.toFixed(2);

export function printTable(rows) {
  console.log('| figure | requests/s (median, spread) | p99 ms | CPU µs per request | of bare Node, by rate | of bare Node, by CPU time |');
  console.log('|---|---|---|---|---|---|');
  for (const { name, perSecond, spread: [low, high], p99Ms, cpuMicros, ratio, ratioSpread, cpuRatio, cpuRatioSpread } of rows) {
    const cells = [name, `${whole(perSecond)} (${whole(low)}–${whole(high)})`, p99Ms.toFixed(1), cpuMicros.toFixed(1), ratioText(ratio, ratioSpread), ratioText(cpuRatio, cpuRatioSpread)];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
