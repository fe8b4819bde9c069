import type { JSX } from 'preact';
import { t } from '../i18n';

/** How much has left; once all has, the service is at work. */
export const Progress = ({ part }: { readonly part: number }): JSX.Element => (
  <div class="progress">
    <progress max={1} value={part} aria-label={t('picture.progress')} />
    <span>{part < 1 ? `${Math.round(part * 100)} %` : t('picture.working')}</span>
  </div>
);
