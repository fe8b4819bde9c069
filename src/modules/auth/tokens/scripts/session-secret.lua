#!lua flags=allow-oom
-- What the MAC of a refresh token is checked with, and how its session stands; for a live one also its user's cached entry (guarantees §4).
-- KEYS 1 ss:{u}:<sid> · 2 ep:{u} · 3 us:{u} (may be left out: no entry is read then)
-- ARGV 1 when the presented token ends by its own word (seconds) · 2 shape, 3 nonce, 4 life of a lease (ms), 5 stamp, as fenced_read wants them
-- answer {state ('?' unknown, '-' no record any more, and that end has passed, '>' expired, or a letter), salt, user epoch, generation, last issue,
--         idle or absolute end, entry or nothing}
-- atomic; a write by declaration, so that replicas refuse it
-- @include ./records.lua
-- @include fenced-read.lua
local now = store_time()
local session = redis.call('HMGET', KEYS[1], 'st', 'e', 's', 'ue', 'i', 'g', 'l', 'x')
if not session[3] then return { now >= tonumber(ARGV[1]) * 1000 and '-' or '?' } end
local stands = standing(session[1], session[2], (read_epoch(KEYS[2])))
if stands == 'L' and now >= tonumber(session[5]) * 1000 then stands = '>' end
local answer = { stands, session[3], tonumber(session[4]), tonumber(session[6]), tonumber(session[7]), math.min(tonumber(session[5]), tonumber(session[8])) }
if stands == 'L' and KEYS[3] then answer[7] = fenced_read(KEYS[3], ARGV[2], ARGV[3], ARGV[4], ARGV[5]) end
return answer
