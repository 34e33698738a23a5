"""Reservations in lists (rsv: `reservationInfoType`)."""

from adapters.outbound.provider_kit.parsing.field_values import as_id
from adapters.outbound.provider_kit.parsing.reader import Reader, null_if_complete
from adapters.outbound.providers.ohip.mapping import reservation_shapes
from adapters.outbound.providers.ohip.mapping.parsing import (
    child,
    objects_at,
    read_amount,
    room_stay_of,
)
from adapters.outbound.providers.ohip.mapping.parties import (
    attached_profile_kinds,
    map_listed_further,
    map_listed_primary,
)
from domain.values import ABSENT

_ROOM = "rooms[0]"
_ROOM_KEYS = ("roomType", "roomId", "roomNumber", "ratePlanCode", "numberOfRooms", "adultCount")


def read_listed_shape(r: Reader, *, is_complete: bool) -> reservation_shapes.ReservationFields:
    stay = room_stay_of(r)
    return reservation_shapes.ReservationFields(
        has_room=any(key in stay for key in _ROOM_KEYS),
        room_type_id=stay.optional("roomType", as_id, f"{_ROOM}.room_type_id"),
        # The schema has `roomId`, actual responses have `roomNumber`.
        room_id=stay.optional("roomId", as_id, f"{_ROOM}.room_id")
        or stay.optional("roomNumber", as_id, f"{_ROOM}.room_id"),
        rate_plan_id=stay.optional("ratePlanCode", as_id, f"{_ROOM}.rate_plan_id"),
        units=stay.optional("numberOfRooms", reservation_shapes.as_units, f"{_ROOM}.units"),
        occupancy=reservation_shapes.read_age_counts(
            stay, adults="adultCount", children="childCount"
        ),
        pseudo_flag=stay,
        primary=map_listed_primary(r),
        further=map_listed_further(r, is_complete=is_complete),
        profiles=attached_profile_kinds(objects_at(r, "attachedProfiles")),
        walked_in=r.optional_boolean("walkInIndicator", "source", lenient=True),
        amounts=_read_amounts(r, stay),
        special_requests=null_if_complete(
            r.field_text("specials", "special_requests"), is_complete=is_complete
        ),
        notes=ABSENT,
        cancellation_reason=reservation_shapes.read_cancellation_reason(
            r.optional_object("cancellationInfo")
        ),
    )


def _read_amounts(r: Reader, stay: Reader) -> reservation_shapes.TotalAmounts:
    if stay.optional_boolean("rateSuppressed", "total", lenient=True):
        return reservation_shapes.TotalAmounts()
    revenues = r.optional_object("revenuesAndBalances")
    balance = read_amount(stay.optional_object("balance"), "balance")
    if balance is ABSENT:
        balance = read_amount(child(revenues, "balance"), "balance")
    return reservation_shapes.TotalAmounts(
        total=read_amount(stay.optional_object("totalAmount"), "total"),
        paid=read_amount(child(revenues, "totalPayment"), "paid"),
        balance=balance,
    )
