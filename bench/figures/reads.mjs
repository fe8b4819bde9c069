// GET: one's own account, sessions, and pictures.
import { bearer, BARE_NODE, contest, LIKENESS } from './targets.mjs';

const betterAuthSession = async ({ betterAuth }) => {
  const server = await betterAuth();
  return server && { name: 'Better Auth, get-session', origins: [server.origin], pids: [server.pid], path: '/api/auth/get-session', headers: { cookie: server.cookie }, expected: 200 };
};

const nginxPicture = async ({ nginx }, conditional) => {
  const server = await nginx();
  return server && { name: 'nginx', origins: [server.origin], pids: [server.pid], path: '/picture.webp', headers: conditional ? { 'if-none-match': server.etag } : {}, expected: conditional ? 304 : 200 };
};

const stablePath = ({ ada }) => `/v1/users/${ada.id}/avatar?size=128&format=webp`;

export const READS = [
  {
    id: 'me', title: 'GET /v1/users/me', quick: true,
    aims: [{ of: LIKENESS, to: BARE_NODE, atLeast: 0.45 }, { of: LIKENESS, to: 'Better Auth, get-session', atLeast: 10 }],
    open: (world, options) => contest(world, { path: '/v1/users/me', headers: bearer(world.ada.token) }, options, betterAuthSession),
  },
  {
    id: 'avatar-304', title: 'GET avatar, stable URL, 304', quick: true,
    aims: [{ of: LIKENESS, to: BARE_NODE, atLeast: 0.5 }],
    open: async (world, options) => {
      const path = stablePath(world);
      const etag = (await fetch(world.one.origin + path)).headers.get('etag');
      return contest(world, { path, headers: { 'if-none-match': etag }, expected: 304 }, options, () => nginxPicture(world, true));
    },
  },
  {
    id: 'avatar-digest', title: 'GET avatar by digest, 128 WebP', quick: true,
    aims: [{ of: LIKENESS, to: BARE_NODE, atLeast: 0.5 }],
    open: (world, options) => contest(world, { path: `/v1/avatars/${world.ada.digest}/128.webp` }, options, () => nginxPicture(world, false)),
  },
  {
    id: 'avatar-stable', title: 'GET avatar, stable URL, 128 WebP', aims: [],
    open: (world, options) => contest(world, { path: stablePath(world) }, options),
  },
  {
    id: 'sessions-1', title: 'GET /v1/auth/sessions, one session', aims: [],
    open: (world, options) => contest(world, { path: '/v1/auth/sessions', headers: bearer(world.ada.token) }, options),
  },
  {
    // Three milliseconds inside Redis each: 256 at once wait longer than a command may, and the service says 503, as it should.
    id: 'sessions-100', title: 'GET /v1/auth/sessions, 100 sessions', concurrencies: [1, 32], aims: [],
    open: async (world, options) => contest(world, { path: '/v1/auth/sessions', headers: bearer((await world.crowd()).token) }, options),
  },
];
