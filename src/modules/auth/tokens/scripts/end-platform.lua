#!lua flags=allow-oom
-- Ends the live sessions of one platform.
-- KEYS 1 ep:{u} · 2 ix:{u} · 3 dx:{u} · 4 mv:{u}
-- ARGV 1 platform
-- answer how many were ended
-- atomic; keeps every time to live
-- @include ./sessions.lua
local now = store_time()
local ended = 0
for _, session in ipairs(live_sessions(KEYS[2], (read_epoch(KEYS[1])), now)) do
  if session.platform == ARGV[1] then
    end_one_session(KEYS[2], KEYS[3], session, 'X', now)
    ended = ended + 1
  end
end
return ended
