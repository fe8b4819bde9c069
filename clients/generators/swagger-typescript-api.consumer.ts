// What a client team writes on top of what swagger-typescript-api makes: no cast, no `any`. Compiled by scripts/clients-check.mjs.
import { Api } from './client/Api';

export const tour = async (baseUrl: string, picture: File): Promise<string[]> => {
  const api = new Api<string>({ baseUrl, securityWorker: (token) => (token === null ? undefined : { headers: { authorization: `Bearer ${token}` } }) });
  const registered = await api.v1.authRegister({ email: 'ada@example.org', username: 'ada', password: 'correct horse battery' });
  api.setSecurityData(registered.data.tokens.accessToken);
  const put = await api.v1.avatarsPutMine({ file: picture, cropX: 0, cropY: 0, cropSize: 64 });
  const me = await api.v1.usersGetMe();
  const refreshed = await api.v1.authRefresh({ refreshToken: registered.data.tokens.refreshToken });
  api.setSecurityData(refreshed.data.accessToken);
  const sessions = await api.v1.authListMySessions();
  const srcset = Object.entries(me.data.avatar.sizes).map(([width, url]) => `${url} ${width}w`).join(', ');
  return [srcset, put.data.url, me.data.displayName ?? '', ...sessions.data.items.map(({ id }) => id)];
};
