"""One property of the account, read in bulk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField, parsing_answer
from adapters.outbound.provider_kit.parsing.json_fields import list_at
from adapters.outbound.provider_kit.parsing.json_messages import numbered_entries, read_each
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from adapters.outbound.provider_kit.pull.checkpoint import format_utc_seconds
from adapters.outbound.provider_kit.pull.properties import PropertyHotel, VendorProperty
from adapters.outbound.provider_kit.pull.reading import NumberedPages
from adapters.outbound.providers.apaleo.client.api import ApaleoApi
from adapters.outbound.providers.apaleo.mapping.availability import ApaleoCellMapper
from adapters.outbound.providers.apaleo.mapping.bookings import ApaleoBookingMapper
from adapters.outbound.providers.apaleo.mapping.parsing import ApaleoMapper, as_instant_or_unset
from adapters.outbound.providers.apaleo.mapping.records import map_records
from domain.snapshots import HotelRecords
from ports.errors import Misconfigured
from ports.providers import ReadItem

PROPERTIES: Final = "/inventory/v1/properties"
UNIT_GROUPS: Final = "/inventory/v1/unit-groups"
UNITS: Final = "/inventory/v1/units"
RESERVATIONS: Final = "/booking/v1/reservations"
FOLIOS: Final = "/finance/v1/folios"
AVAILABILITY: Final = "/availability/v1/unit-groups"
_EXPAND: Final = "booker,timeSlices,services,assignedUnits,company"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApaleoHotel(PropertyHotel):
    api: ApaleoApi

    @classmethod
    def fetch(cls, api: ApaleoApi, property_id: str | None) -> "ApaleoHotel":
        """Raises Misconfigured if the property is missing, or unnamed among several."""
        found = _choose_property(_fetch_properties(api), property_id)
        api.property_id = found.id
        with parsing_answer():
            return cls(api=api, property=found)

    def records(self, _: date) -> HotelRecords:
        property_query = {"propertyId": self.property.id}
        return map_records(
            self.api.all(UNIT_GROUPS, "unitGroups", property_query),
            self.api.all(UNITS, "units", property_query),
        )

    def reservation_pages(self, query: Mapping[str, str], *, first: int = 1) -> NumberedPages:
        parameters = {**self._property_query(), **query}
        return self.api.pages(RESERVATIONS, "reservations", parameters, first=first)

    def fetch_changed_since(self, since: datetime | None) -> NumberedPages:
        """Oldest first; `since` is included. An open end: nothing is newer than now."""
        query = {"dateFilter": "Modification", "sort": "updated:asc"}
        if since is not None:
            query["from"] = format_utc_seconds(since)
        return self.reservation_pages(query)

    def newest_change(self, _: datetime) -> datetime | None:
        query = {"propertyIds": self.property.id, "sort": "updated:desc"}
        answer = self.api.get(RESERVATIONS, {**query, "pageNumber": "1", "pageSize": "1"})
        return max(filter(None, map(modified_at, list_at(answer, "reservations"))), default=None)

    def reservation(self, reservation_id: str) -> list[Json]:
        """At most one; none for another property of the account."""
        value = self.api.find(f"{RESERVATIONS}/{reservation_id}", {"expand": _EXPAND})
        return [value] if value is not None and self._is_ours(value) else []

    def fetch_reservations_of_booking(self, booking_id: str) -> list[Json]:
        query = {**self._property_query(), "bookingId": booking_id}
        found = self.api.all(RESERVATIONS, "reservations", query)
        return [value for value in found if self._is_ours(value)]

    def bookings(self, values: Sequence[Json]) -> list[ReadItem]:
        mapper = ApaleoBookingMapper(self.zone, is_complete=True)
        return [mapper.map(entry) for entry in numbered_entries("reservations", values)]

    def cells(self, first: date, until: date, observed_at: datetime) -> list[ReadItem]:
        query = {
            "propertyId": self.property.id,
            "from": first.isoformat(),
            "to": until.isoformat(),
            "timeSliceTemplate": "OverNight",
        }
        mapper = ApaleoCellMapper(self.zone, observed_at)
        pages = self.api.pages(AVAILABILITY, "timeSlices", query)
        return [
            item
            for _, slices in pages
            for item in mapper.map_answer(JsonEntry("", {"timeSlices": slices}))
        ]

    def _property_query(self) -> dict[str, str]:
        return {"propertyIds": self.property.id, "expand": _EXPAND}

    def _is_ours(self, value: Json) -> bool:
        found = JsonEntry("", value).find_property(ApaleoMapper.property_paths)
        return found is None or found.id == self.property.id


def modified_at(value: Json) -> datetime | None:
    """None for an unreadable one: the mapper rejects that reservation."""
    try:
        return reader_for(value).required("modified", as_instant_or_unset)
    except UnreadableField:
        return None


def _fetch_properties(api: ApaleoApi) -> list[VendorProperty]:
    values = api.all(PROPERTIES, "properties", {})
    with parsing_answer():
        return read_each("properties", values, _parse_property)


def _parse_property(r: Reader) -> VendorProperty:
    return VendorProperty(
        id=r.text("id"),
        name=r.text("name"),
        time_zone=r.text("timeZone"),
        currency=r.text("currencyCode"),
    )


def _choose_property(found: list[VendorProperty], property_id: str | None) -> VendorProperty:
    if property_id:
        for each in found:
            if each.id == property_id:
                return each
        raise Misconfigured("the account has no such property", setting="property_id")
    if len(found) != 1:
        raise Misconfigured("name the property: the account has several", setting="property_id")
    return found[0]
