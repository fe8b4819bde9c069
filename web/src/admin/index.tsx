import type { JSX } from 'preact';
import { view } from '../router';
import { NotFound } from '../views/not-found';
import { AuditLog } from './audit-log';
import { UserDetail } from './user-detail';
import { Users } from './users';

/** Fetched when an admin first opens one of its views. */
export const Admin = (): JSX.Element => {
  const [, , list, item] = view.value.split('/');
  if (list === 'users') return item ? <UserDetail id={item} /> : <Users />;
  return list === 'audit' && !item ? <AuditLog /> : <NotFound />;
};
