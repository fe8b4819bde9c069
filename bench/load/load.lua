-- For wrk, told by the environment what to send: BENCH_PORTS (each thread has one), BENCH_METHOD, BENCH_BODY, and, where requests differ, BENCH_VALUES: a file
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

-- A line that a program can read: requests, microseconds, failures, and the median and the 99th percentile in microseconds.
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format('RESULT %d %d %d %d %d', summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end
