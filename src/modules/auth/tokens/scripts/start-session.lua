-- @include ./sessions.lua

local function set_optional(key, field, text)
  -- A text that is there begins with '+', so that an empty one is not taken for none.
  if text ~= '' then redis.call('HSET', key, field, string.sub(text, 2)) end
end

local function write_token(key, platform, sid, issued, expires)
  redis.call('SET', key, 'L' .. platform .. sid .. digits(issued) .. digits(expires), 'PXAT', digits(expires * 1000))
end

-- start_session(keys, new, epoch, sequence, second): writes the session and its first token; answers issued, expires, idle end, absolute end.
-- keys: epoch, index, session, token; new: sid, jti, platform, kind ('a' or ''), user_epoch, salt ('' for none), access_ttl, idle_ttl, max_ttl, device, address, agent
local function start_session(keys, new, epoch, sequence, second)
  local ends = second + new.max_ttl
  local idle = math.min(second + new.idle_ttl, ends)
  local expires = math.min(second + new.access_ttl, ends)
  local until_ms = math.max(idle, expires) * 1000
  local q = new.kind .. digits(sequence)
  write_token(keys.token, new.platform, new.sid, second, expires)
  redis.call('HSET', keys.session, 'st', 'L', 'p', new.platform, 'q', q, 'e', digits(epoch), 'ue', new.user_epoch,
    'c', second, 'l', second, 'i', idle, 'x', ends, 'm', expires, 'j', new.jti, 'ja', second, 'jx', expires, 't', new.jti .. digits(expires))
  if new.salt ~= '' then redis.call('HSET', keys.session, 'g', '1', 's', new.salt, 'h', '') end
  set_optional(keys.session, 'd', new.device)
  set_optional(keys.session, 'a', new.address)
  set_optional(keys.session, 'u', new.agent)
  redis.call('PEXPIREAT', keys.session, digits(until_ms))
  redis.call('ZADD', keys.index, digits(until_ms), new.sid .. new.platform .. q)
  expire_with_last_member(keys.index)
  write_epoch(keys.epoch, epoch, sequence, until_ms)
  return { second, expires, idle, ends }
end
