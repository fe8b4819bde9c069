#!lua flags=allow-oom
-- Revokes one access token; its record keeps the reason until its own expiry, its session lives on.
-- KEYS 1 tk:{u}:<jti> · 2 ss:{u}:<sid> · 3 ep:{u} · 4 dx:{u} · 5 mv:{u}
-- ARGV 1 sid · 2 jti · 3 reason's letter
-- answer 1 revoked | 0 there was no live token of this session
-- atomic; acts only on a record that is there, and keeps its time to live
-- @include ./sessions.lua
local now = store_time()
local token = redis.call('GET', KEYS[1])
if not token or string.sub(token, 1, 1) ~= 'L' or string.sub(token, 3, 24) ~= ARGV[1] then return 0 end
local expires_ms = tonumber(string.sub(token, 35, 44)) * 1000
local session = redis.call('HMGET', KEYS[2], 'st', 'e')
if now >= expires_ms or standing(session[1], session[2], (read_epoch(KEYS[3]))) ~= 'L' then return 0 end
redis.call('SET', KEYS[1], ARGV[3] .. string.sub(token, 2), 'XX', 'KEEPTTL')
add_dead(KEYS[4], 't', ARGV[2], expires_ms, now)
return 1
