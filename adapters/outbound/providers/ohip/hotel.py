"""One hotel of one environment, asked in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.local_time import local_day
from adapters.outbound.providers.ohip.api import OhipApi, Query
from adapters.outbound.providers.ohip.capabilities import (
    COUNTS,
    EVENTS_A_CALL,
    IDS_A_QUESTION,
    PAGE_SIZE,
)
from adapters.outbound.providers.ohip.mapping_availability import CellMapper, room_types_of
from adapters.outbound.providers.ohip.mapping_bookings import BookingMapper
from adapters.outbound.providers.ohip.mapping_guests import GuestMapper
from adapters.outbound.providers.ohip.messages import Shape
from adapters.outbound.providers.ohip.notifications import split
from adapters.outbound.providers.ohip.reading import Entry, HotelClock, as_day, numbered
from domain.snapshots import HotelRecords
from ports.errors import ProviderRejected, UnreadableAnswer
from ports.providers import ReadItem
from ports.system import Clock

_ELEMENTS: Final = ("Reservation", "RevenuesAndBalances", "CancellationInfo", "FetchChildAges")
_SINGLE_ELEMENTS: Final = (
    "Reservation",
    "Comments",
    "RevenuesAndBalances",
    "FetchChildAges",
    "Shares",
    "AccompanyingGuestProfile",
)
_ORDER: Final = (("orderBy", "ArrivalDate"), ("sortOrder", "Asc"))


class Found(NamedTuple):
    """A page of a list. `has_more` is believed where it says that there is none."""

    values: list[Json]
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotel:
    api: OhipApi
    zone: ZoneInfo
    clock: Clock

    def business_date(self) -> date:
        """The hotel's own, rolled by its night audit; the calendar's where it is not told."""
        try:
            answer = self.api.find(self._path("bof", "businessDate"))
        except ProviderRejected:
            answer = None
        hotels = answer.get("hotels") if isinstance(answer, dict) else None
        for value in hotels if isinstance(hotels, list) else ():
            if isinstance(value, dict) and value.get("hotelId") == self.api.hotel_id:
                try:
                    return as_day(value.get("businessDate"), "businessDate")
                except UnreadableField:
                    break
        return local_day(self.clock.now(), self.zone)

    def reservations(self, query: Query, *, offset: int = 0, limit: int | None = None) -> Found:
        """Also of every state: the vendor filters by none unless it is asked to."""
        asked = [
            *query,
            *(("fetchInstructions", name) for name in _ELEMENTS),
            *_ORDER,
            ("limit", str(limit or PAGE_SIZE)),
            ("offset", str(offset)),
        ]
        answer = self.api.listed(self._path("rsv", "reservations"), asked)
        if answer is None:
            return Found([], has_more=False)
        told = answer.get("reservations") if isinstance(answer, dict) else None
        if not isinstance(told, dict):
            raise UnreadableAnswer(reason="the list is missing", path="reservations")
        values = told.get(Shape.LISTED.value, [])
        if not isinstance(values, list):
            raise UnreadableAnswer(reason="the list is missing", path="reservationInfo")
        return Found(values, has_more=told.get("hasMore") in (True, "true"))

    def by_id(self, ids: Sequence[str], observed_at: datetime) -> list[ReadItem]:
        """In bulk; what a list does not show is asked for alone before it counts as gone."""
        items: list[ReadItem] = []
        for start in range(0, len(ids), IDS_A_QUESTION):
            chunk = ids[start : start + IDS_A_QUESTION]
            query = [("reservationIdList", reservation_id) for reservation_id in chunk]
            found = self.bookings(self.reservations(query).values, observed_at)
            there = {item.external_id for item in found}
            alone = (self._alone(one, observed_at) for one in chunk if one not in there)
            items += [*found, *(item for each in alone for item in each)]
        return [item for item in items if item.external_id is None or item.external_id in ids]

    def _alone(self, reservation_id: str, observed_at: datetime) -> list[ReadItem]:
        query = [("fetchInstructions", name) for name in _SINGLE_ELEMENTS]
        path = self._path("rsv", f"reservations/{quote(reservation_id, safe='')}")
        answer = self.api.find(path, query)
        if answer is None:
            return []
        told = answer.get("reservations") if isinstance(answer, dict) else None
        values = told.get(Shape.SINGLE.value) if isinstance(told, dict) else None
        if not isinstance(values, list):
            raise UnreadableAnswer(reason="the reservation is missing", path="reservations")
        return self._mapped(values, Shape.SINGLE, observed_at)

    def bookings(self, values: Sequence[Json], observed_at: datetime) -> list[ReadItem]:
        return self._mapped(values, Shape.LISTED, observed_at)

    def _mapped(
        self, values: Sequence[Json], shape: Shape, observed_at: datetime
    ) -> list[ReadItem]:
        mapper = BookingMapper(HotelClock(self.zone, observed_at), whole=True)
        entries = numbered(f"reservations.{shape.value}", filter(self._is_ours, values))
        return [mapper.map(entry, shape) for entry in entries]

    def _is_ours(self, value: Json) -> bool:
        told = value.get("hotelId") if isinstance(value, dict) else None
        return told in (None, self.api.hotel_id)

    def guests(self, ids: Sequence[str], observed_at: datetime) -> list[ReadItem]:
        mapper = GuestMapper(HotelClock(self.zone, observed_at))
        answers = (self.api.find(f"/crm/v1/profiles/{quote(one, safe='')}") for one in ids)
        return [mapper.map(Entry("", answer)) for answer in answers if answer is not None]

    def inventory(
        self, first: date, last: date, observed_at: datetime
    ) -> tuple[list[ReadItem], HotelRecords]:
        """Both days included; what is no room type of ours is none of the vendor's either."""
        asked = [
            ("dateRangeStart", first.isoformat()),
            ("dateRangeEnd", last.isoformat()),
            ("reportCode", "RoomsAvailabilitySummary"),
            *(
                pair
                for name in COUNTS
                for pair in (("parameterName", name), ("parameterValue", "Y"))
            ),
        ]
        answer = self.api.listed(self._path("inv", "inventoryStatistics"), asked)
        if answer is None:
            return [], HotelRecords()
        if not isinstance(answer, list):
            raise UnreadableAnswer(reason="the statistics are missing", path="statistics")
        try:
            records = HotelRecords(room_types=room_types_of(answer))
        except UnreadableField as fault:
            raise UnreadableAnswer(fault.message, path=fault.path) from fault
        entries = numbered("", answer)
        mapper = CellMapper(observed_at)
        return [item for entry in entries for item in mapper.map(entry)], records

    def next_events(self, external_system: str) -> list[bytes]:
        """They are gone from the vendor's queue when this returns. Empty when it is."""
        system, hotel = quote(external_system, safe=""), quote(self.api.hotel_id, safe="")
        path = f"/int/v1/externalSystem/{system}/hotels/{hotel}/businessEvents"
        return split(self.api.take(path, [("limit", str(EVENTS_A_CALL))]).body)

    def _path(self, module: str, rest: str) -> str:
        return f"/{module}/v1/hotels/{quote(self.api.hotel_id, safe='')}/{rest}"


def name_of(found: Sequence[Json]) -> str | None:
    for value in found:
        told = value.get("hotelName") if isinstance(value, dict) else None
        if isinstance(told, str) and told:
            return told
    return None


def days(first: date, until: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((until - first).days)]
