// What hot requests take besides time: memory under load, and what they allocate.
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { bareNodeLike } from '../contestants/bare-node.mjs';
import { startLikeness } from '../contestants/likeness.mjs';
import { residentBytes } from '../load/cores.mjs';
import { measure } from '../load/load.mjs';
import { bearer, toOne } from './targets.mjs';

const WATCH = ['--import', fileURLToPath(new URL('../contestants/allocations.preload.mjs', import.meta.url))];
const CHANNEL = ['ignore', 'pipe', 'inherit', 'ipc'];

const hotPaths = ({ ada, admin }, etag) => [
  { title: 'GET /v1/users/me', path: '/v1/users/me', headers: bearer(ada.token) },
  { title: 'GET avatar, 304', path: `/v1/users/${ada.id}/avatar?size=128&format=webp`, headers: { 'if-none-match': etag }, expected: 304 },
  { title: 'GET avatar by digest', path: `/v1/avatars/${ada.digest}/128.webp` },
  { title: 'introspection', method: 'POST', path: '/oauth/introspect', headers: { ...bearer(admin.token), 'content-type': 'application/x-www-form-urlencoded' }, body: `token=${ada.token}` },
];

async function currentHotPaths(world) {
  const digest = (await world.ask('GET', '/v1/users/me', { token: world.ada.token })).avatar.version;
  const response = await fetch(`${world.one.origin}/v1/users/${world.ada.id}/avatar?size=128&format=webp`);
  return hotPaths({ ...world, ada: { ...world.ada, digest } }, (await response.arrayBuffer(), response.headers.get('etag')));
}

/** A process that has just started, under reads of all hot paths in turns. */
export const MEMORY = {
  id: 'memory', title: 'resident memory under read load', quick: true,
  run: async (world, { isQuick }, say) => {
    const service = await startLikeness(world.stage);
    const targets = (await currentHotPaths(world)).map((request) => toOne({ one: service }, request));
    let highest = 0;
    const watch = setInterval(() => (highest = Math.max(highest, residentBytes(service.pid))), 50);
    for (let turn = 0; turn < (isQuick ? 1 : 3); turn += 1) {
      for (const target of targets) {
        await measure(target, { seconds: isQuick ? 1 : 3, connections: 256 });
        say(`memory: ${target.path.split('?')[0]} ${Math.round(highest / 1e6)} MB`);
      }
    }
    clearInterval(watch);
    await service.stop();
    return { numbers: [{ name: 'highest, at 256 connections', unit: 'MB', median: highest / 1e6, low: highest / 1e6, high: highest / 1e6, atMost: 230 }] };
  },
};

async function allocated(target, child) {
  const settings = { seconds: 1, connections: 32 };
  await measure(target, settings);
  const told = async (word) => {
    child.send(word);
    return (await once(child, 'message'))[0];
  };
  await told('start');
  const { requests } = await measure(target, settings);
  return (await told('stop')).bytes / requests;
}

/** By V8's sampling profiler, collected objects included; objects and strings on the heap, not the bytes of buffers. */
export const ALLOCATIONS = {
  id: 'allocations', title: 'allocated per request', quick: true,
  run: async (world, _options, say) => {
    const service = await startLikeness(world.stage, { args: WATCH, stdio: CHANNEL });
    const numbers = [];
    for (const { title, ...request } of await currentHotPaths(world)) {
      const target = toOne({ one: service }, request);
      const bare = await bareNodeLike(world.stage, target, { args: WATCH, stdio: CHANNEL });
      const [own, base] = [await allocated(target, service.child), await allocated(bare, bare.child)];
      say(`allocations: ${title} ${Math.round(own)} B`);
      numbers.push({ name: `${title} (bare Node: ${(base / 1000).toFixed(1)})`, unit: 'kB', median: own / 1000, low: own / 1000, high: own / 1000 });
    }
    await service.stop();
    return { numbers };
  },
};
