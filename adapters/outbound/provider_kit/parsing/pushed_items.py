"""Pushed payloads of a provider, as one value."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.messages import ItemKind
from ports.providers import HotelContext, ReadItem


class PushedItems(NamedTuple):
    """The arguments of `Provider.read_items`."""

    kind: ItemKind
    bodies: Sequence[bytes]
    context: HotelContext
    limit: int
    explain: bool


class PushedItemsReader:
    """`read_items` of ports.providers.Provider."""

    __slots__ = ()

    def read_items(
        self,
        kind: ItemKind,
        bodies: Sequence[bytes],
        context: HotelContext,
        *,
        limit: int,
        explain: bool = False,
    ) -> Sequence[ReadItem]:
        return self.read_pushed(PushedItems(kind, bodies, context, limit, explain))

    def read_pushed(self, pushed: PushedItems) -> Sequence[ReadItem]:
        """Raises UnreadableMessage, TooManyItems, Unsupported."""
        raise NotImplementedError
