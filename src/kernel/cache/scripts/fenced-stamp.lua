-- The stamp of a cached value is all that stands before its payload. The nonce in it is given once and filled once, so that who has seen a value
-- can ask by its stamp, a fifth of its length, whether the very same bytes are still there.
-- @include server-identity.lua

-- fenced_stamp(key, read): the stamp, given what fenced_read has just answered for the key; nil where that was no value.
local function fenced_stamp(key, read)
  return read[1] == 1 and string.sub(redis.call('GET', key), 1, -#read[2] - 1) or nil
end

-- fenced_is(key, stamp): whether that value is there, and of this server.
local function fenced_is(key, stamp)
  return redis.call('GETRANGE', key, 0, #stamp - 1) == stamp and string.sub(stamp, 2, 81) == server_identity()
end
