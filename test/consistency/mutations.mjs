// Ways to break the promise, each of which the harness must notice: edits of a copy of the built service, and the faults that should show them.
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FENCE = 'modules/users/user-fence.js';
const FILL = 'kernel/cache/scripts/fenced-entry-fill.lua';
const POLICIES = 'kernel/http/caching/cache-policy.js';

const READER_FROZEN = 'reader frozen between its read and its fill';
const FROZEN_WRITERS = ['writer frozen between its fence and its commit', 'writer frozen in its commit', 'writer frozen between its commit and its second fence'];
/** Few readers for each user, so that an entry also stays empty for a while. */
const SPARSE = { users: 12, readersPerUser: 2, writersPerUser: 1, writePauseMs: 150, readPauseMs: 15 };
/** Every entry may end at any moment, tombstones too. */
const SHORT_TOMBSTONES = { lives: { leaseMs: 2_000, valueMs: 25, tombstoneMs: 25 } };

/** Where fills are probed, the second fence has nothing left to do by itself (docs/decisions/0011): each is tested without the other. */
const UNPROBED = ['modules/users/user-reader.js', 'if (!isHeld)', ''];
const PHASES = "['beforeCommit', 'beforeAnswer']";

/** name → `{edits: [[file, from, to]], options}`; `from` must stand in the file. */
export const MUTATIONS = {
  'no fence': { edits: [[FENCE, PHASES, '[]']], options: { only: [] } },
  'fence only before the commit': { edits: [[FENCE, PHASES, "['beforeCommit']"], UNPROBED], options: { ...SPARSE, only: [...FROZEN_WRITERS, 'entries short-lived'], ...SHORT_TOMBSTONES } },
  'fence only after the commit': { edits: [[FENCE, PHASES, "['beforeAnswer']"]], options: { only: [...FROZEN_WRITERS, 'instance killed at a named point of a write'] } },
  'fills under a writer': { edits: [UNPROBED], options: { users: 3, readersPerUser: 8, only: ['Redis lost under a frozen writer'], reads: { me: 50, byAdmin: 20, lookup: 30 } } },
  'a fill that compares versions': {
    edits: [
      [FILL, "if (kind ~= 'L' and kind ~= 'T') or nonce ~= ARGV[2] then return 0 end", "if kind == 'V' and tonumber(version) >= tonumber(ARGV[3]) then return 0 end"],
      [FILL, "'V' .. server .. nonce", "'V' .. server .. ARGV[2]"],
    ],
    options: { ...SPARSE, only: [READER_FROZEN, 'entries short-lived'], ...SHORT_TOMBSTONES },
  },
  'a plain SET instead of the fill': {
    edits: [
      [FILL, "if (kind ~= 'L' and kind ~= 'T') or nonce ~= ARGV[2] then return 0 end", ''],
      [FILL, "if kind == 'T' and tonumber(version) > tonumber(ARGV[3]) then return 0 end", ''],
      [FILL, "'V' .. server .. nonce", "'V' .. server .. ARGV[2]"],
    ],
    options: { ...SPARSE, only: [READER_FROZEN] },
  },
  'entries not bound to their server': {
    edits: [['kernel/cache/scripts/server-identity.lua', 'return string.sub(info, run + 7, run + 46) .. string.sub(info, replication + 14, replication + 53)', "return string.rep('0', 80)"]],
    options: { only: ['Redis killed, back with an older file'], hardPauseMs: 2_000 },
  },
  'roles read from the token': {
    edits: [['modules/auth/guard/authenticator.service.js', 'roles: user.roles }', "roles: JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).roles }"]],
    options: { only: [] },
  },
  'max-age=300 on the stable URL': { edits: [[POLICIES, "publicNoCache: 'no-cache'", "publicNoCache: 'public, max-age=300'"]], options: { only: [] } },
  'stale-while-revalidate': { edits: [[POLICIES, "publicNoCache: 'no-cache'", "publicNoCache: 'max-age=0, stale-while-revalidate=3600'"]], options: { only: [] } },
  'a PUT that forgets the user': { edits: [[FENCE, "'user.deleted', 'avatar.changed'", "'user.deleted'"]], options: { only: [] } },
  'a deletion that forgets the user': { edits: [[FENCE, "'user.deleted', ", '']], options: { only: [], mortals: 4, cliPauseMs: null } },
  'a cached storage error': { edits: [['kernel/http/caching/cache-policy.interceptor.js', '[mayBeKept ? policy', '[true || mayBeKept ? policy']], options: { only: ['storage failing'] } },
  'the generated picture for a storage error': {
    edits: [['modules/avatars/avatars.service.js', 'const bytes = await this.shelf.take(digest, variant, user.recipe);', 'const bytes = await this.shelf.take(digest, variant, user.recipe).catch(() => this.shelf.renderer.render(user.recipe, variant));']],
    options: { only: ['storage failing'] },
  },
}; // prettier-ignore

/** Copies the built service to `folder`, beside the packages it needs, and breaks it; answers with the folder to run. */
export function mutate(dist, folder, edits) {
  mkdirSync(folder, { recursive: true });
  const root = join(dist, '..');
  const copy = join(folder, 'dist');
  cpSync(dist, copy, { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  if (!existsSync(join(folder, 'node_modules'))) symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, from, to] of edits) {
    const file = join(copy, name);
    const text = readFileSync(file, 'utf8');
    if (!text.includes(from)) throw new Error(`${name} does not say ${from} any more: the mutation must follow the code.`);
    writeFileSync(file, text.replace(from, to));
  }
  return copy;
}
