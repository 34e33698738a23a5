"""Each contract runs on the in-memory store, on a SQLite file and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from adapters.outbound.memory.store import InMemoryStore
from adapters.outbound.persistence.engine.waits import StoreWaits
from adapters.outbound.persistence.store import open_store
from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from domain.access import AccessToken, ProviderKey
from domain.booking import Booking
from domain.connection import Connection
from domain.hotel import Hotel
from ports.queries import Queries
from ports.unit_of_work import UnitOfWork
from tests import builders


class Store(Protocol):
    @property
    def queries(self) -> Queries: ...
    def unit_of_work(self) -> UnitOfWork: ...
    def close(self) -> None: ...


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield InMemoryStore()
        return
    url = request.getfixturevalue(f"upgraded_{request.param}_url")
    sealer = AesGcmSealer(Keyring.parse(new_key("k")))
    with closing(
        open_store(url, sealer=sealer, waits=StoreWaits(free_connection_seconds=60))
    ) as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class HotelFixture:
    """A hotel with one connection, in a store."""

    store: Store
    hotel: Hotel
    connection: Connection

    def add_connection(self, **overrides: object) -> Connection:
        """Another connection of the same hotel."""
        entity = builders.connection(self.hotel, **overrides)
        with self.store.unit_of_work() as uow:
            uow.connections.add(entity, {})
            uow.commit()
        return entity

    def add_token(self, **overrides: Any) -> AccessToken:
        """A token of this hotel, with a key of its own."""
        key = builders.provider_key()
        token = builders.access_token(key, self.hotel, **overrides)
        self.save_token(key, token)
        return token

    def save_token(self, key: ProviderKey, token: AccessToken) -> None:
        with self.store.unit_of_work() as uow:
            uow.credentials.add_key(key)
            uow.credentials.add_token(token)
            uow.commit()

    def save(self, *bookings: Booking) -> None:
        with self.store.unit_of_work() as uow:
            uow.bookings.save(bookings)
            uow.commit()


def add_hotel_with_connection(store: Store) -> HotelFixture:
    hotel = builders.hotel()
    connection = builders.connection(hotel)
    with store.unit_of_work() as uow:
        uow.hotels.add(hotel)
        uow.connections.add(connection, {})
        uow.commit()
    return HotelFixture(store, hotel, connection)


@pytest.fixture
def site(store: Store) -> HotelFixture:
    return add_hotel_with_connection(store)


@pytest.fixture
def other_site(store: Store) -> HotelFixture:
    """Another hotel in the same store."""
    return add_hotel_with_connection(store)
