"""Pushed payloads of a provider, as one value."""

from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.parsing.local_time import require_time_zone
from domain.messages import ItemKind
from ports.providers import HotelContext


class PushedItems(NamedTuple):
    """The arguments of `Provider.read_items`."""

    kind: ItemKind
    bodies: Sequence[bytes]
    context: HotelContext
    limit: int
    explain: bool

    @property
    def zone(self) -> ZoneInfo:
        """The hotel's. Raises UnreadableMessage."""
        return require_time_zone(self.context)
