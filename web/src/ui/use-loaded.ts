import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Loaded<T> {
  /** Null until it is there. */
  readonly value: T | null;
  readonly failure: unknown;
  readonly isLoading: boolean;
  readonly reload: () => Promise<void>;
  readonly set: (value: T) => void;
}

/** What a view shows, read when it opens and whenever `key` changes. What was there stays until the new is. */
export const useLoaded = <T>(read: () => Promise<T>, key = ''): Loaded<T> => {
  const [state, setState] = useState<{ readonly value: T | null; readonly failure: unknown; readonly isLoading: boolean }>({ value: null, failure: null, isLoading: true });
  const latest = useRef(read);
  latest.current = read;
  const turn = useRef(0);
  const reload = useCallback(async (): Promise<void> => {
    const mine = ++turn.current;
    setState((before) => ({ ...before, failure: null, isLoading: true }));
    try {
      const value = await latest.current();
      if (mine === turn.current) setState({ value, failure: null, isLoading: false });
    } catch (failure) {
      if (mine === turn.current) setState((before) => ({ ...before, failure, isLoading: false }));
    }
  }, []);
  useEffect(() => {
    void reload();
    return () => void (turn.current += 1);
  }, [key, reload]);
  return { ...state, reload, set: (value) => setState({ value, failure: null, isLoading: false }) };
};
