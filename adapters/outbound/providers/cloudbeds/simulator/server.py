"""A simulated Cloudbeds: its API and its token endpoint on one port."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Unpack

import orjson

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import (
    ROOM_EVENTS,
    TICKS,
    HotelEvent,
    HotelEventType,
    SimulatedBooking,
    SimulatedRoomStay,
)
from adapters.outbound.provider_kit.simulation.hotel_simulator import HotelSimulator
from adapters.outbound.provider_kit.simulation.scenario import (
    COMMANDS,
    ExpectedBooking,
    ScenarioAction,
    VendorMessage,
    apply_action,
)
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.provider_kit.simulation.server.options import RunConditions
from adapters.outbound.providers.cloudbeds.capabilities import PAGE_SIZE
from adapters.outbound.providers.cloudbeds.simulator.api import (
    PREFIX,
    RESERVATIONS,
    TOKEN,
    SimulatedCloudbedsApi,
    SimulatedConsent,
)
from domain.status import BookingStatus
from domain.values import Money

_STATUSES: Final = {
    "not_confirmed": BookingStatus.PENDING,
    "confirmed": BookingStatus.CONFIRMED,
    "checked_in": BookingStatus.CHECKED_IN,
    "checked_out": BookingStatus.CHECKED_OUT,
    "canceled": BookingStatus.CANCELED,
    "no_show": BookingStatus.NO_SHOW,
}
_SINGLE_ROOM_ACTIONS: Final = {ScenarioAction.AMEND, ScenarioAction.REINSTATE, ScenarioAction.PAY}
"""Any other action on one room applies to all rooms of its booking that it fits."""


@dataclass(frozen=True, slots=True)
class CloudbedsEvent:
    """`is_upper_case_id`: it spells reservationID and propertyID, other webhooks …Id."""

    name: str
    fields: JsonObject
    at: int
    is_upper_case_id: bool


class CloudbedsSimulator(HotelSimulator[CloudbedsEvent]):
    """One property behind one port."""

    page_size = PAGE_SIZE
    bookings_path = RESERVATIONS
    token_path = TOKEN
    reports_paid = reports_balance = True

    def __init__(
        self,
        activity: ActivityGenerator,
        *,
        credentials: SimulatedConsent | None = None,
        has_blank_modifications: bool = False,
        **conditions: Unpack[RunConditions],
    ) -> None:
        self.credentials = credentials or SimulatedConsent.of(activity.hotel.seed)
        super().__init__(activity, **conditions)
        self.api = SimulatedCloudbedsApi(
            activity,
            self.credentials,
            self.tokens,
            self.middleware,
            has_blank_modifications=has_blank_modifications,
        )
        self.renderer = self.api.renderer
        self.serve(self.api.answer)

    def connection_values(self) -> dict[str, str]:
        return {
            "base_url": f"{self.base_url}{PREFIX}".rstrip("/"),
            "client_id": self.credentials.client_id,
            "client_secret": self.credentials.client_secret,
            "refresh_token": self.credentials.refresh_token,
            "property_id": self.renderer.inventory.property_id,
        }

    def expected_bookings(self) -> Sequence[ExpectedBooking]:
        with self.activity.lock:
            return [self._expected_booking(booking) for booking in self.hotel.expected_bookings()]

    def _expected_booking(self, booking: SimulatedBooking) -> ExpectedBooking:
        renderer = self.renderer
        return ExpectedBooking(
            external_id=renderer.reservation_id(booking.id),
            status=_STATUSES[renderer.status(booking)],
            arrival=renderer.arrival(booking),
            departure=renderer.departure(booking),
            total=Money(renderer.total(booking), self.hotel.currency),
            **self.expect_payments(renderer.total(booking), renderer.paid(booking)),
        )

    def act(self, action: ScenarioAction) -> str | None:
        with self.activity.lock:
            stay, happened = apply_action(self.activity, action)
            if stay is None:
                return None
            self._apply_to_all_rooms(action, self.hotel.bookings[stay.booking_id])
            self.queue_messages([*happened, *self.activity.commands.take_events()])
        return self.external_id(stay)

    def external_id(self, stay: SimulatedRoomStay) -> str:
        return self.renderer.reservation_id(stay.booking_id)

    def _apply_to_all_rooms(self, action: ScenarioAction, booking: SimulatedBooking) -> None:
        if action not in COMMANDS.keys() - _SINGLE_ROOM_ACTIONS:
            return
        state, command = COMMANDS[action]
        for stay in booking.stays:
            is_fit = action is ScenarioAction.DELETE or stay.state is state
            if stay.deleted is None and is_fit:
                command(self.activity.commands, stay)

    def unknown_message(self) -> VendorMessage:
        event = CloudbedsEvent(
            "weather/forecast_changed", {}, self.hotel.now, is_upper_case_id=True
        )
        return self.build_message(event)

    def compose(self, events: Sequence[CloudbedsEvent]) -> bytes:
        (event,) = events
        name = "propertyID" if event.is_upper_case_id else "propertyId"
        property_id = self.renderer.inventory.property_id
        return orjson.dumps(
            {
                "version": "1.0",
                "event": event.name,
                "timestamp": event.at // (TICKS // 1_000_000) / 1_000_000,
                name: int(property_id),
                f"{name}_str": property_id,
                **event.fields,
            }
        )

    def render_events(self, happened: Sequence[HotelEvent]) -> list[CloudbedsEvent]:
        return [event for each in happened for event in self._events(each)]

    def _events(self, happened: HotelEvent) -> Iterator[CloudbedsEvent]:
        if happened.type is HotelEventType.ROOM_CLEANED:
            room: JsonObject = {"roomId": self.renderer.inventory.room_id(happened.subject)}
            name = "housekeeping/room_condition_changed"
            yield CloudbedsEvent(name, room, happened.at, is_upper_case_id=False)
        elif happened.type in (HotelEventType.GUEST_CHANGED, HotelEventType.GUEST_MERGED):
            guest_id = self.renderer.guest_id(happened.subject)
            fields: JsonObject = {"guestId": int(guest_id), "guestId_str": guest_id}
            yield CloudbedsEvent(
                "guest/details_changed", fields, happened.at, is_upper_case_id=False
            )
        elif happened.type not in ROOM_EVENTS:
            yield self._booking_event(happened)

    def _booking_event(self, happened: HotelEvent) -> CloudbedsEvent:
        booking = self.hotel.bookings[happened.subject]
        own = self.renderer.reservation_id(booking.id)
        days: JsonObject = {
            "startDate": self.renderer.arrival(booking).isoformat(),
            "endDate": self.renderer.departure(booking).isoformat(),
        }
        if happened.type is HotelEventType.PAID:
            paid: JsonObject = {"reservationID": own}
            return CloudbedsEvent("transaction/created", paid, happened.at, is_upper_case_id=True)
        match happened.type:
            case HotelEventType.CREATED:
                name, is_upper_case_id, more = "created", True, days
            case HotelEventType.AMENDED:
                name, is_upper_case_id, more = "dates_changed", False, days
            case HotelEventType.ROOM_ASSIGNED | HotelEventType.ROOM_UNASSIGNED:
                name, is_upper_case_id, more = "accommodation_changed", False, {}
            case HotelEventType.DELETED if booking.is_deleted:
                name, is_upper_case_id, more = "deleted", False, {}
            case HotelEventType.DELETED:
                name, is_upper_case_id, more = "accommodation_removed", False, {}
            case _:
                status: JsonObject = {"status": self.renderer.status(booking)}
                name, is_upper_case_id, more = "status_changed", True, status
        key = "reservationID" if is_upper_case_id else "reservationId"
        return CloudbedsEvent(
            f"reservation/{name}", {key: own, **more}, happened.at, is_upper_case_id
        )


start_simulator = CloudbedsSimulator.launch
