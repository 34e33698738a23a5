"""Bookings of the company's channel manager: MyAllocator's, and Build-To-Us's BookingCreate.

They come whole each time, with IsCancellation and IsModification. `EndDate` is the last night, not
the day of departure. `Units` of one line are so many rooms alike. MyAllocator's own times are UTC;
those of an order are of no stated zone and taken for the hotel's.
Source: apidocs.myallocator.com (booking format), the vendor's ota-build-to-us-v5.3 description.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.told_items import all_homes, reason_of
from adapters.outbound.providers.cloudbeds.reading import (
    Entry,
    Kept,
    as_id,
    as_instant,
    as_money,
    children,
    exactly,
    keep_inexact,
    opened,
)
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, BookingSource, Party, PartyRole, RoomStay
from domain.status import BookingStatus, holds_inventory_by_default
from domain.values import (
    ABSENT,
    AgeClass,
    AgeCount,
    Field,
    Money,
    NightlyPrice,
    SourceVersion,
    Stay,
)
from ports.providers import ReadItem

ORDER_PREFIX: Final = "order-"
"""An order's number is the channel's, of another number space than reservations."""

_MEANS_OF_PAYMENT: Final = ("Payments", "CreditCards", "CreditCard", "Payment", "CreditCardId")
_UTC: Final = ZoneInfo("UTC")
_ONE_DAY: Final = timedelta(days=1)
_SOURCES_OF: Final = {"external_id": "OrderId", "departure": "EndDate", "units": "Units"}
_CLOCKS: Final = (
    ("MyallocatorModificationDate", "MyallocatorModificationTime", True),
    ("OrderModifDate", "OrderModifTime", False),
    ("MyallocatorCreationDate", "MyallocatorCreationTime", True),
    ("OrderDate", "OrderTime", False),
)


def is_channel_booking(value: Json) -> bool:
    return isinstance(value, dict) and ("OrderId" in value or "MyallocatorId" in value)


@dataclass(frozen=True, slots=True)
class ChannelBookingMapper:
    zone: ZoneInfo
    currency: str

    def map(self, entry: Entry, *, explain: bool = False) -> ReadItem:
        raw, external_id = entry.text(), None
        try:
            r = opened(entry.value)
            external_id = _external_id(r)
            snapshot = self._snapshot(r, external_id)
        except (UnreadableField, InvalidField) as fault:
            reason = reason_of(fault, entry.path, _SOURCES_OF)
            return ReadItem(kind=ItemKind.BOOKING, raw=raw, external_id=external_id, reason=reason)
        extras = snapshot.extras if isinstance(snapshot.extras, tuple) else ()
        homes = all_homes(r, extras) if explain else ()
        return ReadItem(
            kind=ItemKind.BOOKING, raw=raw, external_id=external_id, snapshot=snapshot, homes=homes
        )

    def _snapshot(self, r: Reader, external_id: str) -> BookingSnapshot:
        kept: Kept = {}
        status = _status(r)
        currency = r.optional_text("TotalCurrency", "total") or self.currency
        lines = [_Line(room, status, currency, kept) for room in _lines(r)]
        rooms = _housed(r, [line.stay(n) for n, line in enumerate(lines)])
        if not rooms:
            raise UnreadableField("Rooms", "missing_field", "at least one room")
        people = _people(r)
        return BookingSnapshot(
            external_id=external_id,
            version=self._version(r, kept),
            status=status,
            holds_inventory=holds_inventory_by_default(status),
            confirmation_number=r.required("OrderId", as_id, "external_id, confirmation_number"),
            source=BookingSource.OTA,
            stay=_stay(r, rooms),
            rooms=rooms,
            primary_guest=people[0] if people else ABSENT,
            further_guests=people[1:] if people else ABSENT,
            total=_total(r, currency, kept),
            extras=_extras(r, kept),
        )

    def _version(self, r: Reader, kept: Kept) -> SourceVersion:
        """The order's own version number, where it has one, orders what shares an instant."""
        sequence = r.optional_integer("Version", "version", lenient=True) or 0
        for day_key, time_key, is_utc in _CLOCKS:
            if r.optional_text(day_key, "version") is None:
                continue
            at = _instant(r, day_key, time_key, _UTC if is_utc else self.zone)
            for key in (day_key, time_key):
                if key in r:
                    kept[key] = exactly(r, key, "version")
            return SourceVersion(at, max(0, sequence))
        raise UnreadableField("OrderDate", "missing_field", "a value")


def _external_id(r: Reader) -> str:
    own = r.optional("MyallocatorId", as_id, "external_id")
    order = r.required("OrderId", as_id, "external_id")
    return own or f"{ORDER_PREFIX}{order}"


def _status(r: Reader) -> BookingStatus:
    if r.optional_boolean("IsCancellation", "status", lenient=True):
        return BookingStatus.CANCELED
    if r.optional_boolean("IsTentative", "status", lenient=True):
        return BookingStatus.PENDING
    return BookingStatus.CONFIRMED


def _instant(r: Reader, day_key: str, time_key: str, zone: ZoneInfo) -> datetime:
    """A day without a time is meant as its beginning."""
    clock = r.optional_text(time_key, "version") or "00:00:00"
    text = f"{r.text(day_key, 'version')} {clock}"
    found = as_instant(zone)(text, r.path_of(day_key))
    if found is None:
        raise UnreadableField(r.path_of(day_key), "bad_instant", "an instant that is set")
    return found


def _lines(r: Reader) -> Sequence[Reader]:
    return children(r, "Rooms", "rooms") or []


def _housed(r: Reader, rooms: Sequence[RoomStay]) -> tuple[RoomStay, ...]:
    """The order's people stay in its room, where it has but one."""
    if len(rooms) != 1 or rooms[0].units != 1 or rooms[0].occupancy:
        return tuple(rooms)
    return (replace(rooms[0], occupancy=tuple(_people_of(r, "Order", "rooms[0].occupancy"))),)


def _people_of(r: Reader, prefix: str, home: str) -> Iterator[AgeCount]:
    for name, age_class in (("Adults", AgeClass.ADULT), ("Children", AgeClass.CHILD)):
        count = r.optional_integer(f"{prefix}{name}", home, lenient=True)
        if count:
            yield AgeCount(age_class, count)


def _stay(r: Reader, rooms: Sequence[RoomStay]) -> Stay:
    """The header's own days where it tells them: the last night is one before the departure."""
    arrival = r.optional_local_date("StartDate", "stay.arrival")
    last_night = r.optional_local_date("EndDate", "stay.departure")
    first = arrival or min(room.stay.arrival for room in rooms)
    if last_night is not None:
        return Stay(first, _day_after(last_night, r.path_of("EndDate")))
    return Stay(first, max(room.stay.departure for room in rooms))


def _day_after(last_night: date, path: str) -> date:
    if last_night == date.max:
        raise UnreadableField(path, "bad_date", "a night that a day follows")
    return last_night + _ONE_DAY


def _total(r: Reader, currency: str, kept: Kept) -> Field[Money | None]:
    said = r.field("TotalPrice", as_money(currency), "total")
    if isinstance(said, Money):
        keep_inexact(r, "TotalPrice", said, kept, "total")
    return said


def _people(r: Reader) -> tuple[Party, ...]:
    """The first customer is who stays; none of them has an id."""
    listed = children(r, "Customers", "primary_guest, further_guests") or []
    return tuple(_party(customer, is_first=n == 0) for n, customer in enumerate(listed))


def _party(r: Reader, *, is_first: bool) -> Party:
    home = "primary_guest" if is_first else "further_guests"
    return Party(
        role=PartyRole.PRIMARY if is_first else PartyRole.COMPANION,
        first_name=r.optional_text("CustomerFName", f"{home}.first_name"),
        last_name=r.optional_text("CustomerLName", f"{home}.last_name"),
        email=r.optional_text("CustomerEmail", f"{home}.email"),
        phone=r.optional_text("CustomerPhone", f"{home}.phone")
        or r.optional_text("CustomerPhoneMobile", f"{home}.phone"),
        country=r.optional_text("CustomerCountry", f"{home}.country"),
        language=r.optional_text("CustomerLanguage", f"{home}.language"),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    r: Reader
    status: BookingStatus
    currency: str
    kept: Kept

    def stay(self, position: int) -> RoomStay:
        r, home = self.r, f"rooms[{position}]"
        first = r.local_date("StartDate", f"{home}.stay")
        last_night = r.local_date("EndDate", f"{home}.stay")
        return RoomStay(
            line_id=r.optional("ChannelRoomId", as_id, f"{home}.line_id"),
            room_type_id=self._room_type(home),
            rate_plan_id=r.optional("RateId", as_id, f"{home}.rate_plan_id"),
            stay=Stay(first, _day_after(last_night, r.path_of("EndDate"))),
            status=self.status,
            occupancy=tuple(_people_of(r, "", f"{home}.occupancy")),
            nightly_prices=tuple(self._nightly(home)),
            units=r.integer("Units", f"{home}.units", lenient=True) if "Units" in r else 1,
        )

    def _room_type(self, home: str) -> str | None:
        """MyAllocator's own room types, if it is one; else the channel's word for it."""
        value = self.r.raw("RoomTypeIds", f"{home}.room_type_id")
        if isinstance(value, list) and len(value) == 1:
            return as_id(value[0], self.r.path_of("RoomTypeIds"))
        if value:
            self.kept[self.r.path_of("RoomTypeIds")] = exactly(
                self.r, "RoomTypeIds", f"{home}.room_type_id"
            )
        return self.r.optional("ChannelRoomType", as_id, f"{home}.room_type_id")

    def _nightly(self, home: str) -> Iterator[NightlyPrice]:
        """Of one unit."""
        where = f"{home}.nightly_prices"
        for each in children(self.r, "DayRates", where) or ():
            currency = each.optional_text("Currency", where) or self.currency
            price = each.required("Rate", as_money(currency), where)
            keep_inexact(each, "Rate", price, self.kept, where)
            yield NightlyPrice(each.local_date("Date", where), price)


def _extras(r: Reader, kept: Kept) -> tuple[tuple[str, str], ...]:
    for key in _MEANS_OF_PAYMENT:
        r.drop(key, "a means of payment")
    return tuple(sorted({**r.unread(), **kept}.items()))
