#!lua
-- Starts a session under the login policy (guarantees §3). Who must go is chosen by sequence number and marked in the same step, so that
-- no two logins can race for a place.
-- KEYS 1 ep:{u} · 2 ix:{u} · 3 dx:{u} · 4 ss:{u}:<new sid> · 5 tk:{u}:<new jti>
-- ARGV 1 sid · 2 jti · 3 platform · 4 user epoch · 5 salt · 6 access ttl · 7 idle ttl · 8 max ttl (seconds) · 9 device · 10 address · 11 agent ('+text' or '')
--      12 platforms that compete with this one · 13 how many sessions these may have · 14 '1' to refuse instead of evicting · 15 most sessions of a user
-- answer {0} denied | {1, issued, expires, idle end, absolute end, {evicted sids}}
-- atomic; on Redis Cluster the new keys keep it from running while the slot is on the move
-- @include ./start-session.lua

-- The oldest of `sessions` that must go so that, with one more, no more than `limit` are left.
local function mark_surplus(sessions, limit)
  for i = 1, #sessions - limit + 1 do sessions[i].is_victim = true end
end

local function choose_victims(live, rivals, limit, cap)
  local counted, competing, left, victims = {}, {}, {}, {}
  for _, session in ipairs(live) do
    if not session.by_admin then
      counted[#counted + 1] = session
      if string.find(rivals, session.platform, 1, true) then competing[#competing + 1] = session end
    end
  end
  mark_surplus(competing, limit)
  for _, session in ipairs(counted) do if not session.is_victim then left[#left + 1] = session end end
  mark_surplus(left, cap)
  for _, session in ipairs(counted) do if session.is_victim then victims[#victims + 1] = session end end
  return victims
end

local now, second = store_time()
local epoch, sequence = read_epoch(KEYS[1])
local victims = choose_victims(live_sessions(KEYS[2], epoch, now), ARGV[12], tonumber(ARGV[13]), tonumber(ARGV[15]))
if #victims > 0 and ARGV[14] == '1' then return { 0 } end

local evicted = {}
for i, victim in ipairs(victims) do
  end_one_session(KEYS[2], KEYS[3], victim, 'E', now)
  evicted[i] = victim.sid
end
local started = start_session({ epoch = KEYS[1], index = KEYS[2], session = KEYS[4], token = KEYS[5] }, {
  sid = ARGV[1], jti = ARGV[2], platform = ARGV[3], kind = '', user_epoch = ARGV[4], salt = ARGV[5],
  access_ttl = tonumber(ARGV[6]), idle_ttl = tonumber(ARGV[7]), max_ttl = tonumber(ARGV[8]), device = ARGV[9], address = ARGV[10], agent = ARGV[11],
}, epoch, sequence + 1, second)
return { 1, started[1], started[2], started[3], started[4], evicted }
