#!lua flags=allow-oom
-- Ends every session of a user by raising the epoch; the one to keep is stamped anew in the same step. What the index names is also marked,
-- so that the reasons are counted and devices forgotten; what it does not name is ended all the same.
-- KEYS 1 ep:{u} · 2 ix:{u} · 3 dx:{u} · 4 mv:{u} · 5 ss:{u}:<sid to keep> (may be left out)
-- ARGV 1 sid to keep or '' · 2 user epoch for it · 3 '1' to forget its device, too
-- answer 1
-- atomic; keeps every time to live
-- @include ./sessions.lua
local now = store_time()
if redis.call('EXISTS', KEYS[1]) == 0 then return 1 end
local epoch, sequence = read_epoch(KEYS[1])
local live = live_sessions(KEYS[2], epoch, now)
redis.call('SET', KEYS[1], digits(epoch + 1) .. ':' .. digits(sequence), 'XX', 'KEEPTTL')
for _, session in ipairs(live) do
  if session.sid == ARGV[1] then
    redis.call('HSET', KEYS[5], 'e', digits(epoch + 1), 'ue', ARGV[2])
    if ARGV[3] == '1' then redis.call('HDEL', KEYS[5], 'd', 'a', 'u') end
  else
    bury_session(KEYS[2], KEYS[3], session, 'X', now)
  end
end
return 1
