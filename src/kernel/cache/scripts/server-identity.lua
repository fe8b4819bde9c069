-- server_identity(): the run_id and master_replid of the server that runs this script. Both, because a restart changes the first and a
-- promotion the second: what an older file or a late replica brings back carries another identity (guarantees §4).
-- One INFO of two sections and plain finds: 4 microseconds; patterns would double it.
local function server_identity()
  local info = redis.call('INFO', 'server', 'replication')
  local run = string.find(info, 'run_id:', 1, true)
  local replication = string.find(info, 'master_replid:', 1, true)
  return string.sub(info, run + 7, run + 46) .. string.sub(info, replication + 14, replication + 53)
end
