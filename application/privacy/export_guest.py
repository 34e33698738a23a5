"""Everything stored of a guest, as JSON (GDPR articles 15 and 20)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from application.audit.audit_trail import AuditTrail
from application.errors import NotFound
from application.events.cloud_events import instant_text
from application.privacy import stored_person
from application.privacy.erased_identities import identity_hash
from application.queries.canonical_document import Document, Json, snapshot_document
from domain.booking import Booking
from domain.erasure import PrivacyAction, parties_of, reduce_parties
from domain.guest import Guest
from domain.messages import InboxItem, ItemKind
from domain.snapshots import BookingSnapshot, GuestSnapshot
from domain.tombstone import Tombstone
from ports.bookings import StatusChange
from ports.queries import Queries
from ports.system import Clock, Randomness
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

S = TypeVar("S", BookingSnapshot, GuestSnapshot)


@dataclass(frozen=True, slots=True)
class ExportGuest:
    unit_of_work: UnitOfWorkFactory
    queries: Queries
    clock: Clock
    randomness: Randomness
    audit: AuditTrail

    def __call__(self, request: stored_person.PersonRequest) -> Document:
        """`guests` and `bookings` in the canonical format, each with `synced_at`; `received`: the
        payloads that name the person. Other persons on a booking are reduced to their role, and
        payloads that may name them are listed without their text (article 15(4)).

        Amounts and other numbers with a fraction are text. Raises NotFound.
        """
        stored_person.ensure_key(self.unit_of_work, self.randomness, request.hotel_id)
        with self.unit_of_work() as uow:
            person = self._load(uow, request)
            uow.commit()
        ids = [booking.id for booking in person.bookings.values()]
        histories = self.queries.status_history(request.hotel_id, ids)
        bookings = [
            _booking_document(each, person, histories.get(each.id, ()))
            for each in person.bookings.values()
        ]
        return {
            "provider": request.provider,
            "exported_at": instant_text(self.clock.now()),
            "guests": [_guest_document(guest) for guest in person.guests.values()],
            "bookings": [
                *bookings,
                *(_tombstone_document(each, person) for each in person.tombstones.values()),
            ],
            "received": list(self._received(request, person)),
        }

    def _load(
        self, uow: UnitOfWork, request: stored_person.PersonRequest
    ) -> stored_person.StoredPerson:
        person = stored_person.load_person(uow, request)
        if not person.is_stored:
            raise NotFound("there is no such guest or booking; see `pms guest find`")
        key = uow.erasures.lock_key(request.hotel_id)
        hashed = identity_hash(key, request.provider, request.identity)
        stored_person.record_request(uow, request, PrivacyAction.EXPORTED, hashed, self.audit)
        return person

    def _received(
        self, request: stored_person.PersonRequest, person: stored_person.StoredPerson
    ) -> Sequence[Document]:
        pattern = stored_person.payload_pattern(person.texts)
        return [
            _received_document(item, is_own=_is_own(item, person))
            for page in stored_person.inbox_pages(
                self.unit_of_work, request.hotel_id, request.provider
            )
            for item in page
            if pattern.search(item.body)
        ]


def _guest_document(guest: Guest) -> Document:
    return _entity_document(_snapshot(GuestSnapshot, guest), guest.synced_at)


def _booking_document(
    booking: Booking, person: stored_person.StoredPerson, history: Sequence[StatusChange]
) -> Document:
    snapshot = _of_person(_snapshot(BookingSnapshot, booking), person)
    document = _entity_document(snapshot, booking.synced_at)
    document["status_history"] = [
        {
            "from": change.transition.source,
            "to": change.transition.target,
            "at": instant_text(change.at),
        }
        for change in history
    ]
    return document


def _tombstone_document(tombstone: Tombstone, person: stored_person.StoredPerson) -> Document:
    return _entity_document(_of_person(tombstone.snapshot, person), tombstone.recorded_at)


def _of_person(snapshot: BookingSnapshot, person: stored_person.StoredPerson) -> BookingSnapshot:
    """Other persons are reduced to their role."""
    return reduce_parties(snapshot, lambda party: not person.is_party(snapshot.external_id, party))


def _entity_document(snapshot: BookingSnapshot | GuestSnapshot, synced_at: datetime) -> Document:
    document: dict[str, Json] = {
        name: _without_decimals(value) for name, value in snapshot_document(snapshot).items()
    }
    return document | {"synced_at": instant_text(synced_at)}


def _snapshot(kind: type[S], entity: Booking | Guest) -> S:
    """The stored content, as if the provider had sent all of it."""
    stored = {each.name for each in fields(entity.details)}
    values = {f.name: getattr(entity.details, f.name) for f in fields(kind) if f.name in stored}
    return kind(
        external_id=entity.external_id,
        version=entity.version,
        deleted=entity.details.deleted_at_source is not None,
        **values,
    )


def _is_own(item: InboxItem, person: stored_person.StoredPerson) -> bool:
    """Whether the payload names nobody else, as far as it was mapped."""
    if item.kind is ItemKind.GUEST:
        return item.external_id in person.guest_ids
    booking = person.bookings.get(item.external_id or "")
    if item.kind is not ItemKind.BOOKING or booking is None:
        return False
    return all(person.is_party(booking.external_id, each) for each in parties_of(booking.details))


def _received_document(item: InboxItem, *, is_own: bool) -> Document:
    return {
        "id": str(item.id),
        "kind": item.kind,
        "received_at": instant_text(item.received_at),
        "external_id": item.external_id,
        "payload": item.body.decode("utf-8", "replace") if is_own else None,
    }


def _without_decimals(value: Json) -> Json:
    match value:
        case Decimal():
            return f"{value:f}"
        case list():
            return [_without_decimals(each) for each in value]
        case dict():
            return {name: _without_decimals(each) for name, each in value.items()}
    return value
