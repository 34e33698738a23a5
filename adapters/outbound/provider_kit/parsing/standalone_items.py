"""Reads formats in which a message is one item or an array of independent items.

An invalid item does not affect the others.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import RawItem, split_items
from adapters.outbound.provider_kit.parsing.read_items import FieldTrace, find_property, storable_id
from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.errors import InvalidField
from domain.messages import MAX_ITEM_BYTES, ItemKind
from domain.snapshots import Snapshot
from domain.values import Reason
from ports.errors import TooManyItems
from ports.providers import ReadItem, SourceProperty


@dataclass(frozen=True, slots=True, kw_only=True)
class StandaloneItems:
    """`id_key`: the field with the item's id, for items that cannot be read otherwise.
    `property_path`: where an item names its property; empty if it does not.
    `field_trace`: gives the target of each source field. `blank_is_null`: an empty text counts as
    null. `is_tolerant`: as of TrackedObject. `sensitive_fields`: see Capabilities."""

    kind: ItemKind
    read: Callable[[Reader], Snapshot]
    id_key: str
    field_trace: Callable[[Reader], FieldTrace] | None = None
    blank_is_null: bool = False
    is_tolerant: bool = False
    property_path: tuple[str, ...] = ()
    sensitive_fields: frozenset[str] = frozenset()

    def of(self, bodies: Sequence[bytes], *, limit: int) -> list[ReadItem]:
        """`limit` counts the items of all bodies. Raises UnreadableMessage, TooManyItems."""
        items: list[ReadItem] = []
        for body in bodies:
            items += self._of_body(body, limit)
            if len(items) > limit:
                raise TooManyItems(limit=limit)
        return items

    def one(self, raw: RawItem) -> ReadItem:
        if raw.problem:
            return self._rejected_item(raw, Reason(raw.problem.code, None, raw.problem.message))
        if len(raw.text) > MAX_ITEM_BYTES:
            detail = f"send at most {MAX_ITEM_BYTES:,} bytes per item"
            return self._rejected_item(raw, Reason("item_too_large", None, detail))
        try:
            reader = Reader(raw.value, blank_is_null=self.blank_is_null)
            reader.never_keep(self.sensitive_fields)
            if self.is_tolerant:
                reader.tolerant()
            snapshot = self.read(reader)
        except (UnreadableField, InvalidField) as fault:
            return self._rejected_item(raw, Reason(fault.code, fault.path, fault.message))
        field_trace = self.field_trace(reader) if self.field_trace else ()
        return ReadItem(
            kind=self.kind,
            raw=raw.text.encode(),
            external_id=snapshot.external_id,
            snapshot=snapshot,
            field_trace=field_trace,
            source_property=self._find_property(raw),
        )

    def _rejected_item(self, raw: RawItem, reason: Reason) -> ReadItem:
        sent_id = raw.value.get(self.id_key) if isinstance(raw.value, dict) else None
        external_id = storable_id(sent_id, self.id_key)
        return ReadItem(
            kind=self.kind,
            raw=raw.text.encode(),
            external_id=external_id,
            reason=reason,
            source_property=self._find_property(raw),
        )

    def _find_property(self, raw: RawItem) -> SourceProperty | None:
        return find_property(raw.value, self.property_path) if self.property_path else None

    def _of_body(self, body: bytes, limit: int) -> Iterator[ReadItem]:
        is_array = body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
        for position, raw in enumerate(split_items(body, limit=limit)):
            item = self.one(raw)
            yield with_item_path(item, f"[{position}]") if is_array else item


def with_item_path(item: ReadItem, item_path: str) -> ReadItem:
    """Adds the item's path in its message to the reason, e.g. `[3].stay.arrival`."""
    if item.reason is None:
        return item
    code, path, detail = item.reason.code, item.reason.path, item.reason.detail
    if path in (None, "(payload)"):
        return replace(item, reason=Reason(code, item_path, detail))
    external_id = f"{item_path}{path}" if path.startswith("[") else f"{item_path}.{path}"
    detail_text = detail.removeprefix(f"{path}: ")
    return replace(item, reason=Reason(code, external_id, f"{external_id}: {detail_text}"))
