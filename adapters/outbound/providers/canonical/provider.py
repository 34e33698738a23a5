"""The provider plug-in for our own JSON format: push only, without an API."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems, PushedItemsReader
from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.standalone_items import FieldTrace, StandaloneItems
from adapters.outbound.providers.canonical.mapping.snapshots import READERS
from domain.messages import ItemKind
from ports.errors import Unsupported
from ports.providers import (
    Account,
    Capabilities,
    HotelContext,
    Notification,
    ProviderClient,
    ReadItem,
)
from ports.system import Secrets

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
)


class CanonicalProvider(PushedItemsReader):
    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def read_pushed(self, pushed: PushedItems) -> Sequence[ReadItem]:
        """Bodies are independent; `limit` counts the items of all of them."""
        kind, bodies, context, limit, explain = pushed
        if kind not in READERS:
            raise Unsupported(kind=kind.value)
        read = READERS[kind]
        items = StandaloneItems(
            kind=kind,
            read=lambda reader: read(reader, context),
            id_key="external_id",
            field_trace=partial(_field_trace, kind) if explain else None,
        )
        return items.of(bodies, limit=limit)

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        raise Unsupported(operation="read_notification")

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        """False: the format has no notifications."""
        return False

    def open(self, account: Account) -> ProviderClient:  # noqa: ARG002 the port's shape
        raise Unsupported(operation="open")


def _field_trace(kind: ItemKind, reader: Reader) -> FieldTrace:
    """A known field of our own format is its own target."""
    read = [(path, path) for path in reader.field_trace() if path != "extras"]
    rest = "(inbox only)" if kind is ItemKind.AVAILABILITY else "extras"
    return tuple(sorted(read + [(path, rest) for path in reader.unread()]))
