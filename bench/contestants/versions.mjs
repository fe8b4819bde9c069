// The built service and altered copies of it, side by side on the same stores; for what asks what a part of it costs.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { mutate } from '../../test/consistency/mutations.mjs';
import { makeAccount, startLikeness } from './likeness.mjs';
import { Stage } from './stage.mjs';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/** `versions`: `{name, edits}`, `edits` as of `mutate`. Each has a user of its own, who is a target. */
export async function startVersions(versions) {
  const stage = await Stage.open();
  try {
    const targets = [];
    for (const [index, { name, edits }] of versions.entries()) {
      const main = join(mutate(DIST, stage.folder(`version-${index}`), edits), 'main.js');
      const service = await startLikeness(stage, { main, settings: { REDIS_URL: stage.redisUrl(index), DATA_DIR: stage.folder(`data-${index}`) } });
      const { token } = await makeAccount(service, `version-${index}`);
      targets.push({ name, origins: [service.origin], pids: [service.pid], path: '/v1/users/me', headers: { authorization: `Bearer ${token}` }, expected: 200 });
    }
    return { versions: targets, stop: () => stage.stop() };
  } catch (error) {
    await stage.stop();
    throw error;
  }
}
