"""A reservation as lists tell it (rsv: `reservationInfoType`)."""

from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.providers.ohip.occupancy import counts_of
from adapters.outbound.providers.ohip.people import (
    attached_kinds,
    listed_further,
    listed_primary,
)
from adapters.outbound.providers.ohip.reading import amount_of, as_id, child, listed
from adapters.outbound.providers.ohip.shapes import Told, TotalAmounts
from domain.values import ABSENT

_ROOM = "rooms[0]"
_ROOM_KEYS = ("roomType", "roomId", "roomNumber", "ratePlanCode", "numberOfRooms", "adultCount")


def read_listed(r: Reader, *, whole: bool) -> Told:
    stay = r.object("roomStay")
    reason = r.optional_object("cancellationInfo")
    return Told(
        has_room=any(key in stay for key in _ROOM_KEYS),
        room_type_id=stay.optional("roomType", as_id, f"{_ROOM}.room_type_id"),
        # The description has `roomId`, the vendor's own answers `roomNumber`.
        room_id=stay.optional("roomId", as_id, f"{_ROOM}.room_id")
        or stay.optional("roomNumber", as_id, f"{_ROOM}.room_id"),
        rate_plan_id=stay.optional("ratePlanCode", as_id, f"{_ROOM}.rate_plan_id"),
        units=stay.optional_integer("numberOfRooms", f"{_ROOM}.units", lenient=True),
        occupancy=counts_of(stay, adults="adultCount", children="childCount"),
        is_pseudo=bool(stay.optional_boolean("pseudoRoom", "holds_inventory", lenient=True)),
        primary=listed_primary(r),
        further=listed_further(r, whole=whole),
        profiles=attached_kinds(listed(r, "attachedProfiles")),
        walked_in=r.optional_boolean("walkInIndicator", "source", lenient=True),
        amounts=_amounts(r, stay),
        special_requests=r.field_text("specials", "special_requests"),
        notes=ABSENT,
        canceled_for=_reason(reason),
    )


def _amounts(r: Reader, stay: Reader) -> TotalAmounts:
    if stay.optional_boolean("rateSuppressed", "total", lenient=True):
        return TotalAmounts()
    revenues = r.optional_object("revenuesAndBalances")
    balance = amount_of(stay.optional_object("balance"), "balance")
    if balance is ABSENT:
        balance = amount_of(child(revenues, "balance"), "balance")
    return TotalAmounts(
        total=amount_of(stay.optional_object("totalAmount"), "total"),
        paid=amount_of(child(revenues, "totalPayment"), "paid"),
        balance=balance,
    )


def _reason(cancellation: Reader | None) -> str | None:
    if cancellation is None:
        return None
    told = cancellation.optional_text("description", "cancel_reason")
    return told or cancellation.optional_text("code", "cancel_reason")
