#!lua
-- Takes in a token that another service issued: a session with this one token and no refresh, which no policy counts or evicts. It ends when
-- that service said, never later. What is dead already comes with its reason.
-- KEYS 1 ep:{u} · 2 ix:{u} · 3 dx:{u} · 4 ss:{u}:<sid> · 5 tk:{u}:<jti>
-- ARGV 1 sid · 2 jti · 3 platform · 4 user epoch · 5 issued · 6 expires (seconds) · 7 reason's letter or '' · 8 device · 9 address · 10 agent ('+text' or '')
-- answer 1 taken in | 0 it is here already, and stays as it is | -1 it has expired by the store's clock
-- atomic; on Redis Cluster the new keys keep it from running while the slot is on the move
-- @include ./start-session.lua
local now = store_time()
local issued, expires = tonumber(ARGV[5]), tonumber(ARGV[6])
if redis.call('EXISTS', KEYS[4], KEYS[5]) > 0 then return 0 end
if now >= expires * 1000 then return -1 end
local epoch, sequence = read_epoch(KEYS[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local ttl = expires - issued
start_session({ epoch = KEYS[1], index = KEYS[2], session = KEYS[4], token = KEYS[5] }, {
  sid = ARGV[1], jti = ARGV[2], platform = ARGV[3], kind = 'a', user_epoch = ARGV[4], salt = '',
  access_ttl = ttl, idle_ttl = ttl, max_ttl = ttl, device = ARGV[8], address = ARGV[9], agent = ARGV[10],
}, epoch, sequence + 1, issued)
if ARGV[7] ~= '' then bury_session(KEYS[2], KEYS[3], index_entry(ARGV[1], ARGV[3], 'a' .. digits(sequence + 1)), ARGV[7], now) end
return 1
