// POST: what other services ask of a token, and what clients turn into the next one.
import { bareNodeLike } from '../contestants/bare-node.mjs';
import { bearer, BARE_NODE, contest, JSON_BODY, LIKENESS, toOne } from './targets.mjs';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const introspection = ({ ada }, authorization) => ({ method: 'POST', path: '/oauth/introspect', headers: { ...FORM, ...authorization }, body: `token=${ada.token}` });

/** Each connection needs a session, of a user of its own as the login policy would have it, and each burst new ones: a token that was answered too late to be seen is used up. */
async function refreshTokens({ sessions, users }, connections) {
  const { many } = await sessions();
  return (await many((await users()).slice(0, connections + 8))).map(({ refreshToken }) => refreshToken);
}

export const TOKENS = [
  {
    id: 'introspection', title: 'POST /oauth/introspect, by an admin’s token', quick: true,
    aims: [{ of: LIKENESS, to: BARE_NODE, atLeast: 0.35 }],
    open: (world, options) => contest(world, introspection(world, bearer(world.admin.token)), options),
  },
  {
    id: 'introspection-key', title: 'POST /oauth/introspect, by an API key', quick: true, aims: [],
    open: (world) => contest(world, introspection(world, { authorization: `Basic ${Buffer.from(`bench:${world.admin.key}`).toString('base64')}` }), { isQuick: true }),
  },
  {
    id: 'refresh', title: 'POST /v1/auth/refresh, rotating', quick: true,
    aims: [{ of: LIKENESS, to: BARE_NODE, atLeast: 0.2 }],
    open: async (world) => {
      const own = toOne(world, {
        method: 'POST', path: '/v1/auth/refresh', headers: JSON_BODY, body: '{"refreshToken":"{}"}', harvest: 'refreshToken',
        values: (connections) => refreshTokens(world, connections),
      });
      // The yardstick always gives the same answer, which is a token too.
      return [await bareNodeLike(world.stage, own), own];
    },
  },
];
