-- For wrk: counts answers of another status than the expected one, and prints a line that a program can read.
local expected = 200
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args) expected = tonumber(args[1]) or 200; failures = 0 end
function response(status) if status ~= expected then failures = failures + 1 end end
function done(summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  for _, thread in ipairs(threads) do failed = failed + thread:get('failures') end
  print(string.format('RESULT %d %d %d %d', summary.requests, summary.duration, failed, latency:percentile(99)))
end
