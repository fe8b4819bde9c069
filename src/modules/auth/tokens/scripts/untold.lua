#!lua flags=allow-oom
-- Sessions of a user that were ended one by one and not told of yet, the first 100.
-- KEYS 1 ut:{u}
-- answer {<sid><platform><reason><died>, …}
-- atomic; a write by declaration, so that replicas, which may lag behind, refuse it
return redis.call('ZRANGE', KEYS[1], 0, 99)
