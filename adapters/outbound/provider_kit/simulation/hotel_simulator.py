"""The base of every vendor simulator over the neutral hotel."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar, Unpack

from adapters.outbound.provider_kit.simulation.hotel.activity import (
    ActivityGenerator,
    create_activity_generator,
)
from adapters.outbound.provider_kit.simulation.hotel.records import HotelEvent, RoomStay
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import START_DATE
from adapters.outbound.provider_kit.simulation.scenario import (
    ScenarioAction,
    VendorMessage,
    apply_action,
    create_bookings_at_once,
)
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.issued_tokens import IssuedTokens
from adapters.outbound.provider_kit.simulation.server.options import RunConditions, SimulatorOptions
from adapters.outbound.provider_kit.simulation.server.running_simulator import RunningSimulator
from adapters.outbound.provider_kit.simulation.server.webhook_sender import (
    WebhookFaults,
    WebhookSender,
)

E = TypeVar("E")


def activity_generator_from(options: SimulatorOptions) -> ActivityGenerator:
    return create_activity_generator(
        seed=options.seed,
        bookings=options.bookings,
        currency=options.currency,
        time_zone=options.time_zone,
        start_date=options.start_date or START_DATE,
    )


class HotelSimulator(RunningSimulator[E]):
    """Implements scenario.SupportsBurst, SupportsIssuedTokens and the shared part of
    ScenarioSimulator. `render_events` turns hotel events into the vendor's, `compose` those into a
    webhook body."""

    has_one_event_per_message = True

    def __init__(
        self,
        activity: ActivityGenerator,
        *,
        render_events: Callable[[Sequence[HotelEvent]], Sequence[E]],
        compose: Callable[[Sequence[E]], bytes],
        **conditions: Unpack[RunConditions],
    ) -> None:
        self.activity = activity
        self.hotel = activity.hotel
        self.tokens = IssuedTokens(activity.hotel.seed)
        self._render_events = render_events
        self._pending_events: list[E] = []
        super().__init__(
            activity_source=VendorActivityGenerator(activity, render_events),
            compose=compose,
            seed=activity.hotel.seed,
            **conditions,
        )

    def perform_and_queue(self, action: ScenarioAction) -> RoomStay | None:
        with self.activity.lock:
            stay, hotel_events = apply_action(self.activity, action)
            self.queue_messages(hotel_events)
        return stay

    def burst(self, count: int) -> None:
        with self.activity.lock:
            self.queue_messages(create_bookings_at_once(self.activity, count))

    def queue_messages(self, hotel_events: Sequence[HotelEvent]) -> None:
        """For the next `messages`."""
        self._pending_events += self._render_events(hotel_events)

    def messages(self) -> Sequence[VendorMessage]:
        pending, self._pending_events = self._pending_events, []
        return [self.build_message(event) for event in pending]

    def build_message(self, event: E) -> VendorMessage:
        body = self._compose([event])
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
