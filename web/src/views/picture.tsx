import type { JSX } from 'preact';
import { t } from '../i18n';
import { PictureCard } from '../picture/picture-card';
import { me, pictureChanged } from '../state/account';
import { Title } from './auth-card';

export const Picture = (): JSX.Element => (
  <>
    <Title text={t('nav.picture')} />
    <PictureCard whose={null} user={me()} onChanged={pictureChanged} />
  </>
);
