"""The six states of a booking and every change between them, as data.

The database check, both APIs, the documented diagram and the tests derive from `TRANSITIONS`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class BookingStatus(StrEnum):
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    CHECKED_OUT = "CHECKED_OUT"
    CANCELED = "CANCELED"
    NO_SHOW = "NO_SHOW"


class TransitionKind(StrEnum):
    """FORWARD: the way a stay goes, steps we did not see included. CORRECTION: the hotel takes
    something back, legal when the provider's word is strictly newer. REFUSED: no hotel does it."""

    CREATED = "created"
    FORWARD = "forward"
    CORRECTION = "correction"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class StatusTransition:
    """`source` is None where the booking was created with `target`."""

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
    (_C, _P): _CORRECTION,  # the hotel takes a confirmation back to an option
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

_HOLDS_INVENTORY = frozenset({_C, _I})


def holds_inventory_by_default(status: BookingStatus) -> bool:
    """Whether a booking in this state takes a room from sale where its provider does not say."""
    return status in _HOLDS_INVENTORY


def derive_header_status(rooms: Iterable[BookingStatus]) -> BookingStatus | None:
    """The booking's status where the provider gives only its rooms' states; None without rooms.

    Any room in house: CHECKED_IN. Otherwise the first of PENDING, CONFIRMED (someone is still to
    come), CHECKED_OUT, NO_SHOW that a room is in; CANCELED only when all rooms are. A party with
    one room left and another still to come is in house.
    """
    states = set(rooms)
    if not states:
        return None
    if _I in states or {_O, _C} <= states:
        return _I
    order = (_C, _P, _O, _N, _X)
    return next(state for state in order if state in states)
