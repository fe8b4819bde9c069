#!lua flags=allow-oom
-- Ends one session with its tokens; its record keeps the reason until its own expiry.
-- KEYS 1 ss:{u}:<sid> · 2 ep:{u} · 3 ix:{u} · 4 dx:{u} · 5 mv:{u}
-- ARGV 1 sid · 2 reason's letter
-- answer 1 ended | 0 it was not a live session of this user
-- atomic; acts only on a record that is there, and keeps its time to live
-- @include ./sessions.lua
local now = store_time()
local session = redis.call('HMGET', KEYS[1], 'st', 'e', 'p', 'q')
if standing(session[1], session[2], (read_epoch(KEYS[2]))) ~= 'L' then return 0 end
local entry = index_entry(ARGV[1], session[3], session[4])
if now >= entry.until_ms then return 0 end
end_one_session(KEYS[3], KEYS[4], entry, ARGV[2], now)
return 1
