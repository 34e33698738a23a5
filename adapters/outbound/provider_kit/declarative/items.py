"""Maps values of a response or a pushed payload to snapshots, by the author's own functions.

Fields that a function does not read are kept in the extras, by path. An unreadable item is rejected
with its reason and stops no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapters.outbound.provider_kit.declarative.vendor import VendorDeclaration, field_paths
from adapters.outbound.provider_kit.parsing import json_fields
from adapters.outbound.provider_kit.parsing.enclosing_property import PropertyPaths
from adapters.outbound.provider_kit.parsing.json_messages import (
    has_list,
    numbered_entries,
    split_array,
    split_list,
)
from adapters.outbound.provider_kit.parsing.json_text import Json, RawItem
from adapters.outbound.provider_kit.parsing.list_counts import CountPaths
from adapters.outbound.provider_kit.parsing.mapping_report import trace_cell, trace_every_field
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry, with_property
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.standalone_items import StandaloneItems, with_item_path
from domain.messages import ItemKind
from domain.snapshots import Snapshot
from domain.values import ABSENT
from ports.errors import UnreadableMessage, Unsupported
from ports.providers import HotelContext, ReadItem


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReader:
    """`key`: of the list in a response; empty if the response is the list. `count_paths`: where the
    response counts it."""

    key: str
    count_paths: CountPaths = ()
    plain: StandaloneItems

    @property
    def property_paths(self) -> PropertyPaths:
        return (self.plain.property_path,) if self.plain.property_path else ()

    def split_message(self, value: Json) -> list[JsonEntry]:
        """A response of the API, an array of items, or one item. Raises UnreadableMessage."""
        if isinstance(value, list):
            return split_array(value, self._has_list, self.split_message)
        if not isinstance(value, dict):
            raise UnreadableMessage("expected an item or a list of items")
        if self._has_list(value):
            return split_list(value, self.key, self.count_paths)
        return [JsonEntry("", value)]

    def _has_list(self, value: Json) -> bool:
        return bool(self.key) and has_list(value, self.key)

    def read(self, entry: JsonEntry) -> ReadItem:
        item = self.plain.one(RawItem(entry.text().decode(), entry.value, entry.problem))
        if entry.envelope:
            item = with_property(item, entry.find_property(self.property_paths))
        return with_item_path(item, entry.path) if entry.path else item

    def all(self, values: Sequence[Json]) -> list[ReadItem]:
        return list(map(self.read, numbered_entries(self.key, values)))


def item_reader_for(
    vendor: VendorDeclaration, kind: ItemKind, context: HotelContext, *, explain: bool = False
) -> ItemReader:
    """Raises Unsupported."""
    if kind is ItemKind.BOOKING:
        bookings = vendor.bookings

        def booking(r: Reader) -> Snapshot:
            snapshot = bookings.read(r, context)
            return replace(snapshot, extras=extras_of(r)) if snapshot.extras is ABSENT else snapshot

        plain = StandaloneItems(
            kind=kind,
            read=booking,
            id_key=bookings.id,
            field_trace=trace_every_field if explain else None,
            blank_is_null=bookings.blank_is_null,
            is_tolerant=True,
            property_path=_single_path(bookings.property),
            sensitive_fields=vendor.sensitive_fields,
        )
        counts = field_paths(bookings.count)
        return ItemReader(key=bookings.items, count_paths=counts, plain=plain)
    cells = vendor.availability
    if kind is ItemKind.AVAILABILITY and cells is not None:

        def cell(r: Reader) -> Snapshot:
            return cells.read(r, context)

        return ItemReader(
            key=cells.items,
            count_paths=field_paths(cells.count),
            plain=StandaloneItems(
                kind=kind,
                read=cell,
                id_key="",
                field_trace=trace_cell if explain else None,
                property_path=_single_path(cells.property),
            ),
        )
    raise Unsupported(f"{vendor.title} has no items of this kind", kind=kind.value)


def extras_of(r: Reader) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(r.unread().items()))


def _single_path(path: str) -> tuple[str, ...]:
    return next(iter(field_paths(path)), ())


def value_at(value: Json, path: str) -> Json:
    """At a path like `meta.updated_at`; None if there is nothing."""
    return json_fields.value_at(value, *path.split("."))
