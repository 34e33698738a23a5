"""Reservations to bookings: one reservation is one booking, of one room or, until it is split, of
several equal rooms. The parts of a split reservation name it as their parent, which is our group.

Lists and single responses have different shapes (listed_shape.py, single_shape.py).
"""

from dataclasses import dataclass
from typing import Final

from adapters.outbound.provider_kit.parsing.cancellations import is_cancellation_without
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_choice, as_id
from adapters.outbound.provider_kit.parsing.mapping_report import unread_extras
from adapters.outbound.provider_kit.parsing.read_items import BookingMapper
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.ohip.mapping.listed_shape import read_listed_shape
from adapters.outbound.providers.ohip.mapping.messages import Shape
from adapters.outbound.providers.ohip.mapping.parsing import (
    HotelClock,
    OhipMapper,
    as_day,
    find_id,
)
from adapters.outbound.providers.ohip.mapping.reservation_shapes import ReservationFields
from adapters.outbound.providers.ohip.mapping.single_shape import read_single_shape
from domain.snapshots import BookingSnapshot, BookingSource, Extras, RoomStay
from domain.status import BookingStatus
from domain.values import ABSENT, Field, SourceVersion, Stay

_STATES: Final = {
    "Requested": BookingStatus.PENDING,
    "Waitlisted": BookingStatus.PENDING,
    "Reserved": BookingStatus.CONFIRMED,
    # Arrives on the current business date.
    "DueIn": BookingStatus.CONFIRMED,
    "Walkin": BookingStatus.CHECKED_IN,
    "InHouse": BookingStatus.CHECKED_IN,
    # In house, with a departure date of today or earlier.
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
    "displayColor": "presentation only",
    "displayColorDetails": "presentation only",
    "allowedActions": "permissions of the API user",
    "searchMatches": "depends on the request",
    "roomStatus": "the room's housekeeping state",
    "lockHandle": "depends on the request",
}


@dataclass(frozen=True, slots=True)
class OhipBookingMapper(OhipMapper, BookingMapper):
    """`is_complete`: missing fields are null, as in a response requested with every option."""

    clock: HotelClock
    shape: Shape
    is_complete: bool

    def read_id(self, r: Reader) -> str:
        found = find_id(r.objects("reservationIdList"), "Reservation", "external_id")
        if not found:
            path = "reservationIdList"
            raise UnreadableField(path, "missing_field", "an id of the type Reservation")
        return found

    def map_snapshot(self, r: Reader, external_id: str) -> BookingSnapshot:
        ids = r.objects("reservationIdList")
        version = SourceVersion(self.clock.last_change(r))
        status = _map_status(r)
        stay = _map_stay(r, status)
        read = read_single_shape if self.shape is Shape.SINGLE else read_listed_shape
        fields = read(r, is_complete=self.is_complete)
        return BookingSnapshot(
            external_id=external_id,
            version=version,
            status=status,
            holds_inventory=status in _HOLDING and fields.units != 0 and not fields.is_pseudo(),
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
            special_requests=fields.special_requests,
            notes=fields.notes,
            cancel_reason=self._cancel_reason(fields, status),
            extras=_collect_extras(r),
        )

    def _share_id(self, r: Reader, external_id: str) -> Field[str | None]:
        """The lowest id of the reservations that share the room. Each names all others, so the
        result is the same for all of them."""
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
        """OPERA keeps the reason after the reservation was reinstated."""
        if status is BookingStatus.CANCELED:
            return _or_absent(fields.cancellation_reason)
        return None if self.is_complete or fields.cancellation_reason else ABSENT


def _map_status(r: Reader) -> BookingStatus:
    """The actual status; the computed one only if there is no other."""
    for key in (_STATUS, _COMPUTED):
        status = r.decisive(key, as_choice(_STATES), "status")
        if status:
            return status
    raise UnreadableField(_STATUS, "missing_field", "a value")


def _map_stay(r: Reader, status: BookingStatus) -> Field[Stay]:
    if is_cancellation_without(r, status, "roomStay"):
        return ABSENT
    room_stay = r.object("roomStay")
    if is_cancellation_without(room_stay, status, "arrivalDate", "departureDate"):
        return ABSENT
    return Stay(
        room_stay.required("arrivalDate", as_day, "stay.arrival"),
        room_stay.required("departureDate", as_day, "stay.departure"),
    )


def _map_rooms(
    fields: ReservationFields, stay: Field[Stay], status: BookingStatus
) -> Field[tuple[RoomStay, ...]]:
    """0 units mean that the reservation shares another reservation's room."""
    if not fields.has_room or stay is ABSENT:
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
    """Bookings made in OPERA (source type PMS) are an agent's or a company's if such a profile is
    attached. Other source types are defined by the hotel: OTHER, kept in the extras."""
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
    return unread_extras(r)


def _payment_methods(r: Reader) -> list[Reader]:
    found = list(r.optional_objects("reservationPaymentMethods") or ())
    one = r.optional_object("reservationPaymentMethod")
    return [*found, one] if one is not None else found
