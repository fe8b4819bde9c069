#!lua flags=allow-oom
-- Is this access token good now? One round trip, O(1), and with it the user's cached entry (guarantees §1, §4).
-- KEYS 1 tk:{u}:<jti> · 2 ss:{u}:<sid> · 3 ep:{u} · 4 us:{u} (may be left out: no entry is read then)
-- ARGV 1 sid · 2 the token's signed exp (seconds) · 3 shape, 4 nonce, 5 life of a lease (ms), 6 stamp, as fenced_read wants them
-- answer {state} with a reason's letter, '?' unknown or '>' expired | {'L', platform, issued, expires, user epoch, entry or nothing}
-- atomic; a write by declaration, so that replicas, and masters cut off from theirs, refuse it; runs out of memory or not
-- @include ./store-time.lua
-- @include ./standing.lua
-- @include fenced-read.lua
local now = store_time()
local token = redis.call('GET', KEYS[1])
if not token then return { now >= tonumber(ARGV[2]) * 1000 and '>' or '?' } end
if string.sub(token, 3, 24) ~= ARGV[1] then return { '?' } end
local expires = tonumber(string.sub(token, 35, 44))
-- The store keeps a key through its last millisecond; the token is over when that begins.
if now >= expires * 1000 then return { '>' } end
local state = string.sub(token, 1, 1)
if state ~= 'L' then return { state } end
local session = redis.call('HMGET', KEYS[2], 'st', 'e', 'ue')
local stands = standing(session[1], session[2], (read_epoch(KEYS[3]))) or '?'
if stands ~= 'L' then return { stands } end
local answer = { 'L', string.sub(token, 2, 2), tonumber(string.sub(token, 25, 34)), expires, tonumber(session[3]) }
if KEYS[4] then answer[6] = fenced_read(KEYS[4], ARGV[3], ARGV[4], ARGV[5], ARGV[6]) end
return answer
