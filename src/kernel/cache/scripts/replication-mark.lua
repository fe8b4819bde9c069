#!lua flags=allow-oom
-- A write that reaches every replica, so that a WAIT after it on the same connection covers whatever this server was told before, by anybody.
-- KEYS 1 rm:{u}
-- answer 1
-- atomic; gone after a second
redis.call('SET', KEYS[1], '', 'PX', 1000)
return 1
