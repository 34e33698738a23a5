"""What the conformance suite asks of a vendor's simulator: to act on its hotel and to tell the
truth about it. A simulator over the vendor-neutral hotel gets the acts from `perform`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import HotelEvent, RoomStay, StayState
from adapters.outbound.provider_kit.simulation.server.fault_plan import FaultPlan
from domain.status import BookingStatus
from domain.values import Money


class ScenarioAction(StrEnum):
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
class ExpectedBooking:
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


class ScenarioSimulator(Protocol):
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

    def expected_bookings(self) -> Sequence[ExpectedBooking]:
        """Every booking that is at the source and not deleted."""
        ...

    def act(self, act: ScenarioAction) -> str | None:
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
class SupportsBurst(Protocol):
    """A simulator that can do many things at one instant; without it the suite can't look at ties
    at a page's end, and says so."""

    def burst(self, count: int) -> None:
        """At least so many bookings made within one second, or within the vendor's own smallest
        unit of time."""
        ...


@runtime_checkable
class SupportsIssuedTokens(Protocol):
    """A simulator that tells which tokens it gave out, so that the suite can look whether one of
    them leaks; without it the suite says that it could not."""

    def issued_tokens(self) -> Sequence[str]:
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


def create_bookings_at_once(activity: ActivityGenerator, count: int) -> Sequence[HotelEvent]:
    """`burst` over the neutral hotel: what is to be told of it."""
    with activity.lock:
        activity.wait(1)
        for _ in range(count):
            activity.book()
        return activity.commands.take_events()


_REQUIRED_STATES: Final = {
    ScenarioAction.AMEND: {StayState.CONFIRMED},
    ScenarioAction.CHECK_IN: {StayState.CONFIRMED},
    ScenarioAction.REVERT_CHECK_IN: {StayState.CHECKED_IN},
    ScenarioAction.CHECK_OUT: {StayState.CHECKED_IN},
    ScenarioAction.CANCEL: {StayState.CONFIRMED},
    ScenarioAction.REINSTATE: {StayState.CANCELED},
    ScenarioAction.NO_SHOW: {StayState.CONFIRMED},
    ScenarioAction.DELETE: {StayState.CONFIRMED},
}


def perform(
    activity: ActivityGenerator, act: ScenarioAction
) -> tuple[RoomStay | None, Sequence[HotelEvent]]:
    """The stay that it was done to (None: none fits) and what is to be told of it."""
    with activity.lock:
        activity.wait(1)
        if act is ScenarioAction.BOOK:
            booked = activity.book()
            return booked, activity.commands.take_events()
        for stay in sorted(activity.hotel.stays(), key=_ProximityToToday(activity.hotel.today)):
            if stay.state in _REQUIRED_STATES[act] and _apply_action(activity, act, stay):
                return stay, activity.commands.take_events()
        return None, ()


@dataclass(frozen=True, slots=True)
class _ProximityToToday:
    """Stays of these days first: those ended long ago are outside every window."""

    today: date

    def __call__(self, stay: RoomStay) -> tuple[bool, int, str, int]:
        ended = stay.departure < self.today
        return ended, abs((stay.arrival - self.today).days), stay.booking_id, stay.line


def _apply_action(activity: ActivityGenerator, act: ScenarioAction, stay: RoomStay) -> bool:
    commands = activity.commands
    match act:
        case ScenarioAction.AMEND:
            return commands.extend(stay, 1) or commands.extend(stay, -1)
        case ScenarioAction.REINSTATE:
            return commands.reinstate(stay)
        case ScenarioAction.CHECK_IN:
            commands.check_in(stay)
        case ScenarioAction.REVERT_CHECK_IN:
            commands.revert_check_in(stay)
        case ScenarioAction.CHECK_OUT:
            commands.check_out(stay)
        case ScenarioAction.CANCEL:
            commands.cancel(stay)
        case ScenarioAction.NO_SHOW:
            commands.no_show(stay)
        case _:
            commands.delete(stay)
    return True
