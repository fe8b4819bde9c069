-- Layout of an entry: 'L' (lease), 'T' (tombstone) or 'V' (value), the server's identity (80), the marker's nonce (22), the version
-- (digits), then for a value '|' schema '|' generation '|' payload. Nothing from another server is believed, marker or value.
-- All that stands before the payload is the value's stamp. The nonce in it is given once and filled once, so the same stamp is the same bytes: who has
-- seen a value can ask by its stamp, a fifth of its length, whether it is still there.
-- @include server-identity.lua

-- fenced_split(entry, server): kind, nonce, version, and where the shape of a value begins; nil when there is no entry of this server.
local function fenced_split(entry, server)
  if not entry or string.sub(entry, 2, 81) ~= server then return nil end
  local shape_at = string.find(entry, '|', 104, true)
  return string.sub(entry, 1, 1), string.sub(entry, 82, 103), string.sub(entry, 104, (shape_at or 0) - 1), shape_at
end

-- fenced_is(key, stamp, server): whether the value of that stamp is there, and of this server; never for an empty one.
local function fenced_is(key, stamp, server)
  return stamp ~= '' and string.sub(stamp, 2, 81) == server and redis.call('GETRANGE', key, 0, #stamp - 1) == stamp
end

-- fenced_read(key, shape, nonce, lease_ms, stamp): {2} where the value of that stamp is still there; {1, entry, length of its stamp} for another value of
-- this server and shape ('|' schema '|' generation '|'); else {0, nonce of the marker that is there now}: an entry that is no marker makes place for
-- a lease with the given nonce.
local function fenced_read(key, shape, nonce, lease_ms, stamp)
  local server = server_identity()
  if fenced_is(key, stamp, server) then return { 2 } end
  local entry = redis.call('GET', key)
  local kind, marker, _, shape_at = fenced_split(entry, server)
  if kind == 'V' and string.sub(entry, shape_at, shape_at + #shape - 1) == shape then return { 1, entry, shape_at + #shape - 1 } end
  if kind == 'L' or kind == 'T' then return { 0, marker } end
  redis.call('SET', key, 'L' .. server .. nonce, 'PX', lease_ms)
  return { 0, nonce }
end
