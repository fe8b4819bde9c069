#!lua flags=allow-oom
-- What the MAC of a refresh token is checked with, and how its session stands.
-- KEYS 1 ss:{u}:<sid> · 2 ep:{u}
-- ARGV 1 when the presented token ends by its own word (seconds)
-- answer {state ('?' unknown, '-' no record any more, and that end has passed, '>' expired, or a letter), salt, user epoch, generation, last issue, idle or absolute end}
-- atomic; a write by declaration, so that replicas refuse it
-- @include ./records.lua
local now = store_time()
local session = redis.call('HMGET', KEYS[1], 'st', 'e', 's', 'ue', 'i', 'g', 'l', 'x')
if not session[3] then return { now >= tonumber(ARGV[1]) * 1000 and '-' or '?' } end
local stands = standing(session[1], session[2], (read_epoch(KEYS[2])))
if stands == 'L' and now >= tonumber(session[5]) * 1000 then stands = '>' end
return { stands, session[3], tonumber(session[4]), tonumber(session[6]), tonumber(session[7]), math.min(tonumber(session[5]), tonumber(session[8])) }
