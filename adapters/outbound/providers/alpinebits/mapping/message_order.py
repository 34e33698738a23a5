"""The order of messages of one reservation that have one version: the sender's order in a document.

Many senders write only the day, so that two modifications in one document have the same version.
The last one counts: the versions of the others end up just before it, whatever arrives later. Of
two documents neither is known to be the newer one: that is a version conflict.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.outbound.providers.alpinebits.mapping.reservation_documents import AlpineBitsEntry
from domain.snapshots import BookingSnapshot
from domain.values import SourceVersion
from ports.providers import ReadItem

STEP: Final = 1_000
"""Between the sequences of two kinds of messages; below it are the nanoseconds."""

_END_OF_INSTANT: Final = 5 * STEP
"""Above every sequence."""

_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def version_before(version: SourceVersion, steps: int) -> SourceVersion:
    """`steps` before a version; later than all that are a kind of message or an instant earlier."""
    sequence = version.sequence - steps
    if sequence >= 0:
        return SourceVersion(version.updated_at, sequence)
    if version.updated_at == _EARLIEST:
        return SourceVersion(_EARLIEST)
    return SourceVersion(version.updated_at - _MICROSECOND, _END_OF_INSTANT + sequence)


def order_messages(
    entries: Sequence[AlpineBitsEntry], items: Sequence[ReadItem]
) -> Sequence[ReadItem]:
    """`items`: one for each of `entries`."""
    if len({item.external_id for item in items}) == len(items):
        return items
    ordered = list(items)
    later: dict[tuple[int, str, SourceVersion], tuple[BookingSnapshot, int]] = {}
    for n in reversed(range(len(items))):
        snapshot = items[n].snapshot
        if not isinstance(snapshot, BookingSnapshot):
            continue
        key = id(entries[n].document), snapshot.external_id, snapshot.version
        following, count = later.get(key, (snapshot, 0))
        count += following != snapshot
        later[key] = snapshot, count
        if count:
            ordered[n] = _put_before(entries[n], items[n], snapshot, count)
    return ordered


def _put_before(
    entry: AlpineBitsEntry, item: ReadItem, snapshot: BookingSnapshot, later_messages: int
) -> ReadItem:
    version = version_before(snapshot.version, later_messages)
    return replace(
        item, raw=entry.text(later_messages), snapshot=replace(snapshot, version=version)
    )
