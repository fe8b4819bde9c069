/** The contract's spelling of a moment that the store gave in seconds since the epoch: ISO 8601, UTC, milliseconds. */
export const isoFromEpochSeconds = (seconds: number): string => new Date(seconds * 1000).toISOString();
