// What readers feel while others sign in and upload: those must not starve the rest.
import { another } from '../contestants/photograph.mjs';
import { PASSWORD } from '../contestants/likeness.mjs';
import { measure } from '../load/load.mjs';
import { bearer, toOne } from './targets.mjs';
import { summary } from './rounds.mjs';

const SIGNING_IN = 2;
const UPLOADING = 1;

/** Does `work` again and again, so many at once, until `stop` is called, which says how often it was done. */
function keepDoing(work, lanes) {
  let isOver = false;
  let count = 0;
  const lane = async () => {
    while (!isOver) count = (await work(count), count + 1);
  };
  const ended = Promise.all(Array.from({ length: lanes }, lane));
  return async () => ((isOver = true), await ended, count);
}

export const BESIDE = {
  id: 'beside', title: 'reads at 32 connections while logins and uploads run beside', quick: true,
  run: async (world, { isQuick, rounds }, say) => {
    const { ada, grace, ask, picture } = world;
    const me = toOne(world, { path: '/v1/users/me', headers: bearer(ada.token) });
    const seconds = isQuick ? 2 : 4;
    const alone = [];
    const beside = [];
    let done = '';
    for (let round = 0; round <= (isQuick ? 2 : rounds); round += 1) {
      const [quiet] = [await measure(me, { seconds, connections: 32 })];
      const logins = keepDoing(() => ask('POST', '/v1/auth/login', { body: { identifier: grace.identifier, password: PASSWORD } }), SIGNING_IN);
      const uploads = keepDoing((index) => ask('PUT', '/v1/users/me/avatar', { token: ada.token, body: another(picture, `${round} ${index} beside`), raw: true }), UPLOADING);
      const busy = await measure(me, { seconds, connections: 32 });
      const counts = [await logins(), await uploads()];
      done = `${counts[0]} logins and ${counts[1]} uploads in the last round`;
      say(`beside, round ${round}: p50 ${busy.p50Ms} ms, p99 ${busy.p99Ms} ms; ${done}`);
      if (round > 0) [alone.push(quiet), beside.push(busy)];
    }
    const of = (samples, pick) => summary(samples.map(pick));
    return { note: done, numbers: [
      { name: 'alone: median', unit: 'ms', ...of(alone, ({ p50Ms }) => p50Ms) },
      { name: 'alone: p99', unit: 'ms', ...of(alone, ({ p99Ms }) => p99Ms) },
      { name: 'alone: p99 by the median', unit: '×', ...of(alone, ({ p50Ms, p99Ms }) => p99Ms / p50Ms), atMost: 4 },
      { name: 'beside: median', unit: 'ms', ...of(beside, ({ p50Ms }) => p50Ms) },
      { name: 'beside: p99', unit: 'ms', ...of(beside, ({ p99Ms }) => p99Ms) },
      { name: 'beside: p99 by the median', unit: '×', ...of(beside, ({ p50Ms, p99Ms }) => p99Ms / p50Ms), atMost: 4 },
      { name: 'beside: requests', unit: '/s', ...of(beside, ({ perSecond }) => perSecond) },
    ] };
  },
};
