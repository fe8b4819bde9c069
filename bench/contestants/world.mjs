// One stage with everything on it that the figures ask: the service with one process and with two, an admin, users, pictures. What a figure does not need is not started.
import { writeFileSync } from 'node:fs';
import { clientOf, makeAccount, makeAdmin, PASSWORD, startLikeness } from './likeness.mjs';
import { startBareWork } from './bare-work.mjs';
import { startBetterAuth } from './better-auth.mjs';
import { startNginx } from './nginx.mjs';
import { photograph } from './photograph.mjs';
import { openSessions } from './sessions.mjs';
import { insertUsers } from './many-users.mjs';
import { Stage } from './stage.mjs';

const MANY = 400;
const SIGNING_IN = 64;
const SESSIONS_OF_THE_CROWD = 100;

/** `make` once, for whoever asks first. */
const once = (make) => {
  let made;
  return () => (made ??= make());
};

export async function openWorld() {
  const stage = await Stage.open();
  try {
    const picture = await photograph();
    const one = await startLikeness(stage);
    const admin = await makeAdmin(one);
    const ada = await makeAccount(one, 'ada', picture);
    // Signs in again and again, which takes the place of her own older sessions.
    const grace = await makeAccount(one, 'grace');
    const sessions = once(() => openSessions(stage));
    const ask = clientOf(one);
    return {
      stage, one, admin, ada, grace, ask, picture, sessions,
      /** A second process beside the first: on the same core, so that what a request costs can be compared. */
      two: once(() => startLikeness(stage)),
      betterAuth: once(() => startBetterAuth(stage)),
      nginx: once(async () => startNginx(stage, Buffer.from(await (await fetch(`${one.origin}/v1/avatars/${ada.digest}/128.webp`)).arrayBuffer()))),
      work: once(async () => {
        const { ARGON2_PARAMETERS } = await import('../../dist/modules/users/passwords/password-hasher.js');
        writeFileSync(stage.folder('photograph.jpg'), picture);
        return startBareWork(stage, { picture: stage.folder('photograph.jpg'), argon2: ARGON2_PARAMETERS, password: PASSWORD });
      }),
      /** Who sign in in turn: enough of them that hardly a sign-in ends an older session, which is work of its own (an event, told to everybody). */
      signingIn: once(async () => {
        const identifiers = [];
        for (let index = 0; index < SIGNING_IN; index += 1) identifiers.push((await makeAccount(one, `signing-in-${index}`)).identifier);
        return identifiers;
      }),
      /** The ids of many who are not signed in. */
      users: once(() => insertUsers(stage, MANY)),
      /** Somebody who is signed in a hundred times: as many as there may be. */
      crowd: once(async () => {
        const { id } = await makeAccount(one, 'crowd');
        const { start, platforms } = await sessions();
        let token;
        for (let index = 1; index < SESSIONS_OF_THE_CROWD; index += 1) token = (await start(id, platforms[index % platforms.length])).accessToken;
        return { id, token };
      }),
      stop: () => stage.stop(),
    };
  } catch (error) {
    await stage.stop();
    throw error;
  }
}
