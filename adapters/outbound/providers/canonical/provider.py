"""The plug-in: pushes only, there is no API to ask."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.parsing.reader import Reader
from adapters.outbound.provider_kit.parsing.standalone_items import FieldTrace, StandaloneItems
from adapters.outbound.providers.canonical.mapping.availability import read_availability
from adapters.outbound.providers.canonical.mapping.bookings import read_booking
from adapters.outbound.providers.canonical.mapping.guests import read_guest
from domain.messages import ItemKind
from domain.snapshots import Snapshot
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

_READERS: Final[dict[ItemKind, Callable[[Reader, HotelContext], Snapshot]]] = {
    ItemKind.BOOKING: read_booking,
    ItemKind.GUEST: read_guest,
    ItemKind.AVAILABILITY: read_availability,
}

_CAPABILITIES: Final = Capabilities(
    name="canonical",
    title="Canonical JSON",
    kinds=frozenset(_READERS),
    pulls=False,
    fetches_by_id=False,
    reports_deletions=True,
    webhooks=False,
    day_use=True,
    limits="one object or an array per request",
)


class CanonicalProvider:
    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    def read_items(
        self,
        kind: ItemKind,
        bodies: Sequence[bytes],
        context: HotelContext,
        *,
        limit: int,
        explain: bool = False,
    ) -> Sequence[ReadItem]:
        """Every body stands alone; `limit` counts the items of all of them."""
        if kind not in _READERS:
            raise Unsupported(kind=kind.value)
        read = _READERS[kind]
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
        """Never: nobody sends notifications in this format."""
        return False

    def open(self, account: Account) -> ProviderClient:  # noqa: ARG002 the port's shape
        raise Unsupported(operation="open")


def _field_trace(kind: ItemKind, reader: Reader) -> FieldTrace:
    """A field of our own format is its own home."""
    read = [(path, path) for path in reader.field_trace() if path != "extras"]
    rest = "(inbox only)" if kind is ItemKind.AVAILABILITY else "extras"
    return tuple(sorted(read + [(path, rest) for path in reader.unread()]))
