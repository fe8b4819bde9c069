-- Counts one more, or gives one back. A counter at zero says nothing, so it is removed: what succeeded or was refused leaves no key.
-- KEYS[1]: the counter. ARGV[1]: by how many, may be negative or 0. ARGV[2]: seconds of a window, which begins with its first count.
-- Answers what is counted, and ms to the window's end. Atomic.
redis.call('SET', KEYS[1], 0, 'EX', ARGV[2], 'NX')
local consumed = redis.call('INCRBY', KEYS[1], ARGV[1])
local ttl = redis.call('PTTL', KEYS[1])
if consumed <= 0 then redis.call('DEL', KEYS[1]) end
return { consumed, ttl }
