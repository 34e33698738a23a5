"""The lines of a free rooms message: period, category or room, and counts.

OTA_HotelInvCountNotifRQ (AlpineBits from 2020-10, HTNG) counts rooms:

| CountType | meaning | target |
|---|---|---|
| 1 | physical | total |
| 2 | definitive availability, "bookable" | available |
| 4, 5 | definitely and tentatively sold | occupied (sum) |
| 6 | out of order | blocked (sum with 8 and 9) |
| 8 | out of inventory | blocked |
| 9 | free but not bookable (AlpineBits) | blocked |
| 3 | tentative availability | dropped: these rooms are counted by 2 or 5 |

OTA_HotelAvailNotifRQ (AlpineBits until 2018-10, and plain OTA): BookingLimit minus BookingThreshold
rooms are available; BookingThreshold rooms are free but not bookable.
"""

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_choice, as_local_date
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.xml_reader import XmlReader
from adapters.outbound.providers.alpinebits.mapping.free_room_elements import (
    WEEKDAYS,
    is_empty_line,
)
from adapters.outbound.providers.alpinebits.mapping.free_room_restrictions import (
    FLAGS,
    UNRESTRICTED,
    Restrictions,
    read_restrictions,
)
from domain.values import ABSENT, Field

CONTROL: Final = "StatusApplicationControl"
MAX_NIGHTS: Final = 400
_MAX_CATEGORY_LENGTH: Final = 8
"""AlpineBits' XSD: InvTypeCode has 1 to 8 characters."""

_EVERY_DAY: Final = frozenset(WEEKDAYS.values())
_COUNT_TYPES: Final = frozenset({"2", "6", "9"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomCounts:
    available: Field[int | None] = 0
    blocked: Field[int | None] = 0
    total: Field[int | None] = ABSENT
    occupied: Field[int | None] = ABSENT

    def __add__(self, other: "RoomCounts") -> "RoomCounts":
        pairs = {f.name: (getattr(self, f.name), getattr(other, f.name)) for f in fields(self)}
        return RoomCounts(
            **{name: ABSENT if ABSENT in pair else sum(pair) for name, pair in pairs.items()}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeRoomLine:
    """A period, last night included, of a category or of one of its rooms; a closing season has
    neither and applies to the hotel. `weekdays`: of `date.weekday`. `counts`: None for a line of
    restrictions only."""

    path: str
    first: date
    last: date
    category: str = ""
    room: str = ""
    weekdays: frozenset[int] = _EVERY_DAY
    counts: RoomCounts | None = RoomCounts()
    restrictions: Restrictions = UNRESTRICTED

    @property
    def is_closing(self) -> bool:
        return not self.category

    @property
    def is_free(self) -> bool:
        return not self.is_closing and self.counts is not None and bool(self.counts.available)

    @property
    def nights(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def is_of_every_day(self) -> bool:
        return self.weekdays == _EVERY_DAY

    def days(self) -> list[date]:
        found = [self.first + timedelta(days=number) for number in range(self.nights)]
        if self.is_of_every_day:
            return found
        return [day for day in found if day.weekday() in self.weekdays]

    def content(self) -> list[str]:
        """The names of what it sets."""
        counted = ["counts"] if self.counts is not None else []
        return [*counted, *self.restrictions.present_fields()]

    def overlaps(self, other: "FreeRoomLine") -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class FreeRoomLineReader:
    """`lenient`, for HTNG and other SOAP senders: a period of one day has no End, categories have
    names of any length, all OTA count types are used, and counts may be negative."""

    lenient: bool

    def read_line(self, r: XmlReader) -> FreeRoomLine | None:
        """An `Inventory` or an `AvailStatusMessage`; None for an empty one."""
        control = _only_child(r, CONTROL)
        is_inventory = r.name == "Inventory"
        if not control:
            if not is_empty_line(r):
                raise _missing_element(control)
            return None
        _reject(control, "RatePlanCode", "by_rate_plan", "rooms of a category, not of a rate plan")
        if is_inventory and control.choice("AllInvCode", FLAGS):
            return self._read_closing_season(r, control)
        restrictions = read_restrictions(r)
        read_counts = self._read_counts if is_inventory else self._read_limit
        counts = read_counts(r, is_optional=restrictions != UNRESTRICTED)
        return self._read_rooms(r, control, counts, restrictions)

    def _read_closing_season(self, r: XmlReader, control: XmlReader) -> FreeRoomLine:
        for name in ("InvTypeCode", "InvCode", *WEEKDAYS):
            _reject(control, name, "mixed", "no category, room or weekday beside AllInvCode")
        for name in ("InvCounts", "RestrictionStatus", "LengthsOfStay"):
            if name in r:
                expected = "no counts or restrictions in a closing season"
                raise UnreadableField(f"{r.path}/{name}", "mixed", expected)
        control.text("AllInvCode", "closed")
        first, last = self._read_period(control)
        return FreeRoomLine(path=r.path, first=first, last=last)

    def _read_rooms(
        self,
        r: XmlReader,
        control: XmlReader,
        counts: RoomCounts | None,
        restrictions: Restrictions,
    ) -> FreeRoomLine:
        category = control.text("InvTypeCode", "room_type_id")
        if not self.lenient and len(category) > _MAX_CATEGORY_LENGTH:
            expected = f"1 to {_MAX_CATEGORY_LENGTH} characters"
            raise control.invalid("InvTypeCode", "bad_text", expected)
        first, last = self._read_period(control)
        room = control.optional_text("InvCode", "counted_rooms") or ""
        if room and _count_rooms(counts) > 1:
            raise UnreadableField(r.path, "bad_count", "0 or 1 for a single room")
        if room and restrictions != UNRESTRICTED:
            raise control.invalid("InvCode", "mixed", "restrictions of a category, not of a room")
        line = FreeRoomLine(
            path=r.path,
            first=first,
            last=last,
            category=category,
            room=room,
            weekdays=_read_weekdays(control),
            counts=counts,
            restrictions=restrictions,
        )
        if not (line.is_of_every_day or line.days()):
            raise UnreadableField(control.path, "bad_period", "a night on one of the weekdays")
        return line

    def _read_period(self, control: XmlReader) -> tuple[date, date]:
        first = control.required("Start", as_local_date, "day")
        last = control.optional("End", as_local_date, "day")
        if last is None and not self.lenient:
            raise control.invalid("End", "missing_field", "a date")
        last = last or first
        if last < first:
            raise control.invalid("End", "bad_period", "a day not before Start")
        if (last - first).days >= MAX_NIGHTS:
            raise control.invalid("End", "bad_period", f"at most {MAX_NIGHTS} nights in one period")
        return first, last

    def _read_limit(self, r: XmlReader, *, is_optional: bool) -> RoomCounts | None:
        sent = ("BookingLimit", "BookingLimitMessageType", "BookingThreshold")
        if is_optional and all(r.peek(name) is None for name in sent):
            return None
        if not self.lenient or r.peek("BookingLimitMessageType") is not None:
            r.required("BookingLimitMessageType", as_choice({"SetLimit": True}))
        limit = r.required("BookingLimit", self._as_count, "available")
        threshold = r.optional("BookingThreshold", self._as_count, "blocked") or 0
        if threshold > limit:
            raise r.invalid("BookingThreshold", "bad_count", "no more than BookingLimit")
        return RoomCounts(available=limit - threshold, blocked=threshold)

    def _read_counts(self, r: XmlReader, *, is_optional: bool) -> RoomCounts | None:
        """Without InvCounts all rooms are sold; a missing count type is 0."""
        inv_counts = _only_child(r, "InvCounts")
        if not inv_counts and is_optional:
            return None
        if not inv_counts and self.lenient:
            raise _missing_element(inv_counts)
        if not inv_counts:
            return RoomCounts()
        found = self._counts_by_type(inv_counts)
        if not self.lenient:
            found = {"2": 0, "9": 0, **found}
        return RoomCounts(**{f.name: _sum_counts(found, f.name) for f in fields(RoomCounts)})

    def _counts_by_type(self, inv_counts: XmlReader) -> dict[str, int]:
        found: dict[str, int] = {}
        for inv_count in inv_counts.children("InvCount"):
            kind = inv_count.text("CountType")
            if kind not in (_TARGETS if self.lenient else _COUNT_TYPES):
                expected = "a documented count"
                raise inv_count.invalid("CountType", "unknown_value", expected, found=kind)
            if kind in found:
                raise inv_count.invalid("CountType", "duplicate", "each count once", found=kind)
            inv_count.text("CountType", _TARGETS[kind])
            found[kind] = inv_count.required("Count", self._as_count, _TARGETS[kind])
        if not found:
            raise _missing_element(inv_counts.first("InvCount"))
        return found

    def _as_count(self, value: Json, path: str) -> int:
        text = value if isinstance(value, str) else ""
        digits = text.removeprefix("-") if self.lenient else text
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 6):
            raise UnreadableField(path, "bad_count", "a number of rooms, 0 or more")
        return int(text)


_TARGETS: Final = {
    "1": "total",
    "2": "available",
    "3": "(dropped: counted elsewhere)",
    **dict.fromkeys(("4", "5"), "occupied"),
    **dict.fromkeys(("6", "8", "9"), "blocked"),
}


def _read_weekdays(control: XmlReader) -> frozenset[int]:
    """Those that are true; if none is, those that are not false."""
    if not control.has_any(WEEKDAYS.keys()):
        return _EVERY_DAY
    flags: dict[int, bool] = {}
    for name, weekday in WEEKDAYS.items():
        if control.is_blank(name):
            raise control.invalid(name, "bad_text", "true or false, or no attribute")
        flag = control.choice(name, FLAGS, "day")
        if flag is not None:
            flags[weekday] = flag or flags.get(weekday, False)
    chosen = frozenset(weekday for weekday, flag in flags.items() if flag)
    return chosen or _EVERY_DAY - flags.keys()


def _count_rooms(counts: RoomCounts | None) -> int:
    if counts is None:
        return 0
    return sum(n for n in (counts.available, counts.blocked) if isinstance(n, int))


def _sum_counts(found: dict[str, int], target: str) -> Field[int | None]:
    counts = [count for kind, count in found.items() if _TARGETS[kind] == target]
    return sum(counts) if counts else ABSENT


def _only_child(r: XmlReader, name: str) -> XmlReader:
    """Rejects a second element of this name, which could not be stored."""
    found = r.first(name)
    if found and len(elements := r.children(name)) > 1:
        raise UnreadableField(elements[1].path, "duplicate", f"one {name} in a line")
    return found


def _reject(r: XmlReader, attribute: str, code: str, expected: str) -> None:
    """Raises UnreadableField if there is such an attribute."""
    if r.peek(attribute) is not None:
        raise r.invalid(attribute, code, expected)


def _missing_element(r: XmlReader) -> UnreadableField:
    return UnreadableField(r.path, "missing_field", "the element")
