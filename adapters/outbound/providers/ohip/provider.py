"""The plug-in: reads this vendor's payloads, opens clients of its API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.outbound.provider_kit.opening import zone_of
from adapters.outbound.providers.ohip import notifications
from adapters.outbound.providers.ohip.capabilities import CAPABILITIES
from adapters.outbound.providers.ohip.mapping_availability import CellMapper
from adapters.outbound.providers.ohip.mapping_bookings import BookingMapper
from adapters.outbound.providers.ohip.mapping_guests import GuestMapper
from adapters.outbound.providers.ohip.messages import entries_of, shape_of
from adapters.outbound.providers.ohip.opening import open_client
from adapters.outbound.providers.ohip.reading import Entry, HotelClock
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
        entries = entries_of(kind, bodies, limit=limit)
        items = self._read(kind, entries, _clock(context), explain=explain)
        if len(items) > limit:
            raise TooManyItems(limit=limit)
        return items

    def _read(
        self, kind: ItemKind, entries: Sequence[Entry], clock: HotelClock, *, explain: bool
    ) -> list[ReadItem]:
        if kind is ItemKind.BOOKING:
            bookings = BookingMapper(clock, whole=False)
            return [bookings.map(entry, shape_of(entry), explain=explain) for entry in entries]
        if kind is ItemKind.GUEST:
            guests = GuestMapper(clock)
            return [guests.map(entry, explain=explain) for entry in entries]
        cells = CellMapper(clock.observed_at)
        return [item for entry in entries for item in cells.map(entry, explain=explain)]

    def read_notification(self, body: bytes, context: HotelContext) -> Notification:  # noqa: ARG002 the port's shape
        return notifications.read_notification(body)

    def authentic(self, headers: Mapping[str, str], secrets: Secrets) -> bool:  # noqa: ARG002 the port's shape
        """Always: a relay pushes what it took from the vendor, by the unguessable URL."""
        return True

    def open(self, account: Account) -> ProviderClient:
        return open_client(account, self.tools)


def _clock(context: HotelContext) -> HotelClock:
    return HotelClock(zone_of(context), context.observed_at)
