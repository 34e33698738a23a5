"""The simulated world: a hotel at a vendor's simulator, the network, the time and our processes.

Everything happens in one thread: a process runs until it waits for somebody else, and where the
schedule wants it others take their turn there.
"""

import gc
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from importlib.metadata import entry_points
from math import ceil
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from adapters.outbound.memory.jobs import InMemoryRateBudget
from adapters.outbound.provider_kit.simulation.hotel.records import TICKS
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from application.access.issue_token import TokenRequest
from application.connections.add_connection import NewConnection
from domain.access import Scope
from domain.messages import InboxState
from domain.schedule import Schedule as SyncSchedule
from entrypoints.local.installed_simulators import load_simulator
from entrypoints.wiring.installed_providers import GROUP
from ports.errors import RateLimited
from ports.job_queue import Job
from ports.providers import Patience
from ports.queries import Queries
from ports.unit_of_work import UnitOfWork
from tests.simulation.actions import Actions, Interrupt
from tests.simulation.failures import Crash, Violation, require
from tests.simulation.ledger import RATE_LIMIT, RATE_WINDOW, Ledger
from tests.simulation.network import Post
from tests.simulation.partner import CANONICAL, PartnerSimulator
from tests.simulation.processes import (
    Process,
    SeededRandomness,
    SimulatedClock,
    SimulatedIds,
)
from tests.simulation.schedule import Conditions

T = TypeVar("T")

MAX_DEPTH: Final = 3
"""Of processes that wait for each other's turns."""
NEVER: Final = timedelta(days=3650)
ALPINEBITS: Final = "alpinebits"


class AnyStore(Protocol):
    @property
    def queries(self) -> Queries: ...
    def unit_of_work(self) -> UnitOfWork: ...
    def close(self) -> None: ...


class SharedBudget:
    """The vendor's limit of this world, whatever the adapter declares; as one process waits for
    it."""

    def __init__(self, world: "World", budget: InMemoryRateBudget, patience: Patience) -> None:
        self._world, self._budget, self._patience = world, budget, patience

    def reserve(self, connection_id: Any, *, limit: int, window_seconds: float) -> float:
        window = RATE_WINDOW.total_seconds()
        wait = self._budget.reserve(connection_id, limit=RATE_LIMIT, window_seconds=window)
        if wait > self._patience.seconds:
            raise RateLimited(reason="our own budget", wait_seconds=ceil(wait))
        if not wait:
            self._world.ledger.reserve(self._world.now)
        return wait


class World:
    """`actions` performs what the schedule says; `reach` is where its interrupts happen."""

    def __init__(self, conditions: Conditions, home: Path, store: Any) -> None:
        self.conditions, self.home, self.store = conditions, home, store
        directory = store.directory
        self.random = random.Random(f"world:{conditions.seed}")
        self.randomness = SeededRandomness(self.random)
        self.simulator: Any = self._start_simulator(conditions.seed)
        self.hotel_skew = timedelta(seconds=conditions.skews["pms"])
        self.started_at = self.now = self._hotel_now()
        self.ids = SimulatedIds(self)
        self.skews = dict(conditions.skews)
        self.directory = directory(monotonic=lambda: 0.0) if callable(directory) else directory
        self.budget = InMemoryRateBudget(SimulatedClock(self, "redis"))
        self.plugins = list(entry_points(group=GROUP, name=conditions.provider))
        self.ledger = Ledger(lambda: self.now, self._is_deleted_at_source)
        self.post = Post(self)
        self.actions = Actions(self)
        self.jobs: list[tuple[datetime, Job]] = []
        """With the instant from which on a worker may take it."""
        self.interrupts: list[Interrupt] = []
        self.interrupted: Counter[tuple[str, str]] = Counter()
        """(point, effect): how often it happened."""
        self.redis_is_up = self.subscriber_is_up = True
        self.vendor_is_full = self.turns_are_wanted = False
        self.bugs: list[str] = []
        self._stack: list[Process] = []
        self._processes: dict[str, Process] = {}

    # set-up

    def _start_simulator(self, seed: int) -> Any:
        of = self.conditions
        launch = load_simulator if of.provider != CANONICAL else lambda _: PartnerSimulator.launch
        simulator: Any = launch(of.provider)(
            SimulatorOptions(
                bookings=of.bookings,
                seed=seed,
                time_zone=of.time_zone,
                currency=of.currency,
                start_date=date.fromisoformat(of.start_date),
            )
        )
        gc.unfreeze()  # the simulator expects to live as long as its process
        return simulator

    def connect(self, sync_schedule: SyncSchedule) -> None:
        container = self.process("web").container
        of = self.conditions
        container.add_hotel(slug="demo", name="Demo", time_zone=of.time_zone, currency=of.currency)
        values = dict(self.simulator.connection_values())
        if of.is_push_only and of.provider == ALPINEBITS:
            values = {name: values[name] for name in ("hotel_code", "password")}
        added = container.add_connection(
            NewConnection(
                hotel="demo",
                provider=of.provider,
                name="pms",
                values=values,
                schedule=sync_schedule,
            )
        )
        self.key, self.connection = added.key, added.connection
        self.simulator.webhook_auth = f"{added.key}:{values.get('password')}"
        if not of.is_push_only:
            verified = self.run("web", lambda: self._verify(container))
            require(verified, "set-up", "the connection can't be verified")
        if not of.is_polled:
            self.simulator._sender = self.post
            if of.provider == ALPINEBITS:
                self.post.send([self.simulator.push_source.all_rooms()])
        if of.provider == CANONICAL:
            self.token = container.issue_token(
                TokenRequest(
                    provider=CANONICAL,
                    partner="partner",
                    hotels=("demo",),
                    scopes=frozenset({Scope.INGEST}),
                    lifetime=NEVER,
                )
            ).token

    def _verify(self, container: Any) -> bool:
        tested = container.verify_connection(self.connection.id, correlation_id="setup")
        return tested.report is not None

    @property
    def reports_payments(self) -> bool:
        """Whether the syncs of this world return a booking after a payment."""
        if not self.conditions.is_polled:
            return True
        provider = self.process("web").providers.get(self.conditions.provider)
        return provider.capabilities.delta_reports_payments

    @cached_property
    def other_property(self) -> Any:
        """A simulator of another hotel at the vendor, with our credentials."""
        other = self._start_simulator(self.conditions.seed + 1)
        other.webhook_auth = self.simulator.webhook_auth
        return other

    # time

    def pass_time(self, by: timedelta) -> None:
        self.now += by

    def _hotel_now(self) -> datetime:
        return datetime.fromtimestamp(self.simulator.hotel.now / TICKS, UTC) - self.hotel_skew

    def set_hotel_clock(self, by: timedelta) -> None:
        self.hotel_skew += by
        self.simulator.hotel.now += int(by.total_seconds()) * TICKS

    def synchronize(self) -> None:
        """The hotel's clock and ours go on together."""
        hotel = self.simulator.hotel
        hotel.now = max(hotel.now, int((self.now + self.hotel_skew).timestamp() * TICKS))
        self.now = max(self.now, self._hotel_now())

    # processes

    def process(self, name: str) -> Process:
        """The living one of this name."""
        held = self._processes.get(name)
        if held is None or held.is_dead:
            held = self._processes[name] = Process(self, name)
        return held

    @property
    def running(self) -> Process:
        return self._stack[-1]

    def budget_of(self, process: Process) -> "SharedBudget":
        return SharedBudget(self, self.budget, process.container.patience)

    def run(self, name: str, step: Callable[[], T]) -> T | None:
        """A step of a process; None if it is busy or dies in it."""
        process = self.process(name)
        if process.is_busy:
            return None
        process.is_busy = True
        self._stack.append(process)
        try:
            return step()
        except Crash:
            return None
        finally:
            self._stack.pop()
            process.is_busy = False

    def add_job(self, job: Job, after_seconds: float = 0.0) -> None:
        if all((job.name, job.subject_id) != (j.name, j.subject_id) for _, j in self.jobs):
            self.jobs.append((self.now + timedelta(seconds=after_seconds), job))

    def take_job(self) -> Job | None:
        """The first that is due; none without Redis."""
        due = [each for each in self.jobs if each[0] <= self.now and self.redis_is_up]
        if not due:
            return None
        self.jobs.remove(due[0])
        return due[0][1]

    def reach(self, point: str, process: Process, error: Exception) -> None:
        if process.is_dead:
            raise Crash
        for interrupt in self.interrupts:
            if interrupt.point == point:
                interrupt.remaining -= 1
        due = [each for each in self.interrupts if not each.remaining]
        self.interrupts = [each for each in self.interrupts if each.remaining]
        for interrupt in due:
            self.interrupted[point, interrupt.effect] += 1
            self._interrupt(interrupt, process, error)

    def _interrupt(self, interrupt: Interrupt, process: Process, error: Exception) -> None:
        if interrupt.effect == "crash":
            process.is_dead = True
            raise Crash
        if interrupt.effect == "error":
            raise error
        if not process.open_units and len(self._stack) < MAX_DEPTH:
            self.actions.perform_all(interrupt.actions)

    # the vendor

    def answer(self, call: Call) -> Reply:
        self.synchronize()
        reply: Reply = self.simulator._answer(call)
        return reply

    def _is_deleted_at_source(self, external_id: str) -> bool:
        return all(b.external_id != external_id for b in self.simulator.expected_bookings())

    # the end

    def calm_down(self) -> None:
        """Ends every fault and sets every clock; what is in flight arrives."""
        self.skews.clear()
        self.simulator.faults.clear()
        self.interrupts.clear()
        self.redis_is_up = self.subscriber_is_up = True
        self.vendor_is_full = self.turns_are_wanted = False
        self.synchronize()
        for _ in range(3):
            self.actions.deliver_all()
            self.pass_time(timedelta(minutes=2))

    def settle(self, *, rounds: int = 200) -> None:
        """Ticks, work and deliveries until nothing waits."""
        for _ in range(rounds):
            self.pass_time(timedelta(minutes=20))
            self.actions.tick(0)
            while self.actions.work(0):
                pass
            while self.run("relay-0", self.process("relay-0").container.relay_outbox):
                pass
            if not any(self._waiting()):
                return
        raise Violation("everything ends", f"after {rounds} rounds: {self._waiting()}")

    def _waiting(self) -> tuple[int, int, int]:
        """Inbox rows without an outcome, unfinished runs, undelivered events."""
        with self.store.unit_of_work() as uow:
            unfinished = uow.sync_runs.unfinished(self.connection.id)
        rows = self.ledger.inbox.values()
        undelivered = self.ledger.messages.keys() - self.ledger.delivered.keys()
        received = sum(row.state is InboxState.RECEIVED for row in rows)
        return received, len(unfinished), len(undelivered)

    def close(self) -> None:
        self.simulator.stop()
        if "other_property" in self.__dict__:
            self.other_property.stop()
