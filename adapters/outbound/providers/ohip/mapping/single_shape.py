"""Reservations in single responses (rsv: `hotelReservationType`).

`roomRates` has a room and rate per span of days: the current room is used, else that of the first
span. Nightly prices stay in the extras: lists have none, and the stored room must not depend on the
kind of request.
"""

from datetime import date

from adapters.outbound.provider_kit.parsing.field_values import as_id
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.ohip.mapping.parsing import (
    as_day,
    child,
    objects_at,
    read_amount,
    room_stay_of,
)
from adapters.outbound.providers.ohip.mapping.parties import (
    attached_profile_kinds,
    map_single_further,
    map_single_primary,
)
from adapters.outbound.providers.ohip.mapping.reservation_shapes import (
    ReservationFields,
    TotalAmounts,
    as_units,
    read_age_counts,
    read_cancellation_reason,
)
from domain.values import ABSENT, AgeCount, Field

_ROOM = "rooms[0]"
_TOTALS = ("amountAfterTax", "amountBeforeTax", "amountBeforeAnyTax")


def read_single_shape(r: Reader, *, is_complete: bool) -> ReservationFields:
    stay = room_stay_of(r)
    current = stay.optional_object("currentRoomInfo")
    rate = _first_span(objects_at(stay, "roomRates"))
    return ReservationFields(
        has_room=current is not None or rate is not None or "guestCounts" in stay,
        room_type_id=_current_or_rate(current, rate, "roomType", f"{_ROOM}.room_type_id"),
        room_id=_current_or_rate(current, rate, "roomId", f"{_ROOM}.room_id"),
        rate_plan_id=_optional_id(rate, "ratePlanCode", f"{_ROOM}.rate_plan_id"),
        units=rate.optional("numberOfUnits", as_units, f"{_ROOM}.units") if rate else None,
        occupancy=_occupancy(stay, rate),
        pseudo_flag=rate,
        primary=map_single_primary(r),
        further=map_single_further(r, is_complete=is_complete),
        profiles=attached_profile_kinds(objects_at(r, "reservationProfiles", "reservationProfile")),
        walked_in=r.optional_boolean("walkIn", "source", lenient=True),
        amounts=_read_amounts(r, stay, rate),
        special_requests=ABSENT,
        notes=_notes(r, is_complete=is_complete),
        cancellation_reason=read_cancellation_reason(r.optional_object("cancellation")),
    )


def _first_span(rates: list[Reader]) -> Reader | None:
    return min(rates, key=_rate_start, default=None)


def _rate_start(rate: Reader) -> date:
    return rate.optional("start", as_day, f"{_ROOM}.rate_plan_id") or date.max


def _current_or_rate(
    current: Reader | None, rate: Reader | None, key: str, target: str
) -> str | None:
    return _optional_id(current, key, target) or _optional_id(rate, key, target)


def _optional_id(r: Reader | None, key: str, target: str) -> str | None:
    return r.optional(key, as_id, target) if r is not None else None


def _occupancy(stay: Reader, rate: Reader | None) -> tuple[AgeCount, ...]:
    counts = stay.optional_object("guestCounts") or child(rate, "guestCounts")
    return read_age_counts(counts, adults="adults", children="children") if counts else ()


def _read_amounts(r: Reader, stay: Reader, rate: Reader | None) -> TotalAmounts:
    if rate and rate.optional_boolean("suppressRate", "total", lenient=True):
        return TotalAmounts()
    revenues = child(r, "cashiering", "revenuesAndBalances")
    return TotalAmounts(
        total=read_amount(stay.optional_object("total"), "total", *_TOTALS),
        paid=read_amount(child(revenues, "totalPayment"), "paid"),
        balance=read_amount(child(revenues, "balance"), "balance"),
    )


def _notes(r: Reader, *, is_complete: bool) -> Field[str | None]:
    """The reservation's comments, in order, without those of the type CASHIER."""
    if "comments" not in r:
        return None if is_complete else ABSENT
    lines = [
        text.optional_text("value", "notes")
        for each in objects_at(r, "comments")
        if (comment := each.optional_object("comment")) and comment.peek("type") != "CASHIER"
        if (text := comment.optional_object("text"))
    ]
    return "\n".join(line for line in lines if line) or None
