"""A simulated Apaleo: its APIs and its identity server on one port."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Unpack

import orjson

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import (
    TICKS,
    HotelEvent,
    HotelEventType,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.hotel_simulator import HotelSimulator
from adapters.outbound.provider_kit.simulation.scenario import STATUSES, VendorMessage
from adapters.outbound.provider_kit.simulation.server.options import RunConditions
from adapters.outbound.providers.apaleo.capabilities import PAGE_SIZE
from adapters.outbound.providers.apaleo.simulator.api import (
    RESERVATIONS_PATH,
    TOKEN_PATH,
    SimulatedApaleoApi,
    SimulatedApaleoClients,
)
from domain.status import BookingStatus

_EVENT_TYPES: Final = {
    HotelEventType.CREATED: "created",
    HotelEventType.AMENDED: "amended",
    HotelEventType.CHANGED: "changed",
    HotelEventType.CHECKED_IN: "checked-in",
    HotelEventType.CHECK_IN_REVERTED: "check-in-reverted",
    HotelEventType.CHECKED_OUT: "checked-out",
    HotelEventType.CANCELED: "canceled",
    HotelEventType.REINSTATED: "changed",
    HotelEventType.NO_SHOW: "set-to-no-show",
    HotelEventType.DELETED: "deleted",
    HotelEventType.ROOM_ASSIGNED: "unit-assigned",
    HotelEventType.ROOM_UNASSIGNED: "unit-unassigned",
}
# The vendor has no options: an unpaid reservation is confirmed.
_STATUSES: Final = {**STATUSES, StayState.OPTION: BookingStatus.CONFIRMED}


@dataclass(frozen=True, slots=True)
class ApaleoEvent:
    """One webhook, about one entity."""

    topic: str
    type: str
    entity_id: str
    at: int


class ApaleoSimulator(HotelSimulator[ApaleoEvent]):
    """One property of one account behind one port."""

    page_size = PAGE_SIZE
    bookings_path = RESERVATIONS_PATH
    token_path = TOKEN_PATH
    statuses = _STATUSES
    reports_balance = True

    def __init__(
        self,
        activity: ActivityGenerator,
        *,
        clients: SimulatedApaleoClients | None = None,
        **conditions: Unpack[RunConditions],
    ) -> None:
        self.clients = clients or SimulatedApaleoClients.of(activity.hotel.seed)
        super().__init__(activity, **conditions)
        self.api = SimulatedApaleoApi(activity, self.clients, self.tokens, self.middleware)
        self.serve(self.api.answer)

    def external_id(self, stay: SimulatedRoomStay) -> str:
        return stay.id

    def unknown_message(self) -> VendorMessage:
        event = ApaleoEvent("Weather", "forecast-changed", "SIMULATED", self.hotel.now)
        return self.build_message(event)

    def connection_values(self) -> dict[str, str]:
        return {
            "base_url": self.base_url,
            "identity_url": self.base_url,
            "client_id": self.clients.client_id,
            "client_secret": self.clients.client_secret,
            "property_id": self.hotel.id,
        }

    def render_events(self, happened: Sequence[HotelEvent]) -> list[ApaleoEvent]:
        return [event for each in happened for event in _events(self.hotel, each)]

    def compose(self, events: Sequence[ApaleoEvent]) -> bytes:
        (event,) = events
        return orjson.dumps(
            {
                "topic": event.topic,
                "type": event.type,
                "id": f"00000000-0000-4000-8000-{event.at % 16**12:012x}",
                "accountId": "SIMU",
                "propertyId": self.hotel.id,
                "timestamp": event.at // (TICKS // 1000),
                "data": {"entityId": event.entity_id},
            }
        )


start_simulator = ApaleoSimulator.launch


def _events(hotel: SeededHotel, event: HotelEvent) -> Iterator[ApaleoEvent]:
    if event.type in _EVENT_TYPES:
        name = f"{event.subject}-{event.line}"
        yield ApaleoEvent("Reservation", _EVENT_TYPES[event.type], name, event.at)
    elif event.type is HotelEventType.PAID:
        folio = f"{event.subject}-{event.line}-1"
        yield ApaleoEvent("Folio", "payment-posted", folio, event.at)
    elif event.type is HotelEventType.ROOM_CLEANED:
        yield ApaleoEvent("Unit", "changed", f"{hotel.id}-{event.subject}", event.at)
    else:
        yield from _guest_events(hotel, event)


def _guest_events(hotel: SeededHotel, event: HotelEvent) -> Iterator[ApaleoEvent]:
    """A change of the booker is one of the booking, a change of any other guest one of the
    reservation."""
    for booking in hotel.bookings.values():
        if booking.booker_id == event.subject and not booking.is_deleted:
            yield ApaleoEvent("Booking", "changed", booking.id, event.at)
        for stay in booking.stays:
            if event.subject in stay.guest_ids and stay.deleted is None:
                yield ApaleoEvent("Reservation", "changed", stay.id, event.at)
