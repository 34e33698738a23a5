"""Inventory (inv) to cells, one per room type and night, and to room types.

The codes of the counts in `inventoryStatistics` are undocumented; those here are from published
responses. Counts must be requested (capabilities.COUNTS), else a night has none. `hotelInventory`
has only the number of available rooms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from adapters.outbound.provider_kit.parsing.enclosing_property import within_property
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.fields_around import with_fields_around
from adapters.outbound.provider_kit.parsing.json_fields import list_at, value_at
from adapters.outbound.provider_kit.parsing.json_messages import numbered_entries
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.mapping_report import join_path
from adapters.outbound.provider_kit.parsing.read_items import CellMapper, JsonEntry
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from adapters.outbound.providers.ohip.mapping.messages import is_inventory
from adapters.outbound.providers.ohip.mapping.parsing import (
    PROPERTY_PATHS,
    OhipMapper,
    as_day,
)
from domain.snapshots import AvailabilitySnapshot, RoomTypeRecord
from domain.values import ABSENT, Field, SourceVersion
from ports.errors import UnreadableMessage
from ports.providers import ReadItem

ROOM_TYPES: Final = "HotelRoomCode"
_TOTAL: Final = ("physicalrooms", "inventoryrooms")
_AVAILABLE: Final = ("availablerooms", "availrooms")
_OCCUPIED: Final = ("roomssold",)
_BLOCKED: Final = ("outoforder", "ooo", "outoforderrooms", "outofservice", "oosrooms")
_COUNTED: Final = frozenset((*_TOTAL, *_AVAILABLE, *_OCCUPIED, *_BLOCKED))
_NAMES: Final = ("statCode", "statCodeClass", "description", "hotelId")
_MAX_DAYS: Final = 1_000


@dataclass(frozen=True, slots=True)
class OhipCellMapper(OhipMapper, CellMapper):
    observed_at: datetime

    def map_answer(self, answer: JsonEntry, *, explain: bool = False) -> list[ReadItem]:
        """A room type without counts among others with counts is made of other rooms and skipped.
        If no room type has counts, they were not requested, and all are rejected."""
        if not is_inventory(answer.value):
            return [self.map(answer, explain=explain)]
        nights = list(_split_nights(answer))
        counted = [entry for entry in nights if _has_counts(entry.value)]
        entries = [*(counted or nights), *_split_inventory(answer)]
        items = [self.map(entry, explain=explain) for entry in entries]
        return with_fields_around(items, answer, entries) if explain else items

    def map_answers(self, answers: Sequence[JsonEntry], *, explain: bool = False) -> list[ReadItem]:
        """Raises UnreadableMessage if they have statistics, but none of a room type."""
        items = [item for answer in answers for item in self.map_answer(answer, explain=explain)]
        if not items and not all(_is_empty(answer.value) for answer in answers):
            raise UnreadableMessage("no counts of room types", path="statistics")
        return items

    def map_snapshot(self, r: Reader, _: None) -> AvailabilitySnapshot:
        if "statisticDate" in r:
            return self._map_statistics(r)
        if "startDate" in r or "availableCount" in r:
            return self._map_inventory_count(r)
        raise UnreadableField("statistics", "missing_field", "counts of rooms by night")

    def _map_statistics(self, r: Reader) -> AvailabilitySnapshot:
        counts = _Counts(r.optional_objects("inventory") or [])
        total = counts.first(_TOTAL, "total")
        available = counts.first(_AVAILABLE, "available")
        occupied = counts.first(_OCCUPIED, "occupied")
        blocked = counts.sum(_BLOCKED, "blocked")
        if (total, available, occupied, blocked) == (ABSENT,) * 4:
            raise UnreadableField("inventory", "missing_field", "counts of rooms")
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

    def _map_inventory_count(self, r: Reader) -> AvailabilitySnapshot:
        return AvailabilitySnapshot(
            room_type_id=r.text("code", "room_type_id"),
            day=r.required("startDate", as_day, "day"),
            version=SourceVersion(self.observed_at),
            version_is_ours=True,
            available=r.integer("availableCount", "available", lenient=True),
        )


def _is_empty(answer: Json) -> bool:
    return any(value_at(answer, key) == [] for key in ("statistics", "hotelInventories"))


def _has_counts(night: Json) -> bool:
    """True also for invalid counts, so that the mapper rejects the night."""
    nested = value_at(night, "inventory")
    if not isinstance(nested, list):
        return nested is not None
    codes = [value_at(each, "code") for each in nested]
    return any(not isinstance(code, str) or code.casefold() in _COUNTED for code in codes)


class _Counts:
    """Counts by code, case-insensitive."""

    def __init__(self, found: list[Reader]) -> None:
        self._found = {str(each.peek("code")).casefold(): each for each in found}

    def first(self, codes: tuple[str, ...], target: str) -> Field[int]:
        for code in codes:
            if code in self._found:
                return self._read(code, target)
        return ABSENT

    def sum(self, codes: tuple[str, ...], target: str) -> Field[int]:
        present_codes = [code for code in codes if code in self._found]
        return sum(self._read(code, target) for code in present_codes) if present_codes else ABSENT

    def _read(self, code: str, target: str) -> int:
        self._found[code].text("code", target)
        return self._found[code].integer("value", target, lenient=True)


def map_room_types(answer: Json) -> list[RoomTypeRecord]:
    """A room type without a description is named by its code."""
    found: dict[str, RoomTypeRecord] = {}
    for entry in _room_type_entries(JsonEntry("", answer)):
        r = reader_for(entry.value, entry.path)
        code = r.text("statCode")
        name = r.optional_text("description") or code
        found[code] = RoomTypeRecord(external_id=code, name=name)
    return list(found.values())


def _room_type_entries(answer: JsonEntry) -> Iterator[JsonEntry]:
    """Only room types, not the statistics of the hotel and of room classes."""
    reports = numbered_entries("", answer.value) if isinstance(answer.value, list) else [answer]
    for report in reports:
        for entry in _nested_entries(report, "statistics"):
            if value_at(entry.value, "statCategoryCode") == ROOM_TYPES:
                yield _within(entry, answer, report)


def _split_nights(answer: JsonEntry) -> Iterator[JsonEntry]:
    for kind in _room_type_entries(answer):
        fields: Json = kind.merged()
        names: dict[str, Json] = (
            {key: fields[key] for key in _NAMES if key in fields}
            if isinstance(fields, dict)
            else {}
        )
        for night in _nested_entries(kind, "statisticDate"):
            value = night.value
            yield JsonEntry(night.path, {**names, **value} if isinstance(value, dict) else value)


def _split_inventory(answer: JsonEntry) -> Iterator[JsonEntry]:
    """One entry per day of a span, whose end date is included."""
    for hotel in _nested_entries(answer._replace(path=""), "hotelInventories"):
        for kind in _nested_entries(hotel, "roomTypeInventories"):
            for span in _nested_entries(kind, "inventoryCounts"):
                yield from _split_span(_within(span, answer, hotel, kind), kind.value)


def _within(entry: JsonEntry, *around: JsonEntry) -> JsonEntry:
    """With the hotel that the nearest of `around` names; outermost first."""
    for each in reversed(around):
        (entry,) = within_property([entry], each.merged(), PROPERTY_PATHS)
    return entry


def _split_span(span: JsonEntry, kind: Json) -> Iterator[JsonEntry]:
    merged = span.merged()
    if not isinstance(merged, dict):
        yield span
        return
    first = {**merged, "code": value_at(kind, "code")}
    try:
        start = as_day(merged.get("startDate"), "startDate")
        end = as_day(merged.get("endDate", start.isoformat()), "endDate")
    except UnreadableField:
        yield JsonEntry(span.path, first)
        return
    for offset in range(min((end - start).days, _MAX_DAYS) + 1):
        day: date = start + timedelta(days=offset)
        yield JsonEntry(span.path, {**first, "startDate": day.isoformat()})


def _nested_entries(entry: JsonEntry, key: str) -> list[JsonEntry]:
    return numbered_entries(join_path(entry.path, key), list_at(entry.value, key))
