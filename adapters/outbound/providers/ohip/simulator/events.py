"""Hotel events as business events, and the queue that delivers each of them once."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import HotelEvent, HotelEventType
from adapters.outbound.provider_kit.simulation.server.fault_responses import JsonObject
from adapters.outbound.providers.ohip.simulator.rendering import OhipRenderer
from adapters.outbound.providers.ohip.simulator.reservations import SimulatedReservations

_ACTIONS: Final = {
    HotelEventType.CREATED: "NEW RESERVATION",
    HotelEventType.AMENDED: "UPDATE RESERVATION",
    HotelEventType.CHANGED: "UPDATE RESERVATION",
    HotelEventType.CHECKED_IN: "CHECK IN",
    HotelEventType.CHECK_IN_REVERTED: "REVERSE CHECK IN",
    HotelEventType.CHECKED_OUT: "CHECK OUT",
    HotelEventType.CANCELED: "CANCEL RESERVATION",
    HotelEventType.REINSTATED: "REINSTATE RESERVATION",
    HotelEventType.NO_SHOW: "NO SHOW",
    HotelEventType.DELETED: "DELETE RESERVATION",
    HotelEventType.ROOM_ASSIGNED: "ASSIGN ROOM",
    HotelEventType.ROOM_UNASSIGNED: "UNASSIGN ROOM",
}
_PROFILE_ACTIONS: Final = {
    HotelEventType.GUEST_CHANGED: "UPDATE PROFILE",
    HotelEventType.GUEST_MERGED: "MERGE PROFILE",
}
MAX_QUEUED_EVENTS: Final = 20_000
"""The oldest events are dropped first if nobody reads them, as the vendor does."""


@dataclass(frozen=True, slots=True)
class BusinessEvent:
    number: int
    module: str
    action: str
    primary_key: str
    at: int
    reservation_id: str | None = None
    """In the details of a posting, whose primary key is the transaction."""


class BusinessEventRenderer:
    def __init__(
        self, simulated_reservations: SimulatedReservations, renderer: OhipRenderer
    ) -> None:
        self._reservations = simulated_reservations
        self._renderer = renderer
        self._last_number = 2_000_000

    def render(self, happened: Sequence[HotelEvent]) -> Iterator[BusinessEvent]:
        for event in self._reservations.split_before(happened):
            if event.type is HotelEventType.PAID:
                yield self._render_posting(event)
                continue
            module, action, keys = self._describe(event)
            for key in keys:
                yield BusinessEvent(self._next_number(), module, action, key, event.at)

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _render_posting(self, event: HotelEvent) -> BusinessEvent:
        stay = self._reservations.hotel.stay(event.subject, event.line)
        number = self._next_number()
        return BusinessEvent(
            number=number,
            module="Cashiering",
            action="NEW POSTING",
            primary_key=f"9{number}",
            at=event.at,
            reservation_id=self._reservations.reservation_ids_of(stay)[0],
        )

    def _describe(self, event: HotelEvent) -> tuple[str, str, list[str]]:
        if event.type in _ACTIONS:
            stay = self._reservations.hotel.stay(event.subject, event.line)
            return "Reservation", _ACTIONS[event.type], self._reservations.reservation_ids_of(stay)
        if event.type in _PROFILE_ACTIONS:
            key = self._renderer.profile_id(event.subject)
            return "Profile", _PROFILE_ACTIONS[event.type], [key]
        block = self._reservations.hotel.blocks.get(event.subject)
        return "Housekeeping", "UPDATE ROOM STATUS", [block.room_id if block else event.subject]

    def body(self, events: Sequence[BusinessEvent]) -> JsonObject:
        """businessEvents."""
        return {
            "businessEventData": [self._render_event(event) for event in events],
            "dataValueMapping": [],
        }

    def _render_event(self, event: BusinessEvent) -> JsonObject:
        header = {
            "moduleName": event.module,
            "actionType": event.action,
            "actionId": event.number,
            "primaryKey": event.primary_key,
            "publisherId": 57_475,
            "createdDateTime": self._renderer.format_local_time(event.at),
            "hotelId": self._reservations.hotel.id,
        }
        details = [{"dataElement": "RESORT", "newValue": self._reservations.hotel.id}]
        if event.reservation_id is not None:
            details.append({"dataElement": "RESV NAME ID", "newValue": event.reservation_id})
        render = {"header": header, "details": details}
        return {"businessEvent": render, "businessEventId": {"id": str(event.number)}}


class EventQueue:
    """Destructive: a delivered event is gone, even if the response is lost."""

    def __init__(self) -> None:
        self._waiting: deque[BusinessEvent] = deque(maxlen=MAX_QUEUED_EVENTS)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, events: Sequence[BusinessEvent]) -> None:
        with self._lock:
            self._waiting.extend(events)

    def take(self, limit: int) -> list[BusinessEvent]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
