-- Layout of an entry: 'L' (lease), 'T' (tombstone) or 'V' (value), the server's identity (80), the marker's nonce (22), the version
-- (digits), then for a value '|' schema '|' generation '|' payload. Nothing from another server is believed, marker or value.
-- @include server-identity.lua

-- fenced_split(entry, server): kind, nonce, version, and where the shape of a value begins; nil when there is no entry of this server.
local function fenced_split(entry, server)
  if not entry or string.sub(entry, 2, 81) ~= server then return nil end
  local shape_at = string.find(entry, '|', 104, true)
  return string.sub(entry, 1, 1), string.sub(entry, 82, 103), string.sub(entry, 104, (shape_at or 0) - 1), shape_at
end

-- fenced_read(key, shape, nonce, lease_ms): {1, payload} for a value of this server and shape ('|' schema '|' generation '|'),
-- else {0, nonce of the marker that is there now}; an entry that is no marker makes place for a lease with the given nonce.
local function fenced_read(key, shape, nonce, lease_ms)
  local server = server_identity()
  local entry = redis.call('GET', key)
  local kind, marker, _, shape_at = fenced_split(entry, server)
  if kind == 'V' and string.sub(entry, shape_at, shape_at + #shape - 1) == shape then return { 1, string.sub(entry, shape_at + #shape) } end
  if kind == 'L' or kind == 'T' then return { 0, marker } end
  redis.call('SET', key, 'L' .. server .. nonce, 'PX', lease_ms)
  return { 0, nonce }
end
