// What the figures about traffic have in common: the contestants of one target.
import { bareNodeLike } from '../contestants/bare-node.mjs';

export const LIKENESS = 'Likeness';
export const LIKENESS_TWICE = 'Likeness, two processes';
export const BARE_NODE = 'bare Node';

/** `request` (a target without who answers it) to one process of the service. */
export const toOne = ({ one }, request) => ({ expected: 200, ...request, name: LIKENESS, origins: [one.origin], pids: [one.pid] });

const toBoth = async ({ one, two }, request) => {
  const other = await two();
  return { expected: 200, ...request, name: LIKENESS_TWICE, origins: [one.origin, other.origin], pids: [one.pid, other.pid] };
};

/** Bare Node, the service, the service twice (not in quick runs), and the peer that `other` starts. */
export async function contest(world, request, { isQuick, isWithoutPeers }, other = () => null) {
  const own = toOne(world, request);
  const peer = isWithoutPeers ? null : await other(world);
  return [await bareNodeLike(world.stage, own), own, ...(isQuick ? [] : [await toBoth(world, request)]), ...(peer ? [peer] : [])];
}

export const bearer = (token) => ({ authorization: `Bearer ${token}` });
export const JSON_BODY = { 'content-type': 'application/json' };
