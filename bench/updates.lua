-- Telegram as wrk plays it: every post is another update, from one of a thousand people, with one of the questions.
-- Arguments: the secret, and a file with one question a line, as it stands in JSON.

local PEOPLE = 1000

function init(args)
  texts = {}
  for line in io.lines(args[2]) do texts[#texts + 1] = line end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["X-Telegram-Bot-Api-Secret-Token"] = args[1]
  number = 0
end

function request()
  number = number + 1
  local person = 1000000 + number % PEOPLE
  local body = '{"update_id":' .. number .. ',"message":{"message_id":' .. number .. ',"date":' .. os.time()
    .. ',"chat":{"id":' .. person .. ',"type":"private"},"from":{"id":' .. person
    .. ',"is_bot":false,"first_name":"t","language_code":"zh"},"text":' .. texts[number % #texts + 1] .. "}}"
  return wrk.format(nil, nil, nil, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %f %f %f\n", summary.requests, wrong, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
