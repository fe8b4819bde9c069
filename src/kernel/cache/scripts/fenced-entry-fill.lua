#!lua
-- Puts in what was read from the primary database, only if the very marker of that read is still there, and, for a tombstone, what was
-- read is not older than it.
-- KEYS 1 the entry `us:{user}`
-- ARGV 1 shape; 2 nonce of the marker that the reader noted; 3 version that was read; 4 payload; 5 life of a value, ms
-- answer 1 filled | 0 refused
-- @include fenced-read.lua
local server = server_identity()
local kind, nonce, version = fenced_split(redis.call('GET', KEYS[1]), server)
if (kind ~= 'L' and kind ~= 'T') or nonce ~= ARGV[2] then return 0 end
if kind == 'T' and tonumber(version) > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], 'V' .. server .. nonce .. ARGV[3] .. ARGV[1] .. ARGV[4], 'PX', ARGV[5])
return 1
