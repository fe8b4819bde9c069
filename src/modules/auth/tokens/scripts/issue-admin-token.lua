#!lua
-- A session with one token and no refresh, which no policy counts or evicts (guarantees §3).
-- KEYS 1 ep:{u} · 2 ix:{u} · 3 ss:{u}:<new sid> · 4 tk:{u}:<new jti>
-- ARGV 1 sid · 2 jti · 3 platform · 4 user epoch · 5 ttl (seconds) · 6 device · 7 address · 8 agent ('+text' or '')
-- answer {issued, expires, idle end, absolute end}
-- atomic; on Redis Cluster the new keys keep it from running while the slot is on the move
-- @include ./start-session.lua
local now, second = store_time()
local epoch, sequence = read_epoch(KEYS[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local ttl = tonumber(ARGV[5])
return start_session({ epoch = KEYS[1], index = KEYS[2], session = KEYS[3], token = KEYS[4] }, {
  sid = ARGV[1], jti = ARGV[2], platform = ARGV[3], kind = 'a', user_epoch = ARGV[4], salt = '',
  access_ttl = ttl, idle_ttl = ttl, max_ttl = ttl, device = ARGV[6], address = ARGV[7], agent = ARGV[8],
}, epoch, sequence + 1, second)
