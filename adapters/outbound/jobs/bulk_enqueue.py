"""Adds many jobs to RQ's queues: one command of Redis per batch, all in one pipeline."""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from redis import Redis
from rq import Queue
from rq.utils import now

from adapters.outbound.jobs.json_job import JsonJob

BATCH: Final = 500
"""Jobs of one command; Redis does nothing else meanwhile, for some milliseconds."""

# As RQ's own script for a unique job, for many. A hash without `created_at` is no job: it is left
# of one that was running when Redis lost its data, whose worker then wrote a heartbeat, without an
# end. It would keep out the job of this id for ever.
_SCRIPT: Final = """
local queues, queue, prefix, mark, seconds, count = unpack(ARGV, 1, 6)
local fields = {}
for i = 7, 6 + count do
  fields[#fields + 1] = ARGV[i]
end
redis.call('SADD', queues, queue)
for i = 7 + count, #ARGV, 2 do
  local id, job = ARGV[i], prefix .. ARGV[i]
  local is_wanted = seconds == '0' or redis.call('SET', mark .. id, 0, 'NX', 'EX', seconds)
  if is_wanted and redis.call('HEXISTS', job, 'created_at') == 0 then
    redis.call('DEL', job)
    redis.call('HSET', job, 'description', id, 'data', ARGV[i + 1], unpack(fields))
    redis.call('RPUSH', queue, id)
  end
end
"""


@dataclass(frozen=True, slots=True)
class JobGroup:
    """Jobs of one queue. `arguments`: of their function, by job id. `prototype`: has all else."""

    queue: Queue
    prototype: JsonJob
    arguments: Mapping[str, Sequence[str]]

    def commands(self, mark: str, mark_seconds: int) -> Iterator[list[Any]]:
        """The script's arguments for each batch."""
        shared = self._shared_fields()
        head = [self.queue.redis_queues_keys, self.queue.key, JsonJob.key_for("")]
        head += [mark, mark_seconds, len(shared), *shared]
        ids = list(self.arguments)
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            yield [*head, *chain.from_iterable((each, self._data(each)) for each in batch)]

    def _shared_fields(self) -> list[Any]:
        self.prototype.origin, self.prototype.enqueued_at = self.queue.name, now()
        fields = self.prototype.to_dict()
        own = ("data", "description")
        return [part for name, value in fields.items() if name not in own for part in (name, value)]

    def _data(self, job_id: str) -> bytes:
        """As RQ stores a job's call, with a small window: a large one takes longer to set up than
        to use."""
        self.prototype.args = tuple(self.arguments[job_id])
        return zlib.compress(self.prototype.data, wbits=9)


def add_jobs(
    redis: Redis, groups: Sequence[JobGroup], *, mark: str = "", mark_seconds: int = 0
) -> None:
    """Adds each job at the end of its queue unless one of its id exists. `mark`: the prefix of keys
    that are set for so many seconds; a job whose key is set already is not added. Without
    `mark_seconds` no key is set or read."""
    script = redis.register_script(_SCRIPT)
    commands = [each for group in groups for each in group.commands(mark, mark_seconds)]
    if len(commands) == 1:
        script(args=commands[0])
        return
    with redis.pipeline(transaction=False) as pipeline:
        for command in commands:
            script(args=command, client=pipeline)
        pipeline.execute()
