"""What happens in the hotel as business events, and the queue that hands each out once."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel_records import Happened, HotelEvent

from .simulated_rooms import House
from .simulated_words import JsonObject, ReservationWords

_ACTIONS: Final = {
    Happened.CREATED: "NEW RESERVATION",
    Happened.AMENDED: "UPDATE RESERVATION",
    Happened.CHANGED: "UPDATE RESERVATION",
    Happened.CHECKED_IN: "CHECK IN",
    Happened.CHECK_IN_REVERTED: "REVERSE CHECK IN",
    Happened.CHECKED_OUT: "CHECK OUT",
    Happened.CANCELED: "CANCEL RESERVATION",
    Happened.REINSTATED: "REINSTATE RESERVATION",
    Happened.NO_SHOW: "NO SHOW",
    Happened.DELETED: "DELETE RESERVATION",
    Happened.ROOM_ASSIGNED: "ASSIGN ROOM",
    Happened.ROOM_UNASSIGNED: "UNASSIGN ROOM",
}
_PROFILE_ACTIONS: Final = {
    Happened.GUEST_CHANGED: "UPDATE PROFILE",
    Happened.GUEST_MERGED: "MERGE PROFILE",
}
MOST_QUEUED: Final = 20_000
"""The oldest go first where nobody takes them, as with the vendor."""


@dataclass(frozen=True, slots=True)
class BusinessEvent:
    number: int
    module: str
    action: str
    primary_key: str
    at: int


class EventTeller:
    def __init__(self, house: House, words: ReservationWords) -> None:
        self._house = house
        self._words = words
        self._given = 2_000_000

    def told(self, happened: Sequence[HotelEvent]) -> Iterator[BusinessEvent]:
        for event in self._house.split_for(happened):
            module, action, keys = self._named(event)
            for key in keys:
                self._given += 1
                yield BusinessEvent(self._given, module, action, key, event.at)

    def _named(self, event: HotelEvent) -> tuple[str, str, list[str]]:
        if event.what in _ACTIONS:
            stay = self._house.hotel.stay(event.subject, event.line)
            return "Reservation", _ACTIONS[event.what], self._house.of_stay(stay)
        if event.what in _PROFILE_ACTIONS:
            key = self._words.profile_id(event.subject)
            return "Profile", _PROFILE_ACTIONS[event.what], [key]
        return "Housekeeping", "UPDATE ROOM STATUS", [event.subject]

    def body(self, events: Sequence[BusinessEvent]) -> JsonObject:
        """businessEvents."""
        return {
            "businessEventData": [self._data(event) for event in events],
            "dataValueMapping": [],
        }

    def _data(self, event: BusinessEvent) -> JsonObject:
        header = {
            "moduleName": event.module,
            "actionType": event.action,
            "actionId": event.number,
            "primaryKey": event.primary_key,
            "publisherId": 57_475,
            "createdDateTime": self._words.stamp(event.at),
            "hotelId": self._house.hotel.id,
        }
        details = [{"dataElement": "RESORT", "newValue": self._house.hotel.id}]
        told = {"header": header, "details": details}
        return {"businessEvent": told, "businessEventId": {"id": str(event.number)}}


class EventQueue:
    """Destructive: what was given out once is gone, also where the answer is lost."""

    def __init__(self) -> None:
        self._waiting: deque[BusinessEvent] = deque(maxlen=MOST_QUEUED)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, events: Sequence[BusinessEvent]) -> None:
        with self._lock:
            self._waiting.extend(events)

    def take(self, limit: int) -> list[BusinessEvent]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))]
