"""The simulator of a declared vendor, over the neutral hotel.

`start_declarative_simulator(VENDOR, RENDERER, options)` implements a `start_simulator`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import orjson

from adapters.outbound.provider_kit.declarative.vendor import VendorDeclaration
from adapters.outbound.provider_kit.simulation.declarative_api import DeclarativeSimulatorApi
from adapters.outbound.provider_kit.simulation.declarative_renderer import (
    SimulatedEvent,
    SimulatorRenderer,
    StayViews,
    instant_from_ticks,
)
from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import (
    ROOM_EVENTS,
    HotelEvent,
    HotelEventType,
    SimulatedRoomStay,
)
from adapters.outbound.provider_kit.simulation.hotel_simulator import (
    HotelSimulator,
    activity_generator_from,
)
from adapters.outbound.provider_kit.simulation.scenario import VendorMessage
from adapters.outbound.provider_kit.simulation.server.options import (
    SimulatorOptions,
    run_conditions_from,
)
from ports.renamed import accepts_old_parameters, renamed_method, renamed_property

_GUESTS: Final = frozenset({HotelEventType.GUEST_CHANGED, HotelEventType.GUEST_MERGED})
_EVENT_NAMES: Final = {HotelEventType.CREATED: "created", HotelEventType.DELETED: "deleted"}


@accepts_old_parameters(words="renderer")
def start_declarative_simulator(
    vendor: VendorDeclaration, renderer: SimulatorRenderer, options: SimulatorOptions
) -> "DeclarativeSimulator":
    """A running simulator; the caller stops it."""
    simulator = DeclarativeSimulator(vendor, renderer, options)
    simulator.begin(options)
    return simulator


class DeclarativeSimulator(HotelSimulator[SimulatedEvent]):
    """Its secrets are derived from the seed."""

    @accepts_old_parameters(words="renderer")
    def __init__(
        self, vendor: VendorDeclaration, renderer: SimulatorRenderer, options: SimulatorOptions
    ) -> None:
        self._vendor = vendor
        self._renderer = renderer
        self.reports_paid = renderer.reports_paid
        self.reports_balance = renderer.reports_balance
        super().__init__(activity_generator_from(options), **run_conditions_from(options))
        self.api = DeclarativeSimulatorApi(
            vendor,
            renderer,
            self.activity,
            values=self._values(),
            tokens=self.tokens,
            middleware=self.middleware,
        )
        self.page_size = vendor.bookings.paging.size
        self.bookings_path = self.api.bookings_path
        self.token_path = self.api.token_path
        self.serve(self.api.answer)

    def connection_values(self) -> dict[str, str]:
        return {**super().connection_values(), **self._values()}

    if not TYPE_CHECKING:
        truth = renamed_method("truth", "expected_bookings")
        given_tokens = renamed_method("given_tokens", "issued_tokens")
        live_by_itself = renamed_method("live_by_itself", "start_activity")
        message_of = renamed_method("message_of", "build_message")
        note = renamed_method("note", "queue_messages")
        one_event_a_message = renamed_property("one_event_a_message", "has_one_event_per_message")
        perform = renamed_method("perform", "perform_and_queue")
        relive = renamed_method("relive", "replay_journal")

    def external_id(self, stay: SimulatedRoomStay) -> str:
        return stay.id

    def messages(self) -> Sequence[VendorMessage]:
        return super().messages() if self._renderer.message else []

    def unknown_message(self) -> VendorMessage | None:
        if self._renderer.message is None:
            return None
        at = instant_from_ticks(self.hotel.now)
        return self.build_message(
            SimulatedEvent(what="unknown-event", stay_id="none", hotel_id=self.hotel.id, at=at)
        )

    def webhook_proof(self, body: bytes) -> Mapping[str, str]:
        webhooks = self._vendor.webhooks
        return webhooks.proof.headers(body, self._values()) if webhooks else {}

    def _values(self) -> dict[str, str]:
        secrets = {
            spec.name: f"simulated-{spec.name}-{self.hotel.seed}"
            for spec in self._vendor.specs
            if spec.secret
        }
        return {**secrets, **self._renderer.settings(self.hotel)}

    def render_events(self, happened: Sequence[HotelEvent]) -> list[SimulatedEvent]:
        return [
            SimulatedEvent(
                what=what, stay_id=name, hotel_id=self.hotel.id, at=instant_from_ticks(event.at)
            )
            for event in happened
            for what, name in _event_subjects(self.activity, event)
        ]

    def compose(self, events: Sequence[SimulatedEvent]) -> bytes:
        (event,) = events
        return orjson.dumps(self._renderer.message(event)) if self._renderer.message else b"{}"


def _event_subjects(activity: ActivityGenerator, event: HotelEvent) -> Iterator[tuple[str, str]]:
    if event.type in ROOM_EVENTS:
        return
    if event.type in _GUESTS:
        for stay in StayViews(activity.hotel).stays_of_guest(event.subject):
            yield "changed", stay.id
    else:
        yield _EVENT_NAMES.get(event.type, "changed"), f"{event.subject}-{event.line}"
