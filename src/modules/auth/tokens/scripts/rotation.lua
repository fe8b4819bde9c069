-- @include ./start-session.lua

local MAX_ROTATIONS = 8

-- rotations_of(h): when earlier generations were rotated away, newest first.
local function rotations_of(h)
  local rotations = {}
  for at in string.gmatch(h, '%d+') do rotations[#rotations + 1] = at end
  return rotations
end

-- The tokens of a session that have not expired, and one more.
local function tokens_with(t, jti, expires, second)
  local tokens = {}
  for at = 1, #t, KNOWN_TOKEN_LENGTH do
    local known = string.sub(t, at, at + KNOWN_TOKEN_LENGTH - 1)
    if tonumber(string.sub(known, 23)) > second then tokens[#tokens + 1] = known end
  end
  tokens[#tokens + 1] = jti .. digits(expires)
  return table.concat(tokens, '', math.max(1, #tokens - MAX_KNOWN_TOKENS + 1))
end

-- change_optional(key, f, field, text): what the record does not say already.
local function change_optional(key, f, field, text)
  local value = text ~= '' and string.sub(text, 2) or nil
  if value == f[field] then return end
  if value then redis.call('HSET', key, field, value) else redis.call('HDEL', key, field) end
  f[field] = value
end

-- rotate_session(keys, f, new, epoch, sequence, now, second): the next generation of a live session that stands, and its token; `f` says afterwards
-- what the record says.
-- keys: epoch, index, session, token; f: the fields of the record; new: sid, jti, access_ttl, idle_ttl, address, agent
local function rotate_session(keys, f, new, epoch, sequence, now, second)
  local ends = tonumber(f.x)
  local expires = math.min(second + new.access_ttl, ends)
  local idle = math.min(second + new.idle_ttl, ends)
  local latest = math.max(expires, tonumber(f.m))
  local until_ms = math.max(idle, latest) * 1000
  local rotations = rotations_of(f.h)
  table.insert(rotations, 1, digits(now))

  f.g, f.l, f.i, f.m, f.j, f.ja, f.jx = digits(tonumber(f.g) + 1), second, idle, latest, new.jti, second, expires
  f.h = table.concat(rotations, ',', 1, math.min(#rotations, MAX_ROTATIONS))
  f.t = tokens_with(f.t, new.jti, expires, second)

  write_token(keys.token, f.p, new.sid, second, expires)
  redis.call('HSET', keys.session, 'g', f.g, 'l', second, 'i', idle, 'm', latest, 'j', f.j, 'ja', second, 'jx', expires, 'h', f.h, 't', f.t)
  change_optional(keys.session, f, 'a', new.address)
  change_optional(keys.session, f, 'u', new.agent)
  redis.call('PEXPIREAT', keys.session, digits(until_ms))
  redis.call('ZREMRANGEBYSCORE', keys.index, '-inf', now)
  redis.call('ZADD', keys.index, digits(until_ms), new.sid .. f.p .. f.q)
  expire_with_last_member(keys.index)
  write_epoch(keys.epoch, epoch, sequence, until_ms)
end
