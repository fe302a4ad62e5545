-- What wrk sends. One thread; its arguments are name=value pairs (bench/load.py writes them):
--   method, path   path may hold %d, the number of a task, or %s, a name of one
--   names          a file of the names
--   paths          instead of all these a file of paths, requested in turn
--   body           a file; each @ in it becomes the number of the turn
--   header         a file of "Name: value" lines
--   first, tasks   the tasks to go through, in an order that jumps
--   turn           where an earlier load ended: no two requests have the same turn
--   revision       with it, each request carries If-Match: the revision that the task had before the turns began
--   seconds, connections
--   rate           with it, so many requests a second: each has its moment, whenever earlier answers come
-- After so many seconds nothing more is sent, and wrk ends when the last answer is there. So every request has its
-- answer, and what was changed can be counted exactly. The last line is JSON.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int clock, moment *at);
           int getpid(void); int kill(int pid, int signal); ]]
local STRIDE = 7919 -- a prime: every task has its turn before one comes again
local at = ffi.new("moment")
local options, headers, paths, names, body = {}, {}, nil, nil, nil
local turn, tasks, began, deadline, parked, parked_seconds = 0, 1, nil, nil, 0, 0
local slot = 0
local thread

local function now()
  ffi.C.clock_gettime(1, at)
  return tonumber(at.seconds) + tonumber(at.nanoseconds) / 1e9
end

local function lines(name)
  if not name then return nil end
  local found = {}
  for line in io.lines(name) do found[#found + 1] = line end
  return found
end

function setup(made)
  thread = made
end

function init(arguments)
  for _, argument in ipairs(arguments) do
    local name, value = argument:match("^(%w+)=(.*)$")
    options[name] = value
  end
  for _, line in ipairs(lines(options.header) or {}) do
    local name, value = line:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  paths, names = lines(options.paths), lines(options.names)
  if options.body then
    local file = io.open(options.body)
    body = file:read("*a")
    file:close()
  end
  turn, tasks = tonumber(options.turn), tonumber(options.tasks or 1)
  options.first, options.revision = tonumber(options.first), tonumber(options.revision)
  options.rate = tonumber(options.rate)
  options.connections, options.seconds = tonumber(options.connections), tonumber(options.seconds)
  issued = 0
end

-- wrk asks this before each request of a connection, the first one, too.
function delay()
  local present = now()
  if began == nil then
    began, deadline = present, present + options.seconds
  end
  if options.rate then
    slot = slot + 1
    local due = began + (slot - 1) / options.rate
    if due < deadline then return math.max(0, (due - present) * 1000) end
  elseif present < deadline then
    return 0
  end
  parked, parked_seconds = parked + 1, parked_seconds + (present - began)
  if parked == options.connections then
    seconds = parked_seconds / parked
    ffi.C.kill(ffi.C.getpid(), 2) -- a thread that stops leaves wrk asleep until its own time is over
  end
  return 3600000
end

function request()
  local this = turn
  if began then turn, issued = turn + 1, issued + 1 end -- not when wrk only looks at what it will send
  if paths then return wrk.format("GET", paths[this % #paths + 1], headers) end
  local place = (this * STRIDE) % tasks
  local path = string.format(options.path, names and names[place + 1] or options.first + place)
  if options.revision then headers["If-Match"] = string.format('"%d"', options.revision + math.floor(this / tasks)) end
  return wrk.format(options.method, path, headers, body and body:gsub("@", this))
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    '{"issued":%d,"answers":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}',
    thread:get("issued"), summary.requests, thread:get("seconds") or 0,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
