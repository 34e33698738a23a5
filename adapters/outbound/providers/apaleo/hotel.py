"""One property of the account, asked in bulk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.checkpoint import utc_text
from adapters.outbound.provider_kit.errors import UnknownZone, UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.local_time import local_day, zone
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.providers.apaleo.api import ApaleoApi
from adapters.outbound.providers.apaleo.mapping_availability import cells_of
from adapters.outbound.providers.apaleo.mapping_bookings import BookingMapper
from adapters.outbound.providers.apaleo.mapping_records import records_of
from adapters.outbound.providers.apaleo.reading import Entry, as_set_instant, opened
from domain.snapshots import HotelRecords
from ports.errors import Misconfigured, UnreadableAnswer
from ports.providers import ReadItem

PROPERTIES: Final = "/inventory/v1/properties"
UNIT_GROUPS: Final = "/inventory/v1/unit-groups"
UNITS: Final = "/inventory/v1/units"
RESERVATIONS: Final = "/booking/v1/reservations"
AVAILABILITY: Final = "/availability/v1/unit-groups"
_EXPAND: Final = "booker,timeSlices,services,assignedUnits,company"
_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    id: str
    name: str
    time_zone: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotel:
    api: ApaleoApi
    property: Property
    zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", zone(self.property.time_zone))

    @classmethod
    def ask(cls, api: ApaleoApi, property_id: str | None) -> "Hotel":
        """Raises Misconfigured where the account has not the property, or several to choose from
        and none is named."""
        found = _chosen(_properties(api), property_id)
        try:
            return cls(api=api, property=found)
        except UnknownZone as fault:
            raise UnreadableAnswer("the time zone is not an IANA name") from fault

    def today(self, now: datetime) -> date:
        return local_day(now, self.zone)

    def records(self) -> HotelRecords:
        ours = {"propertyId": self.property.id}
        return records_of(
            self.api.all(UNIT_GROUPS, "unitGroups", ours), self.api.all(UNITS, "units", ours)
        )

    def reservation_pages(
        self, query: Mapping[str, str], *, first: int = 1
    ) -> Iterator[tuple[int, list[Json]]]:
        asked = {**self._ours(), **query}
        return self.api.pages(RESERVATIONS, "reservations", asked, first=first)

    def changed_since(self, since: datetime, page: int) -> list[Json]:
        """Oldest first; `since` is included. An open end: nothing is newer than now."""
        query = {
            **self._ours(),
            "dateFilter": "Modification",
            "from": utc_text(since),
            "sort": "updated:asc",
        }
        return self.api.page(RESERVATIONS, "reservations", query, page)

    def newest_change(self) -> datetime | None:
        query = {**self._ours(), "sort": "updated:desc"}
        query.pop("expand")
        paging = {"pageNumber": "1", "pageSize": "1"}
        answer = self.api.get(RESERVATIONS, {**query, **paging})
        found = answer.get("reservations") if answer else None
        return max(map(modified_of, found)) if isinstance(found, list) and found else None

    def reservation(self, reservation_id: str) -> list[Json]:
        """None or one. The account may have other hotels: theirs are not there for us."""
        value = self.api.find(f"{RESERVATIONS}/{reservation_id}", {"expand": _EXPAND})
        return [value] if value is not None and self._is_ours(value) else []

    def of_booking(self, booking_id: str) -> list[Json]:
        query = {**self._ours(), "bookingId": booking_id}
        found = self.api.all(RESERVATIONS, "reservations", query)
        return [value for value in found if self._is_ours(value)]

    def bookings(self, values: Sequence[Json]) -> list[ReadItem]:
        mapper = BookingMapper(self.zone, whole=True)
        return [mapper.map(Entry(f"reservations[{n}]", value)) for n, value in enumerate(values)]

    def cells(self, first: date, until: date, observed_at: datetime) -> list[ReadItem]:
        query = {
            "propertyId": self.property.id,
            "from": first.isoformat(),
            "to": until.isoformat(),
            "timeSliceTemplate": "OverNight",
        }
        pages = self.api.pages(AVAILABILITY, "timeSlices", query)
        return [
            item
            for _, slices in pages
            for item in cells_of(Entry("", {"timeSlices": slices}), self.zone, observed_at)
        ]

    def _ours(self) -> dict[str, str]:
        return {"propertyIds": self.property.id, "expand": _EXPAND}

    def _is_ours(self, value: Json) -> bool:
        told = value.get("property") if isinstance(value, dict) else None
        return not isinstance(told, dict) or told.get("id") == self.property.id


def modified_of(value: Json) -> datetime:
    """For the walk alone: what has no readable time stamp is refused by the mapper."""
    try:
        return opened(value).required("modified", as_set_instant) or _LONG_AGO
    except UnreadableField:
        return _LONG_AGO


def _properties(api: ApaleoApi) -> list[Property]:
    values = api.all(PROPERTIES, "properties", {})
    try:
        return [_property(opened(value, f"properties[{n}]")) for n, value in enumerate(values)]
    except UnreadableField as fault:
        raise UnreadableAnswer(fault.message, path=fault.path) from fault


def _property(r: Reader) -> Property:
    return Property(
        id=r.text("id"),
        name=r.text("name"),
        time_zone=r.text("timeZone"),
        currency=r.text("currencyCode"),
    )


def _chosen(found: list[Property], property_id: str | None) -> Property:
    if property_id:
        for each in found:
            if each.id == property_id:
                return each
        raise Misconfigured("the account has no such property", setting="property_id")
    if len(found) != 1:
        raise Misconfigured("name the property: the account has several", setting="property_id")
    return found[0]
