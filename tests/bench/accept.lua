-- wrk's part of `accept`: posts ready-made requests, each with an Idempotency-Key of its own.
-- BENCH_POSTS names a Lua file that returns a list of {head = …, tail = …}; the key goes in between.

local posts = dofile(os.getenv("BENCH_POSTS"))
local run = os.getenv("BENCH_RUN")
local thread_count = 0

function setup(thread)
  thread:set("number", thread_count)
  thread_count = thread_count + 1
end

function init(_)
  sent = 0
end

function request()
  sent = sent + 1
  local post = posts[sent % #posts + 1]
  return post.head .. run .. "-" .. number .. "-" .. sent .. post.tail
end

function done(summary, latency, _)
  io.write(string.format(
    '{"requests": %d, "refused": %d, "broken": %d, "microseconds": %d, "p50": %d, "p99": %d, "max": %d}\n',
    summary.requests, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    summary.duration, latency:percentile(50), latency:percentile(99), latency.max
  ))
end
