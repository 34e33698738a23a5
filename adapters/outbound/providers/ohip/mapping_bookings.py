"""Reservations to bookings: one reservation is one booking, of one room or, until it is split, of
several alike. The rooms of a split one name it as their parent, which is our group.

Lists and single answers tell the same in two shapes (shape_listed.py, shape_single.py).
"""

from dataclasses import dataclass
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.told_items import all_homes
from adapters.outbound.providers.ohip.messages import Shape
from adapters.outbound.providers.ohip.reading import (
    Entry,
    HotelClock,
    as_day,
    as_id,
    id_of,
    opened,
    reason_of,
    told,
)
from adapters.outbound.providers.ohip.shape_listed import read_listed
from adapters.outbound.providers.ohip.shape_single import read_single
from adapters.outbound.providers.ohip.shapes import Told
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, BookingSource, Extras, RoomStay
from domain.status import BookingStatus
from domain.values import ABSENT, Field, SourceVersion, Stay
from ports.providers import ReadItem

_STATES: Final = {
    "Requested": BookingStatus.PENDING,
    "Waitlisted": BookingStatus.PENDING,
    "Reserved": BookingStatus.CONFIRMED,
    # Arrives on the business date, as the night audit rolled it.
    "DueIn": BookingStatus.CONFIRMED,
    "Walkin": BookingStatus.CHECKED_IN,
    "InHouse": BookingStatus.CHECKED_IN,
    # In house, and should have left today or before.
    "DueOut": BookingStatus.CHECKED_IN,
    "PendingCheckout": BookingStatus.CHECKED_IN,
    "CheckedOut": BookingStatus.CHECKED_OUT,
    "Cancelled": BookingStatus.CANCELED,
    "NoShow": BookingStatus.NO_SHOW,
}
_HOLDING: Final = frozenset({BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN})
_STATUS: Final = "reservationStatus"
_COMPUTED: Final = "computedReservationStatus"
_AT_THE_DESK: Final = "PMS"

_NOT_THE_BOOKINGS: Final = {
    _COMPUTED: "follows from the dates and the business date",
    "displayColor": "how the vendor shows it",
    "displayColorDetails": "how the vendor shows it",
    "allowedActions": "what its user may do",
    "searchMatches": "of the question, not of the reservation",
    "roomStatus": "the room's housekeeping, not the reservation's",
    "lockHandle": "of the question, not of the reservation",
}


@dataclass(frozen=True, slots=True)
class BookingMapper:
    """`whole`: what is missing is empty (reading.told)."""

    clock: HotelClock
    whole: bool

    def map(self, entry: Entry, shape: Shape, *, explain: bool = False) -> ReadItem:
        raw, external_id = entry.text(), None
        try:
            r = opened(entry.value)
            external_id = _external_id(r)
            snapshot = self._snapshot(r, shape, external_id)
        except (UnreadableField, InvalidField) as fault:
            reason = reason_of(fault, entry.path)
            return ReadItem(kind=ItemKind.BOOKING, raw=raw, external_id=external_id, reason=reason)
        extras = snapshot.extras if isinstance(snapshot.extras, tuple) else ()
        homes = all_homes(r, extras) if explain else ()
        return ReadItem(
            kind=ItemKind.BOOKING, raw=raw, external_id=external_id, snapshot=snapshot, homes=homes
        )

    def _snapshot(self, r: Reader, shape: Shape, external_id: str) -> BookingSnapshot:
        ids = r.objects("reservationIdList")
        version = r.optional("lastModifyDateTime", self.clock.instant, "version")
        status, stay = _status(r), _stay(r.object("roomStay"))
        read = read_single if shape is Shape.SINGLE else read_listed
        said = read(r, whole=self.whole)
        return BookingSnapshot(
            external_id=external_id,
            version=SourceVersion(version or self.clock.observed_at),
            status=status,
            holds_inventory=status in _HOLDING and not said.is_pseudo and said.units != 0,
            confirmation_number=_or_absent(id_of(ids, "Confirmation", "confirmation_number")),
            group_id=_or_absent(id_of(ids, "ParentReservation", "group_id")),
            share_id=self._share_id(r, external_id),
            source=_source(r, said),
            stay=stay,
            rooms=_rooms(said, stay, status),
            primary_guest=said.primary,
            further_guests=said.further,
            total=said.amounts.total,
            paid=said.amounts.paid,
            balance=said.amounts.balance,
            special_requests=said.special_requests
            if shape is Shape.SINGLE
            else told(said.special_requests, whole=self.whole),
            notes=said.notes,
            cancel_reason=self._cancel_reason(said, status),
            extras=_extras(r),
        )

    def _share_id(self, r: Reader, external_id: str) -> Field[str | None]:
        """Each of those who share a room names the others: the lowest of their ids is the same
        for all of them."""
        shared = r.optional_objects("sharedGuests")
        if shared is None:
            return None if self.whole else ABSENT
        found = {external_id}
        for each in shared:
            other = each.optional_object("reservationId")
            if other is not None and (named := other.optional("id", as_id, "share_id")):
                found.add(named)
        return min(found, key=lambda one: (len(one), one)) if len(found) > 1 else None

    def _cancel_reason(self, said: Told, status: BookingStatus) -> Field[str | None]:
        """The vendor keeps it after a cancellation was taken back."""
        if status is BookingStatus.CANCELED:
            return _or_absent(said.canceled_for)
        return None if self.whole or said.canceled_for else ABSENT


def _external_id(r: Reader) -> str:
    found = id_of(r.objects("reservationIdList"), "Reservation", "external_id")
    if not found:
        raise UnreadableField("reservationIdList", "missing_field", "an id of the type Reservation")
    return found


def _status(r: Reader) -> BookingStatus:
    """The actual state; the computed one only where there is no other."""
    for key in (_STATUS, _COMPUTED):
        status = r.optional_choice(key, _STATES, "status")
        if status is not None:
            return status
    raise UnreadableField(_STATUS, "missing_field", "a value")


def _stay(r: Reader) -> Stay:
    return Stay(
        r.required("arrivalDate", as_day, "stay.arrival"),
        r.required("departureDate", as_day, "stay.departure"),
    )


def _rooms(said: Told, stay: Stay, status: BookingStatus) -> Field[tuple[RoomStay, ...]]:
    """A reservation that shares another's room counts no room of its own: 0 is one, shared."""
    if not said.has_room:
        return ABSENT
    room = RoomStay(
        room_type_id=said.room_type_id,
        room_id=said.room_id,
        rate_plan_id=said.rate_plan_id,
        stay=stay,
        status=status,
        occupancy=said.occupancy,
        units=said.units or 1,
    )
    return (room,)


def _source(r: Reader, said: Told) -> Field[BookingSource]:
    """What the desk takes (source type PMS) is an agent's or a company's by the profile that is
    attached. The types of other systems are the hotel's own words: OTHER, kept in the extras."""
    if said.walked_in:
        return BookingSource.WALK_IN
    if "TravelAgent" in said.profiles:
        return BookingSource.AGENT
    if "Company" in said.profiles:
        return BookingSource.CORPORATE
    sale = r.optional_object("sourceOfSale")
    kind = sale.peek("sourceType") if sale is not None else None
    if kind is None or kind is ABSENT:
        return ABSENT
    return BookingSource.DIRECT if kind == _AT_THE_DESK else BookingSource.OTHER


def _or_absent(text: str | None) -> Field[str | None]:
    return ABSENT if text is None else text


def _extras(r: Reader) -> Extras:
    for key, why in _NOT_THE_BOOKINGS.items():
        if key != _COMPUTED or r.peek(_STATUS):
            r.drop(key, why)
    for payment in _payments(r):
        payment.drop("paymentCard", "a means of payment")
    return tuple(sorted(r.unread().items()))


def _payments(r: Reader) -> list[Reader]:
    found = list(r.optional_objects("reservationPaymentMethods") or ())
    one = r.optional_object("reservationPaymentMethod")
    return [*found, one] if one is not None else found
