import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose';
import pg from 'pg';
import { API_KEY_SCOPES, type ApiKeyScope } from '../../src/kernel/http/index.js';
import { makeKey } from '../api-keys/api-keys-client.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { startService, type TestService } from '../kit/service.js';
import { oldToken, SECRET } from '../legacy/old-server.js';
import { inLanes } from '../proofs/scale.js';
import { ACCESS_RULES, type AccessRule } from './access-rules.js';
import { documentedOperations, NOBODY, pathOf, takesForm, type Operation } from './documented-operations.js';

/** What somebody presents, and what stands behind it. */
interface Caller {
  readonly token: string | undefined;
  readonly kind: 'none' | 'refused' | 'session' | 'key';
  readonly isAdmin: boolean;
  readonly scope?: ApiKeyScope;
  /** Sent instead of `Bearer` and the token. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose account is its own; the user's, unless the name says otherwise. */
  readonly owner?: RegisteredUser;
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
/** Whose credentials are no longer, or never were, any. */
const REFUSED = [
  'a deleted user', 'a refresh token', 'a forged token', 'a token of another issuer', 'a token that nobody signed', 'an issued token that was revoked', 'another scheme', 'a basic client',
  'a revoked key', 'an expired key', 'a key with another secret', 'a disabled user’s key', 'a deleted user’s key',
] as const; // prettier-ignore
const NAMES = [...REFUSED, 'a former admin', 'nobody', 'a stranger', 'an ended session', 'a disabled user', 'a user', 'an admin', 'a token that an admin issued', 'a token of the old server', ...API_KEY_SCOPES.map((scope) => `an admin’s key for ${scope}`), ...['users:read', 'users:write', 'avatars:write'].map((scope) => `a user’s key for ${scope}`)];

describe('who may call what', () => {
  let service: TestService;
  let people: Record<'admin' | 'user' | 'other' | 'gone' | 'old', RegisteredUser>;
  const callers = new Map<string, Caller>();

  const login = async ({ email, password }: RegisteredUser): Promise<string> => (await service.api.post('/v1/auth/login', { identifier: email, password })).body.accessToken;

  const makeRefused = async (admin: RegisteredUser): Promise<void> => {
    const { api } = service;
    const asAdmin = { token: admin.token };
    const [user, deleted, disabled] = [await registerUser(api), await registerUser(api), await registerUser(api)];
    const keyOf = async (who: RegisteredUser, changes: object = {}): Promise<{ id: string; secret: string }> => (await makeKey(api, who, ['users:read'], changes));
    const [revoked, expired, deletedKey, disabledKey] = [await keyOf(user), await keyOf(user, { expiresAt: '2099-01-01T00:00:00Z' }), await keyOf(deleted), await keyOf(disabled)];
    await api.delete(`/v1/auth/api-keys/${revoked.id}`, { token: user.token });
    await expire(expired.id);
    await api.patch(`/v1/users/${disabled.id}`, { disabled: true }, asAdmin);
    await api.delete(`/v1/users/${deleted.id}`, asAdmin);
    const issued = (await api.post(`/v1/users/${user.id}/tokens`, { ttlSeconds: 3600 }, asAdmin)).body.accessToken as string;
    await api.post('/v1/auth/logout', undefined, { token: issued });
    const [head, payload, signature] = user.token.split('.') as [string, string, string];
    const rewritten = (part: string, changes: object): string => Buffer.from(JSON.stringify({ ...(JSON.parse(Buffer.from(part, 'base64url').toString()) as object), ...changes })).toString('base64url');
    const { privateKey } = await generateKeyPair('ES256');
    const foreign = await new SignJWT({ ...decodeJwt(user.token), iss: 'https://elsewhere.example' }).setProtectedHeader({ ...decodeProtectedHeader(user.token), alg: 'ES256' }).sign(privateKey);
    const tokens: Record<(typeof REFUSED)[number], string | Readonly<Record<string, string>>> = {
      'a deleted user': deleted.token,
      'a refresh token': user.refreshToken,
      'a forged token': `${head}.${rewritten(payload, { sub: admin.id })}.${signature}`,
      'a token of another issuer': foreign,
      'a token that nobody signed': `${rewritten(head, { alg: 'none' })}.${payload}.`,
      'an issued token that was revoked': issued,
      'another scheme': { authorization: `Token ${user.token}` },
      'a basic client': { authorization: `Basic ${Buffer.from(`${user.id}:${user.password}`).toString('base64')}` },
      'a revoked key': revoked.secret,
      'an expired key': expired.secret,
      'a key with another secret': `${disabledKey.secret.slice(0, -1)}${disabledKey.secret.endsWith('0') ? '1' : '0'}`,
      'a disabled user’s key': disabledKey.secret,
      'a deleted user’s key': deletedKey.secret,
    };
    for (const [name, given] of Object.entries(tokens)) callers.set(name, { kind: 'refused', isAdmin: false, owner: user, ...(typeof given === 'string' ? { token: given } : { token: undefined, headers: given }) });
  };
  /** As its time would have it. */
  const expire = async (id: string): Promise<void> => {
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    const { rowCount } = await client.query("UPDATE api_keys SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1", [id]);
    await client.end();
    expect(rowCount).toBe(1);
  };

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
    await makeRefused(admin);
    const former = await registerUser(api);
    for (const roles of [['admin'], []]) await api.patch(`/v1/users/${former.id}`, { roles }, asAdmin);
    callers.set('a former admin', { ...of('session', former.token), owner: former });
    for (const scope of API_KEY_SCOPES) callers.set(`an admin’s key for ${scope}`, of('key', (await makeKey(api, admin, [scope])).secret, true, scope));
    for (const scope of ['users:read', 'users:write', 'avatars:write'] as const) callers.set(`a user’s key for ${scope}`, of('key', (await makeKey(api, user, [scope])).secret, false, scope));
  });
  afterAll(() => service.stop());

  it('is ruled for every operation of the document, and for no other', () => {
    expect(Object.keys(ACCESS_RULES).sort()).toEqual(OPERATIONS.map(({ id }) => id).sort());
    expect([...callers.keys()].sort()).toEqual([...NAMES].sort());
  });

  const ownerOf = (name: string): RegisteredUser => callers.get(name)?.owner ?? (name.startsWith('an admin') ? people.admin : name.includes('old server') ? people.old : people.user);

  /** Nothing is changed by whoever is let in: bodies are wrong, and what is named is not there. */
  const ask = async (operation: Operation, name: string, target: Target): Promise<ApiAnswer> => {
    const { api } = service;
    const caller = callers.get(name)!;
    const token = ENDING.has(operation.id) && caller.kind === 'session' ? (await registerUser(api)).token : caller.token;
    const isOwn = target === 'own' && operation.template.includes('/users/{id}');
    const path = isOwn ? pathOf(operation, NOBODY).replace(NOBODY, ownerOf(name).id) : pathOf(operation);
    const sent = { ...(token !== undefined && { token }), ...(caller.headers && { headers: caller.headers }) };
    if (operation.method === 'GET' || operation.takes.length === 0) return api.request(operation.method, path, sent);
    if (takesForm(operation)) return api.request(operation.method, path, { ...sent, body: 'token=nonsense', headers: { ...caller.headers, 'content-type': 'application/x-www-form-urlencoded' } });
    return api.request(operation.method, path, { ...sent, body: ENDING.has(operation.id) ? {} : { nonsense: true } });
  };

  it.each(NAMES)('is answered as the contract says to %s', async (name) => {
    const wrong: string[] = [];
    const asked = TARGETS.flatMap((target) => OPERATIONS.filter(({ id }) => target === 'another' || ACCESS_RULES[id]!.who === 'own').map((operation) => ({ operation, target })));
    await inLanes(name, asked.length, 4, async (index) => {
      const { operation, target } = asked[index]!;
      let answer = await ask(operation, name, target);
      // A store that is late on a busy machine says neither yes nor no.
      for (let tries = 0; tries < 5 && answer.body?.code === 'service.unavailable'; tries += 1) answer = await ask(operation, name, target);
      const [seen, wanted] = [verdictOf(answer), expected(operation, ACCESS_RULES[operation.id]!, callers.get(name)!, target)];
      if (seen !== wanted) wrong.push(`${operation.id} of ${target}: ${seen} (${answer.status} ${answer.body?.code ?? ''}), not ${wanted}`);
    });
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
