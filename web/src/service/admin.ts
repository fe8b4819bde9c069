import { answered, api } from './client';
import type { AuditAction, AuditEvent, Page, Platform, SessionEntry, User, UserPatch } from './types';

export interface UserSearch {
  readonly q: string;
  readonly role: string;
  readonly disabled: '' | 'true' | 'false';
}

const PAGE_SIZE = 25;

export const usersPage = (search: UserSearch, cursor: string | null): Promise<Page<User>> => {
  const query = { limit: PAGE_SIZE, ...(search.q && { q: search.q }), ...(search.role && { role: search.role }), ...(search.disabled && { disabled: search.disabled === 'true' }), ...(cursor && { cursor }) };
  return answered(api.GET('/v1/users', { params: { query } }));
};

export const readUser = async (id: string): Promise<User> => (await answered(api.GET('/v1/users/{id}', { params: { path: { id } } }))) as User;

export const changeUser = (id: string, patch: UserPatch): Promise<User> => answered(api.PATCH('/v1/users/{id}', { params: { path: { id } }, body: patch }));

export const sessionsOf = async (id: string): Promise<readonly SessionEntry[]> => (await answered(api.GET('/v1/users/{id}/sessions', { params: { path: { id } } }))).items;

/** All of them, or those of one platform. */
export const endSessionsOf = (id: string, platform: Platform | null): Promise<void> =>
  answered(api.DELETE('/v1/users/{id}/sessions', { params: { path: { id }, query: platform === null ? {} : { platform } } }));

export interface EventSearch {
  readonly action: AuditAction | '';
  readonly userId: string;
}

export const eventsPage = ({ action, userId }: EventSearch, cursor: string | null): Promise<Page<AuditEvent>> => {
  const query = { limit: PAGE_SIZE, ...(action && { action }), ...(userId && { userId }), ...(cursor && { cursor }) };
  return answered(api.GET('/v1/audit-events', { params: { query } }));
};
