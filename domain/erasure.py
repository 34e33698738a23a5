"""Erasure of guests: what remains of a booking, and the record of each privacy request."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from domain.booking import BookingDetails
from domain.snapshots import BookingSnapshot, Party
from domain.values import ABSENT, HotelId

B = TypeVar("B", BookingDetails, BookingSnapshot)
T = TypeVar("T")


class PrivacyAction(StrEnum):
    EXPORTED = "exported"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyRequest:
    """One export or erasure. `actor`: who asked for it. `identity_hash`: of the guest, or of the
    booking if the guest has no id of its own."""

    id: UUID
    hotel_id: HotelId
    at: datetime
    action: PrivacyAction
    actor: str
    identity_hash: str


def erase_parties(booking: B, is_erased: Callable[[Party], bool]) -> B:
    """The booking with those parties reduced to their role, and without free text, which may name
    anyone. Fields that a snapshot does not have stay absent."""
    return replace(
        reduce_parties(booking, is_erased),
        special_requests=_cleared(booking.special_requests, None),
        notes=_cleared(booking.notes, None),
        cancel_reason=_cleared(booking.cancel_reason, None),
        extras=_cleared(booking.extras, ()),
    )


def reduce_parties(booking: B, is_reduced: Callable[[Party], bool]) -> B:
    """The booking with those parties reduced to their role."""
    guest, further = booking.primary_guest, booking.further_guests
    if isinstance(guest, Party):
        booking = replace(booking, primary_guest=_reduced(guest, is_reduced))
    if isinstance(further, tuple):
        reduced = tuple([_reduced(each, is_reduced) for each in further])
        booking = replace(booking, further_guests=reduced)
    return booking


def parties_of(booking: BookingDetails | BookingSnapshot) -> tuple[Party, ...]:
    """The primary guest first."""
    guest, further = booking.primary_guest, booking.further_guests
    primary = (guest,) if isinstance(guest, Party) else ()
    return primary + (further if isinstance(further, tuple) else ())


def names_guest(booking: BookingDetails | BookingSnapshot, guest_ids: Collection[str]) -> bool:
    """Whether one of these guests is a party, in any role."""
    return any(party.guest_id in guest_ids for party in parties_of(booking))


def _cleared(value: T, empty: T) -> T:
    return value if value is ABSENT else empty


def _reduced(party: Party, is_reduced: Callable[[Party], bool]) -> Party:
    return Party(role=party.role) if is_reduced(party) else party
