#!lua flags=allow-oom
-- One look at a user's cached entry (guarantees §4, "Read"); on a miss it places a lease, or notes the marker that it met.
-- KEYS 1 the entry `us:{user}`
-- ARGV 1 shape: '|' schema '|' generation '|'; 2 nonce for a new lease (22 characters); 3 life of a lease, ms; 4 stamp of the value that the caller has, or ''
-- answer as fenced_read
-- atomic; a write by declaration, so that replicas, and masters cut off from theirs, refuse it
-- @include fenced-read.lua
return fenced_read(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4])
