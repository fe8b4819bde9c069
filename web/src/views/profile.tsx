import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { chooseLanguage, LANGUAGES, t } from '../i18n';
import { Link } from '../router';
import { changeMe, readMe, type VersionedUser } from '../service/account';
import { isProblem } from '../service/problem';
import type { OwnPatch, User } from '../service/types';
import { account, accountChanged, me, setAccount } from '../state/account';
import { Alert } from '../ui/alert';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/button';
import { Card } from '../ui/card';
import { Field, Select } from '../ui/field';
import { SavedForm } from '../ui/form';
import { fieldInWords } from '../ui/problem-text';
import { useAction } from '../ui/use-action';
import { useUnsaved } from '../unsaved';
import { Title } from './auth-card';
import { EmailCard } from './email-card';

const FIELDS = ['username', 'displayName', 'locale'] as const;
type Draft = Record<(typeof FIELDS)[number], string>;

const draftOf = (user: User): Draft => ({ username: user.username, displayName: user.displayName ?? '', locale: user.locale ?? '' });

/** What was changed, and nothing else: an empty text clears. */
const patchOf = (base: Draft, draft: Draft): OwnPatch => {
  const changed = FIELDS.filter((name) => draft[name].trim() !== base[name]);
  return Object.fromEntries(changed.map((name) => [name, draft[name].trim() || (name === 'username' ? '' : null)]));
};

/** Somebody else, or another tab, has changed one of the fields that were changed here. */
class Conflict extends Error {
  constructor(
    readonly theirs: VersionedUser,
    /** What was to be changed; nothing of it is lost. */
    readonly mine: OwnPatch,
  ) {
    super('changed elsewhere');
  }
}

/** Refused because the account has changed: when that was about other fields, the change is made to what it is now. */
const save = async (base: Draft, patch: OwnPatch, etag: string): Promise<VersionedUser> => {
  try {
    return await changeMe(patch, etag);
  } catch (failure) {
    if (!isProblem(failure, 'request.precondition_failed')) throw failure;
    const theirs = await readMe();
    const current = draftOf(theirs.user);
    if (FIELDS.some((name) => name in patch && current[name] !== base[name])) throw new Conflict(theirs, patch);
    return changeMe(patch, theirs.etag);
  }
};

const useProfile = () => {
  const [opened, setOpened] = useState(account.value!);
  const base = draftOf(opened.user);
  const [draft, setDraft] = useState(base);
  const [isSaved, setSaved] = useState(false);
  const action = useAction(async () => {
    setSaved(false);
    const patch = patchOf(base, draft);
    const saved = Object.keys(patch).length === 0 ? opened : await save(base, patch, opened.etag).catch(standBeside);
    await chooseLanguage(saved.user.locale);
    open(saved);
    setSaved(true);
    await accountChanged().catch(() => undefined);
  });
  useUnsaved(Object.keys(patchOf(base, draft)).length > 0);
  /** From here on theirs is what is changed: saving again puts mine in its place, knowingly. */
  const standBeside = (failure: unknown): never => {
    if (failure instanceof Conflict) {
      const { theirs, mine } = failure;
      setAccount(theirs);
      setOpened(theirs);
      setDraft((typed) => Object.fromEntries(Object.entries(draftOf(theirs.user)).map(([name, value]) => [name, name in mine ? typed[name as keyof Draft] : value])) as Draft);
    }
    throw failure;
  };
  const open = (found: VersionedUser): void => {
    setAccount(found);
    setOpened(found);
    setDraft(draftOf(found.user));
    action.clear();
  };
  const bind = (name: keyof Draft) => ({
    name,
    value: draft[name],
    onValue: (value: string) => (setSaved(false), setDraft((before) => ({ ...before, [name]: value }))),
    fault: fieldInWords(action.failure, name),
  });
  return { bind, open, isSaved, ...action };
};

const languages = (current: string): readonly (readonly [string, string])[] => [
  ['', t('profile.localeUnset')],
  ...Object.entries(LANGUAGES),
  ...(current === '' || current in LANGUAGES ? [] : [[current, current] as const]),
];

const ProfileForm = (): JSX.Element => {
  const { bind, open, run, isBusy, failure, isSaved } = useProfile();
  const conflict = failure instanceof Conflict ? failure.theirs : null;
  return (
    <SavedForm onSubmit={run} failure={conflict ? null : failure} fields={FIELDS} label={t('profile.title')} isSaved={isSaved} isBusy={isBusy}>
      {conflict && (
        <Alert kind="warning">
          <p>{t('profile.conflict', { username: conflict.user.username, displayName: conflict.user.displayName ?? '–' })}</p>
          <Button onClick={() => open(conflict)}>{t('profile.takeTheirs')}</Button>
        </Alert>
      )}
      <Field {...bind('displayName')} label={t('profile.displayName')} hint={t('profile.displayNameHint')} autocomplete="name" />
      <Field {...bind('username')} label={t('profile.username')} hint={t('profile.usernameHint')} autocomplete="username" autocapitalize="off" spellcheck={false} required />
      <Select {...bind('locale')} label={t('profile.locale')} options={languages(bind('locale').value)} hint={t('profile.localeHint')} />
    </SavedForm>
  );
};

export const Profile = (): JSX.Element => {
  const user = me();
  return (
    <>
      <Title text={t('profile.title')} />
      <section class="card hero">
        <Avatar user={user} size={128} alt={t('picture.current')} />
        <div class="hero-text">
          <p class="hero-name">{user.displayName ?? user.username}</p>
          <p class="hero-handle">@{user.username}</p>
          <Link to="/picture" class="button button-quiet">
            {t('picture.change')}
          </Link>
        </div>
      </section>
      <Card title={t('profile.about')}>
        <ProfileForm />
      </Card>
      <EmailCard />
    </>
  );
};
