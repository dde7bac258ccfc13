"""What the backplane has in Redis: its keys, and the Lua scripts that change them, each in one undivided step.

An entry of the stream has two fields. `m` is three lines: the generation that was when it was appended; the numbers
it was given, one for each user, negative where Redis did not know the user; a header in JSON: a kind, the worker that
sent it, that worker's count, and what the kind needs. `b` is the text of an event, empty for a note.
"""

from __future__ import annotations

from typing import Final

KEYS: Final = ("log", "users", "active", "floor", "generations", "run", "sent", "workers", "tidied")
"""log: the stream. users: user -> last number. active: users by last use. floor: above every number ever forgotten.
generations: their names, newest last. run: the Redis process they were seen on. sent: worker -> how many it sent.
workers: by last sign of life. tidied: somebody did lately."""

GREET: Final = """
-- ARGV: this Redis process, a fresh name, our worker, our generation, the last entry we read,
-- a generation that cannot be trusted, how many names are kept
local names, ours = redis.call('LRANGE', KEYS[5], 0, -1), false
for _, name in ipairs(names) do ours = ours or name == ARGV[4] end
local lost = #names == 0 or names[#names] == ARGV[6]
if ours and ARGV[5] ~= '0-0' then  -- what we read must be there, or have been trimmed with all that is older
  local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
  local mine = redis.call('XRANGE', KEYS[1], ARGV[5], ARGV[5])
  local older = redis.call('XRANGE', KEYS[1], '-', '(' .. ARGV[5], 'COUNT', 1)
  lost = lost or #newest == 0 or (#mine == 0 and #older > 0)
end
if lost then redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[7], KEYS[8]) end
if lost or redis.call('GET', KEYS[6]) ~= ARGV[1] then
  redis.call('RPUSH', KEYS[5], ARGV[2])
  redis.call('LTRIM', KEYS[5], -ARGV[7], -1)
  redis.call('SET', KEYS[6], ARGV[1])
  names = redis.call('LRANGE', KEYS[5], 0, -1)
  redis.call('XADD', KEYS[1], '*', 'm', ARGV[2] .. '\\n\\n' .. cjson.encode({'generation', '', 0, names}), 'b', '')
end
local time = redis.call('TIME')
return {names, redis.call('HGET', KEYS[7], ARGV[3]) or '0', redis.call('GET', KEYS[4]) or '0', time[1], time[2]}
"""
"""Find out whether Redis is the one we knew, and has what it had; begin a generation if not."""

SEND: Final = """
-- ARGV: generation, worker, entries kept, ms kept, then for each record: its count, how many users, they, header, text
if redis.call('LINDEX', KEYS[5], -1) ~= ARGV[1] then return redis.error_reply('ANOTHERGENERATION') end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last, at = tonumber(redis.call('HGET', KEYS[7], ARGV[2]) or '0'), 5
while at <= #ARGV do
  local count, users, numbers = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), {}
  if count > last then
    for i = at + 2, at + 1 + users do
      local first = redis.call('HEXISTS', KEYS[2], ARGV[i]) == 0
      if first then redis.call('HSET', KEYS[2], ARGV[i], redis.call('GET', KEYS[4]) or '0') end
      local number = redis.call('HINCRBY', KEYS[2], ARGV[i], 1)
      redis.call('ZADD', KEYS[3], now, ARGV[i])
      numbers[#numbers + 1] = first and -number or number
    end
    local meta = ARGV[1] .. '\\n' .. table.concat(numbers, ',') .. '\\n' .. ARGV[at + 2 + users]
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'm', meta, 'b', ARGV[at + 3 + users])
    redis.call('HSET', KEYS[7], ARGV[2], count)
    last = count
  end
  at = at + users + 4
end
redis.call('ZADD', KEYS[8], now, ARGV[2])
redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', now - ARGV[4]))
return last
"""
"""Number records and append them; one that was sent before is skipped. Called by its hash alone: a restarted Redis does
not know it, so whoever was not greeted by this very process of Redis publishes nothing to it."""

TIDY: Final = """
-- ARGV: generation, ms after which a user is idle, ms after which a worker is forgotten
if not redis.call('SET', KEYS[9], '1', 'NX', 'EX', 60) then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local idle = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - ARGV[2], 'LIMIT', 0, 1000)
local floor = tonumber(redis.call('GET', KEYS[4]) or '0')
for _, user in ipairs(idle) do
  floor = math.max(floor, tonumber(redis.call('HGET', KEYS[2], user) or '0'))
  redis.call('HDEL', KEYS[2], user)
  redis.call('ZREM', KEYS[3], user)
end
if #idle > 0 then
  redis.call('SET', KEYS[4], string.format('%.0f', floor))
  redis.call('XADD', KEYS[1], '*', 'm', ARGV[1] .. '\\n\\n' .. cjson.encode({'forgotten', '', 0, idle, floor}), 'b', '')
end
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', KEYS[8], '-inf', now - ARGV[3])) do
  redis.call('HDEL', KEYS[7], worker)
  redis.call('ZREM', KEYS[8], worker)
end
return #idle
"""
"""Forget idle users and workers. A user who comes back is numbered from `floor` on, so no number means two events."""

WORKER_MS: Final = 86_400_000
"""How long Redis remembers how far a worker got: a day, far longer than what the worker holds to send again."""
