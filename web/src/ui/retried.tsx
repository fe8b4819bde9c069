import type { ComponentChildren, JSX } from 'preact';
import { Loading } from './loading';
import { useLoaded } from './use-loaded';

interface RetriedProps<T> {
  readonly what: () => Promise<T>;
  readonly rows?: number;
  readonly children: (loaded: T) => ComponentChildren;
}

/** A part of the page that is fetched when it is needed; when it cannot be had, that is said, and offered again. */
export const Retried = <T extends object>({ what, rows = 6, children }: RetriedProps<T>): JSX.Element => (
  <Loading what={useLoaded(what)} rows={rows}>
    {children}
  </Loading>
);
