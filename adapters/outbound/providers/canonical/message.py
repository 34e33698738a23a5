"""A pushed body to its items, each read on its own: one bad item never stops the others."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json, RawItem, split_items
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.providers.canonical.availability import read_availability
from adapters.outbound.providers.canonical.booking import read_booking
from adapters.outbound.providers.canonical.guest import read_guest
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import Snapshot, require_id
from domain.values import Reason
from ports.providers import HotelContext, ReadItem

_Read: TypeAlias = Callable[[Reader, HotelContext], Snapshot]

_READERS: Final[dict[ItemKind, _Read]] = {
    ItemKind.BOOKING: read_booking,
    ItemKind.GUEST: read_guest,
    ItemKind.AVAILABILITY: read_availability,
}


def read_message(
    kind: ItemKind, body: bytes, context: HotelContext, *, limit: int, explain: bool
) -> Iterator[ReadItem]:
    """Raises UnreadableMessage, TooManyItems."""
    is_array = body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
    for position, raw in enumerate(split_items(body, limit=limit)):
        item = _read_item(kind, raw, context, explain=explain)
        yield _placed(item, position) if is_array and item.reason else item


def _read_item(kind: ItemKind, raw: RawItem, context: HotelContext, *, explain: bool) -> ReadItem:
    item = ReadItem(kind=kind, raw=raw.text.encode(), external_id=_told_id(raw.value))
    if raw.problem:
        return replace(item, reason=Reason(raw.problem.code, None, raw.problem.message))
    try:
        reader = Reader(raw.value)
        snapshot = _READERS[kind](reader, context)
    except UnreadableField as fault:
        return replace(item, reason=Reason(fault.code, fault.path, fault.message))
    except InvalidField as fault:
        return replace(item, reason=Reason(fault.code, fault.path, fault.message))
    homes = _homes(reader) if explain else ()
    return replace(item, external_id=snapshot.external_id, snapshot=snapshot, homes=homes)


def _told_id(value: Json) -> str | None:
    """For the sender's answer and the quarantine, also where the rest can't be understood."""
    told = value.get("external_id") if isinstance(value, dict) else None
    if not isinstance(told, str):
        return None
    try:
        require_id(told, "external_id")
    except InvalidField:
        return None
    return told


def _placed(item: ReadItem, position: int) -> ReadItem:
    """The reason with the item's place in the array, e.g. `[3].stay.arrival`."""
    if item.reason is None:
        return item
    reason, place = item.reason, f"[{position}]"
    if reason.path in (None, "(payload)"):
        return replace(item, reason=replace(reason, path=place))
    joint = "" if str(reason.path).startswith("[") else "."
    path = f"{place}{joint}{reason.path}"
    detail = reason.detail.removeprefix(f"{reason.path}: ")
    return replace(item, reason=Reason(reason.code, path, f"{path}: {detail}"))


def _homes(reader: Reader) -> tuple[tuple[str, str], ...]:
    """A field of our own format is its own home."""
    read = [(path, path) for path in reader.homes() if path != "extras"]
    kept = [(path, "extras") for path in reader.unread()]
    return tuple(sorted(read + kept))
