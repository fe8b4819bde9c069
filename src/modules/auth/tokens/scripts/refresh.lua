#!lua
-- The refresh table of guarantees §2: rotate, answer the current pair again within the grace, or end the session of a reused token.
-- KEYS 1 ss:{u}:<sid> · 2 ep:{u} · 3 ix:{u} · 4 dx:{u} · 5 tk:{u}:<new jti>
-- ARGV 1 sid · 2 generation presented · 3 salt its MAC was checked with · 4 new jti · 5 access ttl · 6 idle ttl · 7 grace (seconds) · 8 address · 9 agent ('+text' or '')
-- answer {outcome} with 'reuse', '?' unknown, '>' expired or a reason's letter
--        | {'rotate' or 'replay', generation, jti, issued, expires, session as session_answer gives it}
-- atomic; on Redis Cluster the new key keeps it from running while the slot is on the move
-- @include ./rotation.lua
-- @include ./session-answer.lua

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

if age > 0 then
  local grace_ms = tonumber(ARGV[7]) * 1000
  local rotated = tonumber(rotations_of(f.h)[age])
  if rotated and grace_ms > 0 and now - rotated <= grace_ms then
    return { 'replay', generation, f.j, tonumber(f.ja), tonumber(f.jx), session_answer(ARGV[1], f) }
  end
  end_one_session(KEYS[3], KEYS[4], index_entry(ARGV[1], f.p, f.q), 'U', now)
  return { 'reuse' }
end

rotate_session(
  { epoch = KEYS[2], index = KEYS[3], session = KEYS[1], token = KEYS[5] }, f,
  { sid = ARGV[1], jti = ARGV[4], access_ttl = tonumber(ARGV[5]), idle_ttl = tonumber(ARGV[6]), address = ARGV[8], agent = ARGV[9] },
  epoch, sequence, now, second)
return { 'rotate', generation + 1, ARGV[4], second, f.jx, session_answer(ARGV[1], f) }
