import type { ApiClient, ApiAnswer, RegisteredUser } from '../kit/api.js';

export interface TestKey {
  readonly id: string;
  readonly secret: string;
}

export const requestKey = (api: ApiClient, owner: RegisteredUser, scopes: readonly string[], changes: object = {}): Promise<ApiAnswer> =>
  api.post('/v1/auth/api-keys', { name: 'a key', scopes, ...changes }, { token: owner.token });

/** A new key of this user. */
export const makeKey = async (api: ApiClient, owner: RegisteredUser, scopes: readonly string[], changes: object = {}): Promise<TestKey> => {
  const { status, body } = await requestKey(api, owner, scopes, changes);
  if (status !== 201) throw new Error(`no key: ${status} ${JSON.stringify(body)}`);
  return body;
};

/** How GET /v1/users/me answers this token: its status, and its code if it is refused. */
export const meBy = async (api: ApiClient, token: string): Promise<[number, string | undefined]> => {
  const { status, body } = await api.get('/v1/users/me', { token });
  return [status, body?.code];
};
