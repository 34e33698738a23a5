"""Looks up hotels, connections and credentials of a request, without a unit of work."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.access import AccessToken, ProviderKey
from domain.connection import Connection
from domain.hotel import Hotel
from domain.values import ConnectionId, HotelId


class Directory(Protocol):
    """Reads committed state without locks. An implementation may cache it for two seconds: a
    revoked token works no longer than that."""

    def hotel(self, hotel_id: HotelId) -> Hotel | None: ...

    def hotel_by_slug(self, slug: str) -> Hotel | None: ...

    def hotels(self) -> Sequence[Hotel]: ...

    def connection(self, connection_id: ConnectionId) -> Connection | None: ...

    def connection_by_key_hash(self, key_hash: str) -> Connection | None: ...

    def connections_of_hotel(self, hotel_id: HotelId) -> Sequence[Connection]: ...

    def token(self, token_id: UUID) -> AccessToken | None: ...

    def provider_key(self, key_id: UUID) -> ProviderKey | None: ...

    def tokens_of_hotel(self, hotel_id: HotelId) -> Sequence[AccessToken]: ...
