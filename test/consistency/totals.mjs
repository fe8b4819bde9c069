// What several runs come to together.

const sums = (one = {}, other = {}) => Object.fromEntries([...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));

export const NO_TOTALS = { runs: 0, seeds: [] };

export function addTotals(earlier, { seed, faults, violations, ...run }) {
  const counts = Object.fromEntries(Object.entries(run).filter(([, value]) => typeof value === 'number'));
  const { runs, seeds, faults: faultsBefore, violations: violationsBefore, ...before } = earlier;
  return { ...sums(before, counts), runs: runs + 1, seeds: [...seeds, ...(seed === undefined ? [] : [seed])], faults: sums(faultsBefore, faults), violations: sums(violationsBefore, violations) };
}
