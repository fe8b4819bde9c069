/** How far the service's clock is ahead of this machine's. Lifetimes are told by the service's. */
let aheadMs = 0;

/** `Date` has whole seconds: the middle of that second is the best guess. */
export const noteServerTime = (headers: Headers): void => {
  const told = Date.parse(headers.get('date') ?? '');
  // Answers from a cache carry the time of long ago.
  if (!Number.isNaN(told) && !headers.has('age')) aheadMs = told + 500 - Date.now();
};

/** A difference of a second is none: clocks are shown in seconds. */
export const serverNow = (): number => Date.now() + (Math.abs(aheadMs) < 2_000 ? 0 : aheadMs);
