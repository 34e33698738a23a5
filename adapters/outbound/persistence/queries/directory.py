"""The directory of hotels, connections and credentials, with a short-lived cache."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, TypeVar, cast
from uuid import UUID

from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.stores.connections import StoredConnections
from adapters.outbound.persistence.stores.credentials import StoredCredentials
from adapters.outbound.persistence.stores.hotels import StoredHotels
from domain.access import AccessToken, ProviderKey
from domain.connection import Connection
from domain.hotel import Hotel
from domain.values import ConnectionId, HotelId
from ports.system import Sealer

T = TypeVar("T")

_MAX_CACHED: Final = 10_000


@dataclass(frozen=True, slots=True)
class StoredDirectory:
    """`cache_seconds`: at most 2 (ports.directory); 0 disables the cache. Misses are not cached, so
    that a token is valid from its commit on."""

    pool: Pool
    sealer: Sealer
    monotonic: Callable[[], float]
    cache_seconds: float
    _cache: dict[Hashable, tuple[float, object]] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def hotel(self, hotel_id: HotelId) -> Hotel | None:
        return self._cached(("hotel", hotel_id), lambda s: StoredHotels(s).get(hotel_id))

    def hotel_by_slug(self, slug: str) -> Hotel | None:
        return self._cached(("slug", slug), lambda s: StoredHotels(s).by_slug(slug))

    def hotels(self) -> Sequence[Hotel]:
        with self.pool.reading() as session:
            return StoredHotels(session).all()

    def connection(self, connection_id: ConnectionId) -> Connection | None:
        return self._cached(
            ("connection", connection_id),
            lambda s: StoredConnections(s, self.sealer).get(connection_id),
        )

    def connection_by_key_hash(self, key_hash: str) -> Connection | None:
        return self._cached(
            ("key", key_hash),
            lambda s: StoredConnections(s, self.sealer).by_key_hash(key_hash),
        )

    def connections_of_hotel(self, hotel_id: HotelId) -> Sequence[Connection]:
        found = self._cached(
            ("of_hotel", hotel_id),
            lambda s: StoredConnections(s, self.sealer).of_hotel(hotel_id) or None,
        )
        return found or ()

    def token(self, token_id: UUID) -> AccessToken | None:
        return self._cached(("token", token_id), lambda s: StoredCredentials(s).token(token_id))

    def provider_key(self, key_id: UUID) -> ProviderKey | None:
        return self._cached(("provider_key", key_id), lambda s: StoredCredentials(s).key(key_id))

    def tokens_of_hotel(self, hotel_id: HotelId) -> Sequence[AccessToken]:
        with self.pool.reading() as session:
            return StoredCredentials(session).tokens_of_hotel(hotel_id)

    def _cached(self, key: Hashable, query: Callable[[Session], T | None]) -> T | None:
        now = self.monotonic()
        cached = self._cache.get(key)
        if cached is not None and now - cached[0] < self.cache_seconds:
            return cast(T, cached[1])
        with self.pool.reading() as session:
            found = query(session)
        with self._lock:
            if len(self._cache) >= _MAX_CACHED:
                self._cache.clear()
            if found is None:
                self._cache.pop(key, None)
            else:
                self._cache[key] = (now, found)
        return found
