-- store_time(): milliseconds, whole seconds and microseconds since the epoch by the store's clock, the only clock (guarantees §1).
local function store_time()
  local time = redis.call('TIME')
  local second, micros = tonumber(time[1]), tonumber(time[2])
  return second * 1000 + math.floor(micros / 1000), second, second * 1000000 + micros
end

-- Numbers as the store wants them: Lua would write long ones with an exponent.
local function digits(number)
  return string.format('%.0f', number)
end
