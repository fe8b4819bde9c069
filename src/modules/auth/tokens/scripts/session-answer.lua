-- session_fields(key): the fields of a session record by name.
local function session_fields(key)
  local flat, fields = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

-- session_answer(sid, fields): sid, platform, user epoch, created, last seen, idle end, absolute end, device, address, agent ('+text' or '').
local function session_answer(sid, f)
  local function optional(text) return text and '+' .. text or '' end
  return { sid, f.p, tonumber(f.ue), tonumber(f.c), tonumber(f.l), tonumber(f.i), tonumber(f.x), optional(f.d), optional(f.a), optional(f.u) }
end
