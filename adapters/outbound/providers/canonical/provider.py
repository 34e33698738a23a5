"""The provider plug-in for our own JSON format: push only, without an API."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.capabilities import optional
from adapters.outbound.provider_kit.parsing.mapping_report import EXTRAS, NOT_KEPT
from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems
from adapters.outbound.provider_kit.parsing.read_items import FieldTrace
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.standalone_items import StandaloneItems
from adapters.outbound.provider_kit.parsing.tracked_object import READ
from adapters.outbound.provider_kit.provider import VendorProvider
from adapters.outbound.providers.canonical.mapping.snapshots import READERS, trace_extras
from domain.canonical_format import SHAPES, ListType, RecordShape, RecordType, Scalar
from domain.messages import ItemKind
from ports.providers import Capabilities, ReadItem
from ports.system import Secrets


def _id_fields(shape: RecordShape) -> Iterator[str]:
    for spec in shape.fields:
        if spec.type in (Scalar.ID, Scalar.REFERENCE):
            yield spec.name
        elif isinstance(spec.type, RecordType | ListType):
            yield from _id_fields(spec.type.shape)


_CAPABILITIES: Final = Capabilities(
    name="canonical",
    title="Canonical JSON",
    kinds=frozenset(READERS),
    pulls=False,
    fetches_by_id=False,
    reports_deletions=True,
    webhooks=False,
    day_use=True,
    limits="one object or an array per request",
    id_fields=frozenset(name for shape in SHAPES.values() for name in _id_fields(shape)),
    settings=(
        optional("property_id", "if set, items that name another `property_id` are refused"),
    ),
)


class CanonicalProvider(VendorProvider):
    def __init__(self) -> None:
        super().__init__(_CAPABILITIES, _map_items, is_authentic=_has_no_notifications)


def _map_items(pushed: PushedItems) -> Sequence[ReadItem]:
    read = READERS[pushed.kind]
    items = StandaloneItems(
        kind=pushed.kind,
        read=lambda reader: read(reader, pushed.context),
        id_key="external_id",
        field_trace=partial(_field_trace, pushed.kind) if pushed.explain else None,
        property_path=("property_id",),
    )
    return items.of(pushed.bodies, limit=pushed.limit)


def _has_no_notifications(headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG001 the port's shape
    return False


def _field_trace(kind: ItemKind, reader: Reader) -> FieldTrace:
    """A known field of our own format is its own target."""
    targets = reader.field_trace()
    trace = {path: path if target == READ else target for path, target in targets.items()}
    if trace.pop(EXTRAS, None):
        trace |= trace_extras(reader)
    rest = NOT_KEPT if kind is ItemKind.AVAILABILITY else EXTRAS
    return tuple(sorted({**dict.fromkeys(reader.unread(), rest), **trace}.items()))
