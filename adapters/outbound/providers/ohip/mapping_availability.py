"""Inventory (inv) to cells: one per room type and night, and the room types by their names.

`inventoryStatistics` names its counts by codes that no description of the vendor lists; those here
are from answers that others published. Counts have to be asked for (capabilities.COUNTS): without
them a night has none, and says nothing. `hotelInventory` tells only how many are left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.told_items import all_homes
from adapters.outbound.providers.ohip.reading import (
    Entry,
    as_day,
    numbered,
    opened,
    reason_of,
)
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, RoomTypeRecord
from domain.values import ABSENT, Field, SourceVersion
from ports.providers import ReadItem

ROOM_TYPES: Final = "HotelRoomCode"
_TOTAL: Final = ("physicalrooms", "inventoryrooms")
_AVAILABLE: Final = ("availablerooms", "availrooms")
_OCCUPIED: Final = ("roomssold",)
_OUT: Final = ("outoforder", "ooo", "outoforderrooms", "outofservice", "oosrooms")
_COUNTED: Final = frozenset((*_TOTAL, *_AVAILABLE, *_OCCUPIED, *_OUT))
_NAMES: Final = ("statCode", "statCodeClass", "description")
_MOST_DAYS: Final = 1_000


@dataclass(frozen=True, slots=True)
class CellMapper:
    observed_at: datetime

    def map(self, answer: Entry, *, explain: bool = False) -> Iterator[ReadItem]:
        """A room type without counts among others that have them is one that is made of other
        rooms: it has none to tell. Where none has any they were not asked for: each is refused."""
        nights = list(_nights(answer))
        counted = [entry for entry in nights if _has_counts(entry.value)]
        for entry in counted or nights:
            yield self._item(entry, explain=explain)
        for entry in _spans(answer):
            yield self._item(entry, explain=explain)

    def _item(self, entry: Entry, *, explain: bool) -> ReadItem:
        raw = entry.text()
        try:
            r = opened(entry.value)
            snapshot = self._counted(r) if "statisticDate" in r else self._left(r)
        except (UnreadableField, InvalidField) as fault:
            reason = reason_of(fault, entry.path)
            return ReadItem(kind=ItemKind.AVAILABILITY, raw=raw, reason=reason)
        return ReadItem(
            kind=ItemKind.AVAILABILITY,
            raw=raw,
            external_id=snapshot.external_id,
            snapshot=snapshot,
            homes=all_homes(r, r.unread().items()) if explain else (),
        )

    def _counted(self, r: Reader) -> AvailabilitySnapshot:
        counts = _Counts(r.optional_objects("inventory") or [])
        total = counts.first(_TOTAL, "total")
        available = counts.first(_AVAILABLE, "available")
        occupied = counts.first(_OCCUPIED, "occupied")
        blocked = counts.sum(_OUT, "blocked")
        if (total, available, occupied, blocked) == (ABSENT,) * 4:
            raise UnreadableField("inventory", "missing_field", "counts of rooms, asked for")
        return AvailabilitySnapshot(
            room_type_id=r.text("statCode", "room_type_id"),
            day=r.required("statisticDate", as_day, "day"),
            version=SourceVersion(self.observed_at),
            version_is_ours=True,
            total=total,
            available=available,
            occupied=occupied,
            blocked=blocked,
        )

    def _left(self, r: Reader) -> AvailabilitySnapshot:
        return AvailabilitySnapshot(
            room_type_id=r.text("code", "room_type_id"),
            day=r.required("startDate", as_day, "day"),
            version=SourceVersion(self.observed_at),
            version_is_ours=True,
            available=r.integer("availableCount", "available", lenient=True),
        )


def _has_counts(night: Json) -> bool:
    """Also one that can't be read: it is refused by what is wrong with it."""
    told = night.get("inventory") if isinstance(night, dict) else None
    if not isinstance(told, list):
        return told is not None
    codes = [each.get("code") if isinstance(each, dict) else None for each in told]
    return any(not isinstance(code, str) or code.casefold() in _COUNTED for code in codes)


class _Counts:
    """By code, whatever its capitals."""

    def __init__(self, found: list[Reader]) -> None:
        self._found = {str(each.peek("code")).casefold(): each for each in found}

    def first(self, codes: tuple[str, ...], home: str) -> Field[int]:
        for code in codes:
            if code in self._found:
                return self._read(code, home)
        return ABSENT

    def sum(self, codes: tuple[str, ...], home: str) -> Field[int]:
        there = [code for code in codes if code in self._found]
        return sum(self._read(code, home) for code in there) if there else ABSENT

    def _read(self, code: str, home: str) -> int:
        self._found[code].text("code", home)
        return self._found[code].integer("value", home, lenient=True)


def room_types_of(answer: Json) -> list[RoomTypeRecord]:
    """By the room types' own names; those without one have their code."""
    found: dict[str, RoomTypeRecord] = {}
    for entry in _room_types(Entry("", answer)):
        r = opened(entry.value, entry.path)
        code = r.text("statCode")
        name = r.optional_text("description") or code
        found[code] = RoomTypeRecord(external_id=code, name=name)
    return list(found.values())


def _room_types(answer: Entry) -> Iterator[Entry]:
    """The house as a whole and classes of rooms are no room types."""
    reports = numbered("", answer.value) if isinstance(answer.value, list) else [answer]
    for report in reports:
        told = report.value.get("statistics") if isinstance(report.value, dict) else None
        for entry in numbered(_under(report.path, "statistics"), _items(told)):
            if isinstance(entry.value, dict) and entry.value.get("statCategoryCode") == ROOM_TYPES:
                yield entry


def _nights(answer: Entry) -> Iterator[Entry]:
    for kind in _room_types(answer):
        of: dict[str, Json] = kind.value if isinstance(kind.value, dict) else {}
        named: dict[str, Json] = {key: of[key] for key in _NAMES if key in of}
        told = of.get("statisticDate")
        for night in numbered(f"{kind.path}.statisticDate", _items(told)):
            yield Entry(night.path, _with(named, night.value))


def _spans(answer: Entry) -> Iterator[Entry]:
    """A span of days, its last one included, is a cell for each."""
    hotels = answer.value.get("hotelInventories") if isinstance(answer.value, dict) else None
    for hotel in numbered("hotelInventories", _items(hotels)):
        for kind in _inside(hotel, "roomTypeInventories"):
            code = kind.value.get("code") if isinstance(kind.value, dict) else None
            for span in _inside(kind, "inventoryCounts"):
                yield from _days_of(span, code)


def _days_of(span: Entry, code: Json) -> Iterator[Entry]:
    if not isinstance(span.value, dict):
        yield span
        return
    first = {**span.value, "code": code}
    try:
        start = as_day(span.value.get("startDate"), "startDate")
        end = as_day(span.value.get("endDate", start.isoformat()), "endDate")
    except UnreadableField:
        yield Entry(span.path, first)
        return
    for offset in range(min((end - start).days, _MOST_DAYS) + 1):
        day: date = start + timedelta(days=offset)
        yield Entry(span.path, {**first, "startDate": day.isoformat()})


def _inside(entry: Entry, key: str) -> Iterator[Entry]:
    told = entry.value.get(key) if isinstance(entry.value, dict) else None
    yield from numbered(f"{entry.path}.{key}", _items(told))


def _with(named: dict[str, Json], night: Json) -> Json:
    return {**named, **night} if isinstance(night, dict) else night


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _items(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
