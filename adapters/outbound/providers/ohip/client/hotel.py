"""One hotel of one environment, read in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.enclosing_property import named_foreign
from adapters.outbound.provider_kit.parsing.errors import UnreadableField, parsing_answer
from adapters.outbound.provider_kit.parsing.json_fields import list_at, text_at, value_at
from adapters.outbound.provider_kit.parsing.json_messages import numbered_entries
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.list_counts import require_answered
from adapters.outbound.provider_kit.parsing.local_time import local_day
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.pull.reading import batches
from adapters.outbound.providers.ohip.capabilities import (
    COUNTS,
    EVENTS_PER_CALL,
    IDS_PER_REQUEST,
    PAGE_SIZE,
)
from adapters.outbound.providers.ohip.client.api import OhipApi, Query
from adapters.outbound.providers.ohip.mapping.availability import OhipCellMapper, map_room_types
from adapters.outbound.providers.ohip.mapping.bookings import OhipBookingMapper
from adapters.outbound.providers.ohip.mapping.guests import OhipGuestMapper
from adapters.outbound.providers.ohip.mapping.messages import Shape, objects_around, open_page
from adapters.outbound.providers.ohip.mapping.notifications import split_events
from adapters.outbound.providers.ohip.mapping.parsing import (
    COUNT_PATHS,
    PROPERTY_PATHS,
    HotelClock,
    as_day,
)
from domain.snapshots import HotelRecords
from ports.errors import ProviderRejected, UnreadableAnswer, UnreadableMessage
from ports.providers import ReadItem
from ports.system import Clock

_INSTRUCTIONS: Final = ("Reservation", "RevenuesAndBalances", "FetchChildAges")
_LIST_INSTRUCTIONS: Final = (*_INSTRUCTIONS, "CancellationInfo")
_SINGLE_INSTRUCTIONS: Final = (*_INSTRUCTIONS, "Comments", "Shares", "AccompanyingGuestProfile")
_SORT_QUERY: Final = (("orderBy", "ArrivalDate"), ("sortOrder", "Asc"))


class OhipReservationPage(NamedTuple):
    """A page of a list. `has_more`: only False is reliable."""

    values: list[Json]
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OhipHotel:
    api: OhipApi
    zone: ZoneInfo
    clock: Clock

    def business_date(self) -> date:
        """Rolled by the hotel's night audit; the calendar date if the API does not give it."""
        try:
            answer = self.api.find(self._hotel_path("bof", "businessDate"))
        except ProviderRejected:
            answer = None
        for value in list_at(answer, "hotels"):
            if value_at(value, "hotelId") == self.api.hotel_id:
                try:
                    return as_day(value_at(value, "businessDate"), "businessDate")
                except UnreadableField:
                    break
        return local_day(self.clock.now(), self.zone)

    def fetch_reservations(
        self, query: Query, *, offset: int = 0, limit: int | None = None
    ) -> OhipReservationPage:
        """In every state: the vendor filters by state only on request."""
        query_parameters = [
            *query,
            *(("fetchInstructions", name) for name in _LIST_INSTRUCTIONS),
            *_SORT_QUERY,
            ("limit", str(limit or PAGE_SIZE)),
            ("offset", str(offset)),
        ]
        answer = self.api.listed(self._hotel_path("rsv", "reservations"), query_parameters)
        if value_at(answer, "reservations") == {} or answer is None:
            return OhipReservationPage([], has_more=False)
        try:
            path, found = open_page(answer, "reservations", (Shape.LISTED.value,))
        except UnreadableMessage as error:
            raise UnreadableAnswer(reason="the list is missing", path="reservations") from error
        values = found.get(Shape.LISTED.value, [])
        if not isinstance(values, list):
            raise UnreadableAnswer(reason="the list is missing", path="reservationInfo")
        around = objects_around(answer, path)
        require_answered(values, around, COUNT_PATHS, path, seen=offset)
        named = self._named_foreign(values, around)
        return OhipReservationPage(named, has_more=found.get("hasMore") in (True, "true"))

    def _named_foreign(self, values: Sequence[Json], around: Sequence[Json]) -> list[Json]:
        return list(named_foreign(values, around, PROPERTY_PATHS, self.api.hotel_id))

    def fetch_bookings(self, ids: Sequence[str], observed_at: datetime) -> list[ReadItem]:
        """In bulk. A reservation missing from the list counts as deleted only if a request for it
        alone does not find it either."""
        chunks = batches(ids, IDS_PER_REQUEST)
        items = [item for chunk in chunks for item in self._fetch_chunk(chunk, observed_at)]
        return [item for item in items if item.external_id is None or item.external_id in ids]

    def _fetch_chunk(self, ids: Sequence[str], observed_at: datetime) -> list[ReadItem]:
        query = [("reservationIdList", reservation_id) for reservation_id in ids]
        items = self.bookings(self.fetch_reservations(query).values, observed_at)
        found_ids = {item.external_id for item in items}
        for reservation_id in ids:
            if reservation_id not in found_ids:
                items += self._fetch_single(reservation_id, observed_at)
        return items

    def _fetch_single(self, reservation_id: str, observed_at: datetime) -> list[ReadItem]:
        query = [("fetchInstructions", name) for name in _SINGLE_INSTRUCTIONS]
        path = self._hotel_path("rsv", f"reservations/{quote(reservation_id, safe='')}")
        answer = self.api.find(path, query)
        if answer is None:
            return []
        values = value_at(answer, "reservations", Shape.SINGLE.value)
        if not isinstance(values, list):
            raise UnreadableAnswer(reason="the reservation is missing", path="reservations")
        named = self._named_foreign(values, objects_around(answer, "reservations"))
        return self._map_bookings(named, Shape.SINGLE, observed_at)

    def bookings(self, values: Sequence[Json], observed_at: datetime) -> list[ReadItem]:
        return self._map_bookings(values, Shape.LISTED, observed_at)

    def _map_bookings(
        self, values: Sequence[Json], shape: Shape, observed_at: datetime
    ) -> list[ReadItem]:
        mapper = OhipBookingMapper(HotelClock(self.zone, observed_at), shape, is_complete=True)
        entries = numbered_entries(f"reservations.{shape.value}", filter(self._is_ours, values))
        return [mapper.map(entry) for entry in entries]

    def _is_ours(self, value: Json) -> bool:
        return value_at(value, "hotelId") in (None, self.api.hotel_id)

    def guests(self, ids: Sequence[str], observed_at: datetime) -> list[ReadItem]:
        mapper = OhipGuestMapper(HotelClock(self.zone, observed_at))
        answers = (self.api.find(f"/crm/v1/profiles/{quote(item_id, safe='')}") for item_id in ids)
        return [mapper.map(JsonEntry("", answer)) for answer in answers if answer is not None]

    def inventory(
        self, first: date, last: date, observed_at: datetime
    ) -> tuple[list[ReadItem], HotelRecords]:
        """Both days included."""
        query_parameters = [
            ("dateRangeStart", first.isoformat()),
            ("dateRangeEnd", last.isoformat()),
            ("reportCode", "RoomsAvailabilitySummary"),
        ]
        for name in COUNTS:
            query_parameters += [("parameterName", name), ("parameterValue", "Y")]
        answer = self.api.listed(self._hotel_path("inv", "inventoryStatistics"), query_parameters)
        if answer is None:
            return [], HotelRecords()
        if not isinstance(answer, list):
            raise UnreadableAnswer(reason="the statistics are missing", path="statistics")
        with parsing_answer():
            records = HotelRecords(room_types=map_room_types(answer))
        try:
            items = OhipCellMapper(observed_at).map_answers(numbered_entries("", answer))
        except UnreadableMessage as error:
            raise UnreadableAnswer(error.message, path="statistics") from error
        return items, records

    def next_events(self, external_system: str) -> list[bytes]:
        """Takes events off the vendor's queue; none if it is empty."""
        system, hotel = quote(external_system, safe=""), quote(self.api.hotel_id, safe="")
        path = f"/int/v1/externalSystem/{system}/hotels/{hotel}/businessEvents"
        return split_events(self.api.take_once(path, [("limit", str(EVENTS_PER_CALL))]).body)

    def _hotel_path(self, module: str, rest: str) -> str:
        return f"/{module}/v1/hotels/{quote(self.api.hotel_id, safe='')}/{rest}"


def find_hotel_name(found: Sequence[Json]) -> str | None:
    return next(filter(None, (text_at(value, "hotelName") for value in found)), None)
