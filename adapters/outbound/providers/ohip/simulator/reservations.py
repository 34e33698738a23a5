"""The reservations of a neutral hotel: one per room; but alike rooms of one booking are one
reservation of several rooms until it is split."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import (
    HotelEvent,
    HotelEventType,
    SimulatedBooking,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel

_AUDIT_MINUTES: Final = 3 * 60
"""The night audit rolls the business date at three in the morning."""

_FIRST_ID: Final = 100_000
_SHARES_FROM: Final = 5
"""Lines of a booking count from 1 to 4."""

_WITHOUT_SPLIT: Final = frozenset({HotelEventType.CREATED, HotelEventType.PAID})


@dataclass(frozen=True, slots=True)
class Reservation:
    """`rooms`: the first one gives the id. `sharer`: the guest who shares the room under the
    reservation `shared_with`; `is_share`: this reservation counts no room and has no price."""

    id: str
    rooms: Sequence[SimulatedRoomStay]
    parent_id: str | None = None
    sharing_guest_id: str | None = None
    shared_with: str | None = None
    is_share: bool = False

    @property
    def stay(self) -> SimulatedRoomStay:
        return self.rooms[0]

    @property
    def guest_id(self) -> str:
        return (
            self.sharing_guest_id if self.is_share and self.sharing_guest_id else self.stay.guest_id
        )

    @property
    def other_guest_id(self) -> str | None:
        return self.stay.guest_id if self.is_share else self.sharing_guest_id

    @property
    def companion_ids(self) -> list[str]:
        return (
            []
            if self.is_share
            else [one for one in self.stay.companion_ids if one != self.sharing_guest_id]
        )

    @property
    def adults(self) -> int:
        return 1 if self.is_share else self.stay.adults - bool(self.sharing_guest_id)

    @property
    def child_ages(self) -> tuple[int, ...]:
        return () if self.is_share else self.stay.child_ages

    @property
    def units(self) -> int:
        return 0 if self.is_share else len(self.rooms)

    @property
    def night_prices(self) -> list[int]:
        return [0 if self.is_share else price for price in self.stay.night_prices]

    @property
    def total(self) -> int:
        return 0 if self.is_share else sum(room.total for room in self.rooms)

    @property
    def paid(self) -> int:
        return 0 if self.is_share else sum(room.paid for room in self.rooms)

    @property
    def updated(self) -> int:
        return max(room.updated for room in self.rooms)


@dataclass(slots=True)
class SimulatedReservations:
    """Hold the hotel's lock. `unsplit_bookings`: of several rooms in one reservation; `parents`:
    split bookings with the reservation that they were split from; `sharers`: bookings whose room
    two guests share, each under a reservation, with the second guest."""

    activity: ActivityGenerator
    unsplit_bookings: set[str] = field(default_factory=set)
    parents: dict[str, str] = field(default_factory=dict)
    sharing_guest_by_booking: dict[str, str] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _sorted: tuple[object, list[Reservation]] = (None, [])

    def __post_init__(self) -> None:
        for booking in list(self.hotel.bookings.values()):
            if self._try_merge_rooms(booking):
                self.unsplit_bookings.add(booking.id)
            elif len(booking.stays) == 1 and booking.stays[0].companion_ids:
                self._assign_sharing_guest(booking.stays[0])

    @property
    def hotel(self) -> SeededHotel:
        return self.activity.hotel

    @property
    def business_date(self) -> date:
        local = self.hotel.local(self.hotel.now)
        return (local - timedelta(minutes=_AUDIT_MINUTES)).date()

    def day_of(self, instant: int) -> date:
        return (self.hotel.local(instant) - timedelta(minutes=_AUDIT_MINUTES)).date()

    def reservations(self) -> Iterator[Reservation]:
        """All that are not deleted."""
        for booking in self.hotel.bookings.values():
            active_rooms = [room for room in booking.stays if room.deleted is None]
            if booking.id in self.unsplit_bookings:
                yield Reservation(self.find_id(booking.stays[0]), active_rooms)
                continue
            for room in active_rooms:
                yield from self._of_room(room)

    def _of_room(self, room: SimulatedRoomStay) -> Iterator[Reservation]:
        own, parent = self.find_id(room), self.parents.get(room.booking_id)
        sharing_guest_id = self.sharing_guest_by_booking.get(room.booking_id)
        if sharing_guest_id is None:
            yield Reservation(own, [room], parent if own != parent else None)
            return
        share = self._id_of_share(room)
        yield Reservation(own, [room], sharing_guest_id=sharing_guest_id, shared_with=share)
        yield Reservation(
            share, [room], sharing_guest_id=sharing_guest_id, shared_with=own, is_share=True
        )

    def by_arrival(self) -> list[Reservation]:
        """Cached until the hotel changes."""
        state = self.hotel.revision, len(self.unsplit_bookings), len(self.hotel.bookings)
        if self._sorted[0] != state:
            found = sorted(self.reservations(), key=lambda one: (one.stay.arrival, one.id))
            self._sorted = state, found
        return self._sorted[1]

    def find_id(self, room: SimulatedRoomStay) -> str:
        return str(_FIRST_ID + 10 * self._number(room.booking_id) + room.line)

    def reservation_ids_of(self, room: SimulatedRoomStay) -> list[str]:
        """The reservations of this room; the first one counts the room."""
        if room.booking_id in self.unsplit_bookings:
            return [self.find_id(self.hotel.bookings[room.booking_id].stays[0])]
        shares = (
            [self._id_of_share(room)] if room.booking_id in self.sharing_guest_by_booking else []
        )
        return [self.find_id(room), *shares]

    def _id_of_share(self, room: SimulatedRoomStay) -> str:
        return str(int(self.find_id(room)) + _SHARES_FROM)

    def _assign_sharing_guest(self, stay: SimulatedRoomStay) -> None:
        """Every second double room is shared; the others have companions."""
        if self._number(stay.booking_id) % 2:
            self.sharing_guest_by_booking[stay.booking_id] = stay.companion_ids[0]

    def split_before(self, happened: Sequence[HotelEvent]) -> list[HotelEvent]:
        """Splits the bookings that changed or arrive tomorrow. Returns the events in their order,
        including those of the split."""
        events: list[HotelEvent] = []
        for event in happened:
            if event.type not in _WITHOUT_SPLIT and event.subject in self.unsplit_bookings:
                events += self._split(event.subject)
            events.append(event)
        soon = self.business_date + timedelta(days=1)
        for booking_id in sorted(self.unsplit_bookings):
            if self.hotel.bookings[booking_id].stays[0].arrival <= soon:
                events += self._split(booking_id)
        return events

    def _split(self, booking_id: str) -> list[HotelEvent]:
        self.unsplit_bookings.remove(booking_id)
        stays = self.hotel.bookings[booking_id].stays
        self.parents[booking_id] = self.find_id(stays[0])
        events = []
        for stay in stays:
            if stay.deleted is None:
                self.activity.commands.touch(stay)
                what = HotelEventType.AMENDED if stay.line == 1 else HotelEventType.CREATED
                events.append(HotelEvent(what, booking_id, stay.updated, stay.line))
        return events

    def _try_merge_rooms(self, booking: SimulatedBooking) -> bool:
        """Makes rooms of the same days one reservation, for seeded future bookings where one room
        type has enough rooms."""
        first, *others = booking.stays
        ahead = first.arrival > self.business_date + timedelta(days=2)
        confirmed = all(stay.state is StayState.CONFIRMED for stay in booking.stays)
        return bool(others) and ahead and confirmed and self._move_to_same_type(booking.stays)

    def _move_to_same_type(self, stays: list[SimulatedRoomStay]) -> bool:
        before = [(stay, _placement_of(stay)) for stay in stays]
        wanted = _placement_of(stays[0])
        for stay in stays:
            self.hotel.release_room(stay)
        for kind in dict.fromkeys((wanted.room_type_id, *self.hotel.room_types)):
            placement = replace(wanted, room_type_id=kind, is_assigned=False)
            if self._place_all([(stay, placement) for stay in stays]):
                return True
        self._place_all(before)
        return False

    def _place_all(self, placed: list[tuple[SimulatedRoomStay, "_RoomPlacement"]]) -> bool:
        for stay, placement in placed:
            placement.apply_to(stay)
        if all(self.hotel.assign_free_room(stay) for stay, _ in placed):
            for stay, placement in placed:
                stay.is_assigned = placement.is_assigned
            return True
        for stay, _ in placed:
            self.hotel.release_room(stay)
        return False

    def _number(self, booking_id: str) -> int:
        """By the order of booking; a deleted booking keeps its number."""
        if len(self._numbers) != len(self.hotel.bookings):
            self._numbers = {name: placement for placement, name in enumerate(self.hotel.bookings)}
        return self._numbers[booking_id]


@dataclass(frozen=True, slots=True)
class _RoomPlacement:
    room_type_id: str
    rate_plan_id: str
    arrival: date
    departure: date
    night_prices: tuple[int, ...]
    is_assigned: bool

    def apply_to(self, stay: SimulatedRoomStay) -> None:
        stay.room_type_id, stay.rate_plan_id = self.room_type_id, self.rate_plan_id
        stay.arrival, stay.departure = self.arrival, self.departure
        stay.night_prices = list(self.night_prices)


def _placement_of(stay: SimulatedRoomStay) -> _RoomPlacement:
    return _RoomPlacement(
        stay.room_type_id,
        stay.rate_plan_id,
        stay.arrival,
        stay.departure,
        tuple(stay.night_prices),
        stay.is_assigned,
    )
