import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { chooseLanguage, language, LANGUAGES, t } from './i18n';
import { Navigation } from './navigation';
import { goTo, Link } from './router';
import { signOut } from './service/signing-in';
import { account, leave, standing } from './state/account';
import { Alert, Failure } from './ui/alert';
import { Avatar } from './ui/avatar';
import { Button } from './ui/button';
import { Confirm } from './ui/dialog';
import { useAction } from './ui/use-action';
import { discard, leaving, whenNothingIsLost } from './unsaved';

const Me = (): JSX.Element | null => {
  const { run, isBusy, failure } = useAction(async () => {
    await signOut();
    leave('signed_out');
    goTo('/sign-in');
  });
  const user = account.value?.user;
  if (!user) return null;
  return (
    <div class="me">
      <Link to="/" class="me-link" aria-label={t('nav.me', { name: user.displayName ?? user.username })}>
        <Avatar user={user} size={32} />
        <span class="me-name">{user.displayName ?? user.username}</span>
      </Link>
      <Button kind="plain" icon="out" isBusy={isBusy} onClick={() => whenNothingIsLost(() => void run())}>
        {t('signOut.action')}
      </Button>
      {failure !== null && (
        <div class="toast">
          <Failure failure={failure} onRetry={() => void run()} />
        </div>
      )}
    </div>
  );
};

const Offline = (): JSX.Element | null => {
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const follow = (): void => setOnline(navigator.onLine);
    addEventListener('online', follow);
    addEventListener('offline', follow);
    return () => {
      removeEventListener('online', follow);
      removeEventListener('offline', follow);
    };
  }, []);
  return (
    <div class="offline" role="status">
      {!isOnline && <Alert kind="warning">{t('state.offline')}</Alert>}
    </div>
  );
};

const LanguageChoice = (): JSX.Element => (
  <label class="language">
    <span class="unseen">{t('profile.locale')}</span>
    <select name="page-language" value={language.value} onChange={(event) => void chooseLanguage(event.currentTarget.value).catch(() => undefined)}>
      {Object.entries(LANGUAGES).map(([tag, name]) => (
        <option key={tag} value={tag} lang={tag}>
          {name}
        </option>
      ))}
    </select>
  </label>
);

const Leaving = (): JSX.Element | null =>
  leaving.value && (
    <Confirm
      title={t('state.unsaved')}
      text={t('state.unsavedText')}
      action={t('action.discard')}
      cancel={t('action.keepEditing')}
      onConfirm={() => Promise.resolve(discard())}
      onClose={() => (leaving.value = null)}
    />
  );

/** The frame around every view; its places are taken before anything is in them. */
export const Shell = ({ isAlone, children }: { readonly isAlone: boolean; readonly children: ComponentChildren }): JSX.Element => {
  const isSignedIn = standing.value === 'signed-in';
  const isWide = isSignedIn && !isAlone;
  return (
    <>
      <a class="skip" href="#main">
        {t('nav.skip')}
      </a>
      <header class="header">
        <Link to="/" class="brand">
          <span class="brand-mark" aria-hidden="true" />
          Likeness
        </Link>
        {isSignedIn ? <Me /> : <LanguageChoice />}
      </header>
      <Offline />
      {/* Another frame, not the same one that moves. */}
      <div key={isWide} class={isWide ? 'frame' : 'frame frame-narrow'}>
        {isWide && <Navigation />}
        <main id="main" class="main" tabIndex={-1}>
          {children}
        </main>
      </div>
      <Leaving />
    </>
  );
};
