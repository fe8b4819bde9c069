-- For wrk, told by the environment what to send: BENCH_PORTS (each thread has one), BENCH_CONNECTIONS (in all), BENCH_METHOD, BENCH_BODY, and, where requests differ, BENCH_VALUES: a file
-- with a value per line, which takes the place of {} in the body and in BENCH_AUTHORIZATION. BENCH_HARVEST is a pattern of what the answer gives back as a later value.
local threads = {}

local function environment(name)
  local text = os.getenv(name)
  return text ~= '' and text or nil
end

local function filled(template, value)
  return template and (template:gsub('{}', (value:gsub('%%', '%%%%'))))
end

function setup(thread)
  local ports = {}
  for port in environment('BENCH_PORTS'):gmatch('%d+') do table.insert(ports, port) end
  thread.addr = wrk.lookup('127.0.0.1', ports[#threads % #ports + 1])[1]
  table.insert(threads, thread)
  thread:set('number', #threads)
  thread:set('of', #ports)
end

function init()
  wrk.method = environment('BENCH_METHOD') or 'GET'
  local body, authorization, file, harvest = environment('BENCH_BODY'), environment('BENCH_AUTHORIZATION'), environment('BENCH_VALUES'), environment('BENCH_HARVEST')
  wrk.body = body
  if not file then return end
  local values, first, last = {}, 1, 0
  local line = 0
  for value in io.lines(file) do
    line = line + 1
    if line % of == number % of then
      last = last + 1
      values[last] = value
    end
  end
  function request()
    local value = values[first]
    first = first + 1
    if harvest then
      values[first - 1] = nil
    elseif first > last then
      first = 1
    end
    if authorization then wrk.headers['authorization'] = filled(authorization, value) end
    return wrk.format(nil, nil, nil, filled(body, value))
  end
  if not harvest then return end
  function response(_, _, text)
    last = last + 1
    values[last] = text:match(harvest) or 'none'
  end
end

-- wrk adds to its record what it takes to have been left out while an answer was late (stats_correct in its wrk.c): for each latency, others that are shorter by one expected
-- interval after another. autocannon adds nothing for a load like this. Taken out again, from the longest on, so that a percentile is of answers: microseconds and how often, as {value, count}.
local function recorded(summary, latency)
  local interval = math.floor(summary.duration / math.max(1, math.floor(summary.requests / tonumber(environment('BENCH_CONNECTIONS')))))
  local counts, values = {}, {}
  for index = 1, #latency do
    local value, count = latency(index)
    values[index], counts[value] = value, tonumber(count)
  end
  for index = #values, 1, -1 do
    local value = values[index]
    local count = value >= 2 * interval and counts[value] or 0
    if count > 0 then
      for earlier = value - interval, interval + 1, -interval do counts[earlier] = counts[earlier] - count end
    end
  end
  local entries, total = {}, 0
  for _, value in ipairs(values) do
    table.insert(entries, { value, counts[value] })
    total = total + counts[value]
  end
  return entries, total
end

local function percentile(entries, total, share)
  local left = math.ceil(total * share)
  for _, entry in ipairs(entries) do
    left = left - entry[2]
    if left <= 0 then return entry[1] end
  end
  return 0
end

-- A line that a program can read: requests, microseconds, failures, and the median and the 99th percentile in microseconds.
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local entries, total = recorded(summary, latency)
  if failed == 0 and total ~= summary.requests then error(string.format('%d latencies of %d answers: this wrk keeps its record otherwise', total, summary.requests)) end
  print(string.format('RESULT %d %d %d %d %d', summary.requests, summary.duration, failed, percentile(entries, total, 0.5), percentile(entries, total, 0.99)))
end
