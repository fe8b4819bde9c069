#!lua
-- The refresh table of guarantees §2: rotate, answer the current pair again within the grace, or end the session of a reused token.
-- KEYS 1 ss:{u}:<sid> · 2 ep:{u} · 3 ix:{u} · 4 dx:{u} · 5 tk:{u}:<new jti>
-- ARGV 1 sid · 2 generation presented · 3 salt its MAC was checked with · 4 new jti · 5 access ttl · 6 idle ttl · 7 grace (seconds) · 8 address · 9 agent ('+text' or '')
-- answer {outcome} with 'reuse', '?' unknown, '>' expired or a reason's letter
--        | {'rotate' or 'replay', generation, jti, issued, expires, session as session_answer gives it}
-- atomic; on Redis Cluster the new key keeps it from running while the slot is on the move
-- @include ./start-session.lua
-- @include ./session-answer.lua

local MAX_ROTATIONS = 8

local now, second = store_time()
local epoch, sequence = read_epoch(KEYS[2])
local f = session_fields(KEYS[1])
if not f.s or f.s ~= ARGV[3] then return { '?' } end
local stands = standing(f.st, f.e, epoch)
if stands ~= 'L' then return { stands } end
if now >= tonumber(f.i) * 1000 then return { '>' } end

local generation = tonumber(f.g)
local age = generation - tonumber(ARGV[2])
-- A generation that was never given out comes from a store that lost its last writes; its holder is no thief.
if age < 0 then return { '?' } end

local rotations = {}
for at in string.gmatch(f.h, '%d+') do rotations[#rotations + 1] = at end

if age > 0 then
  local grace_ms = tonumber(ARGV[7]) * 1000
  local rotated = tonumber(rotations[age])
  if rotated and grace_ms > 0 and now - rotated <= grace_ms then
    return { 'replay', generation, f.j, tonumber(f.ja), tonumber(f.jx), session_answer(ARGV[1], f) }
  end
  end_one_session(KEYS[3], KEYS[4], index_entry(ARGV[1], f.p, f.q), 'U', now)
  return { 'reuse' }
end

local ends = tonumber(f.x)
local expires = math.min(second + tonumber(ARGV[5]), ends)
local idle = math.min(second + tonumber(ARGV[6]), ends)
local latest = math.max(expires, tonumber(f.m))
local until_ms = math.max(idle, latest) * 1000

local tokens = {}
for at = 1, #f.t, KNOWN_TOKEN_LENGTH do
  local known = string.sub(f.t, at, at + KNOWN_TOKEN_LENGTH - 1)
  if tonumber(string.sub(known, 23)) > second then tokens[#tokens + 1] = known end
end
tokens[#tokens + 1] = ARGV[4] .. digits(expires)
table.insert(rotations, 1, digits(now))

write_token(KEYS[5], f.p, ARGV[1], second, expires)
redis.call('HSET', KEYS[1], 'g', digits(generation + 1), 'l', second, 'i', idle, 'm', latest, 'j', ARGV[4], 'ja', second, 'jx', expires,
  'h', table.concat(rotations, ',', 1, math.min(#rotations, MAX_ROTATIONS)),
  't', table.concat(tokens, '', math.max(1, #tokens - MAX_KNOWN_TOKENS + 1)))
redis.call('HDEL', KEYS[1], 'a', 'u')
set_optional(KEYS[1], 'a', ARGV[8])
set_optional(KEYS[1], 'u', ARGV[9])
-- Read before the expiry is set: a session that is refreshed in its last millisecond may go with that command.
local session = session_answer(ARGV[1], session_fields(KEYS[1]))
redis.call('PEXPIREAT', KEYS[1], digits(until_ms))
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
redis.call('ZADD', KEYS[3], digits(until_ms), ARGV[1] .. f.p .. f.q)
expire_with_last_member(KEYS[3])
write_epoch(KEYS[2], epoch, sequence, until_ms)
return { 'rotate', generation + 1, ARGV[4], second, expires, session }
