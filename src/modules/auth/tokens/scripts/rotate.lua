#!lua
-- The first line of the refresh table alone, for a caller who has seen the session and its user before: rotates if all that was seen is still so.
-- KEYS 1 ss:{u}:<sid> · 2 ep:{u} · 3 ix:{u} · 4 us:{u} · 5 mv:{u}
-- ARGV 1 new jti (22 characters), generation presented, and limits as limits_in reads them (their keys are named here alone) · 2 sid · 3 salt its MAC was checked with · 4 user epoch, 5 stamp of the user's entry: what was seen
--      · 6 access ttl · 7 idle ttl (seconds) · 8 address · 9 agent ('+text' or '')
-- answer {platform, issued, expires, idle end, absolute end, limits as limits_passed says them} of the next generation | {} where anything is otherwise, and nothing was touched
-- atomic; on Redis Cluster mv:{u} keeps it from running while the slot is on the move, since the new token's key is made here
-- @include ./rotation.lua
-- @include ./session-answer.lua
-- @include fenced-read.lua
-- @include ../../../../kernel/limits/scripts/limit-room.lua

local now, second = store_time()
local epoch, sequence = read_epoch(KEYS[2])
local f = session_fields(KEYS[1])
local jti, presented, counted = string.match(ARGV[1], '^(......................)(%d+)(.*)$')
local limits = limits_in(counted)
if not f.s or f.s ~= ARGV[3] or f.g ~= presented or f.ue ~= ARGV[4] then return {} end
if standing(f.st, f.e, epoch) ~= 'L' or now >= tonumber(f.i) * 1000 then return {} end
if not fenced_is(KEYS[4], ARGV[5], server_identity()) or not limits_have_room(limits) then return {} end

rotate_session(
  { epoch = KEYS[2], index = KEYS[3], session = KEYS[1], token = token_key(jti) }, f,
  { sid = ARGV[2], jti = jti, access_ttl = tonumber(ARGV[6]), idle_ttl = tonumber(ARGV[7]), address = ARGV[8], agent = ARGV[9] },
  epoch, sequence, now, second)
return { f.p, second, f.jx, f.i, tonumber(f.x), limits_passed(limits) }
