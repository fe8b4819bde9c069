#!lua flags=allow-oom
-- Replaces whatever is there by a tombstone with a nonce of its own, so that no reader holds its marker any more; against another
-- tombstone the higher version stays.
-- KEYS 1 the entry `us:{user}`
-- ARGV 1 version of the write; 2 nonce (22 characters); 3 life of a tombstone, ms
-- answer the version of the tombstone
-- @include fenced-read.lua
local server = server_identity()
local kind, _, version = fenced_split(redis.call('GET', KEYS[1]), server)
local highest = ARGV[1]
if kind == 'T' and tonumber(version) > tonumber(highest) then highest = version end
redis.call('SET', KEYS[1], 'T' .. server .. ARGV[2] .. highest, 'PX', ARGV[3])
return highest
