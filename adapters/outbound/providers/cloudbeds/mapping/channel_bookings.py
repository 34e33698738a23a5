"""Bookings of Cloudbeds' channel manager: MyAllocator's, and Build-To-Us's BookingCreate.

Each message is complete and has IsCancellation and IsModification. `EndDate` is the last night, not
the departure date. `Units` is the number of equal rooms of a line. MyAllocator's own times are UTC;
those of an order have no documented zone and are read as hotel-local.
Source: apidocs.myallocator.com (booking format), the ota-build-to-us-v5.3 description.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.cancellations import is_cancellation_without
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import (
    as_id,
    as_lenient_boolean,
    as_lenient_integer,
    as_local_date,
    as_person_count,
    as_text,
)
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.mapping_report import unread_extras
from adapters.outbound.provider_kit.parsing.read_items import BookingMapper
from adapters.outbound.provider_kit.parsing.reader import Reader, as_rounded_money
from adapters.outbound.providers.cloudbeds.mapping.parsing import (
    UTC_ZONE,
    CloudbedsMapper,
    ExtraFields,
    as_instant,
    children,
    format_source_value,
    keep_rounded_amount,
)
from domain import values
from domain.snapshots import BookingSnapshot, BookingSource, Party, PartyRole, RoomStay
from domain.status import BookingStatus, holds_inventory_by_default

ORDER_PREFIX: Final = "order-"
"""Order numbers are the channel's, of another number space than reservation ids."""

_ONE_DAY: Final = timedelta(days=1)
_SOURCES_OF: Final = {"external_id": "OrderId", "departure": "EndDate", "units": "Units"}
_VERSION_FIELDS: Final = (
    ("MyallocatorModificationDate", "MyallocatorModificationTime", True),
    ("OrderModifDate", "OrderModifTime", False),
    ("MyallocatorCreationDate", "MyallocatorCreationTime", True),
    ("OrderDate", "OrderTime", False),
)


def is_channel_booking(value: Json) -> bool:
    return isinstance(value, dict) and ("OrderId" in value or "MyallocatorId" in value)


@dataclass(frozen=True, slots=True)
class ChannelBookingMapper(CloudbedsMapper, BookingMapper):
    source_names = _SOURCES_OF
    zone: ZoneInfo
    currency: str

    def read_id(self, r: Reader) -> str:
        own = r.decisive("MyallocatorId", as_id, "external_id")
        order = r.required("OrderId", as_id, "external_id")
        return own or f"{ORDER_PREFIX}{order}"

    def map_snapshot(self, r: Reader, external_id: str) -> BookingSnapshot:
        kept: ExtraFields = {}
        status = _map_status(r)
        currency = r.decisive("TotalCurrency", as_text, "total") or self.currency
        lines = [
            _ChannelRoomLine(room, status, currency, kept)
            for room in children(r, "Rooms", "rooms", is_decisive=True) or ()
        ]
        rooms = _with_order_occupancy(r, [line.stay(n) for n, line in enumerate(lines)])
        if not rooms and status is not BookingStatus.CANCELED:
            raise UnreadableField("Rooms", "missing_field", "at least one room")
        people = _map_parties(r)
        return BookingSnapshot(
            external_id=external_id,
            version=self._map_version(r, kept),
            status=status,
            holds_inventory=holds_inventory_by_default(status),
            confirmation_number=r.required("OrderId", as_id, "external_id, confirmation_number"),
            source=BookingSource.OTA,
            stay=_map_stay(r, status, rooms),
            rooms=rooms or values.ABSENT,
            primary_guest=people[0] if people else values.ABSENT,
            further_guests=people[1:] if people else values.ABSENT,
            total=_map_total(r, currency, kept),
            extras=unread_extras(r, kept),
        )

    def _map_version(self, r: Reader, kept: ExtraFields) -> values.SourceVersion:
        """The order's version number, if it has one, is the sequence."""
        sequence = r.decisive("Version", as_lenient_integer, "version") or 0
        for day_key, time_key, is_utc in _VERSION_FIELDS:
            if not r.decisive(day_key, as_text, "version"):
                continue
            at = _read_instant(r, day_key, time_key, UTC_ZONE if is_utc else self.zone)
            for key in (day_key, time_key):
                if key in r:
                    kept[key] = format_source_value(r, key, "version")
            return values.SourceVersion(at, max(0, sequence))
        raise UnreadableField("OrderDate", "missing_field", "a value")


def _map_status(r: Reader) -> BookingStatus:
    if r.decisive("IsCancellation", as_lenient_boolean, "status"):
        return BookingStatus.CANCELED
    if r.decisive("IsTentative", as_lenient_boolean, "status"):
        return BookingStatus.PENDING
    return BookingStatus.CONFIRMED


def _read_instant(r: Reader, day_key: str, time_key: str, zone: ZoneInfo) -> datetime:
    """A date without a time means its first instant."""
    clock = r.decisive(time_key, as_text, "version") or "00:00:00"
    text = f"{r.text(day_key, 'version')} {clock}"
    found = as_instant(zone)(text, r.path_of(day_key))
    if found is None:
        raise UnreadableField(r.path_of(day_key), "bad_instant", "an instant that is set")
    return found


def _with_order_occupancy(r: Reader, rooms: Sequence[RoomStay]) -> tuple[RoomStay, ...]:
    """The order's number of guests, if it has a single room without its own."""
    if len(rooms) != 1 or rooms[0].units != 1 or rooms[0].occupancy:
        return tuple(rooms)
    return (replace(rooms[0], occupancy=tuple(_read_occupancy(r, "Order", "rooms[0].occupancy"))),)


def _read_occupancy(r: Reader, prefix: str, target: str) -> Iterator[values.AgeCount]:
    for name, age_class in (("Adults", values.AgeClass.ADULT), ("Children", values.AgeClass.CHILD)):
        count = r.optional(f"{prefix}{name}", as_person_count, target)
        if count:
            yield values.AgeCount(age_class, count)


def _map_stay(
    r: Reader, status: BookingStatus, rooms: Sequence[RoomStay]
) -> values.Field[values.Stay]:
    if not rooms and is_cancellation_without(r, status, "StartDate", "EndDate"):
        return values.ABSENT
    return _read_stay(r, [room.stay for room in rooms if room.stay])


def _read_stay(r: Reader, stays: Sequence[values.Stay]) -> values.Stay:
    """The order's own dates if present, else those of the stays of its rooms."""
    arrival = r.decisive("StartDate", as_local_date, "stay.arrival")
    last_night = r.decisive("EndDate", as_local_date, "stay.departure")
    if not stays and not (arrival and last_night):
        raise UnreadableField("EndDate" if arrival else "StartDate", "missing_field", "a value")
    first = arrival or min(stay.arrival for stay in stays)
    if last_night:
        return values.Stay(first, _day_after(last_night, r.path_of("EndDate")))
    return values.Stay(first, max(stay.departure for stay in stays))


def _day_after(last_night: date, path: str) -> date:
    if last_night == date.max:
        raise UnreadableField(path, "bad_date", "a date before the end of the calendar")
    return last_night + _ONE_DAY


def _map_total(r: Reader, currency: str, kept: ExtraFields) -> values.Field[values.Money | None]:
    total = r.decisive_field("TotalPrice", as_rounded_money(currency), "total")
    if isinstance(total, values.Money):
        keep_rounded_amount(r, "TotalPrice", total, kept, "total")
    return total


def _map_parties(r: Reader) -> tuple[Party, ...]:
    """The first customer is the primary guest; customers have no ids."""
    listed = children(r, "Customers", "primary_guest, further_guests") or []
    return tuple(_map_party(customer, is_first=n == 0) for n, customer in enumerate(listed))


def _map_party(r: Reader, *, is_first: bool) -> Party:
    target = "primary_guest" if is_first else "further_guests"
    return Party(
        role=PartyRole.PRIMARY if is_first else PartyRole.COMPANION,
        first_name=r.contact("CustomerFName", f"{target}.first_name"),
        last_name=r.contact("CustomerLName", f"{target}.last_name"),
        email=r.contact("CustomerEmail", f"{target}.email"),
        phone=r.contact("CustomerPhone", f"{target}.phone")
        or r.contact("CustomerPhoneMobile", f"{target}.phone"),
        country=r.country("CustomerCountry", f"{target}.country"),
        language=r.optional_text("CustomerLanguage", f"{target}.language"),
    )


@dataclass(frozen=True, slots=True)
class _ChannelRoomLine:
    r: Reader
    status: BookingStatus
    currency: str
    kept: ExtraFields

    def stay(self, position: int) -> RoomStay:
        r, target = self.r, f"rooms[{position}]"
        first = r.local_date("StartDate", f"{target}.stay")
        last_night = r.local_date("EndDate", f"{target}.stay")
        return RoomStay(
            line_id=r.optional("ChannelRoomId", as_id, f"{target}.line_id"),
            room_type_id=self._room_type(target),
            rate_plan_id=r.optional("RateId", as_id, f"{target}.rate_plan_id"),
            stay=values.Stay(first, _day_after(last_night, r.path_of("EndDate"))),
            status=self.status,
            occupancy=tuple(_read_occupancy(r, "", f"{target}.occupancy")),
            nightly_prices=tuple(self._nightly_prices(target)),
            units=r.integer("Units", f"{target}.units", lenient=True) if "Units" in r else 1,
        )

    def _room_type(self, target: str) -> str | None:
        """MyAllocator's room type if there is exactly one, else the channel's."""
        value = self.r.raw("RoomTypeIds", f"{target}.room_type_id")
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str | int):
            return str(value[0])
        if value:
            self.kept[self.r.path_of("RoomTypeIds")] = format_source_value(
                self.r, "RoomTypeIds", f"{target}.room_type_id"
            )
        return self.r.optional("ChannelRoomType", as_id, f"{target}.room_type_id")

    def _nightly_prices(self, target: str) -> Iterator[values.NightlyPrice]:
        """Prices of one unit."""
        target = f"{target}.nightly_prices"
        for each in children(self.r, "DayRates", target) or ():
            price = each.attempt(partial(self._nightly_price, target))
            if price is not None:
                yield price

    def _nightly_price(self, target: str, r: Reader) -> values.NightlyPrice:
        currency = r.decisive("Currency", as_text, target) or self.currency
        price = r.required("Rate", as_rounded_money(currency), target)
        night = r.local_date("Date", target)
        keep_rounded_amount(r, "Rate", price, self.kept, target)
        return values.NightlyPrice(night, price)
