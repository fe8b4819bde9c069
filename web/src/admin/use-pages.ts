import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Page } from '../service/types';

export interface Pages<T> {
  readonly items: readonly T[] | null;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly failure: unknown;
  readonly more: () => Promise<void>;
  readonly retry: () => Promise<void>;
}

interface State<T> {
  readonly items: readonly T[] | null;
  readonly nextCursor: string | null;
  readonly isLoading: boolean;
  readonly failure: unknown;
}

/** A keyset-paged list that grows; another `key` begins anew. The answers of an earlier key are not listened to. */
export const usePages = <T>(read: (cursor: string | null) => Promise<Page<T>>, key: string): Pages<T> => {
  const [state, setState] = useState<State<T>>({ items: null, nextCursor: null, isLoading: true, failure: null });
  const latest = useRef(read);
  latest.current = read;
  const turn = useRef(0);
  const load = useCallback(async (before: readonly T[], cursor: string | null): Promise<void> => {
    const mine = ++turn.current;
    setState((now) => ({ ...now, isLoading: true, failure: null }));
    try {
      const page = await latest.current(cursor);
      if (mine === turn.current) setState({ items: [...before, ...page.items], nextCursor: page.nextCursor, isLoading: false, failure: null });
    } catch (failure) {
      if (mine === turn.current) setState((now) => ({ ...now, isLoading: false, failure }));
    }
  }, []);
  useEffect(() => {
    void load([], null);
  }, [key, load]);
  const more = (): Promise<void> => load(state.items ?? [], state.nextCursor);
  return { items: state.items, hasMore: state.nextCursor !== null, isLoading: state.isLoading, failure: state.failure, more, retry: more };
};
