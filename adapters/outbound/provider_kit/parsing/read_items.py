"""One object of a vendor to a ReadItem: its snapshot, or the reason why it cannot be read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from adapters.outbound.provider_kit.parsing.errors import UnreadableField, UnreadableJson
from adapters.outbound.provider_kit.parsing.json_fields import value_at
from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.mapping_report import (
    build_field_trace,
    join_path,
    reason_of,
    trace_cell,
)
from adapters.outbound.provider_kit.parsing.reader import Reader, reader_for
from domain.errors import InvalidField
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySet, AvailabilitySnapshot, Snapshot, require_id
from domain.values import Reason
from ports.providers import ReadItem, SourceProperty

MappingError: TypeAlias = UnreadableField | InvalidField
ReasonOf: TypeAlias = Callable[[MappingError, str], Reason]
"""The error and the item's path in its message, to the reason in the vendor's field names."""

FieldTrace: TypeAlias = tuple[tuple[str, str], ...]
R = TypeVar("R")
ReaderT = TypeVar("ReaderT", bound=Reader)
ItemId = TypeVar("ItemId", bound=str | None)


class SourceEntry(Protocol):
    """An item of a message: its path there, and its text as received."""

    @property
    def path(self) -> str: ...

    def text(self) -> bytes: ...


class JsonEntry(NamedTuple):
    """`raw`: the item's text, where the message was split without parsing it again. `envelope`:
    fields around the item that name its property; its text has them, so that a replay reads them.
    `envelope_path`: of the object that has them. `problem`: why reading the value would lose data.
    """

    path: str
    value: Json
    raw: bytes | None = None
    envelope: dict[str, Json] | None = None
    problem: UnreadableJson | None = None
    envelope_path: str = ""

    def merged(self) -> Json:
        """The item with the fields of its envelope."""
        if self.envelope and isinstance(self.value, dict):
            return {**self.value, **self.envelope}
        return self.value

    def text(self) -> bytes:
        if self.envelope:
            return dumps(self.merged()).encode()
        return self.raw if self.raw is not None else dumps(self.value).encode()

    def find_property(self, paths: Iterable[tuple[str, ...]]) -> SourceProperty | None:
        """At the first of `paths` that has a value: in the item, then in its envelope."""
        for value, place in ((self.value, self.path), (self.envelope, self.envelope_path)):
            for path in paths:
                if found := find_property(value, path, place):
                    return found
        return None


def find_property(value: Json, path: tuple[str, ...], place: str = "") -> SourceProperty | None:
    """The property's id at `path` of the object at `place`; None unless it is a text or number."""
    found = value_at(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        return None
    return SourceProperty(str(found).strip(), join_path(place, ".".join(path)))


def storable_id(value: Json, path: str) -> str | None:
    """`value` if it is a valid id, for items that cannot be read otherwise."""
    if not isinstance(value, str):
        return None
    try:
        require_id(value, path)
    except InvalidField:
        return None
    return value


def trace_fields(r: Reader, snapshot: Snapshot) -> FieldTrace:
    """The target of each source field; `extras` for those kept as extras."""
    if isinstance(snapshot, AvailabilitySnapshot | AvailabilitySet):
        return trace_cell(r)
    return build_field_trace(r, snapshot.extras if isinstance(snapshot.extras, tuple) else ())


def to_read_item(
    kind: ItemKind,
    entry: SourceEntry,
    open_item: Callable[[], tuple[R, ItemId]],
    map_snapshot: Callable[[R, ItemId], Snapshot],
    *,
    reason_of: ReasonOf,
    field_trace: Callable[[R, Snapshot], FieldTrace] | None = None,
) -> ReadItem:
    """`open_item`: the item's reader and its external id (None for cells, which have none of their
    own). Where it or `map_snapshot` raises UnreadableField or InvalidField, the item is rejected.
    """
    external_id: str | None = None
    try:
        r, item_id = open_item()
        external_id = item_id
        snapshot = map_snapshot(r, item_id)
    except (UnreadableField, InvalidField) as error:
        return rejected_item(kind, entry, reason_of(error, entry.path), external_id)
    return ReadItem(
        kind=kind,
        raw=entry.text(),
        external_id=snapshot.external_id,
        snapshot=snapshot,
        field_trace=field_trace(r, snapshot) if field_trace else (),
    )


def rejected_item(
    kind: ItemKind,
    entry: SourceEntry,
    reason: Reason,
    external_id: str | None = None,
) -> ReadItem:
    return ReadItem(kind=kind, raw=entry.text(), external_id=external_id, reason=reason)


def with_property(item: ReadItem, named: SourceProperty | None) -> ReadItem:
    return item if named is None else replace(item, source_property=named)


def problem_reason(path: str, problem: UnreadableJson) -> Reason:
    """Why the item at `path`, empty for the message itself, cannot be read without losing data."""
    prefix = f"{path}: " if path else ""
    return Reason(problem.code, path or None, f"{prefix}{problem.message}")


class ItemMapper(Generic[ReaderT, ItemId]):
    """Maps the items of one kind of a vendor. `source_names`: our field names, to the vendor's for
    the reasons of rejected items. `property_paths`: where an item may name its property.
    `sensitive_fields`: those of the vendor's capabilities."""

    __slots__ = ()
    kind: ClassVar[ItemKind]
    source_names: ClassVar[Mapping[str, str]]
    property_paths: ClassVar[Sequence[tuple[str, ...]]] = ()
    sensitive_fields: ClassVar[frozenset[str]] = frozenset()

    def map(self, entry: JsonEntry, *, explain: bool = False) -> ReadItem:
        if entry.problem is not None:
            return rejected_item(self.kind, entry, problem_reason(entry.path, entry.problem))
        item = to_read_item(
            self.kind,
            entry,
            lambda: self._open_item(entry),
            self.map_snapshot,
            reason_of=self.reason_of,
            field_trace=self.trace_fields if explain else None,
        )
        return with_property(item, entry.find_property(self.property_paths))

    def _open_item(self, entry: JsonEntry) -> tuple[ReaderT, ItemId]:
        r, item_id = self.open_item(entry)
        if self.sensitive_fields:
            r.never_keep(self.sensitive_fields)
        return r, item_id

    def open_item(self, entry: JsonEntry) -> tuple[ReaderT, ItemId]:
        """The item's reader and external id. Raises UnreadableField."""
        raise NotImplementedError

    def map_snapshot(self, r: ReaderT, external_id: ItemId, /) -> Snapshot:
        """Raises UnreadableField, InvalidField."""
        raise NotImplementedError

    def reason_of(self, error: MappingError, path: str) -> Reason:
        return reason_of(error, path, self.source_names)

    def trace_fields(self, r: ReaderT, snapshot: Snapshot) -> FieldTrace:
        return trace_fields(r, snapshot)


class JsonItemMapper(ItemMapper[Reader, str]):
    __slots__ = ()

    def open_item(self, entry: JsonEntry) -> tuple[Reader, str]:
        r = reader_for(entry.value).tolerant()
        return r, self.read_id(r)

    def read_id(self, r: Reader) -> str:
        """Raises UnreadableField."""
        raise NotImplementedError


class BookingMapper(JsonItemMapper):
    __slots__ = ()
    kind = ItemKind.BOOKING


class GuestMapper(JsonItemMapper):
    __slots__ = ()
    kind = ItemKind.GUEST


class CellMapper(ItemMapper[Reader, None]):
    """Maps availability, whose cells have no id of their own in the payload."""

    __slots__ = ()
    kind = ItemKind.AVAILABILITY

    def open_item(self, entry: JsonEntry) -> tuple[Reader, None]:
        return reader_for(entry.value), None
