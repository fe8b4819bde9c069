-- Limits looked at in the step that they bound. An attempt that succeeds takes a point and gives it back; in one step with its success that comes to
-- this: there was a point to take. Nothing is written. Counters are those of rate-limiter-flexible, as `Limit` counts by them.
-- They have no hash tag: one server alone can do this, not a cluster.

-- limits_in(text): what `LimitRoom.text` spells: ' ' key ' ' points, for each.
local function limits_in(text)
  local limits = {}
  for key, points in string.gmatch(text, ' (%S+) (%d+)') do limits[#limits + 1] = { key = key, points = tonumber(points) } end
  return limits
end

-- limits_have_room(limits): whether each has a point to take. Writes nothing.
local function limits_have_room(limits)
  for _, limit in ipairs(limits) do
    limit.consumed = tonumber(redis.call('GET', limit.key) or 0)
    if limit.consumed >= limit.points then return false end
  end
  return true
end

-- limits_passed(limits): the same, once it has succeeded: consumed and ms to the window's end, for each; -2 ms where none runs.
local function limits_passed(limits)
  local states = {}
  for _, limit in ipairs(limits) do
    states[#states + 1] = limit.consumed
    states[#states + 1] = redis.call('PTTL', limit.key)
  end
  return states
end
