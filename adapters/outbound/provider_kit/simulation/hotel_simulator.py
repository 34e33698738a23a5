"""The base of every vendor simulator over the neutral hotel."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Generic, Self, TypedDict, TypeVar, Unpack

from adapters.outbound.provider_kit.simulation.hotel.activity import (
    ActivityGenerator,
    create_activity_generator,
)
from adapters.outbound.provider_kit.simulation.hotel.records import (
    HotelEvent,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import START_DATE
from adapters.outbound.provider_kit.simulation.scenario import (
    STATUSES,
    ExpectedBooking,
    ScenarioAction,
    VendorMessage,
    apply_action,
    create_bookings_at_once,
)
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.issued_tokens import IssuedTokens
from adapters.outbound.provider_kit.simulation.server.options import (
    RunConditions,
    SimulatorOptions,
    run_conditions_from,
)
from adapters.outbound.provider_kit.simulation.server.running_simulator import RunningSimulator
from adapters.outbound.provider_kit.simulation.server.webhook_sender import (
    WebhookFaults,
    WebhookSender,
)
from domain.status import BookingStatus
from domain.values import Money

E = TypeVar("E")


def activity_generator_from(options: SimulatorOptions) -> ActivityGenerator:
    return create_activity_generator(
        seed=options.seed,
        bookings=options.bookings,
        currency=options.currency,
        time_zone=options.time_zone,
        start_date=options.start_date or START_DATE,
    )


class ExpectedPayments(TypedDict, total=False):
    paid: Money
    balance: Money


class HotelSimulator(RunningSimulator[E], ABC):
    """Implements scenario.SupportsBurst, SupportsIssuedTokens and the shared part of
    ScenarioSimulator. By default a booking is one stay. `reports_paid`, `reports_balance`: whether
    the vendor's bookings have that amount."""

    has_one_event_per_message = True
    reports_paid = False
    reports_balance = False
    statuses: Mapping[StayState, BookingStatus] = STATUSES
    page_size: int
    bookings_path: str
    token_path: str | None = None

    def __init__(
        self,
        activity: ActivityGenerator,
        *,
        activity_source: "VendorActivityGenerator[E] | None" = None,
        **conditions: Unpack[RunConditions],
    ) -> None:
        self.activity = activity
        self.hotel = activity.hotel
        self.tokens = IssuedTokens(activity.hotel.seed)
        self._pending_events: list[E] = []
        super().__init__(
            activity_source=activity_source
            or VendorActivityGenerator(activity, self.render_events),
            compose=self.compose,
            seed=activity.hotel.seed,
            **conditions,
        )

    @classmethod
    def launch(cls, options: SimulatorOptions) -> Self:
        """A running simulator; the caller stops it."""
        simulator = cls(activity_generator_from(options), **run_conditions_from(options))
        simulator.begin(options)
        return simulator

    @abstractmethod
    def render_events(self, happened: Sequence[HotelEvent]) -> Sequence[E]:
        """The vendor's events."""

    @abstractmethod
    def compose(self, events: Sequence[E]) -> bytes:
        """A webhook body."""

    @abstractmethod
    def external_id(self, stay: SimulatedRoomStay) -> str:
        """The vendor's id of the booking with this stay."""

    def expected_bookings(self) -> Sequence[ExpectedBooking]:
        with self.activity.lock:
            return [
                self.expect_stay(self.external_id(stay), stay, stay.total)
                for stay in self.hotel.stays()
            ]

    def expect_stay(
        self, external_id: str, stay: SimulatedRoomStay, total: int, paid: int | None = None
    ) -> ExpectedBooking:
        """Minor units; `paid` None: what is paid for the stay."""
        return ExpectedBooking(
            external_id=external_id,
            status=self.statuses[stay.state],
            arrival=stay.arrival,
            departure=stay.departure,
            total=Money(total, self.hotel.currency),
            **self.expect_payments(total, stay.paid if paid is None else paid),
        )

    def expect_payments(self, total: int, paid: int) -> ExpectedPayments:
        """The amounts that the vendor reports."""
        found: ExpectedPayments = {}
        if self.reports_paid:
            found["paid"] = Money(paid, self.hotel.currency)
        if self.reports_balance:
            found["balance"] = Money(total - paid, self.hotel.currency)
        return found

    def act(self, action: ScenarioAction) -> str | None:
        if not self.supports(action):
            return None
        stay = self.perform_and_queue(action)
        return None if stay is None else self.external_id(stay)

    def supports(self, action: ScenarioAction) -> bool:
        return action is not ScenarioAction.PAY or self.reports_paid or self.reports_balance

    def perform_and_queue(self, action: ScenarioAction) -> SimulatedRoomStay | None:
        with self.activity.lock:
            stay, hotel_events = apply_action(self.activity, action)
            self.queue_messages(hotel_events)
        return stay

    def burst(self, count: int) -> None:
        with self.activity.lock:
            self.queue_messages(create_bookings_at_once(self.activity, count))

    def queue_messages(self, hotel_events: Sequence[HotelEvent]) -> None:
        """For the next `messages`."""
        self._pending_events += self.render_events(hotel_events)

    def messages(self) -> Sequence[VendorMessage]:
        pending, self._pending_events = self._pending_events, []
        return [self.build_message(event) for event in pending]

    def build_message(self, event: E) -> VendorMessage:
        body = self.compose([event])
        return VendorMessage(body, self.webhook_proof(body))

    def issued_tokens(self) -> Sequence[str]:
        return self.tokens.list_tokens()

    def expire_tokens(self) -> None:
        self.tokens.expire()

    def send_webhooks_to(
        self, url: str, webhook_faults: WebhookFaults | None = None
    ) -> WebhookSender[E]:
        if self.has_one_event_per_message:
            webhook_faults = replace(webhook_faults or WebhookFaults(), batch_size=1)
        return super().send_webhooks_to(url, webhook_faults)


class VendorActivityGenerator(Generic[E]):
    """Implements running_simulator.ActivitySource in the vendor's events."""

    def __init__(
        self,
        activity: ActivityGenerator,
        render_events: Callable[[Sequence[HotelEvent]], Sequence[E]],
    ) -> None:
        self._activity = activity
        self._render_events = render_events

    @property
    def lock(self) -> threading.RLock:
        return self._activity.lock

    def advance_clock(self, seconds: int) -> None:
        self._activity.advance_clock(seconds)

    def summary(self) -> JsonObject:
        return self._activity.summary()

    def generate_events(self, events: int) -> Sequence[E]:
        return self._render_events(self._activity.generate_events(events))

    def generate_day(self) -> Sequence[E]:
        return self._render_events(self._activity.generate_day())
