"""How many workers may wait for one vendor at a time, so that a slow one leaves some to the others.

Kept in Redis: the turns of running jobs, each for a minute that the worker renews; how fast each
connection's vendor answered last; and the jobs that wait for a turn. All of it may be lost: a tick
queues what waits, and without Redis each job has its turn.
"""

import json
from collections.abc import Sequence
from typing import Final, cast
from uuid import UUID

from redis import Redis
from redis.exceptions import RedisError

from adapters.outbound.jobs.rq_queue import arguments_of, job_id_of, mark_of
from ports.job_queue import Job

TURN_SECONDS: Final = 60
QUICK_CALL_SECONDS: Final = 3.0
_PACE_SECONDS: Final = 3 * 24 * 60 * 60
_VENDOR_SECONDS: Final = 60 * 60
_TURNS: Final = "pms:turns"
_VENDORS: Final = "pms:vendors"

_BEGIN_SCRIPT: Final = """
local vendor, job, connection, payload = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local now = redis.call('TIME')[1]
redis.call('ZREMRANGEBYSCORE', 'pms:vendors', '-inf', now - tonumber(ARGV[6]))
redis.call('ZADD', 'pms:vendors', now, vendor)
local workers = redis.call('SCARD', 'rq:workers:pms-sync')
local of_vendor, unproven, slow = 0, 0, 0
for _, other in ipairs(redis.call('SMEMBERS', 'pms:turns')) do
  local turn = redis.call('GET', 'pms:turn:' .. other)
  if not turn then
    redis.call('SREM', 'pms:turns', other)
  elseif other ~= job then
    local pace = string.sub(turn, 1, 1)
    if pace == 's' then slow = slow + 1 end
    if string.sub(turn, 3) == vendor then
      of_vendor = of_vendor + 1
      if pace ~= 'q' then unproven = unproven + 1 end
    end
  end
end
local pace = 'u'
local quick_at = redis.call('GET', 'pms:pace:' .. connection)
if quick_at == 'slow' then
  pace = 's'
elseif quick_at then
  local slowed_at = redis.call('GET', 'pms:slowed:' .. vendor) or 0
  if tonumber(quick_at) > tonumber(slowed_at) then pace = 'q' end
end
local most = math.max(1, workers - 1)
local refused = of_vendor >= most and redis.call('ZCARD', 'pms:vendors') > 1
if pace ~= 'q' then refused = refused or unproven >= math.max(1, math.floor(workers / 2)) end
if pace == 's' then refused = refused or slow >= most end
if refused then
  redis.call('ZADD', 'pms:parked:' .. vendor, 'NX', now, payload)
  redis.call('SET', ARGV[7], -1, 'EX', ARGV[5])
  return 0
end
redis.call('SET', 'pms:turn:' .. job, pace .. '|' .. vendor, 'EX', ARGV[5])
redis.call('SADD', 'pms:turns', job)
return 1
"""
"""One vendor: all workers but one, if there are other vendors. Its connections that are slow, or
not known as quick since it became slow: half of the workers. All slow ones: all workers but one.
Of the workers that run syncs. The mark of a job without a turn says that it waits here."""


class RedisVendorTurns:
    """Implements ports.job_queue.VendorTurns."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._begin = redis.register_script(_BEGIN_SCRIPT)

    def begin(self, job: Job, *, vendor: str, connection_id: UUID) -> bool:
        job_id, payload = job_id_of(job), json.dumps(arguments_of(job))
        arguments: list[str | int] = [
            vendor,
            job_id,
            str(connection_id),
            payload,
            TURN_SECONDS,
            _VENDOR_SECONDS,
            mark_of(job_id),
        ]
        try:
            return bool(self._begin(args=arguments))
        except (RedisError, OSError):
            return True

    def is_wanted(self, vendor: str) -> bool:
        try:
            return bool(self._redis.zcard(f"pms:parked:{vendor}"))
        except (RedisError, OSError):
            return False

    def measured(self, *, vendor: str, connection_id: UUID, seconds_per_call: float) -> None:
        key = f"pms:pace:{connection_id}"
        try:
            now, _ = cast("tuple[int, int]", self._redis.time())
            if seconds_per_call <= QUICK_CALL_SECONDS:
                self._redis.set(key, now + 1, ex=_PACE_SECONDS)
                return
            if self._redis.set(key, "slow", ex=_PACE_SECONDS, get=True) not in (None, b"slow"):
                self._redis.set(f"pms:slowed:{vendor}", now + 1, ex=_PACE_SECONDS)
        except (RedisError, OSError):
            return


def renew_turn(redis: Redis, job_id: str) -> None:
    redis.expire(f"pms:turn:{job_id}", TURN_SECONDS)


def end_turn(redis: Redis, job_id: str) -> list[Sequence[str]]:
    """The arguments of jobs that may have their turn now."""
    turn = cast("bytes | None", redis.getdel(f"pms:turn:{job_id}"))
    redis.srem(_TURNS, job_id)
    if turn is None:
        return []
    pace, _, vendor = turn.decode().partition("|")
    vendors = [vendor]
    if pace != "q":
        known = cast("list[bytes]", redis.zrange(_VENDORS, 0, -1))
        vendors = sorted({vendor, *(each.decode() for each in known)})
    parked: list[Sequence[str]] = []
    for each in vendors:
        found = cast("list[tuple[bytes, float]]", redis.zpopmin(f"pms:parked:{each}"))
        parked += [json.loads(payload) for payload, _ in found]
    return parked
