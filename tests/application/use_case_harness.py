"""All use cases on in-memory adapters, with shortcuts for partners and providers."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.outbound.memory.clock import START, FrozenClock, ScriptedRandomness
from adapters.outbound.memory.jobs import RecordingJobQueue, ScriptedVendorTurns
from adapters.outbound.memory.providers import SCRIPTED, FixedProviders, ScriptedProvider
from adapters.outbound.memory.store import InMemoryStore, InMemoryUnitOfWork
from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from adapters.outbound.system import Uuid7Generator
from application.access.authenticate import Principal, secret_hash
from application.audit.audit_trail import AuditTrail
from application.enqueue_jobs import sync_job
from application.inbox.discard_quarantine import DiscardQuarantine
from application.inbox.process_inbox import ProcessInbox
from application.inbox.receive_webhook import ReceiveWebhook, Webhook
from application.inbox.replay_quarantine import ReplayQuarantine
from application.inbox.work_off_inbox import WorkOffInbox
from application.ingest.apply_items import ApplyContext
from application.ingest.ingest_items import IngestItems, Push, PushResult
from application.sync.fail_sync import FailSync
from application.sync.request_sync import RequestSync
from application.sync.schedule_syncs import ScheduleSyncs
from application.sync.sync_connection import SyncConnection
from domain.access import Scope
from domain.booking import Booking
from domain.connection import Connection, ConnectionState
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState, ItemKind
from domain.precedence import Channel, Receipt
from domain.snapshots import AvailabilitySnapshot, BookingSnapshot, GuestSnapshot, Snapshot
from domain.status import BookingStatus
from domain.sync_run import SyncKind, SyncRun
from domain.values import SourceVersion, Stay
from ports.errors import PortError, UnknownProvider, UnusableProvider
from ports.job_queue import Job, JobName
from ports.providers import Notification, Page, Patience, Provider, Providers, ReadItem
from ports.unit_of_work import UnitOfWork
from tests import builders
from tests.builders import JUNE

MINUTE = timedelta(minutes=1)
PUSH_ONLY = replace(SCRIPTED, name="push_only", title="Push only", pulls=False, fetches_by_id=False)


def version(number: int = 1) -> SourceVersion:
    return SourceVersion(START - timedelta(days=1) + number * MINUTE)


def booked(
    external_id: str = "B1",
    number: int = 1,
    status: BookingStatus = BookingStatus.CONFIRMED,
    *,
    stay: Stay = JUNE,
    **content: Any,
) -> BookingSnapshot:
    """`number` orders the snapshots of one booking."""
    return BookingSnapshot(
        external_id=external_id, version=version(number), status=status, stay=stay, **content
    )


def guest(external_id: str = "G1", number: int = 1, **content: Any) -> GuestSnapshot:
    return GuestSnapshot(external_id=external_id, version=version(number), **content)


def cell(
    day: date = JUNE.arrival, number: int = 1, room_type: str = "DBL", **content: Any
) -> AvailabilitySnapshot:
    return AvailabilitySnapshot(room_type_id=room_type, day=day, version=version(number), **content)


class Killed(BaseException):
    """kill -9: not caught by the application, and nothing is committed after it."""


@dataclass
class CrashPlan:
    """Kills at the n-th commit (from 0): just before it or, with `after`, just after."""

    at: int
    after: bool = False
    is_dead: bool = False
    commits: int = 0


class CrashingUnitOfWork(InMemoryUnitOfWork):
    def __init__(self, store: InMemoryStore, crash_plan: CrashPlan) -> None:
        super().__init__(store)
        self._crash_plan = crash_plan

    def commit(self) -> None:
        crash_plan = self._crash_plan
        number, crash_plan.commits = crash_plan.commits, crash_plan.commits + 1
        crash_plan.is_dead |= number == crash_plan.at and not crash_plan.after
        if crash_plan.is_dead:
            raise Killed
        super().commit()
        if number == crash_plan.at:
            crash_plan.is_dead = True
            raise Killed


class BrokenProviders:
    """Fails for the providers that `installed` does not have, as a broken plug-in does."""

    def __init__(self, installed: Providers, error: type[UnknownProvider]) -> None:
        self._installed = installed
        self._error = error

    def get(self, name: str) -> Provider:
        try:
            return self._installed.get(name)
        except UnknownProvider:
            raise self._error(provider=name) from None

    def all(self) -> Sequence[Provider]:
        return self._installed.all()


by_provider_error = pytest.mark.parametrize(
    ("error", "code"),
    [(UnknownProvider, "unknown_provider"), (UnusableProvider, "unusable_provider")],
)


@dataclass
class App:
    clock: FrozenClock = field(default_factory=FrozenClock)
    ids: Uuid7Generator = field(default_factory=Uuid7Generator)
    randomness: ScriptedRandomness = field(default_factory=ScriptedRandomness)
    store: InMemoryStore = field(default_factory=InMemoryStore)
    crash_plan: CrashPlan = field(default_factory=lambda: CrashPlan(at=-1))
    interruptions: dict[int, Callable[[], Any]] = field(default_factory=dict)
    quarantine_cap: int = 100_000

    def __post_init__(self) -> None:
        self.queue = RecordingJobQueue(self.store)
        self.turns = ScriptedVendorTurns()
        self.patience = Patience()
        self.provider = ScriptedProvider(self.clock, guard=self.store.forbid_io)
        self.push_only = ScriptedProvider(
            self.clock, guard=self.store.forbid_io, capabilities=PUSH_ONLY
        )
        self.providers: Providers = FixedProviders(self.provider, self.push_only)
        self.hotel = self.add_hotel()
        self.connection = self.connect(self.hotel, key="key")

    def unit_of_work(self) -> UnitOfWork:
        """An interruption runs before the unit of work of its number (from 0) is opened."""
        due = self.interruptions.pop(0, None)
        self.interruptions = {n - 1: happens for n, happens in self.interruptions.items()}
        if due is not None:
            due()
        return CrashingUnitOfWork(self.store, self.crash_plan)

    def write(self, work: Callable[[UnitOfWork], Any]) -> Any:
        with self.store.unit_of_work() as uow:
            result = work(uow)
            uow.commit()
        return result

    def add_hotel(self, **over: Any) -> Hotel:
        hotel = builders.hotel(**over)
        self.write(lambda uow: uow.hotels.add(hotel))
        return hotel

    def connect(
        self,
        of: Hotel,
        *,
        key: str | None = None,
        secrets: dict[str, str] | None = None,
        **over: Any,
    ) -> Connection:
        """`key`: the secret part of the webhook URL."""
        over.setdefault("state", ConnectionState.ACTIVE)
        if key is not None:
            over["key_hash"] = secret_hash(key)
        made = builders.connection(of, **over)
        self.write(lambda uow: uow.connections.add(made, secrets or {"trust": "vendor"}))
        return made

    def stored(self, of: Connection | None = None) -> Connection:
        found = self.store.directory.connection((of or self.connection).id)
        assert found is not None
        return found

    def edit(self, of: Connection | None = None, **over: Any) -> Connection:
        return self.write(lambda uow: uow.connections.save(replace(self.stored(of), **over)))

    # use cases

    @property
    def _inbound_ports(self) -> tuple[Any, ...]:
        store = self.store.directory
        return (
            self.unit_of_work, store, self.providers, self.queue, scrub_bytes, self.clock, self.ids,
            self.quarantine_cap,
        )  # fmt: skip

    @property
    def _queueing_ports(self) -> tuple[Any, ...]:
        return self.unit_of_work, self.providers, self.queue, self.clock, self.ids

    @property
    def audit(self) -> AuditTrail:
        return AuditTrail(self.clock, self.ids)

    @property
    def ingest(self) -> IngestItems:
        return IngestItems(*self._inbound_ports)

    @property
    def receive(self) -> ReceiveWebhook:
        return ReceiveWebhook(*self._inbound_ports)

    @property
    def process(self) -> ProcessInbox:
        return ProcessInbox(*self._queueing_ports)

    @property
    def work_off(self) -> WorkOffInbox:
        return WorkOffInbox(
            self.unit_of_work, self.process, self.queue, self.clock, self.turns, self.patience
        )

    @property
    def replay(self) -> ReplayQuarantine:
        return ReplayQuarantine(self.unit_of_work, self.process, self.audit)

    @property
    def discard(self) -> DiscardQuarantine:
        return DiscardQuarantine(self.unit_of_work, self.audit)

    @property
    def sync(self) -> SyncConnection:
        return SyncConnection(
            self.unit_of_work, self.providers, self.clock, self.ids, self.queue, scrub_bytes,
            self.turns, self.patience,
        )  # fmt: skip

    @property
    def fail(self) -> FailSync:
        return FailSync(self.unit_of_work, self.clock, self.ids)

    @property
    def request(self) -> RequestSync:
        return RequestSync(*self._queueing_ports, self.audit)

    @property
    def tick(self) -> ScheduleSyncs:
        return ScheduleSyncs(*self._queueing_ports, self.randomness, self.audit)

    # actions

    def caller(self, of: Connection | None = None) -> Principal:
        connection = of or self.connection
        return Principal(
            token_id=self.ids.new(),
            partner="partner",
            provider=connection.provider,
            hotel_id=connection.hotel_id,
            scopes=frozenset(Scope),
        )

    def push(
        self,
        *payloads: Snapshot | bytes,
        kind: ItemKind = ItemKind.BOOKING,
        to: Connection | None = None,
        deferred: bool = False,
    ) -> PushResult:
        """Pushes snapshots or raw lines."""
        connection = to or self.connection
        provider = self.providers.get(connection.provider)
        lines = [s if isinstance(s, bytes) else provider.line(s) for s in payloads]
        return self.ingest(
            self.caller(connection),
            Push(
                provider=connection.provider,
                kind=kind,
                body=b"\n".join(lines),
                correlation_id="push",
                deferred=deferred,
            ),
        )

    def notify(self, *refs: Any, key: str = "key", **content: Any) -> UUID:
        return self.deliver(self.provider.notification(Notification(refs=refs, **content)), key=key)

    def deliver(
        self,
        body: bytes,
        *,
        key: str = "key",
        provider: str = "scripted",
        trust: str = "vendor",
    ) -> UUID:
        return self.receive(
            Webhook(
                provider=provider,
                connection_key=key,
                headers={"x-scripted-trust": trust},
                read_body=lambda: body,
                correlation_id="webhook",
            )
        )

    def page(self, *payloads: Snapshot | ReadItem, **over: Any) -> Page:
        items = [s if isinstance(s, ReadItem) else self.provider.item(s) for s in payloads]
        return Page(items=items, **({"observed_at": self.clock.now()} | over))

    def script_pull(self, *pages: Page | PortError) -> None:
        self.provider.pulls.append(pages)

    def run(
        self,
        kind: SyncKind = SyncKind.DELTA,
        *pages: Page | PortError,
        of: Connection | None = None,
        holder: str = "worker",
    ) -> SyncRun:
        """Queues and executes a run."""
        if pages:
            self.script_pull(*pages)
        return self.sync(self.queued(kind, of).id, holder=holder)

    def queued(self, kind: SyncKind = SyncKind.DELTA, of: Connection | None = None) -> SyncRun:
        run = builders.sync_run(of or self.connection, kind=kind, queued_at=self.clock.now())
        self.write(lambda uow: uow.sync_runs.add(run))
        return run

    def job_of(self, run: SyncRun) -> Job:
        return sync_job(run)

    def during_next_request(self, happens: Callable[[], Any]) -> None:
        """Once, while a worker waits for the provider's response."""

        def once() -> None:
            self.provider.guard = self.store.forbid_io
            happens()

        self.provider.guard = once

    def during_each_request(self, happens: Callable[[], Any]) -> None:
        def guard() -> None:
            self.store.forbid_io()
            happens()

        self.provider.guard = guard

    def run_jobs(self) -> None:
        """Runs all waiting jobs, as a worker does; provider errors end their job only."""
        for job in self.queue.take():
            self.work(job)

    def work(self, job: Job) -> None:
        if job.name is JobName.SYNC:
            self.sync(job.subject_id, holder=str(self.ids.new()))
        else:
            with suppress(PortError):
                self.work_off(job.hotel_id, job.subject_id, correlation_id=job.correlation_id)

    @contextmanager
    def killed(self, at: int, *, after: bool = False) -> Iterator[None]:
        """`at`, `after`: as of CrashPlan. What follows runs in another process."""
        self.crash_plan = CrashPlan(at, after=after)
        with pytest.raises(Killed):
            yield
        self.crash_plan = CrashPlan(at=-1)

    def restart(self) -> None:
        """After a kill: a new process, with the leases of the dead one expired."""
        self.crash_plan = CrashPlan(at=-1)
        self.clock.advance(timedelta(minutes=5))

    # results

    def booking(self, external_id: str = "B1", of: Connection | None = None) -> Booking | None:
        connection = of or self.connection
        return self.store.queries.booking(connection.hotel_id, connection.provider, external_id)

    def known(self, external_id: str = "B1") -> Booking:
        booking = self.booking(external_id)
        assert booking is not None
        return booking

    def events(self, event_type: str | None = None) -> list[dict[str, Any]]:
        """All messages ever added to the outbox, in order."""
        with self.store.unit_of_work() as uow:
            bodies = [json.loads(m.body) for m in uow.outbox.next_batch(limit=10**6)]
        return [b for b in bodies if event_type in (None, b["type"])]

    def changes(self, external_id: str = "B1") -> list[str]:
        """The `change` of each event of one booking."""
        published = self.events("pms.booking.synced")
        return [e["data"]["change"] for e in published if e["subject"] == external_id]

    def inbox(self) -> list[InboxItem]:
        return list(self.store._committed.inbox.values())

    def row(self, item_id: UUID) -> InboxItem:
        return self.store._committed.inbox[item_id]

    def quarantined(self) -> list[InboxItem]:
        return [row for row in self.inbox() if row.state is InboxState.QUARANTINED]

    def runs(self) -> Sequence[SyncRun]:
        return self.store.queries.sync_runs(self.hotel.id, limit=10**6).rows

    def sync_run(self, run_id: UUID) -> SyncRun:
        found = self.store.queries.sync_run(self.hotel.id, run_id)
        assert found is not None
        return found

    def context(
        self,
        *,
        channel: Channel = Channel.PUSHED,
        observed_at: datetime | None = None,
        can_fetch: bool = False,
    ) -> ApplyContext:
        return ApplyContext.of(
            self.connection,
            Receipt(channel, observed_at or self.clock.now(), self.connection.id, "test"),
            correlation_id="test",
            now=self.clock.now(),
            can_fetch=can_fetch,
        )
