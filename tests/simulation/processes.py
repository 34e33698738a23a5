"""Our processes: the real composition root over one store, a simulated clock and a lossy queue.

A process passes named points (`commit.before`, `request.after`, ...), where the world may kill it,
make the port fail, or give others a turn.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from adapters.outbound.events.in_process_bus import InProcessEventBus
from adapters.outbound.persistence.store import Store
from adapters.outbound.system import DatabaseClock
from application.clock_check import ClockWrong, require_right_clock
from application.connections.store_rotated_secrets import StoreRotatedSecrets
from domain.messages import OutboxMessage
from entrypoints.certification.fakes import LOOPBACK
from entrypoints.wiring.container import Container
from entrypoints.wiring.installed_providers import InstalledProviders
from entrypoints.wiring.settings import Settings
from ports.errors import QueueUnavailable, StoreUnavailable
from ports.event_bus import EventBus
from ports.job_queue import Job, JobName, VendorTurns
from ports.providers import Providers, ProviderTools
from ports.queries import Queries
from ports.system import SharedClock
from ports.unit_of_work import UnitOfWork
from tests.simulation.failures import require
from tests.simulation.ledger import RecordedCall

if TYPE_CHECKING:
    from tests.simulation.world import World

RECORDED: Final = {
    "bookings": frozenset({"save"}),
    "guests": frozenset({"save"}),
    "outbox": frozenset({"add", "acquire_leader_lease", "postpone"}),
    "inbox": frozenset({"add", "record_outcomes"}),
    "connections": frozenset({"acquire_lease", "renew_lease", "release_lease", "save"}),
    "sync_runs": frozenset({"save"}),
    "idempotency": frozenset({"finish"}),
}
"""The writes that the ledger follows, by store."""
PARKED_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class SimulatedClock:
    """The own clock of the machine of a process; each reading takes a millisecond."""

    world: "World"
    process: str

    def now(self) -> datetime:
        self.world.pass_time(timedelta(milliseconds=1))
        return self.world.now + timedelta(seconds=self.world.skews.get(self.process, 0))

    def monotonic(self) -> float:
        self.world.pass_time(timedelta(milliseconds=1))
        return (self.world.now - self.world.started_at).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.world.pass_time(timedelta(seconds=seconds))


class SeededRandomness:
    def __init__(self, source: random.Random) -> None:
        self._source = source

    def fraction(self) -> float:
        return self._source.random()

    def secret(self) -> str:
        return f"{self._source.getrandbits(256):064x}"


@dataclass(slots=True)
class SimulatedIds:
    """UUIDv7 of the world's time, unique in the whole world."""

    world: "World"
    _count: int = 0

    def new(self) -> UUID:
        self._count += 1
        milliseconds = int(self.world.now.timestamp() * 1000)
        return UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62 | self._count)


@dataclass(frozen=True, slots=True)
class SimulatedQueue:
    """Redis: one list of jobs for all processes, that may be down or lose everything."""

    process: "Process"

    def enqueue(self, jobs: Sequence[Job]) -> None:
        process, world = self.process, self.process.world
        require(not process.open_units, "no I/O in a transaction", f"{process.name} enqueues")
        self.ping()
        process.reach("enqueue.before", QueueUnavailable())
        for job in jobs:
            world.add_job(job)
        process.reach("enqueue.after", QueueUnavailable())

    def run_again(self, job: Job, *, after_seconds: float = 0.0) -> None:
        self.ping()
        self.process.reach("enqueue.before", QueueUnavailable())
        self.process.world.add_job(job, after_seconds)

    def is_waiting(self, name: JobName) -> bool:
        self.ping()
        return any(job.name is name for _, job in self.process.world.jobs)

    def ping(self) -> None:
        if not self.process.world.redis_is_up:
            raise QueueUnavailable


@dataclass(frozen=True, slots=True)
class SimulatedTurns:
    """The world says whether all workers wait for the vendor; a job without a turn comes later."""

    world: "World"

    def begin(self, job: Job, *, vendor: str, connection_id: UUID) -> bool:
        if self.world.vendor_is_full:
            self.world.add_job(job, PARKED_SECONDS)
        return not self.world.vendor_is_full

    def is_wanted(self, vendor: str) -> bool:
        return self.world.turns_are_wanted

    def measured(self, *, vendor: str, connection_id: UUID, seconds_per_call: float) -> None: ...


class RecordingStore:
    """Remembers the calls that write, with their results."""

    def __init__(self, name: str, store: Any, calls: list[RecordedCall]) -> None:
        self._name, self._store, self._calls = name, store, calls

    def __getattr__(self, method: str) -> Any:
        function = getattr(self._store, method)
        if method not in RECORDED[self._name]:
            return function

        def recorded(*arguments: Any, **named: Any) -> Any:
            result = function(*arguments, **named)
            call = RecordedCall(f"{self._name}.{method}", arguments, named, result)
            self._calls.append(call)
            return result

        return recorded


class ObservedUnitOfWork:
    """Any store's unit of work, with points around its commit. The ledger sees what it commits."""

    def __init__(self, unit_of_work: UnitOfWork, process: "Process") -> None:
        self._unit_of_work = unit_of_work
        self._process = process
        self._calls: list[RecordedCall] = []
        self._is_open = False

    def __getattr__(self, name: str) -> Any:
        store = getattr(self._unit_of_work, name)
        return RecordingStore(name, store, self._calls) if name in RECORDED else store

    def __enter__(self) -> "ObservedUnitOfWork":
        self._process.reach("begin", StoreUnavailable())
        self._unit_of_work.__enter__()
        self._is_open = True
        self._process.open_units += 1
        return self

    def __exit__(self, *error: Any) -> None:
        self._close()
        self._unit_of_work.__exit__(*error)

    def commit(self) -> None:
        points = ["commit"]
        if any(call.method == "sync_runs.save" for call in self._calls):
            points.append("checkpoint")
        for point in points:
            self._process.reach(f"{point}.before", StoreUnavailable())
        self._unit_of_work.commit()
        self._close()
        self._process.world.ledger.commit(self._process.name, self._calls)
        for point in points:
            self._process.reach(f"{point}.after", StoreUnavailable())

    def _close(self) -> None:
        self._process.open_units -= self._is_open
        self._is_open = False


@dataclass(frozen=True, kw_only=True)
class SimulatedContainer(Container):
    process: "Process" = field(repr=False)

    @property
    def store(self) -> Store:  # type: ignore[override]  # any store that the world has
        return self.process.world.store  # type: ignore[return-value]

    @cached_property
    def clock(self) -> SharedClock:
        """The database's clock is the world's."""
        return DatabaseClock(self.own_clock, lambda: self.process.world.now)

    def unit_of_work(self) -> UnitOfWork:
        self._refresh_clock()
        return ObservedUnitOfWork(self.store.unit_of_work(), self.process)  # type: ignore[return-value]

    @property
    def queries(self) -> Queries:  # type: ignore[override]
        return self.process.world.store.queries

    @property
    def directory(self) -> Any:  # type: ignore[override]
        return self.process.world.directory

    @property
    def providers(self) -> Providers:  # type: ignore[override]
        return self.process.providers

    @property
    def turns(self) -> VendorTurns:  # type: ignore[override]
        return SimulatedTurns(self.process.world)

    @property
    def bus(self) -> EventBus:  # type: ignore[override]
        return self.process.bus


class Process:
    """One process from its start to its death; the world starts the next one of its name."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.is_dead = self.is_busy = False
        self.open_units = 0
        self.bus = InProcessEventBus({"recorder": self._receive_event})
        self.container = SimulatedContainer(
            settings=Settings(home=world.home),
            own_clock=SimulatedClock(world, name),
            ids=world.ids,
            randomness=world.randomness,
            queue_override=SimulatedQueue(self),
            process=self,
        )
        tools = ProviderTools(
            clock=self.container.clock,
            randomness=world.randomness,
            budget=world.budget_of(self),
            allowed_hosts=LOOPBACK,
            plain_http=True,
            credential_store=StoreRotatedSecrets(self.container.unit_of_work),
        )
        self.providers = InstalledProviders(tools, plugins=world.plugins)

    @property
    def may_take_jobs(self) -> bool:
        try:
            require_right_clock(self.container.clock)
        except ClockWrong:
            return False
        return True

    def reach(self, point: str, error: Exception) -> None:
        """Raises Crash or `error` where the schedule wants it; a dead process goes no further."""
        self.world.reach(point, self, error)

    def _receive_event(self, message: OutboxMessage) -> None:
        self.reach("deliver.before", SubscriberFails())
        if not self.world.subscriber_is_up:
            raise SubscriberFails
        self.world.ledger.deliver(message)
        self.reach("deliver.after", SubscriberFails())


class SubscriberFails(Exception):
    """A subscriber rejects an event."""
