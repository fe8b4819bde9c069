import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Link } from '../router';
import { usersPage, type UserSearch } from '../service/admin';
import type { User } from '../service/types';
import { Avatar } from '../ui/avatar';
import { Badge } from '../ui/card';
import { Field, Select } from '../ui/field';
import { Icon } from '../ui/icons';
import { Title } from '../views/auth-card';
import { PagedList } from './paged-list';
import { usePages } from './use-pages';

const TYPING_MS = 250;

/** The last value, once it has rested. */
const useRested = <T,>(value: T): T => {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
};

export const UserBadges = ({ user }: { readonly user: User }): JSX.Element => (
  <span class="badges">
    {user.roles.map((role) => (
      <Badge key={role} kind="accent">
        {role}
      </Badge>
    ))}
    {user.disabled && <Badge kind="warn">{t('users.disabled')}</Badge>}
  </span>
);

const UserRow = ({ user }: { readonly user: User }): JSX.Element => (
  <li class="row row-link">
    <Avatar user={user} size={64} />
    <div class="row-main">
      <p class="row-title">
        <Link to={`/admin/users/${user.id}`} class="row-target">
          {user.displayName ?? user.username}
        </Link>{' '}
        <UserBadges user={user} />
      </p>
      <p class="muted">
        @{user.username} · {user.email}
      </p>
    </div>
  </li>
);

export const Users = (): JSX.Element => {
  const [search, setSearch] = useState<UserSearch>({ q: '', role: '', disabled: '' });
  const change = (changes: Partial<UserSearch>): void => setSearch((before) => ({ ...before, ...changes }));
  const rested = useRested(search);
  const pages = usePages((cursor) => usersPage({ ...rested, q: rested.q.trim(), role: rested.role.trim() }, cursor), JSON.stringify(rested));
  return (
    <>
      <Title text={t('nav.users')} />
      <section class="card">
        <search class="filters">
          <Field name="q" type="search" label={t('users.search')} value={search.q} onValue={(q) => change({ q })} aside={<Icon name="search" />} autocomplete="off" spellcheck={false} />
          <Field name="role" label={t('users.role')} value={search.role} onValue={(role) => change({ role: role.toLowerCase() })} autocomplete="off" spellcheck={false} autocapitalize="off" />
          <Select
            name="disabled"
            label={t('users.state')}
            value={search.disabled}
            onValue={(disabled) => change({ disabled: disabled as UserSearch['disabled'] })}
            options={[
              ['', t('users.any')],
              ['false', t('users.enabled')],
              ['true', t('users.disabled')],
            ]}
          />
        </search>
        <PagedList pages={pages} empty={t('users.none')}>
          {(user) => <UserRow key={user.id} user={user} />}
        </PagedList>
      </section>
    </>
  );
};
