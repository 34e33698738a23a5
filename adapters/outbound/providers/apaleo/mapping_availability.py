"""Availability of unit groups (Availability v1) to cells: one per unit group and night.

    houseCount    = physicalCount - maintenance.outOfInventory
    sellableCount = houseCount - outOfService - outOfOrder - soldCount - block.remaining
    availableCount adds what may be overbooked, so it is no number of rooms.

No page of the vendor spells the sums out; they are as its own screens show them.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.local_time import local_day
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.told_items import all_homes
from adapters.outbound.providers.apaleo.mapping_bookings import reason_of
from adapters.outbound.providers.apaleo.reading import Entry, opened
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot
from domain.values import ABSENT, Field, SourceVersion
from ports.providers import ReadItem


def cells_of(answer: Entry, zone: ZoneInfo, observed_at: datetime) -> Iterator[ReadItem]:
    """Each item's own text is its unit group's entry with the night that it is of."""
    for entry in _listed(answer):
        yield _cell(entry, zone, observed_at, explain=False)


def explained_cells(answer: Entry, zone: ZoneInfo, observed_at: datetime) -> Iterator[ReadItem]:
    for entry in _listed(answer):
        yield _cell(entry, zone, observed_at, explain=True)


def _listed(answer: Entry) -> Iterator[Entry]:
    """A slice that is none is one item, to be refused."""
    found = answer.value.get("timeSlices") if isinstance(answer.value, dict) else None
    for position, piece in enumerate(found if isinstance(found, list) else ()):
        path = f"timeSlices[{position}]"
        groups = piece.get("unitGroups") if isinstance(piece, dict) else None
        if not isinstance(piece, dict) or not isinstance(groups, list):
            yield Entry(path, piece)
            continue
        night: dict[str, Json] = {key: piece[key] for key in ("from", "to") if key in piece}
        for number, group in enumerate(groups):
            value: Json = {**group, **night} if isinstance(group, dict) else group
            yield Entry(f"{path}.unitGroups[{number}]", value)


def _cell(entry: Entry, zone: ZoneInfo, observed_at: datetime, *, explain: bool) -> ReadItem:
    raw = entry.text()
    try:
        r = opened(entry.value)
        snapshot = _snapshot(r, zone, observed_at)
    except (UnreadableField, InvalidField) as fault:
        return ReadItem(kind=ItemKind.AVAILABILITY, raw=raw, reason=reason_of(fault, entry.path))
    return ReadItem(
        kind=ItemKind.AVAILABILITY,
        raw=raw,
        external_id=snapshot.external_id,
        snapshot=snapshot,
        homes=all_homes(r, tuple(r.unread().items())) if explain else (),
    )


def _snapshot(r: Reader, zone: ZoneInfo, observed_at: datetime) -> AvailabilitySnapshot:
    return AvailabilitySnapshot(
        room_type_id=r.object("unitGroup").text("id", "room_type_id"),
        day=local_day(r.instant("from", "day"), zone),
        version=SourceVersion(observed_at),
        version_is_ours=True,
        total=r.field_integer("houseCount", "total"),
        available=r.field_integer("sellableCount", "available"),
        occupied=r.field_integer("soldCount", "occupied"),
        blocked=_blocked(r),
    )


def _blocked(r: Reader) -> Field[int]:
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
