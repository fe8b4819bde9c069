/** `npm test` proves with a fortieth of the counts; `npm run test:long` (TEST_SCALE=1) with all of them. */
const SCALE = Number(process.env.TEST_SCALE ?? 0.025);
export const isLong = SCALE >= 1;

/** A count of rounds for this run, `least` at least. */
export const scaled = (count: number, least = 1): number => Math.max(least, Math.round(count * SCALE));
