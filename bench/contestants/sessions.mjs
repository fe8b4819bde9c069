// Sessions without passwords: made by the service's own parts, in this process, on the same stores. Hashing a password for each would take the day.
import { settingsOf } from './likeness.mjs';
import { freePort } from '../../test/kit/free-port.mjs';

const CLIENT = { platform: 'web', deviceName: 'Ada’s machine', ipAddress: '192.0.2.7', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

/** `{start(userId, platform?), many(userIds, atOnce), platforms, get}`; stopped with the stage. */
export async function openSessions(stage) {
  const [{ createContext }, { loadConfig }, { SessionIssuer }, { SigningKeys }, { PLATFORMS }] = await Promise.all(
    ['app/index', 'kernel/config/index', 'modules/auth/sessions/session-issuer.service', 'modules/auth/keys/signing-keys.service', 'modules/auth/platform'].map((name) => import(`../../dist/${name}.js`)),
  );
  const context = await createContext(loadConfig({ ...settingsOf(stage, await freePort()), LOG_LEVEL: 'error' }));
  stage.keep({ stop: () => context.close() });
  await context.get(SigningKeys, { strict: false }).load();
  const issuer = context.get(SessionIssuer, { strict: false });
  const start = (userId, platform = 'web') => issuer.start({ userId, roles: [], sessionEpoch: 0 }, { ...CLIENT, platform });
  const many = async (userIds) => {
    const tokens = [];
    for (let at = 0; at < userIds.length; at += 100) tokens.push(...(await Promise.all(userIds.slice(at, at + 100).map((userId) => start(userId)))));
    return tokens;
  };
  return { start, many, platforms: PLATFORMS, get: (type) => context.get(type, { strict: false }) };
}
