import type { ComponentChildren, JSX } from 'preact';
import { t } from '../i18n';
import { Failure } from './alert';
import type { Loaded } from './use-loaded';

interface LoadingProps<T> {
  readonly what: Loaded<T>;
  /** Rows of the usual height that hold the place meanwhile. */
  readonly rows?: number;
  readonly children: (value: T) => ComponentChildren;
}

/** The place is taken while it loads; a failure says so and offers again, beside what was there. */
export const Loading = <T,>({ what, rows = 3, children }: LoadingProps<T>): JSX.Element => (
  <div class="loading" aria-busy={what.isLoading}>
    <Failure failure={what.failure} onRetry={() => void what.reload()} />
    {what.value !== null && children(what.value)}
    {what.value === null && what.failure === null && (
      <div class="placeholders">
        <span class="unseen" role="status">
          {t('state.loading')}
        </span>
        {Array.from({ length: rows }, (_, row) => (
          <div key={row} class="placeholder" />
        ))}
      </div>
    )}
  </div>
);
