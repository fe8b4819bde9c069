/** Rejects with the signal's reason as soon as it is aborted. */
export const pause = (delayMs: number, signal?: AbortSignal): Promise<void> =>
  abortable(new Promise((resolve) => setTimeout(resolve, delayMs)), signal);

/** The caller's wait ends with its signal; the work, which others may wait for too, goes on. */
export const abortable = async <T>(work: Promise<T>, signal?: AbortSignal): Promise<T> => {
  if (!signal) return work;
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
};
