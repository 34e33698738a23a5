from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.memory.store import InMemoryStore
from adapters.outbound.persistence.store import Store as StoredStore
from ports.directory import Directory
from tests import builders
from tests.builders import T0
from tests.contracts.conftest import HotelFixture, Store


def directory_of(store: Store) -> Directory:
    if isinstance(store, InMemoryStore):
        return store.directory
    assert isinstance(store, StoredStore)
    return store.directory(monotonic=FrozenClock().monotonic)


class TestDirectory:
    def test_finds_committed_entities(self, site: HotelFixture, other_site: HotelFixture) -> None:
        directory = directory_of(site.store)
        full = builders.full_connection(site.hotel)
        key = builders.provider_key()
        old = builders.access_token(key, site.hotel)
        new = builders.access_token(key, site.hotel, created_at=T0 + builders.HOUR)
        with site.store.unit_of_work() as uow:
            uow.connections.add(full, {})
            uow.credentials.add_key(key)
            uow.credentials.add_token(old)
            uow.credentials.add_token(new)
            uow.commit()
        assert directory.hotel(site.hotel.id) == site.hotel
        assert directory.hotel_by_slug(site.hotel.slug) == site.hotel
        assert list(directory.hotels()) == sorted(
            [site.hotel, other_site.hotel], key=lambda hotel: hotel.slug
        )
        assert directory.connection(full.id) == full
        assert directory.connection_by_key_hash(full.key_hash) == full
        assert list(directory.connections_of_hotel(site.hotel.id)) == [site.connection, full]
        assert directory.token(new.id) == new
        assert list(directory.tokens_of_hotel(site.hotel.id)) == [new, old]
        assert directory.provider_key(key.id) == key

    def test_finds_nothing_else(self, site: HotelFixture) -> None:
        directory, unknown_id = directory_of(site.store), builders.new_id()
        with site.store.unit_of_work() as uow:
            uow.hotels.add(builders.hotel(id=unknown_id, slug="not-committed"))
        assert directory.hotel(unknown_id) is None
        assert directory.hotel_by_slug("not-committed") is None
        assert directory.connection(unknown_id) is None
        assert directory.connection_by_key_hash("") is None
        assert directory.token(unknown_id) is None
        assert directory.provider_key(unknown_id) is None
        assert list(directory.connections_of_hotel(unknown_id)) == []
        assert list(directory.tokens_of_hotel(unknown_id)) == []

    def test_shows_a_revoked_token_as_revoked(self, site: HotelFixture) -> None:
        token = site.add_token()
        directory = directory_of(site.store)
        assert directory.token(token.id) == token
        with site.store.unit_of_work() as uow:
            uow.credentials.save_token(token.revoked(T0))
            uow.commit()
        found = directory.token(token.id)
        assert found is not None
        assert found.revoked_at == T0
