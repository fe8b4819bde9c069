export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Lowest and highest. */
export const spread = (values) => [Math.min(...values), Math.max(...values)];

const whole = (value) => Math.round(value).toLocaleString('en');
const hundredths = (value) => value.toFixed(2);

export function printTable(rows) {
  console.log('| figure | requests/s (median, spread) | p99 ms | of bare Node (median, spread) |');
  console.log('|---|---|---|---|');
  for (const { name, perSecond, spread: [low, high], p99Ms, ratio, ratioSpread } of rows) {
    const ratioText = ratio === undefined ? '1' : `**${hundredths(ratio)}** (${hundredths(ratioSpread[0])}–${hundredths(ratioSpread[1])})`;
    console.log(`| ${name} | ${whole(perSecond)} (${whole(low)}–${whole(high)}) | ${p99Ms.toFixed(1)} | ${ratioText} |`);
  }
}
