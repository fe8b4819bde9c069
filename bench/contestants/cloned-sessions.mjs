// Sessions by the million: the records of one real one, copied inside Redis under the tags of other users. Whoever presents a token has a real one.
const BATCH = 2_000;

/** KEYS 1 … the records of the one user; ARGV 1 its tag, 2 … the tags of the others. For one server alone: the keys are of many tags. */
const CLONE = `
local copies = {}
for i, key in ipairs(KEYS) do copies[i] = { key, redis.call('DUMP', key), redis.call('PTTL', key) } end
for at = 2, #ARGV do
  for _, copy in ipairs(copies) do
    local name = string.gsub(copy[1], ARGV[1], ARGV[at], 1)
    redis.call('RESTORE', name, copy[3], copy[2], 'REPLACE')
  end
end`;

/** Gives every user of `to` what `from` has. */
export async function cloneSessions(client, from, to, say) {
  const { userTag } = await import('../../dist/kernel/cache/index.js');
  const tag = userTag(from);
  const keys = (await client.keys(`*{${tag}}*`)).filter((key) => !key.startsWith('us:'));
  const pattern = tag.replaceAll('-', '%-');
  for (let at = 0; at < to.length; at += BATCH) {
    await client.call('EVAL', CLONE, keys.length, ...keys, pattern, ...to.slice(at, at + BATCH).map(userTag));
    if (at % 100_000 === 0) say(`${at.toLocaleString('en')} sessions copied`);
  }
}
