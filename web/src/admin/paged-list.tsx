import type { ComponentChildren, JSX } from 'preact';
import { t } from '../i18n';
import { Failure } from '../ui/alert';
import { Button } from '../ui/button';
import type { Pages } from './use-pages';

interface PagedListProps<T> {
  readonly pages: Pages<T>;
  readonly empty: string;
  readonly children: (item: T) => ComponentChildren;
}

export const PagedList = <T,>({ pages, empty, children }: PagedListProps<T>): JSX.Element => (
  <div class="loading" aria-busy={pages.isLoading}>
    {pages.items === null && pages.failure === null && (
      <div class="placeholders">
        <span class="unseen" role="status">
          {t('state.loading')}
        </span>
        {Array.from({ length: 6 }, (_, row) => (
          <div key={row} class="placeholder" />
        ))}
      </div>
    )}
    {pages.items?.length === 0 && <p class="empty">{empty}</p>}
    {pages.items && pages.items.length > 0 && <ul class={`rows${pages.isLoading ? ' rows-old' : ''}`}>{pages.items.map(children)}</ul>}
    <Failure failure={pages.failure} onRetry={() => void pages.retry()} />
    {pages.hasMore && pages.failure === null && (
      <div class="actions actions-centre">
        <Button isBusy={pages.isLoading} onClick={() => void pages.more()}>
          {t('action.more')}
        </Button>
      </div>
    )}
  </div>
);
