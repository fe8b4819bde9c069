import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { removePicture, type Whose } from '../service/pictures';
import type { Avatar as AvatarFacts, User } from '../service/types';
import { Alert, Failure } from '../ui/alert';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/button';
import { Confirm } from '../ui/dialog';
import { Retried } from '../ui/retried';
import { Chooser } from './chooser';
import { kindOf, type PictureKind } from './kind';
import { refusalBeforehand } from './limits';

interface Chosen {
  readonly file: File;
  readonly kind: PictureKind;
}

interface PictureCardProps {
  readonly whose: Whose;
  readonly user: User;
  readonly title?: string;
  /** With the new picture, or null once it was removed. */
  readonly onChanged: (avatar: AvatarFacts | null) => Promise<unknown>;
}

const Now = ({ user, onRemove }: { readonly user: User; readonly onRemove: () => void }): JSX.Element => (
  <div class="picture-now">
    <Avatar user={user} size={256} alt={t('picture.current')} />
    <div>
      <p class="muted">{t(user.avatar.kind === 'uploaded' ? 'picture.uploaded' : 'picture.generated')}</p>
      {user.avatar.kind === 'uploaded' && <Button onClick={onRemove}>{t('picture.remove')}</Button>}
    </div>
  </div>
);

/** The picture as it is, and everything that can be done with it. */
export const PictureCard = ({ whose, user, title, onChanged }: PictureCardProps): JSX.Element => {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);
  const latest = useRef<File | null>(null);
  const [isRemoving, setRemoving] = useState(false);
  const [news, setNews] = useState<'picture.done' | 'picture.removed' | null>(null);
  const choose = async (file: File): Promise<void> => {
    latest.current = file;
    setRefusal(null);
    setNews(null);
    const kind = await kindOf(file).catch(() => 'other' as const);
    if (latest.current !== file) return;
    const refused = refusalBeforehand(file, kind);
    setRefusal(refused);
    setChosen(refused === null ? { file, kind } : null);
  };
  const changed = async (avatar: AvatarFacts | null): Promise<void> => {
    await onChanged(avatar);
    setChosen(null);
    setNews(avatar ? 'picture.done' : 'picture.removed');
  };
  usePasted((file) => void choose(file));
  return (
    <section class="card">
      {title !== undefined && <h2>{title}</h2>}
      {news && <Alert kind="success">{t(news)}</Alert>}
      <Failure failure={refusal} />
      {chosen ? (
        <Retried what={() => import('./editor')} rows={6}>
          {({ Editor }) => <Editor key={`${chosen.file.name} ${chosen.file.lastModified} ${chosen.file.size}`} whose={whose} {...chosen} onDone={changed} onCancel={() => setChosen(null)} />}
        </Retried>
      ) : (
        <>
          <Now user={user} onRemove={() => setRemoving(true)} />
          <Chooser onChoose={(file) => void choose(file)} />
        </>
      )}
      {isRemoving && (
        <Confirm
          title={t('picture.remove')}
          text={t('picture.removeText')}
          action={t('picture.remove')}
          onConfirm={async () => {
            await removePicture(whose);
            await changed(null);
          }}
          onClose={() => setRemoving(false)}
        />
      )}
    </section>
  );
};

/** A picture from the clipboard, wherever on the page it is pasted. */
const usePasted = (choose: (file: File) => void): void => {
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent): void => {
      const file = [...(clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (file) choose(file);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  });
};
