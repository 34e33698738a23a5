"""How the rooms of a booking follow its header: its status and its stay.

A room value that is left out, or that equals the header's, is inherited: it follows the header. A
room's own value holds as long as it does not contradict the header.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeVar

from domain.errors import InvalidField
from domain.snapshots import BookingSnapshot, RoomStay
from domain.status import BookingStatus, may_hold_inventory
from domain.values import ABSENT, Absent, NightlyPrice, PriceBasis, Stay

V = TypeVar("V")

_P, _C, _I, _O, _X, _N = BookingStatus
_WITHOUT_GUEST: Final = frozenset({_X, _N})

ROOM_STATUSES: Final[dict[BookingStatus, frozenset[BookingStatus]]] = {
    _P: frozenset({_P, _C, _O, _X, _N}),
    _C: frozenset({_P, _C, _X, _N}),
    _I: frozenset(BookingStatus),
    _O: frozenset({_O, _X, _N}),
    _X: frozenset({_X}),
    _N: frozenset({_N, _X}),
}
"""The statuses that a room may have, by that of its booking; `derive_header_status` agrees."""

_REQUIRED: Final[dict[BookingStatus, frozenset[BookingStatus]]] = {
    _P: frozenset({_P, _C}),
    _C: frozenset({_P, _C}),
    _I: frozenset({_I, _O}),
    _O: frozenset({_O}),
    _X: frozenset({_X}),
    _N: frozenset({_N}),
}
"""At least one room has one of these."""


@dataclass(frozen=True, slots=True)
class RoomHeader:
    """What rooms inherit. None: not known."""

    status: BookingStatus | None
    stay: Stay | None


def align_rooms(
    rooms: Sequence[RoomStay], status: BookingStatus, stay: Stay, *, previous: RoomHeader | None
) -> tuple[RoomStay, ...]:
    """The rooms under this header. `previous`: the header that they agreed with until now.

    A status that the header forbids becomes the header's. A stay beyond the header's is shortened
    to it, or becomes the header's if they have no night in common; prices of nights outside are
    dropped.
    """
    if not any([r.status is not status or _differs(r.stay, stay) for r in rooms]):
        return tuple(rooms)
    known = previous or RoomHeader(None, None)
    statuses = _align_statuses([_own(r.status, known.status) for r in rooms], status)
    return tuple(
        _with_header(room, room_status, _align_stay(_own(room.stay, known.stay), stay))
        for room, room_status in zip(rooms, statuses, strict=True)
    )


def find_contradiction(snapshot: BookingSnapshot, header: RoomHeader) -> InvalidField | None:
    """The first value that contradicts the header or another value of its room; the path is that
    of the canonical format."""
    rooms = () if isinstance(snapshot.rooms, Absent) else snapshot.rooms
    for n, room in enumerate(rooms):
        if found := _status_contradiction(room, header) or _stay_contradiction(room, header):
            return found.under(f"rooms[{n}]")
    unsupported = _unsupported_status(rooms, header) if rooms else None
    return unsupported or _held_by_canceled(snapshot, rooms, header)


def header_of(snapshot: BookingSnapshot) -> RoomHeader:
    return RoomHeader(
        None if snapshot.status is ABSENT else snapshot.status,
        None if snapshot.stay is ABSENT else snapshot.stay,
    )


def _differs(own: Stay | None, header: Stay) -> bool:
    """Most are one object, and comparing two takes a microsecond."""
    return own is not header and own != header


def _own(value: V | None, inherited: V | None) -> V | None:
    return None if value == inherited else value


def _align_statuses(
    own: Sequence[BookingStatus | None], header: BookingStatus
) -> Sequence[BookingStatus]:
    allowed = ROOM_STATUSES[header]
    aligned = [each if each is not None and each in allowed else header for each in own]
    if not _REQUIRED[header].isdisjoint(aligned):
        return aligned
    all_without_guest = _WITHOUT_GUEST.issuperset(aligned)
    return [
        each if each in _WITHOUT_GUEST and not all_without_guest else header for each in aligned
    ]


def _align_stay(own: Stay | None, header: Stay) -> Stay:
    if own is None:
        return header
    arrival = max(own.arrival, header.arrival)
    departure = min(own.departure, header.departure)
    if arrival > departure or (arrival == departure and not own.is_day_use):
        return header
    return Stay(arrival, departure)


def _with_header(room: RoomStay, status: BookingStatus, stay: Stay) -> RoomStay:
    prices = room.nightly_prices
    if room.stay not in (None, stay):
        prices = tuple(price for price in prices if _is_within(price, stay))
    return replace(room, status=status, stay=stay, nightly_prices=prices)


def _is_within(price: NightlyPrice, stay: Stay) -> bool:
    return stay.dates.start <= price.night < stay.dates.end


def _status_contradiction(room: RoomStay, header: RoomHeader) -> InvalidField | None:
    if room.status is None or header.status is None or room.status in ROOM_STATUSES[header.status]:
        return None
    return _contradiction("status", f"a room of a {header.status} booking cannot be {room.status}")


def _stay_contradiction(room: RoomStay, header: RoomHeader) -> InvalidField | None:
    if room.stay and header.stay and _align_stay(room.stay, header.stay) != room.stay:
        return _contradiction("stay", "send dates within the booking's stay")
    return _price_contradiction(room.nightly_prices, room.stay or header.stay)


def _price_contradiction(prices: Sequence[NightlyPrice], stay: Stay | None) -> InvalidField | None:
    found: dict[date, set[PriceBasis | None]] = {}
    for n, price in enumerate(prices):
        path = f"nightly_prices[{n}].night"
        bases = found.setdefault(price.night, set())
        if bases and (price.basis in bases or None in {price.basis, *bases}):
            return _contradiction(path, "send one price for a night and basis")
        if stay is not None and not _is_within(price, stay):
            return _contradiction(path, "send nights of the room's stay only")
        bases.add(price.basis)
    return None


def _unsupported_status(rooms: Sequence[RoomStay], header: RoomHeader) -> InvalidField | None:
    if header.status is None:
        return None
    effective = {room.status or header.status for room in rooms}
    if not _REQUIRED[header.status].isdisjoint(effective):
        return None
    return _contradiction("rooms", f"no room of this {header.status} booking has such a status")


def _held_by_canceled(
    snapshot: BookingSnapshot, rooms: Sequence[RoomStay], header: RoomHeader
) -> InvalidField | None:
    if snapshot.holds_inventory is not True:
        return None
    statuses = {header.status} if header.status else {room.status for room in rooms}
    if statuses and not any(status is None or may_hold_inventory(status) for status in statuses):
        return _contradiction("holds_inventory", "a canceled booking holds none, send false")
    return None


def _contradiction(path: str, fix: str) -> InvalidField:
    return InvalidField(path, fix, code="contradiction")
