import { batch, signal } from '@preact/signals';
import { chooseLanguage } from '../i18n';
import { readMe, type VersionedUser } from '../service/account';
import { client } from '../service/client';
import { NoAnswer, Problem } from '../service/problem';
import type { Avatar, SignedOutReason } from '../service/types';

type Standing = 'starting' | 'unreachable' | 'signed-out' | 'signed-in';

export const standing = signal<Standing>('starting');
/** Who is signed in. Every picture and name on the page comes from here. */
export const account = signal<VersionedUser | null>(null);
/** Why nobody is, when somebody was; said on the page for signing in. */
export const farewell = signal<SignedOutReason | 'signed_out' | 'deleted' | 'password_reset' | null>(null);

/** Tells the other tabs that the account is not what it was. Speed only: each asks for itself. */
const news = new BroadcastChannel('likeness.account');
news.onmessage = () => void revalidate();

export const me = (): VersionedUser['user'] => account.value!.user;
export const isAdmin = (): boolean => account.value?.user.roles.includes('admin') ?? false;

export const setAccount = (fresh: VersionedUser): void => {
  account.value = fresh;
};

/** The account as it is now; for nobody any more when the session has ended meanwhile. */
export const refreshAccount = async (): Promise<void> => {
  const fresh = await readMe();
  if (standing.value === 'signed-in') account.value = fresh;
};

/** After a change of one's own: here at once, and elsewhere soon. */
export const accountChanged = async (): Promise<void> => {
  news.postMessage(null);
  await refreshAccount();
};

/** The new picture, everywhere on the page, before anything else is asked for. */
export const pictureChanged = async (avatar: Avatar | null): Promise<void> => {
  if (avatar && account.value) account.value = { ...account.value, user: { ...account.value.user, avatar } };
  await accountChanged();
};

/** Quietly: what cannot be had now is asked for again later. */
export const revalidate = async (): Promise<void> => {
  if (standing.value === 'signed-in') await refreshAccount().catch(() => undefined);
};

/** Whoever has just signed in, or still is. */
export const enter = async (): Promise<void> => {
  const fresh = await readMe();
  batch(() => {
    account.value = fresh;
    standing.value = 'signed-in';
    farewell.value = null;
  });
  await chooseLanguage(account.value?.user.locale ?? null).catch(() => undefined);
};

export const leave = (reason: typeof farewell.value): void => {
  batch(() => {
    account.value = null;
    farewell.value = reason;
    standing.value = 'signed-out';
  });
};

/** Is somebody signed in? Only the service knows. */
export const start = async (): Promise<void> => {
  standing.value = 'starting';
  try {
    if (await client.session.resume()) await enter();
    else if (standing.value === 'starting') standing.value = 'signed-out';
  } catch (failure) {
    if (failure instanceof Problem && failure.status === 401) leave(failure.code as SignedOutReason);
    else standing.value = failure instanceof NoAnswer || failure instanceof Problem ? 'unreachable' : 'signed-out';
  }
};

export const watchAccount = (): void => {
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void revalidate());
  addEventListener('online', () => void (standing.value === 'unreachable' ? start() : revalidate()));
};
