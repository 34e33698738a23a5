"""Pushed payloads of a provider, as one value."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.messages import ItemKind
from ports.providers import HotelContext


class PushedItems(NamedTuple):
    """The arguments of `Provider.read_items`."""

    kind: ItemKind
    bodies: Sequence[bytes]
    context: HotelContext
    limit: int
    explain: bool
