"""The lines of a message of free rooms: which nights, of what, and how many.

OTA_HotelInvCountNotifRQ (AlpineBits from 2020-10, HTNG) counts rooms:

| CountType | means | goes to |
|---|---|---|
| 1 | physical | total |
| 2 | definitive availability, "bookable" | available |
| 4, 5 | definitely and tentatively sold | occupied, their sum |
| 6 | out of order | blocked, with 8 and 9 |
| 8 | out of inventory | blocked |
| 9 | free, but not to be booked (AlpineBits) | blocked |
| 3 | tentative availability | nothing: it is of the rooms that 2 or 5 count |

OTA_HotelAvailNotifRQ (AlpineBits until 2018-10) has a limit: rooms to sell are BookingLimit less
BookingThreshold, which are free and not to be booked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.field_values import as_local_date
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.xml_reader import XmlReader
from domain.values import ABSENT, Field

CONTROL: Final = "StatusApplicationControl"
MAX_NIGHTS: Final = 400
_LONGEST_CATEGORY: Final = 8
"""AlpineBits' XSD: InvTypeCode has 1 to 8 characters."""

_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}
_TYPES: Final = frozenset({"2", "6", "9"})
_HTNG_TYPES: Final = frozenset({"1", "2", "3", "4", "5", "6", "8", "9"})
_BLOCKED: Final = ("6", "8", "9")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    available: Field[int | None] = 0
    blocked: Field[int | None] = 0
    total: Field[int | None] = ABSENT
    occupied: Field[int | None] = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A period, its last night included, of a category or of one room of it; of a closing season
    (neither) for the whole hotel."""

    path: str
    first: date
    last: date
    category: str = ""
    room: str = ""
    counts: Counts = Counts()

    @property
    def is_closing(self) -> bool:
        return not self.category

    @property
    def nights(self) -> int:
        return (self.last - self.first).days + 1

    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.nights)]

    def overlaps(self, other: "Line") -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class LineReader:
    """`lenient`: HTNG and other senders of SOAP: a period of one day has no End, categories have
    names of any length, all of OTA's count types come, and some rooms below 0."""

    lenient: bool

    def counted(self, r: XmlReader) -> Line | None:
        """An `Inventory`; None for an empty one."""
        control = _only(r, CONTROL)
        if control is None and _only(r, "InvCounts") is None:
            return None
        if control is None:
            raise _missing(r, CONTROL)
        if self._flag(control, "AllInvCode"):
            return self._closing(r, control)
        return self._line(r, control, self._counts(r))

    def limited(self, r: XmlReader) -> Line | None:
        """An `AvailStatusMessage`; None for an empty one."""
        control = _only(r, CONTROL)
        if control is None and r.peek("BookingLimit") is None:
            return None
        if control is None:
            raise _missing(r, CONTROL)
        if control.peek("RatePlanCode") is not None:
            path = control.path_of("RatePlanCode")
            raise UnreadableField(path, "by_rate_plan", "rooms of a category, not of a rate")
        return self._line(r, control, self._limit(r))

    def _closing(self, r: XmlReader, control: XmlReader) -> Line:
        for name in ("InvTypeCode", "InvCode"):
            if control.peek(name) is not None:
                path = control.path_of(name)
                raise UnreadableField(path, "mixed", "nothing beside AllInvCode: all rooms close")
        if r.child("InvCounts") is not None:
            raise UnreadableField(f"{r.path}/InvCounts", "mixed", "no counts in a closing season")
        first, last = self._period(control)
        return Line(path=r.path, first=first, last=last)

    def _line(self, r: XmlReader, control: XmlReader, counts: Counts) -> Line:
        category = control.text("InvTypeCode", "room_type_id")
        if not self.lenient and len(category) > _LONGEST_CATEGORY:
            path = control.path_of("InvTypeCode")
            raise UnreadableField(path, "bad_text", f"1 to {_LONGEST_CATEGORY} characters")
        first, last = self._period(control)
        room = control.optional_text("InvCode", "(counted with its room type)") or ""
        line = Line(
            path=r.path, first=first, last=last, category=category, room=room, counts=counts
        )
        if room and _rooms_of(counts) > 1:
            raise UnreadableField(r.path, "bad_count", "0 or 1, since it is of one room")
        return line

    def _period(self, control: XmlReader) -> tuple[date, date]:
        first = control.required("Start", _as_date, "day")
        last = control.optional("End", _as_date, "day")
        if last is None:
            if not self.lenient:
                raise UnreadableField(control.path_of("End"), "missing_field", "a date")
            last = first
        if last < first:
            raise UnreadableField(control.path_of("End"), "bad_period", "a day not before Start")
        if (last - first).days >= MAX_NIGHTS:
            path = control.path_of("End")
            raise UnreadableField(path, "bad_period", f"at most {MAX_NIGHTS} nights in one period")
        return first, last

    def _limit(self, r: XmlReader) -> Counts:
        if not self.lenient or r.peek("BookingLimitMessageType") is not None:
            r.text("BookingLimitMessageType")
            r.choice("BookingLimitMessageType", {"SetLimit": True})
        limit = r.required("BookingLimit", self._as_count, "available")
        threshold = r.optional("BookingThreshold", self._as_count, "blocked") or 0
        if threshold > limit:
            path = r.path_of("BookingThreshold")
            raise UnreadableField(path, "bad_count", "no more than BookingLimit")
        return Counts(available=limit - threshold, blocked=threshold)

    def _counts(self, r: XmlReader) -> Counts:
        """Without InvCounts everything is sold; of given ones each that is not there is 0."""
        held = _only(r, "InvCounts")
        if held is None and self.lenient:
            raise _missing(r, "InvCounts")
        if held is None:
            return Counts()
        found = self._by_type(held)
        if not self.lenient:
            return Counts(available=found.get("2", 0), blocked=_sum(found, _BLOCKED))
        return Counts(
            available=found.get("2", ABSENT),
            blocked=_sum(found, _BLOCKED) if found.keys() & set(_BLOCKED) else ABSENT,
            total=found.get("1", ABSENT),
            occupied=_sum(found, ("4", "5")) if found.keys() & {"4", "5"} else ABSENT,
        )

    def _by_type(self, held: XmlReader) -> dict[str, int]:
        found: dict[str, int] = {}
        for each in held.children("InvCount"):
            kind = each.text("CountType")
            if kind not in (_HTNG_TYPES if self.lenient else _TYPES):
                path = each.path_of("CountType")
                raise UnreadableField(path, "unknown_value", "a documented count", found=kind)
            if kind in found:
                path = each.path_of("CountType")
                raise UnreadableField(path, "duplicate", "each count once", found=kind)
            found[kind] = each.required("Count", self._as_count, _HOMES[kind])
        if not found:
            raise _missing(held, "InvCount")
        return found

    def _as_count(self, value: Json, path: str) -> int:
        text = value if isinstance(value, str) else ""
        digits = text.removeprefix("-") if self.lenient else text
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 6):
            raise UnreadableField(path, "bad_count", "a number of rooms, 0 or more")
        return int(text)

    def _flag(self, control: XmlReader, name: str) -> bool:
        return control.choice(name, _FLAGS) or False


_HOMES: Final = {
    "1": "total",
    "2": "available",
    "3": "(dropped: counted elsewhere)",
    "4": "occupied",
    "5": "occupied",
    "6": "blocked",
    "8": "blocked",
    "9": "blocked",
}


def _as_date(value: Json, path: str) -> date:
    return as_local_date(value, path)


def _rooms_of(counts: Counts) -> int:
    return sum(n for n in (counts.available, counts.blocked) if isinstance(n, int))


def _sum(found: dict[str, int], kinds: Collection[str]) -> int:
    return sum(found.get(kind, 0) for kind in kinds)


def _only(r: XmlReader, name: str) -> XmlReader | None:
    """What a line tells once: of a second one nothing could be kept."""
    found = r.child(name)
    if found is not None and len(told := r.children(name)) > 1:
        raise UnreadableField(told[1].path, "duplicate", f"one {name} in a line")
    return found


def _missing(r: XmlReader, name: str) -> UnreadableField:
    return UnreadableField(f"{r.path}/{name}", "missing_field", "the element")
