"""The application over a temporary SQLite database, connected to a simulated hotel.

Nothing runs in the background: a check starts each sync and drains the inbox itself.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from adapters.outbound.memory.jobs import RecordingJobQueue
from adapters.outbound.memory.providers import FixedProviders
from adapters.outbound.persistence import migrations
from adapters.outbound.provider_kit.simulation.scenario import VendorMessage
from adapters.outbound.security.sealing import new_key
from application.connections.add_connection import NewConnection
from application.inbox.receive_webhook import Webhook
from application.sync.verify_hotel import DriftReport
from domain.booking import Booking
from domain.connection import Connection, ConnectionState
from domain.hotel import Hotel
from domain.messages import InboxItem, InboxState, ListedItem, OutboxMessage
from domain.schedule import Schedule
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from domain.values import DateRange
from entrypoints.certification.adapter_harness import START, AdapterHarness
from entrypoints.certification.booking_diff import ObservedBooking, diff_bookings
from entrypoints.certification.outcomes import CheckFailed
from entrypoints.wiring.container import Container
from entrypoints.wiring.settings import Settings
from ports.job_queue import JobName
from ports.queries import BookingFilter, BookingOrder, QuarantineFilter

_NEVER: Final = timedelta(days=3_650)
_SCHEDULE: Final = Schedule(
    delta_every=_NEVER,
    reconcile_every=_NEVER,
    reconcile_days_back=25,
    reconcile_days_ahead=45,
    keep_days_back=25,
    keep_days_ahead=45,
)
"""Wider than the compared window, also after some simulated days."""
_COMPARED_WINDOW: Final = timedelta(days=10), timedelta(days=35)
_UNREACHABLE_REDIS: Final = "redis://127.0.0.1:1"
_ALL: Final = 100_000
_TRIES: Final = 4


@dataclass(slots=True)
class AppHarness:
    adapter: AdapterHarness
    container: Container
    hotel: Hotel
    connection: Connection
    key: str
    batches: list[UUID] = field(default_factory=list)

    def sync(self, kind: SyncKind = SyncKind.DELTA) -> SyncRun:
        """A finished run of any status."""
        self.adapter.sync_clock()
        queued = self.container.request_sync(
            self.connection.id, kind, correlation_id="certification"
        )
        return self.container.sync_connection(queued.id, holder=str(queued.id))

    def sync_or_fail(self, kind: SyncKind) -> SyncRun:
        """Raises CheckFailed unless the run completes."""
        run = self.sync(kind)
        if run.status is not SyncStatus.COMPLETED:
            raise CheckFailed(f"a {kind} sync without faults ended as {describe_run(run)}")
        return run

    def deliver(self, messages: Iterable[VendorMessage]) -> None:
        """Posts the messages as webhooks. Raises Unauthenticated."""
        for message in messages:
            webhook = Webhook(
                provider=self.connection.provider,
                connection_key=self.key,
                headers=message.headers,
                read_body=partial(bytes, message.body),
                correlation_id="certification",
            )
            self.batches.append(self.container.receive_webhook(webhook))

    def drain(self) -> None:
        """Processes every stored notification as a worker does, with some later retries."""
        self.adapter.sync_clock()
        for _ in range(_TRIES):
            for batch in self.batches:
                self.container.jobs.run(
                    JobName.INBOX.value, str(self.hotel.id), str(batch), "certification"
                )
            self.batches = [row.batch_id for row in self.inbox(InboxState.RECEIVED)]
            if not self.batches:
                return
            self.adapter.clock.advance(timedelta(hours=2))

    def receive_and_process(self, messages: Iterable[VendorMessage]) -> None:
        self.deliver(messages)
        self.drain()

    def inbox(self, state: InboxState) -> list[InboxItem]:
        with self.container.store.unit_of_work() as uow:
            return [
                row
                for batch in self.batches
                for row in uow.inbox.batch(self.hotel.id, batch)
                if row.state is state
            ]

    def quarantined(self) -> Sequence[ListedItem]:
        wanted = QuarantineFilter(hotel_id=self.hotel.id)
        return self.container.store.queries.quarantine(wanted, limit=_ALL)

    def bookings(self) -> dict[str, Booking]:
        """Includes bookings deleted at the source."""
        criteria = BookingFilter(hotel_id=self.hotel.id, include_deleted=True)
        found = self.container.store.queries.bookings(
            criteria, order=BookingOrder.ARRIVAL_ASC, limit=_ALL
        )
        return {booking.external_id: booking for booking in found.rows}

    def events(self, *types: str) -> list[OutboxMessage]:
        """Every event so far, in order; no relay removes them from the outbox."""
        with self.container.store.unit_of_work() as uow:
            messages = uow.outbox.next_batch(limit=_ALL)
        return [message for message in messages if not types or message.type in types]

    def load_connection(self) -> Connection:
        with self.container.store.unit_of_work() as uow:
            found = uow.connections.get(self.connection.id)
        if found is None:
            raise CheckFailed("the connection was deleted")
        return found

    def resume(self) -> None:
        """Resumes a stopped connection, as an operator would."""
        if self.load_connection().state is ConnectionState.STOPPED:
            self.container.resume_connection(self.connection.id)

    def diff_bookings(self) -> str:
        """Between the stored bookings and the expected ones; empty if there is none."""
        first = self.adapter.options.start_date or START
        window = DateRange(first - _COMPARED_WINDOW[0], first + _COMPARED_WINDOW[1])
        return diff_bookings(
            self.adapter.expected_bookings(), observe_stored(self.bookings()), window
        )

    def verify(self) -> DriftReport:
        self.adapter.sync_clock()
        return self.container.verify_hotel(self.connection.id, correlation_id="certification")


def observe_stored(bookings: Mapping[str, Booking]) -> dict[str, ObservedBooking]:
    """Without those that are stored as deleted at the source."""
    return {
        id_: ObservedBooking(found.status, found.stay, found.total, found.paid, found.balance)
        for id_, booking in bookings.items()
        if (found := booking.details).deleted_at_source is None
    }


def describe_run(run: SyncRun) -> str:
    code = f" ({run.error_code}: {run.error_detail})" if run.error_code else ""
    return f"{run.status}{code}, {run.counts.quarantined} quarantined"


@contextmanager
def open_app_harness(adapter: AdapterHarness) -> Iterator[AppHarness]:
    with (
        tempfile.TemporaryDirectory(prefix="pms-certify-") as directory,
        closing(_container(adapter, Path(directory))) as container,
    ):
        yield _set_up_app(adapter, container)


def _container(adapter: AdapterHarness, directory: Path) -> Container:
    url = f"sqlite:///{directory / 'pms.db'}"
    migrations.upgrade(url)
    settings = Settings(
        home=directory,
        database_url=url,
        redis_url=_UNREACHABLE_REDIS,
        secret_keys=new_key("certification"),
    )
    return Container(
        settings,
        clock_override=adapter.clock,
        queue_override=RecordingJobQueue(),
        providers_override=FixedProviders(adapter.provider),
    )


def _set_up_app(adapter: AdapterHarness, container: Container) -> AppHarness:
    name = adapter.provider.capabilities.name
    adapter.sync_clock()
    hotel = container.add_hotel(
        slug="certified",
        name="Certified",
        time_zone=adapter.options.time_zone,
        currency=adapter.options.currency,
    )
    added = container.add_connection(
        NewConnection(
            hotel=hotel.slug, provider=name, name=name, values=adapter.values, schedule=_SCHEDULE
        )
    )
    if adapter.provider.capabilities.pulls:
        tested = container.verify_connection(added.connection.id, correlation_id="certification")
        if tested.report is None:
            raise CheckFailed(f"the connection test failed: {tested.error}")
    return AppHarness(adapter, container, hotel, added.connection, added.key)
