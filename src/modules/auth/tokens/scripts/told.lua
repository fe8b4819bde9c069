#!lua flags=allow-oom
-- These were told of.
-- KEYS 1 ut:{u}
-- ARGV members, as untold.lua answers them
-- answer how many of them were still there
-- atomic; the key keeps its time to live, which may be longer than that of its last member
return redis.call('ZREM', KEYS[1], unpack(ARGV))
