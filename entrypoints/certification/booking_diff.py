"""Compares the bookings that the simulator expects with those that the adapter or the store has."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ExpectedBooking
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.values import ABSENT, Absent, DateRange, Field, Money, Stay

_MAX_SHOWN: Final = 3
_AMOUNTS: Final = ("total", "paid", "balance")


@dataclass(frozen=True, slots=True)
class ObservedBooking:
    """The compared fields of a booking."""

    status: Field[BookingStatus]
    stay: Field[Stay]
    total: Field[Money | None]
    paid: Field[Money | None] = ABSENT
    balance: Field[Money | None] = ABSENT


def observe_snapshots(bookings: Mapping[str, BookingSnapshot]) -> dict[str, ObservedBooking]:
    return {
        id_: ObservedBooking(
            snapshot.status, snapshot.stay, snapshot.total, snapshot.paid, snapshot.balance
        )
        for id_, snapshot in bookings.items()
    }


def diff_bookings(
    expected: Mapping[str, ExpectedBooking],
    observed: Mapping[str, ObservedBooking],
    window: DateRange | None = None,
) -> str:
    """The first few differences as text; empty if there is none. Only stays that overlap `window`
    must be present; every booking that is present must be correct."""
    required = {id_ for id_, booking in expected.items() if _is_in(booking, window)}
    found = [f"{id_} is missing" for id_ in sorted(required - observed.keys())]
    found += [f"{id_} is not at the source" for id_ in sorted(observed.keys() - expected.keys())]
    for id_ in sorted(expected.keys() & observed.keys()):
        found += [f"{id_}: {text}" for text in _diff_booking(expected[id_], observed[id_])]
    more = f" and {len(found) - _MAX_SHOWN} more" if len(found) > _MAX_SHOWN else ""
    return "; ".join(found[:_MAX_SHOWN]) + more


def _is_in(booking: ExpectedBooking, window: DateRange | None) -> bool:
    return window is None or Stay(booking.arrival, booking.departure).dates.overlaps(window)


def _diff_booking(expected: ExpectedBooking, observed: ObservedBooking) -> Iterator[str]:
    stay = Stay(expected.arrival, expected.departure)
    if observed.status is not expected.status:
        yield f"status {observed.status}, expected {expected.status}"
    if observed.stay != stay:
        yield f"stay {_format_dates(observed.stay)}, expected {_format_dates(stay)}"
    for name in _AMOUNTS:
        found, wanted = getattr(observed, name), getattr(expected, name)
        if wanted is not None and found != wanted:
            yield f"{name} {_format_money(found)}, expected {_format_money(wanted)}"


def _format_dates(stay: Field[Stay]) -> str:
    return "absent" if isinstance(stay, Absent) else f"{stay.arrival} to {stay.departure}"


def _format_money(money: Field[Money | None]) -> str:
    return f"{money.minor} {money.currency}" if isinstance(money, Money) else "absent"
