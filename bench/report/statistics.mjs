export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** The smallest value that `percent` of the values do not exceed. */
export const percentile = (values, percent) => [...values].sort((a, b) => a - b)[Math.ceil((percent / 100) * values.length) - 1];

/** Lowest and highest. */
export const spread = (values) => [Math.min(...values), Math.max(...values)];
