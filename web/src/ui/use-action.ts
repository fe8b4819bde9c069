import { useCallback, useRef, useState } from 'preact/hooks';

export interface Action<A extends readonly unknown[]> {
  readonly run: (...args: A) => Promise<boolean>;
  readonly isBusy: boolean;
  readonly failure: unknown;
  readonly clear: () => void;
}

/** Something that is done when asked for, once at a time; what failed is kept until it is tried again. */
export const useAction = <A extends readonly unknown[]>(work: (...args: A) => Promise<unknown>): Action<A> => {
  const [state, setState] = useState<{ readonly isBusy: boolean; readonly failure: unknown }>({ isBusy: false, failure: null });
  const latest = useRef(work);
  latest.current = work;
  const isRunning = useRef(false);
  const run = useCallback(async (...args: A): Promise<boolean> => {
    if (isRunning.current) return false;
    isRunning.current = true;
    setState({ isBusy: true, failure: null });
    try {
      await latest.current(...args);
      setState({ isBusy: false, failure: null });
      return true;
    } catch (failure) {
      setState({ isBusy: false, failure });
      return false;
    } finally {
      isRunning.current = false;
    }
  }, []);
  return { run, ...state, clear: () => setState({ isBusy: false, failure: null }) };
};
