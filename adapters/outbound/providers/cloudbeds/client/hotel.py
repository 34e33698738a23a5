"""One property, read in bulk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Final

from adapters.outbound.provider_kit.http.status_errors import NotFoundAtProvider
from adapters.outbound.provider_kit.parsing.errors import UnreadableField, parsing_answer
from adapters.outbound.provider_kit.parsing.field_values import as_id
from adapters.outbound.provider_kit.parsing.json_fields import list_at
from adapters.outbound.provider_kit.parsing.json_messages import numbered_entries
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import days_from
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from adapters.outbound.provider_kit.pull.properties import PropertyHotel, VendorProperty
from adapters.outbound.provider_kit.pull.reading import NumberedPages
from adapters.outbound.providers.cloudbeds.client.api import CloudbedsApi, page_query, parse_list
from adapters.outbound.providers.cloudbeds.mapping.availability import CellBuilder, RateReader
from adapters.outbound.providers.cloudbeds.mapping.bookings import CloudbedsBookingMapper
from adapters.outbound.providers.cloudbeds.mapping.guests import (
    CloudbedsGuestMapper,
    as_listed_guest,
)
from adapters.outbound.providers.cloudbeds.mapping.parsing import UTC_ZONE, read_time
from adapters.outbound.providers.cloudbeds.mapping.records import map_records
from domain.snapshots import HotelRecords
from ports.errors import Misconfigured
from ports.providers import ReadItem

RESERVATIONS: Final = "getReservationsWithRateDetails"
GUESTS: Final = "getGuestList"
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_BOOKED_UNTIL_MARGIN: Final = timedelta(days=2)
"""By default the API lists bookings made "up to the current date", in an unnamed time zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudbedsHotel(PropertyHotel):
    api: CloudbedsApi

    @classmethod
    def fetch(cls, api: CloudbedsApi, property_id: str | None, time_zone: str) -> "CloudbedsHotel":
        """`time_zone`: used if the vendor reports none. Raises Misconfigured if the credentials do
        not see the property, or see several and none is named."""
        query = {"propertyIDs": property_id} if property_id else {}
        found = _choose_property(api.all("getHotels", query), property_id)
        with parsing_answer():
            reported = _parse_property(found, time_zone)
            api.property_id = reported.id
            details = reader_for(api.data("getHotelDetails", {"propertyID": reported.id}), "data")
            currency = details.object("propertyCurrency").text("currencyCode")
            return cls(api=api, property=replace(reported, currency=currency))

    def records(self, today: date) -> HotelRecords:
        rates = self._fetch_rates(today, today + timedelta(days=1))
        return map_records(self.room_types(), self._fetch_rooms(), rates)

    def room_type_ids(self) -> list[str]:
        reported = (id_of(value, "roomTypeID") for value in self.room_types())
        return [each for each in reported if each]

    def room_types(self) -> list[Json]:
        return _collect_pages(self._numbered_pages("getRoomTypes"), "roomTypeID")

    def _fetch_rooms(self) -> list[Json]:
        pages = self._numbered_pages("getRooms")
        return _collect_pages(
            ([room for value in page for room in list_at(value, "rooms")] for page in pages),
            "roomID",
        )

    def _numbered_pages(self, method: str) -> Iterator[list[Json]]:
        """Without end: room types have no total, and that of rooms counts properties."""
        for number in count(1):
            query = {**self._properties_query(), **page_query(number)}
            yield self.api.values(method, query)

    def reservation_pages(
        self, query: Mapping[str, str], now: datetime, *, first: int = 1
    ) -> NumberedPages:
        return self.api.pages(RESERVATIONS, {**self._reservations_query(now), **query}, first=first)

    def fetch_changed_pages(
        self, since: datetime, now: datetime, *, first: int = 1
    ) -> NumberedPages:
        """Newest first, deleted ones too, with open end."""
        order = {"sortByRecent": "true", "includeDeleted": "true"}
        query = {"modifiedFrom": self.since_text(since), **order}
        return self.reservation_pages(query, now, first=first)

    def fetch_created_pages(
        self, since: datetime, now: datetime, *, first: int = 1
    ) -> NumberedPages:
        """Oldest first, deleted ones too."""
        query = {"resultsFrom": self.since_text(since), "includeDeleted": "true"}
        return self.reservation_pages(query, now, first=first)

    def guest_pages(self, query: Mapping[str, str], *, first: int = 1) -> NumberedPages:
        order = {"includeGuestInfo": "true", "sortBy": "modification"}
        return self.api.pages(GUESTS, {**self._properties_query(), **order, **query}, first=first)

    def newest_change(self, now: datetime) -> datetime | None:
        newest = {"sortByRecent": "true", **page_query(1, size=1)}
        answer = self.api.get(RESERVATIONS, {**self._reservations_query(now), **newest})
        return self.newest_modified(parse_list(answer, "data"))

    def newest_modified(self, values: Sequence[Json]) -> datetime | None:
        """Unreadable times are left out: the mapper rejects those reservations."""
        return max(filter(None, map(self._modified_at, values)), default=None)

    def fetch_reservations(self, ids: Sequence[str], now: datetime) -> list[Json]:
        """Deleted ones too. One missing from the list counts as gone only if a request for it alone
        does not find it either."""
        found = self._filtered({"reservationID": ",".join(ids)}, now)
        found_ids = {id_of(value, "reservationID") for value in found}
        missing = [each for each in ids if each not in found_ids]
        return self._ours(found) + [v for each in missing for v in self._fetch_single(each)]

    def fetch_reservations_of_guest(self, guest_id: str, now: datetime) -> list[Json]:
        """They hold the guest's details, and their own modification time does not move with it."""
        return self._ours(self._filtered({"guestID": guest_id}, now))

    def _filtered(self, query: Mapping[str, str], now: datetime) -> list[Json]:
        pages = self.reservation_pages({**query, "includeDeleted": "true"}, now)
        try:
            return [value for _, page in pages for value in page]
        except NotFoundAtProvider:
            return []

    def _ours(self, values: list[Json]) -> list[Json]:
        """Without those of other properties of the account."""
        return [value for value in values if self._is_ours(value)]

    def _fetch_single(self, reservation_id: str) -> list[Json]:
        query = {"propertyID": self.property.id, "reservationID": reservation_id}
        try:
            value = self.api.data("getReservation", query)
        except NotFoundAtProvider:
            return []
        return [value] if self._is_ours(value) else []

    def guest(self, guest_id: str, now: datetime) -> list[Json]:
        query = {"propertyID": self.property.id, "guestID": guest_id}
        try:
            return [as_listed_guest(guest_id, self.api.data("getGuest", query), now)]
        except NotFoundAtProvider:
            return []

    def bookings(self, values: Sequence[Json]) -> list[ReadItem]:
        mapper = CloudbedsBookingMapper(self.zone, self.property.currency, is_complete=True)
        return [mapper.map(entry) for entry in numbered_entries("data", values)]

    def guests(self, values: Sequence[Json]) -> list[ReadItem]:
        mapper = CloudbedsGuestMapper(self.zone)
        return [mapper.map(entry) for entry in numbered_entries("data", values)]

    def cells(
        self, first: date, until: date, observed_at: datetime, room_types: Sequence[str]
    ) -> list[ReadItem]:
        rates = self._fetch_rates(first, until)
        entries = numbered_entries("data", rates)
        items = RateReader(self.property.currency, observed_at).read(entries)
        reported = {item.external_id for item in items}
        unavailable = [
            CellBuilder(observed_at).unavailable_cell(room_type, night)
            for room_type in room_types
            for night in days_from(first, until)
            if f"{room_type}/{night.isoformat()}" not in reported
        ]
        wanted = [item for item in items if item.reason or self._is_within(item, first, until)]
        return wanted + unavailable

    def since_text(self, since: datetime) -> str:
        """The vendor does not say whether it reads this as the property's local time or as UTC:
        the earlier of both, so that at most a day's changes are read again."""
        return min(since.astimezone(each).strftime(_TIME) for each in (UTC_ZONE, self.zone))

    def _fetch_rates(self, first: date, until: date) -> list[Json]:
        days = {"startDate": first.isoformat(), "endDate": until.isoformat()}
        query = {**self._properties_query(), **days, "detailedRates": "true"}
        return self.api.values("getRatePlans", query)

    def _is_within(self, item: ReadItem, first: date, until: date) -> bool:
        day = (item.external_id or "").rpartition("/")[2]
        return first.isoformat() <= day < until.isoformat()

    def _reservations_query(self, now: datetime) -> dict[str, str]:
        until = (now + _BOOKED_UNTIL_MARGIN).astimezone(self.zone)
        return {
            "propertyID": self.property.id,
            "includeGuestsDetails": "true",
            "includeCustomFields": "true",
            "resultsTo": until.strftime(_TIME),
        }

    def _properties_query(self) -> dict[str, str]:
        return {"propertyIDs": self.property.id}

    def _modified_at(self, value: Json) -> datetime | None:
        """The creation of a reservation that was never modified."""
        try:
            r = reader_for(value)
            found = read_time(r.optional, "dateModified", self.zone) or read_time(
                r.optional, "dateCreated", self.zone
            )
        except UnreadableField:
            return None
        return found[1] if found else None

    def _is_ours(self, value: Json) -> bool:
        reported = id_of(value, "propertyID")
        return reported is None or reported == self.property.id


def _parse_property(r: Reader, time_zone: str) -> VendorProperty:
    return VendorProperty(
        id=r.required("propertyID", as_id),
        name=r.optional_text("propertyName") or "",
        time_zone=r.optional_text("propertyTimezone") or time_zone,
        currency="",
    )


def _choose_property(values: Sequence[Json], property_id: str | None) -> Reader:
    found = [reader_for(value, f"data[{n}]") for n, value in enumerate(values)]
    if property_id:
        for each in found:
            if each.optional("propertyID", as_id) == property_id:
                return each
        raise Misconfigured("the credentials see no such property", setting="property_id")
    if len(found) != 1:
        raise Misconfigured("name the property: there are several or none", setting="property_id")
    return found[0]


def _collect_pages(pages: Iterator[list[Json]], key: str) -> list[Json]:
    """Up to a page without anything new."""
    found: dict[str | None, Json] = {}
    for page in pages:
        fresh = {id_of(value, key): value for value in page}
        if fresh.keys() <= found.keys():
            break
        found.update(fresh)
    return list(found.values())


def id_of(value: Json, key: str) -> str | None:
    try:
        return reader_for(value).optional(key, as_id)
    except UnreadableField:
        return None
