-- The records of one user; {u} is the hash tag with the user's id, ids are UUIDs as 22 characters of base64url, times are whole seconds
-- unless they say ms. Every key has an expiry from its first moment.
--
-- tk:{u}:<jti>  STRING  one access token, the authority: state (1), platform (1), session (22), issued (10), expires (10); gone at `expires`
-- ss:{u}:<sid>  HASH    one session:
--   st state · p platform · q sequence number, with an `a` before it when an admin issued it · e epoch of its issue · ue epoch of the user's row
--   c created · l last issue or refresh · i idle end · x absolute end · m the latest expiry among its tokens
--   g generation · s salt · h when earlier generations were rotated away, ms, newest first, at most 8 · j ja jx current token: id, issued, expires
--   t its unexpired tokens (id and expiry, the last 32), known so that they can be removed with it · d a u device, address, user agent
--   It goes at the earlier of idle and absolute end, but never before a token of it (`m`): a token's life is not shortened by an idle limit.
-- ep:{u}        STRING  `<epoch>:<last sequence number>`; goes with the session that lives longest, so that when it starts at 0 again no session is left
-- ix:{u}        ZSET    live sessions by the ms at which they go: <sid><platform><q>; an index, never the authority; goes with its last member
-- dx:{u}        ZSET    dead records by the ms at which they go: `s`<sid><died> and `t`<jti><died> (microseconds); at most 100
-- ut:{u}        ZSET    sessions that were ended one by one and not told of yet, by the ms at which their record goes: <sid><platform><reason><died>
--                       (microseconds); at most 1,000. What lies here when its time comes would have been over by then anyway, and that is not told.
-- mv:{u}                never exists: Redis Cluster refuses a script that names it (TRYAGAIN) while the slot is on the move, when records that
--                       are found through an index could be on either side
-- rm:{u}        STRING  written after a revocation that replicas must have; gone after a second
--
-- States: L live, X ended, E evicted, R revoked, U reused.
-- @include ./store-time.lua
-- @include ./standing.lua

local TAG = string.match(KEYS[1], '{.-}')
local MAX_DEAD = 100
local MAX_UNTOLD = 1000
local MAX_KNOWN_TOKENS = 32
local KNOWN_TOKEN_LENGTH = 32

local function session_key(sid) return 'ss:' .. TAG .. ':' .. sid end
local function token_key(jti) return 'tk:' .. TAG .. ':' .. jti end
local function untold_key() return 'ut:' .. TAG end

-- Keeps ep at least until `until_ms`.
local function write_epoch(key, epoch, sequence, until_ms)
  local later = math.max(until_ms, redis.call('PEXPIRETIME', key))
  redis.call('SET', key, digits(epoch) .. ':' .. digits(sequence), 'PXAT', digits(later))
end

local function expire_with_last_member(key)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  if last[2] then redis.call('PEXPIREAT', key, digits(tonumber(last[2]))) end
end
