"""A reservation as it is told when asked for alone (rsv: `hotelReservationType`).

Rooms and rates stand in `roomRates`, one per span of days: the room is the current one, else that
of the first span. Prices per night stay in the extras: lists tell none, and what we hold of a room
must not depend on how it was asked.
"""

from datetime import date

from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.providers.ohip.occupancy import counts_of
from adapters.outbound.providers.ohip.people import (
    attached_kinds,
    single_further,
    single_primary,
)
from adapters.outbound.providers.ohip.reading import amount_of, as_day, as_id, child, listed
from adapters.outbound.providers.ohip.shapes import Told, TotalAmounts
from domain.values import ABSENT, AgeCount, Field

_ROOM = "rooms[0]"
_TOTALS = ("amountAfterTax", "amountBeforeTax", "amountBeforeAnyTax")


def read_single(r: Reader, *, whole: bool) -> Told:
    stay = r.object("roomStay")
    current = stay.optional_object("currentRoomInfo")
    rate = _first_span(listed(stay, "roomRates"))
    return Told(
        has_room=current is not None or rate is not None or "guestCounts" in stay,
        room_type_id=_either(current, rate, "roomType", f"{_ROOM}.room_type_id"),
        room_id=_either(current, rate, "roomId", f"{_ROOM}.room_id"),
        rate_plan_id=_code(rate, "ratePlanCode", f"{_ROOM}.rate_plan_id"),
        units=rate.optional_integer("numberOfUnits", f"{_ROOM}.units", lenient=True)
        if rate
        else None,
        occupancy=_occupancy(stay, rate),
        is_pseudo=bool(
            rate and rate.optional_boolean("pseudoRoom", "holds_inventory", lenient=True)
        ),
        primary=single_primary(r),
        further=single_further(r, whole=whole),
        profiles=attached_kinds(listed(r, "reservationProfiles", "reservationProfile")),
        walked_in=r.optional_boolean("walkIn", "source", lenient=True),
        amounts=_amounts(r, stay, rate),
        special_requests=ABSENT,
        notes=_notes(r, whole=whole),
        canceled_for=_reason(r.optional_object("cancellation")),
    )


def _first_span(rates: list[Reader]) -> Reader | None:
    return min(rates, key=_begin, default=None)


def _begin(rate: Reader) -> date:
    return rate.optional("start", as_day, f"{_ROOM}.rate_plan_id") or date.max


def _either(current: Reader | None, rate: Reader | None, key: str, home: str) -> str | None:
    return _code(current, key, home) or _code(rate, key, home)


def _code(r: Reader | None, key: str, home: str) -> str | None:
    return r.optional(key, as_id, home) if r is not None else None


def _occupancy(stay: Reader, rate: Reader | None) -> tuple[AgeCount, ...]:
    counts = stay.optional_object("guestCounts") or child(rate, "guestCounts")
    return counts_of(counts, adults="adults", children="children") if counts else ()


def _amounts(r: Reader, stay: Reader, rate: Reader | None) -> TotalAmounts:
    if rate and rate.optional_boolean("suppressRate", "total", lenient=True):
        return TotalAmounts()
    revenues = child(r, "cashiering", "revenuesAndBalances")
    return TotalAmounts(
        total=amount_of(stay.optional_object("total"), "total", *_TOTALS),
        paid=amount_of(child(revenues, "totalPayment"), "paid"),
        balance=amount_of(child(revenues, "balance"), "balance"),
    )


def _notes(r: Reader, *, whole: bool) -> Field[str | None]:
    """The reservation's comments, in their order; a cashier's are the cashier's."""
    if "comments" not in r:
        return None if whole else ABSENT
    lines = [
        text.optional_text("value", "notes")
        for each in listed(r, "comments")
        if (comment := each.optional_object("comment")) and comment.peek("type") != "CASHIER"
        if (text := comment.optional_object("text"))
    ]
    return "\n".join(line for line in lines if line) or None


def _reason(cancellation: Reader | None) -> str | None:
    if cancellation is None:
        return None
    told = cancellation.optional_text("description", "cancel_reason")
    return told or cancellation.optional_text("code", "cancel_reason")
