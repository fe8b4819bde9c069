-- Whether a session stands; the records it is read from are described in `records.lua`.

-- read_epoch(ep): epoch and last sequence number; zeros where no session is.
local function read_epoch(key)
  local epoch, sequence = string.match(redis.call('GET', key) or '0:0', '^(%d+):(%d+)$')
  return tonumber(epoch), tonumber(sequence)
end

-- How a session stands, by its fields st and e: its state, where being behind the epoch is being ended; nil when it is not there.
local function standing(state, issued_under, epoch)
  if state == 'L' and tonumber(issued_under) < epoch then return 'X' end
  return state or nil
end
