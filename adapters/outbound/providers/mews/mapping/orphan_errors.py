"""Unreadable entries that cannot be assigned to a booking or guest.

Each is reported as an item without an id, so that it is quarantined and the run does not succeed;
the rest of the page is processed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry, rejected_item
from adapters.outbound.providers.mews.mapping.parsing import MewsReader, reason_of
from domain.messages import ItemKind
from ports.providers import ReadItem

T = TypeVar("T")


@dataclass(slots=True)
class OrphanErrors:
    items: list[ReadItem] = field(default_factory=list)

    def readable(
        self,
        entries: Iterable[JsonEntry],
        read: Callable[[MewsReader], T],
        kind: ItemKind = ItemKind.BOOKING,
    ) -> list[tuple[JsonEntry, T]]:
        """Each readable entry with the result of `read`; the others are added to `items`."""
        found = []
        for entry in entries:
            try:
                found.append((entry, read(MewsReader(entry.value, entry.path))))
            except UnreadableField as error:
                self.items.append(rejected_item(kind, entry, reason_of(error, "")))
        return found
