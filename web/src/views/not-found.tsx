import type { JSX } from 'preact';
import { t } from '../i18n';
import { Link } from '../router';
import { Title } from './auth-card';

export const NotFound = (): JSX.Element => (
  <section class="card">
    <Title text={t('notFound.title')} />
    <p>{t('notFound.text')}</p>
    <p>
      <Link to="/">{t('verify.toAccount')}</Link>
    </p>
  </section>
);
