"""The plug-in: reads this vendor's payloads and opens clients of its API."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from adapters.outbound.provider_kit.http.endpoint import require_time_zone
from adapters.outbound.provider_kit.parsing.pushed_items import PushedItems
from adapters.outbound.provider_kit.provider import VendorProvider
from adapters.outbound.providers.ohip.capabilities import CAPABILITIES
from adapters.outbound.providers.ohip.client.factory import open_client
from adapters.outbound.providers.ohip.mapping.availability import OhipCellMapper
from adapters.outbound.providers.ohip.mapping.bookings import OhipBookingMapper
from adapters.outbound.providers.ohip.mapping.guests import OhipGuestMapper
from adapters.outbound.providers.ohip.mapping.messages import shape_of, split_entries
from adapters.outbound.providers.ohip.mapping.notifications import read_notification
from adapters.outbound.providers.ohip.mapping.parsing import HotelClock
from domain.messages import ItemKind
from ports.providers import ReadItem


def _map_items(pushed: PushedItems) -> Iterable[ReadItem]:
    entries = split_entries(pushed.kind, pushed.bodies, limit=pushed.limit)
    clock = HotelClock(require_time_zone(pushed.context), pushed.context.observed_at)
    explain = pushed.explain
    if pushed.kind is ItemKind.BOOKING:
        return (
            OhipBookingMapper(clock, shape_of(entry), is_complete=False).map(entry, explain=explain)
            for entry in entries
        )
    if pushed.kind is ItemKind.GUEST:
        guests = OhipGuestMapper(clock)
        return [guests.map(entry, explain=explain) for entry in entries]
    cells = OhipCellMapper(clock.observed_at)
    return (item for entry in entries for item in cells.map_answer(entry, explain=explain))


create_provider: Final = partial(
    VendorProvider, CAPABILITIES, _map_items, open_client, parse_notification=read_notification
)
