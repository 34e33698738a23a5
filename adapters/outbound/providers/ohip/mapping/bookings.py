"""Reservations to bookings: one reservation is one booking, of one room or, until it is split, of
several alike. The rooms of a split one name it as their parent, which is our group.

Lists and single answers tell the same in two shapes (shape_listed.py, shape_single.py).
"""

from dataclasses import dataclass
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.mapping_report import build_field_trace
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.ohip.mapping.listed_shape import read_listed_shape
from adapters.outbound.providers.ohip.mapping.messages import Shape
from adapters.outbound.providers.ohip.mapping.parsing import (
    HotelClock,
    OhipEntry,
    as_day,
    as_id,
    find_id,
    null_if_complete,
    reader_for,
    reason_of,
)
from adapters.outbound.providers.ohip.mapping.reservation_shapes import ReservationFields
from adapters.outbound.providers.ohip.mapping.single_shape import read_single_shape
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
_DIRECT_SOURCE_TYPE: Final = "PMS"

_DROPPED_FIELDS: Final = {
    _COMPUTED: "follows from the dates and the business date",
    "displayColor": "how the vendor shows it",
    "displayColorDetails": "how the vendor shows it",
    "allowedActions": "what its user may do",
    "searchMatches": "of the question, not of the reservation",
    "roomStatus": "the room's housekeeping, not the reservation's",
    "lockHandle": "of the question, not of the reservation",
}


@dataclass(frozen=True, slots=True)
class OhipBookingMapper:
    """`whole`: what is missing is empty (reading.told)."""

    clock: HotelClock
    is_complete: bool

    def map(self, entry: OhipEntry, shape: Shape, *, explain: bool = False) -> ReadItem:
        raw, external_id = entry.text(), None
        try:
            r = reader_for(entry.value)
            external_id = _external_id(r)
            snapshot = self._map_snapshot(r, shape, external_id)
        except (UnreadableField, InvalidField) as fault:
            reason = reason_of(fault, entry.path)
            return ReadItem(kind=ItemKind.BOOKING, raw=raw, external_id=external_id, reason=reason)
        extras = snapshot.extras if isinstance(snapshot.extras, tuple) else ()
        field_trace = build_field_trace(r, extras) if explain else ()
        return ReadItem(
            kind=ItemKind.BOOKING,
            raw=raw,
            external_id=external_id,
            snapshot=snapshot,
            field_trace=field_trace,
        )

    def _map_snapshot(self, r: Reader, shape: Shape, external_id: str) -> BookingSnapshot:
        ids = r.objects("reservationIdList")
        version = r.optional("lastModifyDateTime", self.clock.instant, "version")
        status, stay = _map_status(r), _map_stay(r.object("roomStay"))
        read = read_single_shape if shape is Shape.SINGLE else read_listed_shape
        fields = read(r, is_complete=self.is_complete)
        return BookingSnapshot(
            external_id=external_id,
            version=SourceVersion(version or self.clock.observed_at),
            status=status,
            holds_inventory=status in _HOLDING and not fields.is_pseudo and fields.units != 0,
            confirmation_number=_or_absent(find_id(ids, "Confirmation", "confirmation_number")),
            group_id=_or_absent(find_id(ids, "ParentReservation", "group_id")),
            share_id=self._share_id(r, external_id),
            source=_map_source(r, fields),
            stay=stay,
            rooms=_map_rooms(fields, stay, status),
            primary_guest=fields.primary,
            further_guests=fields.further,
            total=fields.amounts.total,
            paid=fields.amounts.paid,
            balance=fields.amounts.balance,
            special_requests=fields.special_requests
            if shape is Shape.SINGLE
            else null_if_complete(fields.special_requests, is_complete=self.is_complete),
            notes=fields.notes,
            cancel_reason=self._cancel_reason(fields, status),
            extras=_collect_extras(r),
        )

    def _share_id(self, r: Reader, external_id: str) -> Field[str | None]:
        """Each of those who share a room names the others: the lowest of their ids is the same
        for all of them."""
        shared = r.optional_objects("sharedGuests")
        if shared is None:
            return None if self.is_complete else ABSENT
        found = {external_id}
        for each in shared:
            other = each.optional_object("reservationId")
            if other is not None and (named := other.optional("id", as_id, "share_id")):
                found.add(named)
        return min(found, key=lambda one: (len(one), one)) if len(found) > 1 else None

    def _cancel_reason(self, fields: ReservationFields, status: BookingStatus) -> Field[str | None]:
        """The vendor keeps it after a cancellation was taken back."""
        if status is BookingStatus.CANCELED:
            return _or_absent(fields.cancellation_reason)
        return None if self.is_complete or fields.cancellation_reason else ABSENT


def _external_id(r: Reader) -> str:
    found = find_id(r.objects("reservationIdList"), "Reservation", "external_id")
    if not found:
        raise UnreadableField("reservationIdList", "missing_field", "an id of the type Reservation")
    return found


def _map_status(r: Reader) -> BookingStatus:
    """The actual state; the computed one only where there is no other."""
    for key in (_STATUS, _COMPUTED):
        status = r.optional_choice(key, _STATES, "status")
        if status is not None:
            return status
    raise UnreadableField(_STATUS, "missing_field", "a value")


def _map_stay(r: Reader) -> Stay:
    return Stay(
        r.required("arrivalDate", as_day, "stay.arrival"),
        r.required("departureDate", as_day, "stay.departure"),
    )


def _map_rooms(
    fields: ReservationFields, stay: Stay, status: BookingStatus
) -> Field[tuple[RoomStay, ...]]:
    """A reservation that shares another's room counts no room of its own: 0 is one, shared."""
    if not fields.has_room:
        return ABSENT
    room = RoomStay(
        room_type_id=fields.room_type_id,
        room_id=fields.room_id,
        rate_plan_id=fields.rate_plan_id,
        stay=stay,
        status=status,
        occupancy=fields.occupancy,
        units=fields.units or 1,
    )
    return (room,)


def _map_source(r: Reader, fields: ReservationFields) -> Field[BookingSource]:
    """What the desk takes (source type PMS) is an agent's or a company's by the profile that is
    attached. The types of other systems are the hotel's own words: OTHER, kept in the extras."""
    if fields.walked_in:
        return BookingSource.WALK_IN
    if "TravelAgent" in fields.profiles:
        return BookingSource.AGENT
    if "Company" in fields.profiles:
        return BookingSource.CORPORATE
    sale = r.optional_object("sourceOfSale")
    kind = sale.peek("sourceType") if sale is not None else None
    if kind is None or kind is ABSENT:
        return ABSENT
    return BookingSource.DIRECT if kind == _DIRECT_SOURCE_TYPE else BookingSource.OTHER


def _or_absent(text: str | None) -> Field[str | None]:
    return ABSENT if text is None else text


def _collect_extras(r: Reader) -> Extras:
    for key, why in _DROPPED_FIELDS.items():
        if key != _COMPUTED or r.peek(_STATUS):
            r.drop(key, why)
    for payment in _payment_methods(r):
        payment.drop("paymentCard", "a means of payment")
    return tuple(sorted(r.unread().items()))


def _payment_methods(r: Reader) -> list[Reader]:
    found = list(r.optional_objects("reservationPaymentMethods") or ())
    one = r.optional_object("reservationPaymentMethod")
    return [*found, one] if one is not None else found
