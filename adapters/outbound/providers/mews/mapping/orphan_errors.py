"""What can't be read and belongs to nothing that could be refused in its place.

It is told as an item of its own, without an id: kept, shown, and the run is no success; the rest of
its page goes on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.providers.mews.mapping.parsing import MewsEntry, MewsReader, reason_of
from domain.messages import ItemKind
from ports.providers import ReadItem

T = TypeVar("T")


@dataclass(slots=True)
class OrphanErrors:
    items: list[ReadItem] = field(default_factory=list)

    def readable(
        self,
        entries: Iterable[MewsEntry],
        read: Callable[[MewsReader], T],
        kind: ItemKind = ItemKind.BOOKING,
    ) -> list[tuple[MewsEntry, T]]:
        """Each entry with what `read` made of it; the others become items."""
        found = []
        for entry in entries:
            try:
                found.append((entry, read(MewsReader(entry.value, entry.path))))
            except UnreadableField as fault:
                reason = reason_of(fault, "")
                self.items.append(ReadItem(kind=kind, raw=entry.text(), reason=reason))
        return found
