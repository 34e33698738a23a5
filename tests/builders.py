"""Valid things with as little to say as possible; `full_*` set every field, off its default."""

from dataclasses import MISSING, Field, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from adapters.outbound.system import SystemClock, Uuid7Generator
from application.audit.audit_trail import AuditTrail
from domain.access import AccessToken, ProviderKey, Scope
from domain.audit import Actor, AuditAction, AuditChannel, AuditEntry
from domain.availability import AvailabilityCell, CellDetails
from domain.booking import Booking, BookingDetails
from domain.breaker import Breaker
from domain.connection import Connection, ConnectionState
from domain.erasure import PrivacyAction, PrivacyRequest
from domain.guest import Guest, GuestDetails
from domain.hotel import Hotel
from domain.messages import (
    InboxItem,
    InboxState,
    ItemKind,
    ItemOutcome,
    OutboxMessage,
    VendorErrorText,
)
from domain.precedence import Channel, Provenance
from domain.schedule import Schedule
from domain.snapshots import (
    BookingSnapshot,
    BookingSource,
    HotelRecords,
    Party,
    PartyRole,
    RatePlanRecord,
    RoomCount,
    RoomRecord,
    RoomStay,
    RoomTypeRecord,
)
from domain.status import BookingStatus, StatusTransition, TransitionKind
from domain.sync_run import SyncCounts, SyncKind, SyncRun, SyncStatus, SyncTrigger, TransportCounts
from domain.tombstone import Tombstone
from domain.values import (
    AgeClass,
    AgeCount,
    Money,
    NightlyPrice,
    PriceBasis,
    Reason,
    SourceVersion,
    Stay,
)
from ports.bookings import StatusChange
from ports.job_queue import Job, JobName

T0 = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EDGE_TEXT = 'Zoë O\'Ñandú 👩‍👩‍👧‍👦 שלום العربية \u202eabc\u202c 日本 e\u0301 "q" \\ %_ ;--\n\tend'
JUNE = Stay(date(2026, 6, 10), date(2026, 6, 12))

_ids = Uuid7Generator()


def new_id() -> UUID:
    return _ids.new()


def hotel(**overrides: Any) -> Hotel:
    entity_id = overrides.pop("id", None) or new_id()
    entity = Hotel(
        id=entity_id,
        slug=f"hotel-{entity_id}",
        name="Hotel",
        time_zone="Europe/Vienna",
        currency="EUR",
        created_at=T0,
    )
    return replace(entity, **overrides)


def connection(of: Hotel, **overrides: Any) -> Connection:
    entity_id = overrides.pop("id", None) or new_id()
    entity = Connection(
        id=entity_id,
        hotel_id=of.id,
        provider="scripted",
        name=f"front desk {entity_id}",
        settings={},
        key_hash=entity_id.hex * 2,
    )
    return replace(entity, **overrides)


def full_connection(of: Hotel) -> Connection:
    return connection(
        of,
        settings={"base_url": "https://pms.example", "property": EDGE_TEXT},
        schedule=Schedule(
            delta_every=timedelta(minutes=7),
            reconcile_every=timedelta(hours=13),
            reconcile_days_back=3,
            reconcile_days_ahead=99,
            keep_days_back=500,
            keep_days_ahead=900,
        ),
        state=ConnectionState.ACTIVE,
        cursor=f"cursor {EDGE_TEXT}",
        breaker=Breaker(failures=4, retry_at=T0 + MINUTE),
        next_sync_at=T0 + 2 * MINUTE,
        next_reconcile_at=T0 + 3 * MINUTE,
        last_synced_at=T0 + 4 * MINUTE,
        last_inbound_at=T0 + 5 * MINUTE,
        control_applied_at=T0 + 8 * MINUTE,
        gap_seen_at=T0 + 6 * MINUTE,
        last_error_code="provider_unavailable",
        last_error_detail=f"detail {EDGE_TEXT}",
        stopped_at=T0 + 7 * MINUTE,
        revision=3,
    )


def sync_run(of: Connection, **overrides: Any) -> SyncRun:
    entity = SyncRun(
        id=new_id(),
        hotel_id=of.hotel_id,
        connection_id=of.id,
        provider=of.provider,
        kind=SyncKind.DELTA,
        trigger=SyncTrigger.SCHEDULE,
        correlation_id="c-1",
        queued_at=T0,
    )
    return replace(entity, **overrides)


def full_sync_run(of: Connection) -> SyncRun:
    return sync_run(
        of,
        status=SyncStatus.PARTIAL,
        fencing_number=5,
        started_at=T0 + MINUTE,
        finished_at=T0 + HOUR,
        checkpoint=f"page {EDGE_TEXT}",
        pages=9,
        counts=SyncCounts(
            seen=1, created=2, updated=3, unchanged=4, stale=5, quarantined=6, deleted=7
        ),
        transport=TransportCounts(calls=1, retries=2, waited_ms=3, bytes_received=2**40),
        error_code="late",
        error_detail=EDGE_TEXT,
        error_path=f"/path {EDGE_TEXT}",
        vendor_message=f"message {EDGE_TEXT}",
        attempts=2,
        fruitless_attempts=1,
        paused_state="{}",
        folded_runs=2**31 - 1,
        idle_since=T0,
    )


def booking(of: Connection, external_id: str = "B1", **details: Any) -> Booking:
    status = details.pop("status", BookingStatus.CONFIRMED)
    stay = details.pop("stay", JUNE)
    rooms = details.pop("rooms", (RoomStay(stay=stay, status=status),))
    holds = details.pop("holds_inventory", True)
    return Booking(
        id=new_id(),
        hotel_id=of.hotel_id,
        provider=of.provider,
        external_id=external_id,
        connection_id=of.id,
        details=BookingDetails(
            status=status, stay=stay, rooms=rooms, holds_inventory=holds, **details
        ),
        provenance=Provenance(SourceVersion(T0), Channel.PUSHED, T0),
        synced_at=T0,
    )


def full_room(number: int = 1) -> RoomStay:
    return RoomStay(
        line_id=f"L{number}",
        room_type_id="DBL",
        room_id="101",
        rate_plan_id="BAR",
        stay=JUNE,
        status=BookingStatus.CHECKED_IN,
        occupancy=(
            AgeCount(AgeClass.ADULT, 2),
            AgeCount(AgeClass.CHILD, 1, age=7, category="kid"),
        ),
        nightly_prices=(
            NightlyPrice(JUNE.arrival, Money(-1, "KWD")),
            NightlyPrice(JUNE.arrival + DAY, Money(2, "KWD"), PriceBasis.NET),
        ),
        total=Money(1, "KWD"),
        units=2,
    )


EDGE_PERSON: dict[str, Any] = {
    "first_name": EDGE_TEXT,
    "email": "Zoë@Example.org",
    "phone": "+43 1",
    "country": "AT",
    "language": "de",
}


def full_party(role: PartyRole = PartyRole.BOOKER) -> Party:
    return Party(
        guest_id="G1",
        role=role,
        last_name="O'Brien",
        **EDGE_PERSON,
    )


def full_booking(of: Connection, external_id: str = "B1") -> Booking:
    entity = booking(
        of,
        external_id,
        status=BookingStatus.CANCELED,
        stay=JUNE,
        rooms=tuple(replace(full_room(n), status=BookingStatus.CANCELED) for n in (1, 2)),
        holds_inventory=True,
        confirmation_number="C-1",
        group_id="GR-1",
        share_id="SH-1",
        source=BookingSource.OTA,
        primary_guest=full_party(),
        further_guests=(full_party(PartyRole.OWNER), Party(last_name="Solo")),
        total=Money(10**15, "JPY"),
        paid=Money(0, "EUR"),
        balance=Money(-(10**15), "KWD"),
        special_requests=EDGE_TEXT,
        notes="",
        checked_in_at=datetime(1970, 1, 1, tzinfo=UTC),
        checked_out_at=T0 + timedelta(microseconds=1),
        canceled_at=datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        cancel_reason=EDGE_TEXT,
        extras=(("a.b[0]", '{"x": 1.10}'), ("ü", "null")),
        deleted_at_source=T0,
    )
    version = SourceVersion(T0 - DAY, sequence=2**63 - 1)
    return replace(
        entity,
        provenance=Provenance(version, Channel.RECONCILED, T0 + MINUTE, SourceVersion(T0, 8)),
        synced_at=T0 + HOUR,
    )


def full_tombstone(of: Connection, external_id: str = "B1") -> Tombstone:
    """Every field of the snapshot is received, with rooms that inherit."""
    booking = full_booking(of, external_id)
    received = {
        f.name: getattr(booking.details, f.name)
        for f in fields(BookingSnapshot)
        if f.name not in ("external_id", "version", "deleted")
    }
    received["rooms"] = (full_room(1), RoomStay(room_type_id="SGL"))
    return Tombstone(
        hotel_id=of.hotel_id,
        provider=of.provider,
        connection_id=of.id,
        snapshot=BookingSnapshot(
            external_id=external_id, version=booking.version, deleted=True, **received
        ),
        provenance=booking.provenance,
        content_version=SourceVersion(T0 - 2 * DAY, sequence=3),
        recorded_at=T0 + HOUR,
    )


def guest(of: Connection, external_id: str = "G1", **details: Any) -> Guest:
    return Guest(
        id=new_id(),
        hotel_id=of.hotel_id,
        provider=of.provider,
        external_id=external_id,
        details=GuestDetails(**details),
        provenance=Provenance(SourceVersion(T0), Channel.PUSHED, T0),
        synced_at=T0,
    )


def full_guest(of: Connection, external_id: str = "G1") -> Guest:
    entity = guest(
        of,
        external_id,
        **EDGE_PERSON,
        title="Dr.",
        last_name="Ñandú",
        address="Street 1\nStair 2",
        city="Wien",
        region="W",
        postal_code="1010",
        nationality="DE",
        birth_date=date(1900, 1, 1),
        vip=False,
        loyalty_number="L1",
        loyalty_tier="gold",
        loyalty_points=-3,
        id_document_type="passport",
        id_document_number="P1",
        further_id_documents="Visa V2\nIdentityCard C3",
        preferences=EDGE_TEXT,
        notes="",
        email_opt_in=True,
        sms_opt_in=False,
        total_stays=0,
        total_spent=Money(1, "KWD"),
        last_stay_on=date(2026, 2, 28),
        merged_into="G0",
        extras=(("x", "[]"),),
        deleted_at_source=T0,
    )
    version = SourceVersion(T0 - DAY, sequence=7)
    return replace(
        entity,
        provenance=Provenance(version, Channel.PULLED, T0 + MINUTE, SourceVersion(T0, 8)),
        synced_at=T0 + HOUR,
    )


def cell(
    of: Connection, day: date = JUNE.arrival, room_type_id: str = "DBL", **details: Any
) -> AvailabilityCell:
    return AvailabilityCell(
        hotel_id=of.hotel_id,
        provider=of.provider,
        room_type_id=room_type_id,
        day=day,
        details=CellDetails(**details),
        provenance=Provenance(SourceVersion(T0), Channel.PUSHED, T0),
        synced_at=T0,
    )


def full_cell(of: Connection) -> AvailabilityCell:
    entity = cell(
        of,
        total=10,
        available=-2,
        occupied=12,
        blocked=0,
        lowest_rate=Money(12345, "KWD"),
        closed=False,
        closed_to_arrival=True,
        closed_to_departure=False,
        min_stay=1,
        max_stay=30,
        counted_rooms=(RoomCount(room_id="101", available=1), RoomCount(room_id="102", blocked=1)),
    )
    version = SourceVersion(T0 - DAY, sequence=7)
    return replace(
        entity,
        provenance=Provenance(version, Channel.PULLED, T0 + MINUTE, SourceVersion(T0, 8)),
        synced_at=T0 + HOUR,
    )


def full_records() -> HotelRecords:
    return HotelRecords(
        room_types=(
            RoomTypeRecord(
                external_id="DBL",
                name=EDGE_TEXT,
                description="",
                base_price=Money(9_000, "EUR"),
                max_occupancy=2,
                amenities=("wifi", "Öl"),
            ),
        ),
        rooms=(
            RoomRecord(
                external_id="101", number="101", floor="1", room_type_id="DBL", status="Dirty"
            ),
        ),
        rate_plans=(RatePlanRecord(external_id="BAR", name="Best"),),
    )


def status_change(of: Booking, **overrides: Any) -> StatusChange:
    entity = StatusChange(
        id=new_id(),
        hotel_id=of.hotel_id,
        booking_id=of.id,
        transition=StatusTransition(None, BookingStatus.CONFIRMED, TransitionKind.CREATED),
        version=SourceVersion(T0, 3),
        reference=str(new_id()),
        at=T0,
    )
    return replace(entity, **overrides)


def job(name: JobName, number: int) -> Job:
    """`number`: of its subject."""
    return Job(name=name, hotel_id=UUID(int=1), subject_id=UUID(int=number), correlation_id="c")


def inbox_item(of: Connection, **overrides: Any) -> InboxItem:
    entity_id = new_id()
    entity = InboxItem(
        id=entity_id,
        hotel_id=of.hotel_id,
        connection_id=of.id,
        provider=of.provider,
        kind=ItemKind.BOOKING,
        channel=Channel.PUSHED,
        received_at=T0,
        correlation_id="c-1",
        body=b"{}",
        batch_id=entity_id,
    )
    return replace(entity, **overrides)


def full_inbox_item(of: Connection) -> InboxItem:
    return inbox_item(
        of,
        body=bytes(range(256)) * 3 + EDGE_TEXT.encode(),
        position=3,
        fingerprint="f" * 64,
        state=InboxState.QUARANTINED,
        outcome=ItemOutcome.QUARANTINED,
        reason=Reason("bad", "rooms[0]", EDGE_TEXT),
        external_id="B1",
        dedup_key="d" * 64,
        attempts=2,
    )


def outbox_message(of: Hotel, key: str = "k", **overrides: Any) -> OutboxMessage:
    entity = OutboxMessage(
        id=new_id(),
        hotel_id=of.id,
        type="pms.booking.synced",
        ordering_key=key,
        created_at=T0,
        body=f'{{"text": "{EDGE_TEXT}"}}',
    )
    return replace(entity, **overrides)


def privacy_request(of: Hotel, **overrides: Any) -> PrivacyRequest:
    entity = PrivacyRequest(
        id=new_id(),
        hotel_id=of.id,
        at=T0,
        action=PrivacyAction.ERASED,
        actor=EDGE_TEXT,
        identity_hash="a" * 64,
    )
    return replace(entity, **overrides)


def vendor_error_text(of: Connection, **overrides: Any) -> VendorErrorText:
    entity = VendorErrorText(
        hotel_id=of.hotel_id,
        connection_id=of.id,
        subject_id=new_id(),
        received_at=T0,
        text=EDGE_TEXT,
    )
    return replace(entity, **overrides)


def audit_trail() -> AuditTrail:
    return AuditTrail(SystemClock(), Uuid7Generator())


def audit_entry(of: Hotel, **overrides: Any) -> AuditEntry:
    entity = AuditEntry(
        id=new_id(),
        at=T0,
        actor=Actor(
            channel=AuditChannel.REST, name="a token", label=EDGE_TEXT, address="192.0.2.1"
        ),
        action=AuditAction.QUARANTINE_DISCARDED,
        hotel_id=of.id,
        subject=EDGE_TEXT,
        before={"state": "active", "scopes": ["read", "sync"], "secret": "set", "error": None},
        after={"state": "paused", "enabled": True, "minutes": 5, EDGE_TEXT: EDGE_TEXT},
        details={"count": 3, "code": EDGE_TEXT},
    )
    return replace(entity, **overrides)


def provider_key(**overrides: Any) -> ProviderKey:
    entity_id = new_id()
    entity = ProviderKey(
        id=entity_id,
        provider="scripted",
        partner=f"partner {entity_id}",
        secret_hash=entity_id.hex * 2,
        created_at=T0,
    )
    return replace(entity, **overrides)


def access_token(under: ProviderKey, *hotels: Hotel, **overrides: Any) -> AccessToken:
    entity_id = new_id()
    entity = AccessToken(
        id=entity_id,
        provider_key_id=under.id,
        provider=under.provider,
        hotel_ids=tuple(h.id for h in hotels),
        scopes=frozenset({Scope.READ}),
        secret_hash=entity_id.hex * 2,
        created_at=T0,
        expires_at=T0 + DAY,
    )
    return replace(entity, **overrides)


def left_at_default(value: Any) -> list[str]:
    """Fields that a `full_*` builder forgot: a store that drops them would go unnoticed."""
    return [f.name for f in fields(value) if getattr(value, f.name) == _default(f)]


def _default(of: Field[Any]) -> object:
    return of.default_factory() if of.default_factory is not MISSING else of.default
