import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API_KEY_SCOPES, type ApiKeyScope } from '../../src/kernel/http/index.js';
import { makeKey } from '../api-keys/api-keys-client.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { startService, type TestService } from '../kit/service.js';
import { oldToken, SECRET } from '../legacy/old-server.js';
import { ACCESS_RULES, type AccessRule } from './access-rules.js';
import { documentedOperations, NOBODY, pathOf, takesForm, type Operation } from './documented-operations.js';

/** What somebody presents, and what stands behind it. */
interface Caller {
  readonly token: string | undefined;
  readonly kind: 'none' | 'refused' | 'session' | 'key';
  readonly isAdmin: boolean;
  readonly scope?: ApiKeyScope;
}

type Verdict = 'let in' | '401' | '403';

/** On routes that name an account: one's own, or another that is there. */
const TARGETS = ['own', 'another'] as const;
type Target = (typeof TARGETS)[number];

/** As the contract has it. */
const expected = (operation: Operation, { who, key }: AccessRule, { kind, isAdmin, scope }: Caller, target: Target): Verdict => {
  // A client that tries to authenticate where there are no clients (RFC 6749 §5.2).
  if (operation.id === 'oauth_token' && kind !== 'none') return '401';
  // Whoever has a token may revoke it: nobody need say who they are. A key has to be one for that.
  if (operation.id === 'oauth_revoke' && (kind === 'none' || kind === 'session')) return 'let in';
  if (who === 'anyone') return 'let in';
  if (kind === 'none' || kind === 'refused') return '401';
  if (kind === 'key' && scope !== key) return '403';
  if (who === 'admin' || (who === 'own' && target === 'another')) return isAdmin ? 'let in' : '403';
  return 'let in';
};

const verdictOf = ({ status }: ApiAnswer): Verdict => (status === 401 ? '401' : status === 403 ? '403' : 'let in');

const OPERATIONS = documentedOperations();
/** They take sessions with them: asked by somebody who was made for it. */
const ENDING = new Set(['auth_logout', 'auth_logoutAll']);
const NAMES = ['nobody', 'a stranger', 'an ended session', 'a disabled user', 'a user', 'an admin', 'a token that an admin issued', 'a token of the old server', ...API_KEY_SCOPES.map((scope) => `an admin’s key for ${scope}`), ...['users:read', 'users:write', 'avatars:write'].map((scope) => `a user’s key for ${scope}`)];

describe('who may call what', () => {
  let service: TestService;
  let people: Record<'admin' | 'user' | 'other' | 'gone' | 'old', RegisteredUser>;
  const callers = new Map<string, Caller>();

  const login = async ({ email, password }: RegisteredUser): Promise<string> => (await service.api.post('/v1/auth/login', { identifier: email, password })).body.accessToken;

  beforeAll(async () => {
    service = await startService('PostgreSQL and Redis', { RATE_LIMITS: 'off', LEGACY_TOKENS_SECRET: SECRET, WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1' });
    const { api } = service;
    const admin = await registerUser(api);
    const [user, other, gone, old] = [await registerUser(api), await registerUser(api), await registerUser(api), await registerUser(api)];
    people = { admin, user, other, gone, old };
    const asAdmin = { token: admin.token };
    await api.patch(`/v1/users/${old.id}`, { externalId: 'im-1' }, asAdmin);
    const issued = (await api.post(`/v1/users/${user.id}/tokens`, { ttlSeconds: 3600 }, asAdmin)).body.accessToken as string;
    const ended = await login(user);
    await api.post('/v1/auth/logout', undefined, { token: ended });
    await api.patch(`/v1/users/${gone.id}`, { disabled: true }, asAdmin);
    const of = (kind: Caller['kind'], token: string | undefined, isAdmin = false, scope?: ApiKeyScope): Caller => ({ kind, token, isAdmin, ...(scope && { scope }) });
    callers.set('nobody', of('none', undefined)).set('a stranger', of('refused', 'not-a-token')).set('an ended session', of('refused', ended)).set('a disabled user', of('refused', gone.token));
    callers.set('a user', of('session', user.token)).set('an admin', of('session', admin.token, true)).set('a token that an admin issued', of('session', issued));
    callers.set('a token of the old server', of('session', oldToken('im-1')));
    for (const scope of API_KEY_SCOPES) callers.set(`an admin’s key for ${scope}`, of('key', (await makeKey(api, admin, [scope])).secret, true, scope));
    for (const scope of ['users:read', 'users:write', 'avatars:write'] as const) callers.set(`a user’s key for ${scope}`, of('key', (await makeKey(api, user, [scope])).secret, false, scope));
  });
  afterAll(() => service.stop());

  it('is ruled for every operation of the document, and for no other', () => {
    expect(Object.keys(ACCESS_RULES).sort()).toEqual(OPERATIONS.map(({ id }) => id).sort());
    expect([...callers.keys()].sort()).toEqual([...NAMES].sort());
  });

  const ownerOf = (name: string): RegisteredUser => (name.startsWith('an admin') ? people.admin : name.includes('old server') ? people.old : people.user);

  /** Nothing is changed by whoever is let in: bodies are wrong, and what is named is not there. */
  const ask = async (operation: Operation, name: string, target: Target): Promise<ApiAnswer> => {
    const { api } = service;
    const caller = callers.get(name)!;
    const token = ENDING.has(operation.id) && caller.kind === 'session' ? (await registerUser(api)).token : caller.token;
    const isOwn = target === 'own' && operation.template.includes('/users/{id}');
    const path = isOwn ? pathOf(operation, NOBODY).replace(NOBODY, ownerOf(name).id) : pathOf(operation);
    if (operation.method === 'GET' || operation.takes.length === 0) return api.request(operation.method, path, { token });
    if (takesForm(operation)) return api.request(operation.method, path, { token, body: 'token=nonsense', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    return api.request(operation.method, path, { token, body: ENDING.has(operation.id) ? {} : { nonsense: true } });
  };

  it.each(NAMES)('is answered as the contract says to %s', async (name) => {
    const wrong: string[] = [];
    for (const target of TARGETS) {
      for (const operation of OPERATIONS) {
        const hasTarget = ACCESS_RULES[operation.id]!.who === 'own';
        if (target === 'own' && !hasTarget) continue;
        const answer = await ask(operation, name, target);
        const [seen, wanted] = [verdictOf(answer), expected(operation, ACCESS_RULES[operation.id]!, callers.get(name)!, target)];
        if (seen !== wanted) wrong.push(`${operation.id} of ${target}: ${seen} (${answer.status} ${answer.body?.code ?? ''}), not ${wanted}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('shows the whole of an account to its owner and to administrators, and to others what is public', async () => {
    const fields = async (token: string, id: string): Promise<string[]> => Object.keys((await service.api.get(`/v1/users/${id}`, { token })).body).sort();
    const whole = ['avatar', 'createdAt', 'disabled', 'displayName', 'email', 'emailVerified', 'externalId', 'gravatarOptIn', 'id', 'locale', 'pendingEmail', 'roles', 'updatedAt', 'username', 'version'];
    const { user, other, admin } = people;
    expect([await fields(user.token, user.id), await fields(admin.token, user.id)]).toEqual([whole, whole]);
    const keyOf = (who: RegisteredUser): string => callers.get(who === admin ? 'an admin’s key for users:read' : 'a user’s key for users:read')!.token!;
    expect(await fields(keyOf(admin), other.id)).toEqual(whole);
    for (const token of [user.token, keyOf(user)]) expect(await fields(token, other.id)).toEqual(['avatar', 'displayName', 'id', 'username']);
  });
});
