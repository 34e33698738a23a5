"""Availability of unit groups (Availability v1) to cells: one per unit group and night.

    houseCount    = physicalCount - maintenance.outOfInventory
    sellableCount = houseCount - outOfService - outOfOrder - soldCount - block.remaining
    availableCount includes allowed overbooking, so it is not a number of rooms.

Apaleo does not document these sums; they are taken from its user interface.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.enclosing_property import within_property
from adapters.outbound.provider_kit.parsing.fields_around import with_fields_around
from adapters.outbound.provider_kit.parsing.json_fields import list_at, value_at
from adapters.outbound.provider_kit.parsing.json_messages import numbered_entries
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.local_time import local_day
from adapters.outbound.provider_kit.parsing.mapping_report import join_path
from adapters.outbound.provider_kit.parsing.read_items import CellMapper, JsonEntry
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.apaleo.mapping.messages import has_time_slices
from adapters.outbound.providers.apaleo.mapping.parsing import ApaleoMapper
from domain.snapshots import AvailabilitySnapshot
from domain.values import ABSENT, Field, SourceVersion
from ports.providers import ReadItem

_NIGHT_KEYS: Final = ("from", "to", "property", "propertyId")


@dataclass(frozen=True, slots=True)
class ApaleoCellMapper(ApaleoMapper, CellMapper):
    zone: ZoneInfo
    observed_at: datetime

    def map_answer(self, answer: JsonEntry, *, explain: bool = False) -> list[ReadItem]:
        """The raw text of each item is its unit group's entry, as a message of its own."""
        if not has_time_slices(answer.value):
            return [self.map(answer, explain=explain)]
        entries = list(_split_time_slices(answer))
        items = [self.map(entry, explain=explain) for entry in entries]
        return with_fields_around(items, answer, entries) if explain else items

    def map_snapshot(self, r: Reader, _: None) -> AvailabilitySnapshot:
        return AvailabilitySnapshot(
            room_type_id=r.object("unitGroup").text("id", "room_type_id"),
            day=local_day(r.instant("from", "day"), self.zone),
            version=SourceVersion(self.observed_at),
            version_is_ours=True,
            total=r.field_integer("houseCount", "total"),
            available=r.field_integer("sellableCount", "available"),
            occupied=r.field_integer("soldCount", "occupied"),
            blocked=_count_blocked(r),
        )


def _split_time_slices(answer: JsonEntry) -> Iterator[JsonEntry]:
    message = answer.merged()
    path = join_path(answer.path, "timeSlices")
    entries = numbered_entries(path, list_at(message, "timeSlices"))
    for entry in within_property(entries, message, ApaleoMapper.property_paths):
        yield from _split_unit_groups(entry.merged(), entry.path)


def _split_unit_groups(time_slice: Json, path: str) -> Iterator[JsonEntry]:
    """An invalid time slice is one entry, which the mapper rejects."""
    groups = value_at(time_slice, "unitGroups")
    if not isinstance(time_slice, dict) or not isinstance(groups, list):
        yield JsonEntry(path, time_slice)
        return
    night: dict[str, Json] = {key: time_slice[key] for key in _NIGHT_KEYS if key in time_slice}
    for number, group in enumerate(groups):
        value: Json = {**group, **night} if isinstance(group, dict) else group
        raw = dumps({"timeSlices": [{**night, "unitGroups": [group]}]}).encode()
        yield JsonEntry(f"{path}.unitGroups[{number}]", value, raw)


def _count_blocked(r: Reader) -> Field[int]:
    maintenance, block = r.optional_object("maintenance"), r.optional_object("block")
    counts = (
        _count(maintenance, "outOfService"),
        _count(maintenance, "outOfOrder"),
        _count(block, "remaining"),
    )
    known = [count for count in counts if count is not None]
    return sum(known) if known else ABSENT


def _count(r: Reader | None, key: str) -> int | None:
    return r.optional_integer(key, "blocked") if r is not None else None
