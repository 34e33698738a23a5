"""Who and what a request speaks of; found things are remembered for a moment."""

from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Final, TypeVar, cast
from uuid import UUID

from adapters.outbound.persistence.connections import StoredConnections
from adapters.outbound.persistence.credentials import StoredCredentials
from adapters.outbound.persistence.hotels import StoredHotels
from adapters.outbound.persistence.pool import Pool
from adapters.outbound.persistence.session import Session
from domain.access import AccessToken, ProviderKey
from domain.hotel import Hotel
from domain.sync import Connection
from domain.values import ConnectionId, HotelId
from ports.system import Sealer

T = TypeVar("T")

_MOST: Final = 10_000


class StoredDirectory:
    """`remember_seconds` at most 2 (ports.directory); 0 asks the database each time. What is not
    there is never remembered: a token works from the moment of its commit."""

    def __init__(
        self,
        pool: Pool,
        sealer: Sealer,
        *,
        monotonic: Callable[[], float],
        remember_seconds: float,
    ) -> None:
        self._pool = pool
        self._sealer = sealer
        self._monotonic = monotonic
        self._seconds = remember_seconds
        self._known: dict[Hashable, tuple[float, object]] = {}
        self._lock = Lock()

    def hotel(self, hotel_id: HotelId) -> Hotel | None:
        return self._remembered(("hotel", hotel_id), lambda s: StoredHotels(s).get(hotel_id))

    def hotel_by_slug(self, slug: str) -> Hotel | None:
        return self._remembered(("slug", slug), lambda s: StoredHotels(s).by_slug(slug))

    def hotels(self) -> Sequence[Hotel]:
        with self._pool.reading() as session:
            return StoredHotels(session).all()

    def connection(self, connection_id: ConnectionId) -> Connection | None:
        return self._remembered(
            ("connection", connection_id),
            lambda s: StoredConnections(s, self._sealer).get(connection_id),
        )

    def connection_by_key_hash(self, key_hash: str) -> Connection | None:
        return self._remembered(
            ("key", key_hash),
            lambda s: StoredConnections(s, self._sealer).by_key_hash(key_hash),
        )

    def connections_of_hotel(self, hotel_id: HotelId) -> Sequence[Connection]:
        found = self._remembered(
            ("of_hotel", hotel_id),
            lambda s: StoredConnections(s, self._sealer).of_hotel(hotel_id) or None,
        )
        return found or ()

    def token(self, token_id: UUID) -> AccessToken | None:
        return self._remembered(("token", token_id), lambda s: StoredCredentials(s).token(token_id))

    def provider_key(self, key_id: UUID) -> ProviderKey | None:
        return self._remembered(
            ("provider_key", key_id), lambda s: StoredCredentials(s).key(key_id)
        )

    def tokens_of_hotel(self, hotel_id: HotelId) -> Sequence[AccessToken]:
        with self._pool.reading() as session:
            return StoredCredentials(session).tokens_of_hotel(hotel_id)

    def _remembered(self, key: Hashable, ask: Callable[[Session], T | None]) -> T | None:
        now = self._monotonic()
        known = self._known.get(key)
        if known is not None and now - known[0] < self._seconds:
            return cast(T, known[1])
        with self._pool.reading() as session:
            found = ask(session)
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
            if found is None:
                self._known.pop(key, None)
            else:
                self._known[key] = (now, found)
        return found
