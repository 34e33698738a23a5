"""The plug-in: reads this vendor's payloads, opens clients of its API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.outbound.provider_kit.http.endpoint import require_time_zone
from adapters.outbound.provider_kit.parsing.read_items import JsonEntry
from adapters.outbound.providers.ohip.capabilities import CAPABILITIES
from adapters.outbound.providers.ohip.client.factory import open_client
from adapters.outbound.providers.ohip.mapping import notifications
from adapters.outbound.providers.ohip.mapping.availability import OhipCellMapper
from adapters.outbound.providers.ohip.mapping.bookings import OhipBookingMapper
from adapters.outbound.providers.ohip.mapping.guests import OhipGuestMapper
from adapters.outbound.providers.ohip.mapping.messages import shape_of, split_entries
from adapters.outbound.providers.ohip.mapping.parsing import HotelClock
from domain.messages import ItemKind
from ports.errors import TooManyItems, Unsupported
from ports.providers import (
    Account,
    Capabilities,
    HotelContext,
    Notification,
    ProviderClient,
    ProviderTools,
    ReadItem,
)
from ports.system import Secrets


@dataclass(frozen=True, slots=True)
class OhipProvider:
    tools: ProviderTools

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def read_items(
        self,
        kind: ItemKind,
        bodies: Sequence[bytes],
        context: HotelContext,
        *,
        limit: int,
        explain: bool = False,
    ) -> Sequence[ReadItem]:
        """What a pushed payload does not have, it does not say."""
        if kind not in CAPABILITIES.kinds:
            raise Unsupported("these are no items of OPERA Cloud", kind=kind.value)
        entries = split_entries(kind, bodies, limit=limit)
        items = self._read(kind, entries, _clock(context), explain=explain)
        if len(items) > limit:
            raise TooManyItems(limit=limit)
        return items

    def _read(
        self, kind: ItemKind, entries: Sequence[JsonEntry], clock: HotelClock, *, explain: bool
    ) -> list[ReadItem]:
        if kind is ItemKind.BOOKING:
            bookings = OhipBookingMapper(clock, is_complete=False)
            return [bookings.map(entry, shape_of(entry), explain=explain) for entry in entries]
        if kind is ItemKind.GUEST:
            guests = OhipGuestMapper(clock)
            return [guests.map(entry, explain=explain) for entry in entries]
        cells = OhipCellMapper(clock.observed_at)
        return [item for entry in entries for item in cells.map(entry, explain=explain)]

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        return notifications.read_notification(body)

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        """Always: a relay pushes what it took from the vendor, by the unguessable URL."""
        return True

    def open(self, account: Account) -> ProviderClient:
        return open_client(account, self.tools)


def _clock(context: HotelContext) -> HotelClock:
    return HotelClock(require_time_zone(context), context.observed_at)
