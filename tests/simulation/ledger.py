"""What was committed, acknowledged, delivered and requested, and the invariants of each step.

The ledger knows nothing of the stores: it sees the writes of every committed unit of work.
"""

import json
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from application.events.relay_outbox import LEADER_LEASE_TTL, LONGEST_PAUSE
from application.ingest.idempotent_requests import KEY_RETENTION
from domain.booking import Booking
from domain.breaker import BREAKER_CAP
from domain.connection import Connection
from domain.guest import Guest
from domain.messages import InboxItem, OutboxMessage
from domain.precedence import Channel, Provenance
from domain.status import BookingStatus
from domain.sync_run import LEASE_TTL, Lease, SyncRun
from tests.simulation.failures import require

RATE_LIMIT: Final = 12
RATE_WINDOW: Final = timedelta(seconds=1)
"""The simulated vendor's limit, far below those of real vendors, so that a seed reaches it."""

READING_ERROR: Final = timedelta(seconds=1)
"""Of the shared clock in a process."""
SHARED_TIME: Final = "leases and due times are of the shared clock"


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """`method`: `store.method`."""

    method: str
    arguments: tuple[Any, ...]
    named: Mapping[str, Any]
    result: Any


@dataclass(slots=True)
class Ledger:
    """`is_deleted_at_source`: whether the vendor no longer returns the booking."""

    now: Callable[[], datetime]
    is_deleted_at_source: Callable[[str], bool]
    bookings: dict[str, Booking] = field(default_factory=dict)
    guests: dict[str, Guest] = field(default_factory=dict)
    inbox: dict[UUID, InboxItem] = field(default_factory=dict)
    runs: dict[UUID, SyncRun] = field(default_factory=dict)
    messages: dict[UUID, OutboxMessage] = field(default_factory=dict)
    delivered: dict[UUID, int] = field(default_factory=dict)
    """How often each message was delivered."""
    bookings_of_events: defaultdict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    finished: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    """The stored answer by Idempotency-Key, and since when."""
    leases: dict[object, Lease] = field(default_factory=dict)
    relay: tuple[str, datetime] | None = None
    reserved: int = 0
    """Requests for which the rate budget had a place; 0 for a vendor without a limit."""
    requested: int = 0
    trace: list[str] = field(default_factory=list)
    """One line per commit, to compare two runs of a seed."""
    _places: dict[UUID, tuple[str, int]] = field(default_factory=dict)
    _reached: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    _requests: deque[datetime] = field(default_factory=deque)

    # commits

    def commit(self, process: str, calls: Sequence[RecordedCall]) -> None:
        by_method = defaultdict[str, list[RecordedCall]](list)
        for call in calls:
            by_method[call.method].append(call)
        self.trace.append(f"{self.now().isoformat()} {process} {' '.join(by_method)}")
        for call in by_method["idempotency.finish"]:
            self._finish(call.arguments[1], call.named["body"])
        self._apply_leases(calls)
        self._apply_due_times(by_method)
        self._apply_runs(by_method["sync_runs.save"])
        messages = [m for call in by_method["outbox.add"] for m in call.arguments[0]]
        self._apply_messages(messages)
        saved = [b for call in by_method["bookings.save"] for b in call.arguments[0]]
        self._apply_bookings(saved, _events_of("pms.booking.synced", messages))
        saved = [g for call in by_method["guests.save"] for g in call.arguments[0]]
        self._apply_guests(saved, _events_of("pms.guest.synced", messages))
        for call in by_method["inbox.add"]:
            self.inbox |= {row.id: row for row in call.arguments[0]}
        for call in by_method["inbox.record_outcomes"]:
            self.inbox |= {row.id: row for row in call.arguments[1]}

    def _apply_bookings(
        self, saved: Sequence[Booking], events: Mapping[str, list[dict[str, Any]]]
    ) -> None:
        before = {each.external_id: self.bookings.get(each.external_id) for each in saved}
        for booking in saved:
            held = self.bookings.get(booking.external_id)
            if held is not None:
                require_forwards(held, booking)
                kept = held.details.notes is None or held.details.notes == booking.details.notes
                is_partial = booking.provider == "canonical"
                require(
                    kept or not is_partial, "absent is not null", f"{booking.external_id}: notes"
                )
            if booking.details.deleted_at_source and not (held and held.details.deleted_at_source):
                require(
                    self.is_deleted_at_source(booking.external_id),
                    "deletions are true",
                    f"{booking.external_id} is marked as deleted, the PMS has it",
                )
            self.bookings[booking.external_id] = booking
        for booking in {each.external_id: each for each in saved}.values():
            held = before[booking.external_id]
            changed = held is None or held.details != booking.details
            self._require_events(booking, events.get(booking.external_id, []), changed=changed)
        for external_id, published in events.items():
            self.bookings_of_events[external_id] += published

    def _require_events(
        self, booking: Booking, events: Sequence[Mapping[str, Any]], *, changed: bool
    ) -> None:
        name = booking.external_id
        require(
            bool(events) >= changed,
            "each change has its event",
            f"{name} was committed without an event",
        )
        require(
            not events or events[-1]["data"]["status"] == booking.details.status,
            "each change has its event",
            f"the last event of {name} has another status",
        )

    def _apply_guests(
        self, saved: Iterable[Guest], events: Mapping[str, list[dict[str, Any]]]
    ) -> None:
        for guest in saved:
            held = self.guests.get(guest.external_id)
            changed = held is None or held.details != guest.details
            require(
                bool(events.get(guest.external_id)) >= changed,
                "each change has its event",
                f"guest {guest.external_id} was committed without an event",
            )
            if held is not None:
                require_forwards(held, guest)
            self.guests[guest.external_id] = guest

    def _apply_messages(self, messages: Iterable[OutboxMessage]) -> None:
        for message in messages:
            require(message.id not in self.messages, "event ids are unique", str(message.id))
            self.messages[message.id] = message
            self._places[message.id] = message.ordering_key, len(self._places)

    def _apply_leases(self, calls: Sequence[RecordedCall]) -> None:
        for call in calls:
            if call.method == "connections.acquire_lease" and call.result is not None:
                self._grant(call.result)
            elif call.method == "connections.renew_lease":
                self._renew(call.result)
            elif call.method == "connections.release_lease":
                self._release(call.arguments[0])
            elif call.method == "outbox.acquire_leader_lease" and call.result:
                self._lead(call.arguments[0], call.named["until"])

    def _apply_due_times(self, by_method: Mapping[str, Sequence[RecordedCall]]) -> None:
        for call in by_method["connections.save"]:
            connection: Connection = call.arguments[0]
            longest = connection.schedule.delta_every + connection.schedule.jitter(1)
            self._require_soon(connection.next_sync_at, longest)
            self._require_soon(connection.breaker.retry_at, BREAKER_CAP)
        for call in by_method["outbox.postpone"]:
            self._require_soon(call.named["retry_at"], LONGEST_PAUSE)

    def _require_soon(self, due: datetime | None, longest: timedelta) -> None:
        is_soon = due is None or due <= self.now() + longest + READING_ERROR
        require(is_soon, SHARED_TIME, f"{due} is more than {longest} after {self.now()}")

    def _has_ended(self, expires_at: datetime) -> bool:
        return expires_at <= self.now() + READING_ERROR

    def _grant(self, lease: Lease) -> None:
        held = self.leases.get(lease.connection_id)
        free = held is None or held.holder == lease.holder or self._has_ended(held.expires_at)
        self._require_soon(lease.expires_at, LEASE_TTL)
        require(free, "no lease overlaps", f"{lease.holder} was granted the lease of a live holder")
        self.leases[lease.connection_id] = lease

    def _renew(self, lease: Lease) -> None:
        held = self.leases.get(lease.connection_id)
        require(
            held is not None and held.fencing_number <= lease.fencing_number,
            "a superseded worker writes nothing",
            f"{lease.holder} committed under number {lease.fencing_number}",
        )
        self._require_soon(lease.expires_at, LEASE_TTL)
        self.leases[lease.connection_id] = lease

    def _release(self, lease: Lease) -> None:
        held = self.leases.get(lease.connection_id)
        if held is not None and held.fencing_number == lease.fencing_number:
            del self.leases[lease.connection_id]

    def _lead(self, holder: str, until: datetime) -> None:
        free = self.relay is None or self.relay[0] == holder or self._has_ended(self.relay[1])
        self._require_soon(until, LEADER_LEASE_TTL)
        require(free, "no lease overlaps", "two relays lead at once")
        self.relay = holder, until

    def _apply_runs(self, calls: Sequence[RecordedCall]) -> None:
        for call in calls:
            run = call.arguments[0]
            held = self.runs.get(run.id)
            require(
                held is None or held.fencing_number <= run.fencing_number,
                "a superseded worker writes nothing",
                f"run {run.id} was saved under an older lease",
            )
            self.runs[run.id] = run

    # acknowledgements, deliveries, requests

    def acknowledge(self, rows: Iterable[UUID]) -> None:
        for row_id in rows:
            require(row_id in self.inbox, "acknowledged means durable", f"row {row_id} is lost")

    def answer(self, key: str, answer: bytes) -> None:
        """To a request with an Idempotency-Key: always the first one that was stored."""
        first, _ = self.finished[key]
        require(first == answer, "a repeated request is answered once", f"{key} has two batches")

    def _finish(self, key: str, answer: bytes) -> None:
        held = self.finished.get(key)
        if held is None or self.now() - held[1] >= KEY_RETENTION - READING_ERROR:
            self.finished[key] = answer, self.now()

    def deliver(self, message: OutboxMessage) -> None:
        """In order per key; a message may come again, with those after it."""
        place = self._places.get(message.id)
        require(place is not None, "each event has its change", f"{message.type} was never stored")
        assert place is not None
        key, number = place
        if message.id not in self.delivered:
            require(
                number > self._reached[key] or not self._reached[key],
                "events are delivered in order",
                f"{key}: {message.id} came after a later one",
            )
            self._reached[key] = number
        self.delivered[message.id] = self.delivered.get(message.id, 0) + 1

    def reserve(self, now: datetime) -> None:
        self.reserved += 1
        sent = self._requests
        while sent and now - sent[0] >= RATE_WINDOW:
            sent.popleft()
        sent.append(now)
        require(
            len(sent) <= RATE_LIMIT,
            "all workers share one rate budget",
            f"{len(sent)} requests within {RATE_WINDOW.total_seconds():.0f} s",
        )

    def request(self) -> None:
        self.requested += 1
        require(
            self.requested <= self.reserved or not self.reserved,
            "all workers share one rate budget",
            f"{self.requested} requests, {self.reserved} places",
        )


def require_forwards(held: Booking | Guest, saved: Booking | Guest) -> None:
    """Older data replaces newer data in no case; what has the same version must have been read
    from the PMS later. A reconcile may replace any version by what it read later."""
    before, after = held.provenance, saved.provenance
    same = held.details == saved.details
    detail = f"{saved.external_id}: {_describe(before)} was replaced by {_describe(after)}"
    if after.channel is Channel.RECONCILED:
        newer = after.version > before.version
        require(newer or before.observed_at <= after.observed_at, "no booking goes back", detail)
        return
    require(after.version >= before.version, "no booking goes back", detail)
    if after.version == before.version and not same and not _is_late_content(held, saved):
        is_read_later = before.observed_at <= after.observed_at
        pulled = after.channel is Channel.PULLED or _is_deletion(held, saved)
        require(pulled and is_read_later, "no arrival decides a tie", detail)


def _is_deletion(held: Booking | Guest, saved: Booking | Guest) -> bool:
    return isinstance(saved, Booking) and saved.details.deleted_at_source is not None


def _is_late_content(held: Booking | Guest, saved: Booking | Guest) -> bool:
    """Older content completes a booking whose end arrived first; its end stays."""
    if not (isinstance(held, Booking) and isinstance(saved, Booking)):
        return False
    deleted = held.details.deleted_at_source and saved.details.deleted_at_source
    return bool(deleted) or held.details.status is saved.details.status is BookingStatus.CANCELED


def _describe(provenance: Provenance) -> str:
    at = provenance.version.updated_at.isoformat()
    return f"{at} ({provenance.channel}, observed {provenance.observed_at.isoformat()})"


def _events_of(
    event_type: str, messages: Iterable[OutboxMessage]
) -> Mapping[str, list[dict[str, Any]]]:
    """By subject, in order."""
    found = defaultdict[str, list[dict[str, Any]]](list)
    for message in messages:
        if message.type == event_type:
            event = json.loads(message.body)
            found[event["subject"]].append(event)
    return found
