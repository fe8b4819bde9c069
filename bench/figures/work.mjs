// What costs tens of milliseconds of a core: passwords and pictures, beside argon2 and sharp alone. Counted jobs, all of them finished.
import { another } from '../contestants/photograph.mjs';
import { PASSWORD } from '../contestants/likeness.mjs';
import { LIKENESS } from './targets.mjs';

const ARGON2 = 'bare argon2';
const SHARP = 'bare sharp';

let serial = 0;
/** Never the same twice in a run. */
const next = () => (serial += 1);

async function workContest(world, job, yardstick, work) {
  const bare = await world.work();
  // The yardstick is compiled code, hardly any of which gets warm.
  return [{ name: yardstick, pids: [bare.pid], warmJobs: 32, work: () => bare.run(job) }, { name: LIKENESS, pids: [world.one.pid], work }];
}

export const WORK = [
  {
    id: 'login', title: 'POST /v1/auth/login', quick: true, jobs: true, warmJobs: 600,
    aims: [{ of: LIKENESS, to: ARGON2, atLeast: 0.95 }],
    open: async (world) => {
      const identifiers = await world.signingIn();
      return workContest(world, 'verify', ARGON2, () => world.ask('POST', '/v1/auth/login', { body: { identifier: identifiers[next() % identifiers.length], password: PASSWORD } }));
    },
  },
  {
    id: 'register', title: 'POST /v1/auth/register', jobs: true, aims: [],
    open: (world) =>
      workContest(world, 'hash', ARGON2, () => {
        const username = `new-${next()}`;
        return world.ask('POST', '/v1/auth/register', { body: { email: `${username}@bench.test`, username, password: PASSWORD }, expected: 201 });
      }),
  },
  {
    // Beyond the queue of decodes the service says 503, which is meant: 256 at once would measure that.
    id: 'upload', title: 'PUT avatar, a JPEG of 12 megapixels', quick: true, jobs: true, warmJobs: 100, concurrencies: [1, 32],
    aims: [{ of: LIKENESS, to: SHARP, atLeast: 1 / 1.15 }],
    open: (world) => workContest(world, 'upload', SHARP, () => world.ask('PUT', '/v1/users/me/avatar', { token: world.ada.token, body: another(world.picture, next()), raw: true })),
  },
];
