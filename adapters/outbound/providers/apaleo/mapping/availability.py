"""Availability of unit groups (Availability v1) to cells: one per unit group and night.

    houseCount    = physicalCount - maintenance.outOfInventory
    sellableCount = houseCount - outOfService - outOfOrder - soldCount - block.remaining
    availableCount adds what may be overbooked, so it is no number of rooms.

No page of the vendor spells the sums out; they are as its own screens show them.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.local_time import local_day
from adapters.outbound.provider_kit.parsing.mapping_report import build_field_trace
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.providers.apaleo.mapping.bookings import reason_of
from adapters.outbound.providers.apaleo.mapping.parsing import ApaleoEntry, reader_for
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot
from domain.values import ABSENT, Field, SourceVersion
from ports.providers import ReadItem


def map_cells(answer: ApaleoEntry, zone: ZoneInfo, observed_at: datetime) -> Iterator[ReadItem]:
    """Each item's own text is its unit group's entry with the night that it is of."""
    for entry in _split_answer(answer):
        yield _map_cell(entry, zone, observed_at, explain=False)


def map_cells_with_trace(
    answer: ApaleoEntry, zone: ZoneInfo, observed_at: datetime
) -> Iterator[ReadItem]:
    for entry in _split_answer(answer):
        yield _map_cell(entry, zone, observed_at, explain=True)


def _split_answer(answer: ApaleoEntry) -> Iterator[ApaleoEntry]:
    """A slice that is none is one item, to be refused."""
    found = answer.value.get("timeSlices") if isinstance(answer.value, dict) else None
    for position, time_slice in enumerate(found if isinstance(found, list) else ()):
        path = f"timeSlices[{position}]"
        groups = time_slice.get("unitGroups") if isinstance(time_slice, dict) else None
        if not isinstance(time_slice, dict) or not isinstance(groups, list):
            yield ApaleoEntry(path, time_slice)
            continue
        night: dict[str, Json] = {
            key: time_slice[key] for key in ("from", "to") if key in time_slice
        }
        for number, group in enumerate(groups):
            value: Json = {**group, **night} if isinstance(group, dict) else group
            yield ApaleoEntry(f"{path}.unitGroups[{number}]", value)


def _map_cell(
    entry: ApaleoEntry, zone: ZoneInfo, observed_at: datetime, *, explain: bool
) -> ReadItem:
    raw = entry.text()
    try:
        r = reader_for(entry.value)
        snapshot = _map_snapshot(r, zone, observed_at)
    except (UnreadableField, InvalidField) as fault:
        return ReadItem(kind=ItemKind.AVAILABILITY, raw=raw, reason=reason_of(fault, entry.path))
    return ReadItem(
        kind=ItemKind.AVAILABILITY,
        raw=raw,
        external_id=snapshot.external_id,
        snapshot=snapshot,
        field_trace=build_field_trace(r, tuple(r.unread().items())) if explain else (),
    )


def _map_snapshot(r: Reader, zone: ZoneInfo, observed_at: datetime) -> AvailabilitySnapshot:
    return AvailabilitySnapshot(
        room_type_id=r.object("unitGroup").text("id", "room_type_id"),
        day=local_day(r.instant("from", "day"), zone),
        version=SourceVersion(observed_at),
        version_is_ours=True,
        total=r.field_integer("houseCount", "total"),
        available=r.field_integer("sellableCount", "available"),
        occupied=r.field_integer("soldCount", "occupied"),
        blocked=_count_blocked(r),
    )


def _count_blocked(r: Reader) -> Field[int]:
    maintenance, block = r.optional_object("maintenance"), r.optional_object("block")
    if maintenance is None and block is None:
        return ABSENT
    count = 0
    if maintenance is not None:
        count += maintenance.optional_integer("outOfService", "blocked") or 0
        count += maintenance.optional_integer("outOfOrder", "blocked") or 0
    if block is not None:
        count += block.optional_integer("remaining", "blocked") or 0
    return count
