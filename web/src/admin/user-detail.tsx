import type { JSX } from 'preact';
import { t } from '../i18n';
import { moment } from '../i18n/times';
import { PictureCard } from '../picture/picture-card';
import { Link } from '../router';
import { readUser, sessionsOf } from '../service/admin';
import type { SessionEntry, User } from '../service/types';
import { accountChanged, me } from '../state/account';
import { Avatar } from '../ui/avatar';
import { Badge } from '../ui/card';
import { Icon } from '../ui/icons';
import { Loading } from '../ui/loading';
import { useLoaded, type Loaded } from '../ui/use-loaded';
import { Title } from '../views/auth-card';
import { UserAccess } from './user-access';
import { UserRoles } from './user-roles';
import { UserSessions } from './user-sessions';
import { UserBadges } from './users';

const Facts = ({ user }: { readonly user: User }): JSX.Element => (
  <section class="card hero">
    <Avatar user={user} size={128} />
    <div class="hero-text">
      <p class="hero-name">
        {user.displayName ?? user.username} <UserBadges user={user} />
      </p>
      <p class="hero-handle">
        @{user.username} · {user.email} <Badge kind={user.emailVerified ? 'good' : 'warn'}>{t(user.emailVerified ? 'email.verified' : 'email.unverified')}</Badge>
      </p>
      <p class="muted">
        {t('users.created', { at: moment(user.createdAt) })} · <Link to={`/admin/audit?userId=${user.id}`}>{t('users.events')}</Link>
      </p>
    </div>
  </section>
);

export interface AboutUser {
  readonly user: User;
  /** With what the service answered. */
  readonly onChange: (user: User) => void;
}

interface AboutProps {
  readonly user: User;
  readonly loaded: Loaded<User>;
  readonly sessions: Loaded<readonly SessionEntry[]>;
}

const About = ({ user, loaded, sessions }: AboutProps): JSX.Element => {
  const isMe = user.id === me().id;
  const follow = async (): Promise<void> => void (isMe && (await accountChanged().catch(() => undefined)));
  const changed = (fresh: User): void => {
    loaded.set(fresh);
    void follow();
  };
  return (
    <>
      <Title text={user.displayName ?? user.username} />
      <Facts user={user} />
      <UserSessions userId={user.id} sessions={sessions} />
      <UserAccess user={user} onChange={changed} />
      <UserRoles user={user} onChange={changed} />
      <PictureCard
        whose={user.id}
        user={user}
        title={t('nav.picture')}
        onChanged={async (avatar) => {
          if (avatar) loaded.set({ ...user, avatar });
          await Promise.all([loaded.reload(), follow()]);
        }}
      />
    </>
  );
};

export const UserDetail = ({ id }: { readonly id: string }): JSX.Element => {
  const loaded = useLoaded(() => readUser(id), id);
  // Asked for at the same time and shown at once: what stands below would move.
  const sessions = useLoaded(() => sessionsOf(id), id);
  const areSessionsKnown = sessions.value !== null || sessions.failure !== null;
  return (
    <>
      <p class="back">
        <Link to="/admin/users">
          <Icon name="back" size={18} /> {t('nav.users')}
        </Link>
      </p>
      <Loading what={areSessionsKnown ? loaded : { ...loaded, value: null }} rows={6}>
        {(user) => <About user={user} loaded={loaded} sessions={sessions} />}
      </Loading>
    </>
  );
};
