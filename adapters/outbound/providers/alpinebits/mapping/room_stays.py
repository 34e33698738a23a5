"""RoomStays to rooms, each with its own type, stay, guests and prices.

A RoomStay whose rates are of several room types (HTNG) becomes one room per type.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from adapters.outbound.provider_kit.parsing.field_values import as_age, as_person_count
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping.amounts import read_total
from adapters.outbound.providers.alpinebits.mapping.code_tables import (
    as_day,
    as_nights,
    as_status,
    as_storable_id,
)
from adapters.outbound.providers.alpinebits.mapping.nightly_prices import (
    NightlyPrices,
    Rate,
    read_rates,
    stay_of_rates,
)
from domain.errors import InvalidField
from domain.snapshots import RoomStay
from domain.status import BookingStatus
from domain.values import AgeClass, AgeCount, Money, NightlyPrice, Stay

_AGE_CLASSES: Final = {
    "10": AgeClass.ADULT,
    "8": AgeClass.CHILD,
    "7": AgeClass.INFANT,
}
"""OTA code list AQC; any other code is OTHER, with the code as category."""

_ADULT_AGE: Final = 18
_ABSENT_STATES: Final = frozenset({BookingStatus.CANCELED, BookingStatus.NO_SHOW})


@dataclass(frozen=True, slots=True)
class RoomReader:
    """For one reservation. `status` and `combined_stay` apply to rooms without their own.
    `summed`: the RoomStay elements whose totals make up the reservation's. `has_days`: a room has
    days, from which the reservation's are known."""

    status: BookingStatus
    currency: str
    combined_stay: Stay | None
    summed: Sequence[XmlReader] = ()
    has_days: bool = False

    def rooms(self, stays: Sequence[XmlReader]) -> tuple[RoomStay, ...]:
        """Empty for a cancellation with a room without dates, whose own stay is unknown."""
        found: list[RoomStay | None] = []
        for r in stays:
            found += self._map_lines(r, first_position=len(found))
        rooms = [room for room in found if room is not None]
        return tuple(rooms) if len(rooms) == len(found) else ()

    def _map_lines(self, r: XmlReader, *, first_position: int) -> Iterator[RoomStay | None]:
        types = r.listed("RoomTypes", "RoomType")
        by_type: dict[str | None, list[XmlReader]] = {}
        for each in r.listed("RoomRates", "RoomRate"):
            by_type.setdefault(each.peek("RoomTypeCode"), []).append(each)
        groups = list(by_type.values()) or [[]]
        own_stay = read_stay(r.first("TimeSpan"), f"rooms[{first_position}].stay")
        for n, group in enumerate(groups):
            line = _RoomLine(
                r=r,
                type=types[min(n, len(types) - 1)] if types else r.first("RoomTypes", "RoomType"),
                rates=group,
                target=f"rooms[{first_position + n}]",
                is_first=n == 0,
                is_alone=len(groups) == 1,
            )
            yield self._map_room(line, own_stay or self.combined_stay)

    def _map_room(self, line: "_RoomLine", combined_stay: Stay | None) -> RoomStay | None:
        is_decisive = not line.is_alone or combined_stay is None
        rates = read_rates(line.rates, is_decisive=is_decisive)
        own_stay = None if line.is_alone else stay_of_rates(rates, f"{line.target}.stay")
        stay = own_stay or combined_stay or stay_of_rates(rates, f"{line.target}.stay")
        if stay is None and self.status is BookingStatus.CANCELED:
            return None
        if stay is None and not self.has_days:
            raise line.r.first("TimeSpan").invalid("Start", "missing_field", "a date")
        units = self._read_units(line)
        return RoomStay(
            line_id=line.line_id(),
            room_type_id=line.room_type_id(),
            room_id=line.room_id(),
            rate_plan_id=line.rate_plan_id(),
            stay=stay,
            status=self._map_status(line),
            occupancy=tuple(_map_occupancy(line)),
            nightly_prices=self._map_prices(line, rates, stay, units) if stay else (),
            total=self._map_total(line),
            units=units,
        )

    def _map_status(self, line: "_RoomLine") -> BookingStatus:
        meaning = line.r.optional("RoomStayStatus", as_status, f"{line.target}.status")
        return (meaning.status if meaning else None) or self.status

    def _read_units(self, line: "_RoomLine") -> int:
        for r in (*line.rates, line.type, line.r):
            count = r.optional_integer("NumberOfUnits", f"{line.target}.units")
            if count == 0 and self.status in _ABSENT_STATES:
                return 1
            if count is not None and not 1 <= count <= 999:
                raise r.invalid("NumberOfUnits", "bad_count", "1 to 999 rooms")
            if count is not None:
                return count
        return 1

    def _map_prices(
        self, line: "_RoomLine", rates: Sequence[Rate], stay: Stay, units: int
    ) -> tuple[NightlyPrice, ...]:
        total = line.r.first("Total") if line.is_alone else None
        nightly = NightlyPrices(stay, units, self.currency)
        return nightly.of(rates, total, f"{line.target}.nightly_prices")

    def _map_total(self, line: "_RoomLine") -> Money | None:
        if not line.is_alone:
            return None
        target = f"{line.target}.total"
        if line.r in self.summed:
            target += ", total"
        return read_total(line.r.first("Total"), self.currency, target)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RoomLine:
    """One room of a RoomStay: `is_alone` in it, or `is_first` of several."""

    r: XmlReader
    type: XmlReader
    rates: Sequence[XmlReader]
    target: str
    is_first: bool
    is_alone: bool

    def line_id(self) -> str | None:
        """The sender's number of the room."""
        if not self.is_alone:
            return None
        for attribute in ("IndexNumber", "RPH"):
            number = self.r.detail(attribute, as_storable_id, f"{self.target}.line_id")
            if number is not None:
                return number
        return None

    def room_type_id(self) -> str | None:
        """Of the room type; of the rates if several room types share the RoomStay."""
        rates = self.rates[:1]
        readers = [self.type, *rates] if self.is_alone else [*rates, self.type]
        return _first_value(readers, "RoomTypeCode", f"{self.target}.room_type_id")

    def room_id(self) -> str | None:
        return self.type.detail("RoomID", as_storable_id, f"{self.target}.room_id")

    def rate_plan_id(self) -> str | None:
        plans = self.r.listed("RatePlans", "RatePlan") if self.is_alone else []
        readers = [*plans[:1], *self.rates[:1]]
        return _first_value(readers, "RatePlanCode", f"{self.target}.rate_plan_id")


def have_days(stays: Iterable[XmlReader]) -> bool:
    """Whether one has a TimeSpan with days."""
    return any(r.first("TimeSpan").peek("Start") is not None for r in stays)


def read_stay(r: XmlReader, target: str) -> Stay | None:
    """A TimeSpan: from Start to End (the departure date), or for the nights of Duration. None
    without Start."""
    begin = r.optional("Start", as_day, target)
    if begin is None:
        return None
    end = r.optional("End", as_day, target)
    if end is None:
        nights = r.optional("Duration", as_nights, target)
        if nights is None:
            raise r.invalid("End", "missing_field", "a date, or a Duration")
        end = _departure(r, begin, nights)
    try:
        return Stay(begin, end)
    except InvalidField as error:
        raise r.invalid("End", error.code, error.fix) from None


def _departure(r: XmlReader, begin: date, nights: timedelta) -> date:
    try:
        return begin + nights
    except OverflowError:
        raise r.invalid("Duration", "bad_duration", "a stay within the calendar") from None


def combined_stay(rooms: Sequence[RoomStay]) -> Stay | None:
    """From the first arrival to the last departure of the rooms that are not canceled, or of all
    if all are."""
    occupied_stays = [r.stay for r in rooms if r.stay and r.status not in _ABSENT_STATES]
    stays = occupied_stays or [room.stay for room in rooms if room.stay]
    if not stays:
        return None
    return Stay(min(s.arrival for s in stays), max(s.departure for s in stays))


def _map_occupancy(line: _RoomLine) -> Iterator[AgeCount]:
    """In a RoomStay with several room types, the guests are of the first, unless IsPerRoom."""
    container = line.r.first("GuestCounts")
    if not (line.is_first or container.flag("IsPerRoom", f"{line.target}.occupancy")):
        return
    counted: Counter[tuple[AgeClass, int | None, str | None]] = Counter()
    for r in container.children("GuestCount"):
        if counts := _read_age_count(r, f"{line.target}.occupancy"):
            key, count = counts
            counted[key] += count
    for (age_class, age, category), count in counted.items():
        if count:
            yield AgeCount(age_class, count, age=age, category=category)


def _read_age_count(
    r: XmlReader, target: str
) -> tuple[tuple[AgeClass, int | None, str | None], int] | None:
    """None if the count is blank or invalid, or if only an invalid age tells who is counted."""
    count, age = r.detail("Count", as_person_count, target), r.detail("Age", as_age, target)
    if count is None:
        if r.has_any({"Count"}):
            return None
        count = 1
    code = r.optional_text("AgeQualifyingCode", target)
    if code is None:
        return _class_by_age(r, age, count)
    known = _AGE_CLASSES.get(code)
    return (known or AgeClass.OTHER, age, None if known else code), count


def _class_by_age(
    r: XmlReader, age: int | None, count: int
) -> tuple[tuple[AgeClass, int | None, str | None], int] | None:
    """AlpineBits: a guest without an age is an adult."""
    if age is None and r.peek("Age") is not None:
        return None
    is_child = age is not None and age < _ADULT_AGE
    return (AgeClass.CHILD if is_child else AgeClass.ADULT, age, None), count


def _first_value(readers: Sequence[XmlReader], attribute: str, target: str) -> str | None:
    """Of the first reader with a valid one; equal values of the others are marked as read."""
    found: str | None = None
    for r in readers:
        value = r.peek(attribute)
        if value is not None and found in (None, value):
            found = r.detail(attribute, as_storable_id, target) or found
    return found
