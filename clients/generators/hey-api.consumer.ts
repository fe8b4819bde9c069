// What a client team writes on top of what @hey-api/openapi-ts makes: no cast, no `any`. Compiled by scripts/clients-check.mjs.
import { createClient } from './client/client';
import { authListMySessions, authRefresh, authRegister, avatarsPutMine, usersGetMe } from './client';

export const tour = async (baseUrl: string, picture: Blob): Promise<string[]> => {
  let accessToken = '';
  const client = createClient({ baseUrl, auth: () => accessToken });
  const registered = await authRegister({ client, body: { email: 'ada@example.org', username: 'ada', password: 'correct horse battery' } });
  if (!registered.data) return [registered.error.code];
  accessToken = registered.data.tokens.accessToken;
  const put = await avatarsPutMine({ client, body: { file: picture, cropX: 0, cropY: 0, cropSize: 64 } });
  const me = await usersGetMe({ client });
  const refreshed = await authRefresh({ client, body: { refreshToken: registered.data.tokens.refreshToken } });
  accessToken = refreshed.data?.accessToken ?? accessToken;
  const sessions = await authListMySessions({ client });
  const srcset = me.data ? Object.entries(me.data.avatar.sizes).map(([width, url]) => `${url} ${width}w`).join(', ') : '';
  return [srcset, put.data?.url ?? '', me.data?.displayName ?? '', ...(sessions.data?.items ?? []).map(({ id }) => id)];
};
