-- Sessions of a user through the index, and their end. The caller writes only after it has read everything it needs.
-- @include ./records.lua

-- live_sessions(ix, epoch, now): the sessions that are really live, by ascending sequence number; entries without a live record are dropped.
local function live_sessions(index, epoch, now)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
  local entries = redis.call('ZRANGE', index, 0, -1, 'WITHSCORES')
  local live = {}
  for i = 1, #entries, 2 do
    local sid, platform, by_admin, sequence = string.match(entries[i], '^(......................)(.)(a?)(%d+)$')
    local session = redis.call('HMGET', session_key(sid), 'st', 'e')
    if standing(session[1], session[2], epoch) == 'L' then
      live[#live + 1] = {
        sid = sid, platform = platform, by_admin = by_admin == 'a', sequence = tonumber(sequence), member = entries[i], until_ms = tonumber(entries[i + 1]),
      }
    else
      redis.call('ZREM', index, entries[i])
    end
  end
  table.sort(live, function(one, other) return one.sequence < other.sequence end)
  return live
end

-- Forgets what died first, beyond the hundredth, together with the tokens of such a session.
local function trim_dead(dead)
  local surplus = redis.call('ZCARD', dead) - MAX_DEAD
  if surplus <= 0 then return end
  local members = redis.call('ZRANGE', dead, 0, -1)
  table.sort(members, function(one, other)
    local died, other_died = tonumber(string.sub(one, 24)), tonumber(string.sub(other, 24))
    return died < other_died or (died == other_died and one < other)
  end)
  for i = 1, surplus do
    local id = string.sub(members[i], 2, 23)
    if string.sub(members[i], 1, 1) == 't' then
      redis.call('DEL', token_key(id))
    else
      local tokens = redis.call('HGET', session_key(id), 't') or ''
      redis.call('DEL', session_key(id))
      for at = 1, #tokens, KNOWN_TOKEN_LENGTH do redis.call('DEL', token_key(string.sub(tokens, at, at + 21))) end
    end
    redis.call('ZREM', dead, members[i])
  end
end

-- add_dead(dx, kind, id, until_ms, now): remembers a dead record until it goes by itself.
local function add_dead(dead, kind, id, until_ms, now)
  redis.call('ZREMRANGEBYSCORE', dead, '-inf', now)
  local _, _, died = store_time()
  redis.call('ZADD', dead, digits(until_ms), kind .. id .. digits(died))
  trim_dead(dead)
  expire_with_last_member(dead)
end

-- Ends one live session (sid, member, until_ms). Its record keeps the reason and its own time to live; whose device it was is forgotten.
local function bury_session(index, dead, session, reason, now)
  local key = session_key(session.sid)
  redis.call('HSET', key, 'st', reason)
  redis.call('HDEL', key, 'd', 'a', 'u')
  redis.call('ZREM', index, session.member)
  add_dead(dead, 's', session.sid, session.until_ms, now)
end

-- The same for a session that ends alone, of which others will be told: `untold.lua`, after that `told.lua`.
local function end_one_session(index, dead, session, reason, now)
  bury_session(index, dead, session, reason, now)
  local _, _, died = store_time()
  redis.call('ZREMRANGEBYSCORE', untold_key(), '-inf', now)
  redis.call('ZADD', untold_key(), digits(session.until_ms), session.sid .. session.platform .. reason .. digits(died))
  redis.call('ZREMRANGEBYRANK', untold_key(), 0, -MAX_UNTOLD - 1)
  expire_with_last_member(untold_key())
end

-- The index entry of a session whose record was read: fields p and q.
local function index_entry(sid, platform, sequence)
  return { sid = sid, platform = platform, member = sid .. platform .. sequence, until_ms = redis.call('PEXPIRETIME', session_key(sid)) }
end
