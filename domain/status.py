"""The six statuses of a booking and the transitions between them.

Both APIs and the documented diagram derive from `TRANSITIONS`; the database check is frozen in a
migration, and a test compares the two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class BookingStatus(StrEnum):
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    CHECKED_OUT = "CHECKED_OUT"
    CANCELED = "CANCELED"
    NO_SHOW = "NO_SHOW"


class TransitionKind(StrEnum):
    """FORWARD: the usual course of a stay, skipped steps included. CORRECTION: the hotel reverts an
    earlier step; legal only for a strictly newer snapshot. REFUSED: quarantined with its reason."""

    CREATED = "created"
    FORWARD = "forward"
    CORRECTION = "correction"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class StatusTransition:
    """`source` is None if the booking was created with `target`."""

    source: BookingStatus | None
    target: BookingStatus
    kind: TransitionKind


_P, _C, _I, _O, _X, _N = BookingStatus
_FORWARD, _CORRECTION, _REFUSED = (
    TransitionKind.FORWARD,
    TransitionKind.CORRECTION,
    TransitionKind.REFUSED,
)

TRANSITIONS: dict[tuple[BookingStatus, BookingStatus], TransitionKind] = {
    (_P, _C): _FORWARD,
    (_P, _I): _FORWARD,  # a walk-in
    (_P, _O): _FORWARD,
    (_P, _X): _FORWARD,
    (_P, _N): _FORWARD,
    (_C, _P): _CORRECTION,  # the confirmation becomes an option again
    (_C, _I): _FORWARD,
    (_C, _O): _FORWARD,
    (_C, _X): _FORWARD,
    (_C, _N): _FORWARD,
    (_I, _P): _REFUSED,
    (_I, _C): _CORRECTION,  # check-in reverted
    (_I, _O): _FORWARD,
    (_I, _X): _CORRECTION,  # checked in by mistake, then canceled
    (_I, _N): _CORRECTION,
    (_O, _P): _REFUSED,
    (_O, _C): _CORRECTION,  # check-out and check-in reverted
    (_O, _I): _CORRECTION,  # check-out reverted
    (_O, _X): _CORRECTION,
    (_O, _N): _CORRECTION,
    (_X, _P): _CORRECTION,  # reinstated
    (_X, _C): _CORRECTION,
    (_X, _I): _CORRECTION,
    (_X, _O): _CORRECTION,
    (_X, _N): _CORRECTION,
    (_N, _P): _REFUSED,
    (_N, _C): _CORRECTION,  # reinstated: the guest came late
    (_N, _I): _CORRECTION,
    (_N, _O): _CORRECTION,
    (_N, _X): _CORRECTION,
}

IN_HOUSE_STATUSES: Final = frozenset({_C, _I, _O})
"""Of bookings whose guests are in house on the days of the stay: expected, there, or since left."""

_HOLDS_INVENTORY = frozenset({_C, _I})


def holds_inventory_by_default(status: BookingStatus) -> bool:
    """Whether such a booking takes a room from sale, if its provider does not report it."""
    return status in _HOLDS_INVENTORY


def may_hold_inventory(status: BookingStatus) -> bool:
    """A room of a canceled booking is on sale again. One of a no-show may be kept for a late
    arrival, and an option or a departed guest may block a room, too."""
    return status is not BookingStatus.CANCELED


_STAY_INSTANTS = ("checked_in_at", "checked_out_at")
_CANCELLATION = ("canceled_at", "cancel_reason")

CONTRADICTED_FIELDS: dict[BookingStatus, tuple[str, ...]] = {
    _P: (*_STAY_INSTANTS, *_CANCELLATION),
    _C: (*_STAY_INSTANTS, *_CANCELLATION),
    _I: ("checked_out_at", *_CANCELLATION),
    _O: _CANCELLATION,
    _X: _STAY_INSTANTS,
    _N: _STAY_INSTANTS,  # Mews reports a no-show with the instant and reason of its cancellation
}
"""The fields of a booking that its status contradicts. They are always empty, also if the provider
sends them together with this status: the status decides."""

_HEADER_ORDER = (_I, _C, _P, _O, _N, _X)


def derive_header_status(rooms: Iterable[BookingStatus]) -> BookingStatus | None:
    """The booking's status if the provider gives only those of its rooms; None without rooms.

    CHECKED_IN if a room is checked in, or if one is CHECKED_OUT while another is CONFIRMED. Else
    the first of CONFIRMED, PENDING, CHECKED_OUT, NO_SHOW that any room has. CANCELED only if all
    rooms are canceled.
    """
    statuses = set(rooms)
    if {_O, _C} <= statuses:
        return _I
    return next((status for status in _HEADER_ORDER if status in statuses), None)
