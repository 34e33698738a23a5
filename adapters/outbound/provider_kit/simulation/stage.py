"""What the conformance suite asks of a vendor's simulator: to act on its hotel and to tell the
truth about it. A simulator over the vendor-neutral hotel gets the acts from `perform`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from domain.status import BookingStatus
from domain.values import Money

from .fault_plan import FaultPlan
from .hotel_life import HotelLife
from .hotel_records import HotelEvent, RoomStay, StayState


class Act(StrEnum):
    BOOK = "book"
    AMEND = "amend"
    """A night longer, or shorter where no room is free."""
    CHECK_IN = "check-in"
    REVERT_CHECK_IN = "revert-check-in"
    CHECK_OUT = "check-out"
    CANCEL = "cancel"
    REINSTATE = "reinstate"
    NO_SHOW = "no-show"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class TrueBooking:
    """As the adapter has to map it. `total` None: this vendor tells none."""

    external_id: str
    status: BookingStatus
    arrival: date
    departure: date
    total: Money | None


@dataclass(frozen=True, slots=True)
class VendorMessage:
    """A notification as the vendor sends it; `headers` have lower-case names and carry its own
    means of trust, if any."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class StagedSimulator(Protocol):
    """What `start_simulator(SimulatorOptions)` returns: it serves until `stop`.

    `page_size`: bookings that the adapter asks for in a page. `bookings_path`: a part of the path
    of the call that lists bookings and of no other, for faults; `token_path`: of the one that
    gives tokens, None where the vendor has none that expire.
    """

    @property
    def base_url(self) -> str: ...

    @property
    def faults(self) -> FaultPlan: ...

    @property
    def page_size(self) -> int: ...

    @property
    def bookings_path(self) -> str: ...

    @property
    def token_path(self) -> str | None: ...

    @property
    def requests_served(self) -> Mapping[str, int]: ...

    def connection_values(self) -> Mapping[str, str]:
        """The settings and secrets by which a connection reaches it."""
        ...

    def truth(self) -> Sequence[TrueBooking]:
        """Every booking that is at the source and not deleted."""
        ...

    def act(self, act: Act) -> str | None:
        """Does it to a booking that it fits; its external id. None where none fits or where this
        vendor has no such thing."""
        ...

    def messages(self) -> Sequence[VendorMessage]:
        """What the vendor would notify of the acts since the last call, in order; none where it
        has no notifications."""
        ...

    def unknown_message(self) -> VendorMessage | None:
        """A well-formed notification of an event of a type that nobody knows; None where the
        vendor has none."""
        ...

    def expire_tokens(self) -> None:
        """Every token that was given out is worthless from now on."""
        ...

    def advance(self, *, days: int = 0, events: int = 0) -> Sequence[object]: ...

    def stop(self) -> None: ...


@runtime_checkable
class Bursting(Protocol):
    """A simulator that can do many things at one instant; without it the suite can't look at ties
    at a page's end, and says so."""

    def burst(self, count: int) -> None:
        """At least so many bookings made within one second, or within the vendor's own smallest
        unit of time."""
        ...


@runtime_checkable
class TokenGiving(Protocol):
    """A simulator that tells which tokens it gave out, so that the suite can look whether one of
    them leaks; without it the suite says that it could not."""

    def given_tokens(self) -> Sequence[str]:
        """All that were ever given out."""
        ...


STATUSES: Final = {
    StayState.OPTION: BookingStatus.PENDING,
    StayState.CONFIRMED: BookingStatus.CONFIRMED,
    StayState.CHECKED_IN: BookingStatus.CHECKED_IN,
    StayState.CHECKED_OUT: BookingStatus.CHECKED_OUT,
    StayState.CANCELED: BookingStatus.CANCELED,
    StayState.NO_SHOW: BookingStatus.NO_SHOW,
}
"""For vendors whose options are pending bookings; others say so in their own `truth`."""


def book_at_once(life: HotelLife, count: int) -> Sequence[HotelEvent]:
    """`burst` over the neutral hotel: what is to be told of it."""
    with life.lock:
        life.wait(1)
        for _ in range(count):
            life.book()
        return life.desk.take_events()


_BEFORE: Final = {
    Act.AMEND: {StayState.CONFIRMED},
    Act.CHECK_IN: {StayState.CONFIRMED},
    Act.REVERT_CHECK_IN: {StayState.CHECKED_IN},
    Act.CHECK_OUT: {StayState.CHECKED_IN},
    Act.CANCEL: {StayState.CONFIRMED},
    Act.REINSTATE: {StayState.CANCELED},
    Act.NO_SHOW: {StayState.CONFIRMED},
    Act.DELETE: {StayState.CONFIRMED},
}


def perform(life: HotelLife, act: Act) -> tuple[RoomStay | None, Sequence[HotelEvent]]:
    """The stay that it was done to (None: none fits) and what is to be told of it."""
    with life.lock:
        life.wait(1)
        if act is Act.BOOK:
            booked = life.book()
            return booked, life.desk.take_events()
        for stay in sorted(life.hotel.stays(), key=_Nearness(life.hotel.today)):
            if stay.state in _BEFORE[act] and _done(life, act, stay):
                return stay, life.desk.take_events()
        return None, ()


@dataclass(frozen=True, slots=True)
class _Nearness:
    """Stays of these days first: those ended long ago are outside every window."""

    today: date

    def __call__(self, stay: RoomStay) -> tuple[bool, int, str, int]:
        ended = stay.departure < self.today
        return ended, abs((stay.arrival - self.today).days), stay.booking_id, stay.line


def _done(life: HotelLife, act: Act, stay: RoomStay) -> bool:
    desk = life.desk
    match act:
        case Act.AMEND:
            return desk.extend(stay, 1) or desk.extend(stay, -1)
        case Act.REINSTATE:
            return desk.reinstate(stay)
        case Act.CHECK_IN:
            desk.check_in(stay)
        case Act.REVERT_CHECK_IN:
            desk.revert_check_in(stay)
        case Act.CHECK_OUT:
            desk.check_out(stay)
        case Act.CANCEL:
            desk.cancel(stay)
        case Act.NO_SHOW:
            desk.no_show(stay)
        case _:
            desk.delete(stay)
    return True
