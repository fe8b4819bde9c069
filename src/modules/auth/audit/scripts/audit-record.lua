#!lua flags=no-writes
-- What is wrong with one record, and with what it says of others of the same user; in one step, so that nothing half written is taken for a fault.
-- KEYS 1 the record · 2 mv:{u}
-- answer {{fault, detail}, …}; empty for one that is right, or gone
-- atomic; reads only
-- @include ../../tokens/scripts/records.lua

local faults = {}
local function found(fault, detail) faults[#faults + 1] = { fault, detail } end
local function ms(seconds) return (tonumber(seconds) or 0) * 1000 end

local function audit_token(key, ends)
  local value = redis.call('GET', key)
  if not string.match(value, '^[LXERU]%l......................%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d%d$') then return found('malformed', 'token') end
  local expires = ms(string.sub(value, 35, 44))
  if ends ~= expires then found('expiry-disagrees', 'key goes at ' .. digits(ends) .. ', the token at ' .. digits(expires)) end
  local session = redis.call('HMGET', session_key(string.sub(value, 3, 24)), 'x', 'm')
  if not session[1] then return found('token-without-session', 'session ' .. string.sub(value, 3, 24)) end
  if expires > ms(session[1]) then found('expiry-disagrees', 'the token outlives its session') end
  if expires > ms(session[2]) then found('expiry-disagrees', 'the session does not know how long its tokens live') end
end

local function audit_live_session(sid, fields, ends)
  local score = redis.call('ZSCORE', 'ix:' .. TAG, sid .. fields.p .. fields.q)
  if not score then found('record-without-index', 'a live session that no list shows')
  elseif tonumber(score) ~= ends then found('expiry-disagrees', 'key goes at ' .. digits(ends) .. ', its index entry at ' .. score) end
  local epoch_ends = redis.call('PEXPIRETIME', 'ep:' .. TAG)
  if epoch_ends >= 0 and epoch_ends < ends then found('expiry-disagrees', 'the epoch goes before the session') end
  if epoch_ends == -2 then found('record-without-index', 'a live session without an epoch') end
end

local function audit_session(key, ends)
  local flat, fields = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  for _, name in ipairs({ 'st', 'p', 'q', 'e', 'ue', 'c', 'i', 'x', 'm' }) do
    if not fields[name] then return found('malformed', 'a session without ' .. name) end
  end
  local expected = math.max(ms(fields.i), ms(fields.m))
  if ends ~= expected then found('expiry-disagrees', 'key goes at ' .. digits(ends) .. ', the session at ' .. digits(expected)) end
  if ms(fields.i) > ms(fields.x) or ms(fields.m) > ms(fields.x) then found('expiry-disagrees', 'beyond the absolute end') end
  -- What is no epoch at all is the epoch's fault.
  local epoch = string.match(redis.call('GET', 'ep:' .. TAG) or '0:0', '^(%d+):%d+$')
  if epoch and standing(fields.st, fields.e, tonumber(epoch)) == 'L' then audit_live_session(string.sub(key, -22), fields, ends) end
end

-- Entries that are over wait for the next write.
local function audit_index(key, ends, now, record_of)
  local entries = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #entries, 2 do
    if tonumber(entries[i + 1]) > now and redis.call('EXISTS', record_of(entries[i])) == 0 then found('index-without-record', entries[i]) end
  end
  if ends ~= tonumber(entries[#entries]) then found('expiry-disagrees', 'an index does not go with its last member') end
end

local function dead_record(member)
  local id = string.sub(member, 2, 23)
  if string.sub(member, 1, 1) == 't' then return token_key(id) end
  return session_key(id)
end

-- Members that were told of go, and may have been the last: the key keeps its time.
local function audit_untold(key, ends)
  local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
  if ends < tonumber(last[2]) then found('expiry-disagrees', 'what is to be told goes before its time') end
end

local now = store_time()
local key, kind = KEYS[1], string.sub(KEYS[1], 1, 2)
local ends = redis.call('PEXPIRETIME', key)
if ends == -2 then return {} end
local expected_type = ({ tk = 'string', ep = 'string', ss = 'hash', ix = 'zset', dx = 'zset', ut = 'zset' })[kind]
if redis.call('TYPE', key).ok ~= expected_type then return { { 'malformed', 'not a ' .. expected_type } } end
if ends == -1 then found('no-expiry', 'would stay for ever') end
if ends >= 0 and ends <= now then return {} end
if kind == 'tk' then audit_token(key, ends) end
if kind == 'ss' then audit_session(key, ends) end
if kind == 'ix' then audit_index(key, ends, now, function(member) return session_key(string.sub(member, 1, 22)) end) end
if kind == 'dx' then audit_index(key, ends, now, dead_record) end
if kind == 'ut' then audit_untold(key, ends) end
if kind == 'ep' and not string.match(redis.call('GET', key), '^%d+:%d+$') then found('malformed', 'epoch') end
return faults
