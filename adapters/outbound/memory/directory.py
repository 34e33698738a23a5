"""Looks up committed hotels, connections and credentials."""

from collections.abc import Callable, Sequence
from uuid import UUID

from adapters.outbound.memory.administration import InMemoryConnections, InMemoryHotels
from adapters.outbound.memory.credentials import InMemoryCredentials
from adapters.outbound.memory.tables import Tables
from domain.access import AccessToken, ProviderKey
from domain.connection import Connection
from domain.hotel import Hotel
from domain.values import ConnectionId, HotelId


class InMemoryDirectory:
    def __init__(self, committed: Callable[[], Tables]) -> None:
        self._committed = committed

    def hotel(self, hotel_id: HotelId) -> Hotel | None:
        return InMemoryHotels(self._committed()).get(hotel_id)

    def hotel_by_slug(self, slug: str) -> Hotel | None:
        return InMemoryHotels(self._committed()).by_slug(slug)

    def hotels(self) -> Sequence[Hotel]:
        return InMemoryHotels(self._committed()).all()

    def connection(self, connection_id: ConnectionId) -> Connection | None:
        return InMemoryConnections(self._committed()).get(connection_id)

    def connection_by_key_hash(self, key_hash: str) -> Connection | None:
        return InMemoryConnections(self._committed()).by_key_hash(key_hash)

    def connections_of_hotel(self, hotel_id: HotelId) -> Sequence[Connection]:
        return InMemoryConnections(self._committed()).of_hotel(hotel_id)

    def token(self, token_id: UUID) -> AccessToken | None:
        return InMemoryCredentials(self._committed()).token(token_id)

    def provider_key(self, key_id: UUID) -> ProviderKey | None:
        return InMemoryCredentials(self._committed()).key(key_id)

    def tokens_of_hotel(self, hotel_id: HotelId) -> Sequence[AccessToken]:
        return InMemoryCredentials(self._committed()).tokens_of_hotel(hotel_id)
