import { answered, api } from './client';
import type { ApiKey, ApiKeyScope, NewApiKey } from './types';

export interface KeyWishes {
  readonly name: string;
  readonly scopes: ApiKeyScope[];
  readonly expiresAt: string | null;
}

/** An account has few: one page of the longest kind holds them all. */
export const myKeys = async (): Promise<readonly ApiKey[]> => (await answered(api.GET('/v1/auth/api-keys', { params: { query: { limit: 200 } } }))).items;

/** The one answer that has the secret. */
export const createKey = (wishes: KeyWishes): Promise<NewApiKey> => answered(api.POST('/v1/auth/api-keys', { body: wishes }));

export const revokeKey = (id: string): Promise<void> => answered(api.DELETE('/v1/auth/api-keys/{id}', { params: { path: { id } } }));
