"""What the certification requires of a vendor's simulator: actions on its hotel, and the bookings
that the adapter must find. `apply_action` implements the actions for the neutral hotel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Protocol, TypeAlias, runtime_checkable

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.commands import HotelCommands
from adapters.outbound.provider_kit.simulation.hotel.records import (
    HotelEvent,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.server.fault_plan import FaultPlan
from domain.status import BookingStatus
from domain.values import Money
from ports.renamed import accepts_old_parameters


class ScenarioAction(StrEnum):
    BOOK = "book"
    AMEND = "amend"
    """One night longer, or shorter where no room is free."""
    CHECK_IN = "check-in"
    REVERT_CHECK_IN = "revert-check-in"
    CHECK_OUT = "check-out"
    CANCEL = "cancel"
    REINSTATE = "reinstate"
    NO_SHOW = "no-show"
    DELETE = "delete"
    PAY = "pay"
    """A part of what is owed, as the vendor records it: for many without a new version."""


@dataclass(frozen=True, slots=True)
class ExpectedBooking:
    """As the adapter must map it. An amount that is None is not reported by the vendor."""

    external_id: str
    status: BookingStatus
    arrival: date
    departure: date
    total: Money | None
    paid: Money | None = None
    balance: Money | None = None


@dataclass(frozen=True, slots=True)
class VendorMessage:
    """A notification as the vendor sends it; `headers` have lower-case names and carry the vendor's
    proof of the sender, if any."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class ScenarioSimulator(Protocol):
    """What `start_simulator(SimulatorOptions)` returns; it serves until `stop`.

    `page_size`: bookings in a page, as the adapter requests them. `bookings_path`: a part of the
    path of the call that lists bookings, and of no other call, for faults. `token_path`: the same
    for the call that issues tokens; None where tokens do not expire.
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
        """The settings and secrets that a connection to it needs."""
        ...

    def expected_bookings(self) -> Sequence[ExpectedBooking]:
        """Every booking that is not deleted at the source."""
        ...

    def act(self, action: ScenarioAction) -> str | None:
        """Performs it on a booking that it fits and returns the external id; None where no booking
        fits or the vendor has no such action."""
        ...

    def messages(self) -> Sequence[VendorMessage]:
        """Notifications of the actions since the last call, in order; none where the vendor has no
        notifications."""
        ...

    def unknown_message(self) -> VendorMessage | None:
        """A well-formed notification with an unknown event type; None where the vendor has none."""
        ...

    def expire_tokens(self) -> None:
        """Invalidates every issued token."""
        ...

    def advance(self, *, days: int = 0, events: int = 0) -> Sequence[object]: ...

    def stop(self) -> None: ...


@runtime_checkable
class SupportsBurst(Protocol):
    """A simulator that can create many bookings at one instant; without it the suite skips the
    checks of ties at a page's end."""

    def burst(self, count: int) -> None:
        """Creates at least `count` bookings within one second, or within the vendor's smallest unit
        of time."""
        ...


@runtime_checkable
class SupportsIssuedTokens(Protocol):
    """A simulator that lists its issued tokens, so that the suite can search for leaks; without it
    that check is skipped."""

    def issued_tokens(self) -> Sequence[str]:
        """All tokens ever issued."""
        ...


STATUSES: Final = {
    StayState.OPTION: BookingStatus.PENDING,
    StayState.CONFIRMED: BookingStatus.CONFIRMED,
    StayState.CHECKED_IN: BookingStatus.CHECKED_IN,
    StayState.CHECKED_OUT: BookingStatus.CHECKED_OUT,
    StayState.CANCELED: BookingStatus.CANCELED,
    StayState.NO_SHOW: BookingStatus.NO_SHOW,
}
"""Default mapping; vendors whose options are not pending bookings have their own."""


@accepts_old_parameters(life="activity")
def create_bookings_at_once(activity: ActivityGenerator, count: int) -> Sequence[HotelEvent]:
    """Implements `burst` over the neutral hotel; returns the events."""
    with activity.lock:
        activity.advance_clock(1)
        for _ in range(count):
            activity.book()
        return activity.commands.take_events()


StayCommand: TypeAlias = Callable[[HotelCommands, SimulatedRoomStay], object]


def _lengthen_or_shorten(commands: HotelCommands, stay: SimulatedRoomStay) -> bool:
    return commands.extend(stay, 1) or commands.extend(stay, -1)


COMMANDS: Final[Mapping[ScenarioAction, tuple[StayState, StayCommand]]] = {
    ScenarioAction.AMEND: (StayState.CONFIRMED, _lengthen_or_shorten),
    ScenarioAction.CHECK_IN: (StayState.CONFIRMED, HotelCommands.check_in),
    ScenarioAction.REVERT_CHECK_IN: (StayState.CHECKED_IN, HotelCommands.revert_check_in),
    ScenarioAction.CHECK_OUT: (StayState.CHECKED_IN, HotelCommands.check_out),
    ScenarioAction.CANCEL: (StayState.CONFIRMED, HotelCommands.cancel),
    ScenarioAction.REINSTATE: (StayState.CANCELED, HotelCommands.reinstate),
    ScenarioAction.NO_SHOW: (StayState.CONFIRMED, HotelCommands.no_show),
    ScenarioAction.DELETE: (StayState.CONFIRMED, HotelCommands.delete),
    ScenarioAction.PAY: (StayState.CONFIRMED, HotelCommands.pay),
}
"""The state that a stay must have, and the command on it; one that returns False did nothing."""


@accepts_old_parameters(life="activity", act="action")
def apply_action(
    activity: ActivityGenerator, action: ScenarioAction
) -> tuple[SimulatedRoomStay | None, Sequence[HotelEvent]]:
    """The stay on which it was performed (None: none fits), and the events."""
    with activity.lock:
        activity.advance_clock(1)
        if action is ScenarioAction.BOOK:
            booked = activity.book()
            return booked, activity.commands.take_events()
        state, command = COMMANDS[action]
        for stay in sorted(activity.hotel.stays(), key=_ProximityToToday(activity.hotel.today)):
            if stay.state is state and command(activity.commands, stay) is not False:
                return stay, activity.commands.take_events()
        return None, ()


@dataclass(frozen=True, slots=True)
class _ProximityToToday:
    """Sorts stays near today first: those that ended long ago are outside every window."""

    today: date

    def __call__(self, stay: SimulatedRoomStay) -> tuple[bool, int, str, int]:
        ended = stay.departure < self.today
        return ended, abs((stay.arrival - self.today).days), stay.booking_id, stay.line
