"""What is stored of one person: the guest with those merged into it, and their bookings."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from application.audit.audit_trail import AuditTrail, current_actor
from application.errors import InvalidRequest
from application.privacy.erased_identities import Identity
from domain.audit import AuditAction
from domain.booking import Booking
from domain.erasure import PrivacyAction, PrivacyRequest
from domain.guest import Guest
from domain.messages import InboxItem, ItemKind
from domain.snapshots import Party
from domain.tombstone import Tombstone
from domain.values import HotelId
from ports.system import Randomness
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

_PAGE: Final = 200
_AUDITED: Final = {
    PrivacyAction.EXPORTED: AuditAction.GUEST_EXPORTED,
    PrivacyAction.ERASED: AuditAction.GUEST_ERASED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRequest:
    """Whose data: the guest of this id, and the guests without an id on these bookings."""

    hotel_id: HotelId
    provider: str
    external_id: str | None = None
    booking_ids: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.external_id is None and not self.booking_ids:
            raise InvalidRequest("external_id: send it or booking_ids", field="external_id")

    @property
    def identity(self) -> Identity:
        """The one that the record names."""
        if self.external_id is not None:
            return ItemKind.GUEST, self.external_id
        return ItemKind.BOOKING, min(self.booking_ids)


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """`guest_ids`: all ids of the person, also of guests that are not stored."""

    guest_ids: frozenset[str]
    guests: Mapping[str, Guest]
    bookings: Mapping[str, Booking]
    tombstones: Mapping[str, Tombstone]
    """Of bookings that ended before they were received."""
    named_bookings: frozenset[str]
    """The bookings that the request named."""

    @property
    def is_stored(self) -> bool:
        return bool(self.guests or self.bookings or self.tombstones)

    @property
    def identities(self) -> frozenset[Identity]:
        guests = {(ItemKind.GUEST, each) for each in self.guest_ids}
        bookings = {(ItemKind.BOOKING, each) for each in (*self.bookings, *self.tombstones)}
        return frozenset(guests | bookings)

    def is_party(self, booking_id: str, party: Party) -> bool:
        """Whether the party is this person: by its id, or without an id on a named booking."""
        if party.guest_id is None:
            return booking_id in self.named_bookings
        return party.guest_id in self.guest_ids

    @property
    def texts(self) -> frozenset[str]:
        """Ids by which stored payloads name the person."""
        return self.guest_ids | self.bookings.keys() | self.tombstones.keys() | self.named_bookings


def load_person(uow: UnitOfWork, request: PersonRequest) -> StoredPerson:
    scope = (request.hotel_id, request.provider)
    guest_ids, guests = _with_merged(uow, request)
    of_guest = uow.bookings.of_guests(*scope, guest_ids) if guest_ids else ()
    named = uow.bookings.load(*scope, request.booking_ids)
    bookings = {booking.external_id: booking for booking in (*of_guest, *named.values())}
    booking_ids = {*bookings, *request.booking_ids}
    ended = dict(uow.tombstones.load(*scope, booking_ids, exclusive=True))
    ended |= {each.external_id: each for each in uow.tombstones.of_guests(*scope, guest_ids)}
    return StoredPerson(frozenset(guest_ids), guests, bookings, ended, request.booking_ids)


def _with_merged(uow: UnitOfWork, request: PersonRequest) -> tuple[set[str], dict[str, Guest]]:
    """Guests merged into one another are one person."""
    scope = (request.hotel_id, request.provider)
    found: dict[str, Guest] = {}
    known: set[str] = set()
    pending = {request.external_id} if request.external_id is not None else set()
    while pending:
        known |= pending
        guests = uow.guests.load(*scope, pending)
        found.update(guests)
        related = {g.details.merged_into for g in guests.values() if g.details.merged_into}
        related |= {guest.external_id for guest in uow.guests.merged_into(*scope, pending)}
        pending = related - known
    return known, found


def inbox_pages(
    unit_of_work: UnitOfWorkFactory, hotel_id: HotelId, provider: str
) -> Iterator[Sequence[InboxItem]]:
    """Everything received from the provider, in pages of a unit of work each."""
    after: UUID | None = None
    while True:
        with unit_of_work() as uow:
            page = uow.inbox.page(hotel_id, provider, after=after, limit=_PAGE)
        if not page:
            return
        yield page
        after = page[-1].id


def payload_pattern(texts: frozenset[str]) -> "re.Pattern[bytes]":
    """Finds one of these ids in a payload, not as a part of a longer word or number."""
    forms = {form.encode("utf-8", "replace") for text in texts for form in _forms(text)}
    longest_first = sorted(map(re.escape, forms), key=len, reverse=True)
    return re.compile(rb"(?<![0-9A-Za-z])(?:" + b"|".join(longest_first) + rb")(?![0-9A-Za-z])")


def _forms(text: str) -> tuple[str, str]:
    """As it is, and as JSON escapes it."""
    return text, json.dumps(text)[1:-1]


def ensure_key(unit_of_work: UnitOfWorkFactory, randomness: Randomness, hotel_id: HotelId) -> None:
    """In a unit of work of its own: pages that begin later wait for an erasure."""
    with unit_of_work() as uow:
        if uow.erasures.key(hotel_id) is None:
            uow.erasures.add_key(hotel_id, randomness.secret().encode())
            uow.commit()


def record_request(
    uow: UnitOfWork,
    request: PersonRequest,
    action: PrivacyAction,
    hashed_identity: str,
    audit: AuditTrail,
) -> None:
    """In the record of the guests' rights and in the audit log."""
    uow.erasures.record(
        PrivacyRequest(
            id=audit.ids.new(),
            hotel_id=request.hotel_id,
            at=audit.clock.now(),
            action=action,
            actor=str(current_actor.get()),
            identity_hash=hashed_identity,
        )
    )
    audit.record(
        uow,
        _AUDITED[action],
        hashed_identity,
        hotel_id=request.hotel_id,
        details={"provider": request.provider},
    )
