"""Erases a guest everywhere (GDPR article 17), and keeps what is received later from bringing the
person back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from application import log_context
from application.audit.audit_trail import AuditTrail
from application.errors import NotFound
from application.events.cloud_events import ordering_key, outbox_message
from application.privacy.erased_identities import ErasedIdentities, identity_hash
from application.privacy.stored_person import (
    PersonRequest,
    StoredPerson,
    ensure_key,
    inbox_pages,
    load_person,
    payload_pattern,
    record_request,
)
from application.retrying import in_transaction
from domain.booking import Booking
from domain.erasure import PrivacyAction, erase_parties
from domain.events import (
    BookingSynced,
    Event,
    EventHeader,
    GuestErased,
    GuestSynced,
    ItemQuarantined,
)
from domain.merge import Change, changed_names
from domain.messages import InboxItem, InboxState, ItemOutcome
from domain.values import HotelId, Reason
from ports.privacy import ShredDeleted
from ports.system import Clock, IdGenerator, Randomness
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

ERASED: Final = Reason("erased", None, "the payload was erased with a guest")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureResult:
    """Numbers of rows. `payloads`: received payloads replaced by a marker."""

    guests: int
    bookings: int
    payloads: int
    identity_hash: str


@dataclass(frozen=True, slots=True)
class EraseGuest:
    """Idempotent; after a crash, run it again. Stays, rooms and amounts of bookings are kept."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdGenerator
    randomness: Randomness
    shred_deleted: ShredDeleted
    audit: AuditTrail

    def __call__(self, request: PersonRequest) -> ErasureResult:
        """Raises NotFound for a person who is neither stored nor erased before."""
        ensure_key(self.unit_of_work, self.randomness, request.hotel_id)
        person, hashed = in_transaction(self.unit_of_work, lambda uow: self._erase(uow, request))
        payloads = self._erase_payloads(request, person)
        self.shred_deleted()
        return ErasureResult(
            guests=len(person.guests),
            bookings=len(person.bookings),
            payloads=payloads,
            identity_hash=hashed,
        )

    def _erase(self, uow: UnitOfWork, request: PersonRequest) -> tuple[StoredPerson, str]:
        now = self.clock.now()
        scope = (request.hotel_id, request.provider)
        key = uow.erasures.lock_key(request.hotel_id)
        person = load_person(uow, request)
        known_hash = identity_hash(key, request.provider, request.identity)
        was_erased = bool(uow.erasures.among(request.hotel_id, {known_hash}))
        if not (person.is_stored or was_erased):
            raise NotFound("there is no such guest or booking; see `pms guest find`")
        hashes = {identity_hash(key, request.provider, each) for each in person.identities}
        uow.erasures.add(request.hotel_id, hashes, at=now)
        events: list[Event] = list(self._erase_from_bookings(uow, person, now))
        guests_erased = self._guests_erased(uow, request, person, now)
        uow.guests.delete(*scope, person.guests.keys())
        uow.vendor_error_texts.delete_of_hotel(request.hotel_id)
        _delete_responses_and_messages(uow, request.hotel_id, person, guests_erased)
        events += guests_erased
        uow.outbox.add([outbox_message(event, self.ids.new()) for event in events])
        record_request(uow, request, PrivacyAction.ERASED, known_hash, self.audit)
        return person, known_hash

    def _erase_from_bookings(
        self, uow: UnitOfWork, person: StoredPerson, now: datetime
    ) -> Sequence[BookingSynced]:
        erased = ErasedIdentities(person.identities)
        events, changed = [], []
        for booking in person.bookings.values():
            details = erase_parties(booking.details, erased.is_erased_party)
            if details != booking.details:
                revision = booking.revision + 1
                changed.append(replace(booking, details=details, synced_at=now, revision=revision))
                names = changed_names(booking.details, details)
                events.append(_booking_changed(booking, names, now))
        uow.bookings.save(changed)
        tombstones = person.tombstones.values()
        uow.tombstones.save(
            [
                replace(each, snapshot=erase_parties(each.snapshot, erased.is_erased_party))
                for each in tombstones
            ]
        )
        return events

    def _guests_erased(
        self, uow: UnitOfWork, request: PersonRequest, person: StoredPerson, now: datetime
    ) -> Sequence[GuestErased]:
        every = uow.connections.of_hotel(request.hotel_id)
        connection_ids = [each.id for each in every if each.provider == request.provider]
        return [
            GuestErased(
                header=EventHeader(
                    hotel_id=request.hotel_id,
                    provider=request.provider,
                    connection_id=connection_ids[0],
                    external_id=guest.external_id,
                    version=guest.version,
                    correlation_id=log_context.correlation_id.get() or "",
                    at=now,
                )
            )
            for guest in person.guests.values()
            if connection_ids
        ]

    def _erase_payloads(self, request: PersonRequest, person: StoredPerson) -> int:
        """How many. Items still to be processed are erased when they are."""
        pattern = payload_pattern(person.texts)
        count = 0
        for page in inbox_pages(self.unit_of_work, request.hotel_id, request.provider):
            ids = [item.id for item in page if _is_erasable(item) and pattern.search(item.body)]
            if ids:
                count += self._erase_rows(request.hotel_id, ids)
        return count

    def _erase_rows(self, hotel_id: HotelId, ids: Sequence[UUID]) -> int:
        def erase(uow: UnitOfWork) -> int:
            held = uow.inbox.load(hotel_id, ids).values()
            erased = [_erased(item) for item in held if _is_erasable(item)]
            uow.inbox.record_outcomes(hotel_id, erased)
            return len(erased)

        return in_transaction(self.unit_of_work, erase)


def _is_erasable(item: InboxItem) -> bool:
    return item.state is not InboxState.RECEIVED and not item.is_erased


def _erased(item: InboxItem) -> InboxItem:
    """A quarantined item is done: its payload cannot be replayed any more."""
    if item.state is not InboxState.QUARANTINED:
        return item.erased()
    done, unchanged = InboxState.DONE, ItemOutcome.UNCHANGED
    return replace(item.erased(), state=done, outcome=unchanged, reason=ERASED)


def _booking_changed(booking: Booking, names: Sequence[str], now: datetime) -> BookingSynced:
    header = EventHeader(
        hotel_id=booking.hotel_id,
        provider=booking.provider,
        connection_id=booking.connection_id,
        external_id=booking.external_id,
        version=booking.version,
        correlation_id=log_context.correlation_id.get() or "",
        at=now,
    )
    return BookingSynced(
        header=header,
        change=Change.UPDATED,
        changed_fields=tuple(names),
        status=booking.details.status,
        reason="a guest was erased",
    )


def _delete_responses_and_messages(
    uow: UnitOfWork, hotel_id: HotelId, person: StoredPerson, erased: Sequence[GuestErased]
) -> None:
    """Stored responses and delivered messages name guests by their ids. Messages that wait for
    delivery are deleted with those that retention removes."""
    keys = [
        ordering_key(kind, event.header)
        for event in erased
        for kind in (GuestSynced, ItemQuarantined)
    ]
    uow.outbox.delete_delivered(hotel_id, keys)
    uow.idempotency.delete_containing(
        hotel_id, [json.dumps(each, ensure_ascii=False).encode() for each in person.guest_ids]
    )
