import type { ComponentChildren, JSX } from 'preact';
import { t } from '../i18n';
import { Button } from './button';
import { Icon } from './icons';
import { inWords } from './problem-text';

type AlertKind = 'danger' | 'success' | 'info' | 'warning';

const ICONS = { danger: 'warning', warning: 'warning', success: 'done', info: 'info' } as const;

/** Said at once by a screen reader when it is a failure, when there is a pause otherwise. */
export const Alert = ({ kind, children }: { readonly kind: AlertKind; readonly children: ComponentChildren }): JSX.Element => (
  <div class={`alert alert-${kind}`} role={kind === 'danger' ? 'alert' : 'status'}>
    <Icon name={ICONS[kind]} />
    <div class="alert-text">{children}</div>
  </div>
);

interface FailureProps {
  readonly failure: unknown;
  readonly onRetry?: () => void;
}

/** What went wrong, in words, and the way to try again. */
export const Failure = ({ failure, onRetry }: FailureProps): JSX.Element | null =>
  failure == null ? null : (
    <Alert kind="danger">
      <p>{inWords(failure)}</p>
      {onRetry && (
        <Button kind="quiet" onClick={onRetry}>
          {t('action.retry')}
        </Button>
      )}
    </Alert>
  );
