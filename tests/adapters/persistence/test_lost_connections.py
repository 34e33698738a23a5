"""PostgreSQL closes connections, restarts or refuses a commit: no data is lost or half written."""

import os
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from adapters.outbound.persistence import migrations
from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.engine.waits import StoreWaits
from adapters.outbound.persistence.store import Store, open_store
from domain.hotel import Hotel
from ports.errors import AlreadyExists, ConcurrentChange, StoreUnavailable, UnitOfWorkClosed
from ports.system import Sealer
from tests import builders
from tests.servers import PostgresServer


@pytest.fixture
def admin(upgraded_postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(upgraded_postgres_url, autocommit=True) as connection:
        yield connection


def end_connections(admin: psycopg.Connection) -> int:
    ended = admin.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    return len(ended.fetchall())


def holds(store: Store, hotel: Hotel) -> bool:
    with store.unit_of_work() as uow:
        return uow.hotels.get(hotel.id) is not None


class TestClosedConnection:
    def test_in_a_transaction_rolls_back_and_is_replaced(
        self, postgres: Store, admin: psycopg.Connection, hotel: Hotel
    ) -> None:
        with postgres.unit_of_work() as uow:
            uow.hotels.add(hotel)
            assert end_connections(admin) == 1
            with pytest.raises(StoreUnavailable):
                uow.hotels.by_slug("x")
        assert not holds(postgres, hotel)

    def test_before_the_commit_fails_the_commit(
        self, postgres: Store, admin: psycopg.Connection, hotel: Hotel
    ) -> None:
        with postgres.unit_of_work() as uow:
            uow.hotels.add(hotel)
            end_connections(admin)
            with pytest.raises(StoreUnavailable):
                uow.commit()
        assert not holds(postgres, hotel)

    def test_while_idle_is_replaced(
        self, postgres: Store, admin: psycopg.Connection, hotel: Hotel
    ) -> None:
        for _ in range(3):
            assert not holds(postgres, hotel)
            postgres.queries.ping()
            assert end_connections(admin) == 1

    def test_after_a_server_crash_is_replaced(
        self, postgres_server: PostgresServer, sealer: Sealer, hotel: Hotel
    ) -> None:
        with postgres_server.database() as url:
            migrations.upgrade(url)
            with closing(open_store(url, sealer=sealer)) as store:
                with store.unit_of_work() as uow:
                    uow.hotels.add(hotel)
                    uow.commit()
                postgres_server.crash()
                with pytest.raises(StoreUnavailable):
                    store.queries.ping()
                postgres_server.start()
                store.queries.ping()
                assert holds(store, hotel)


class TestReadOnlyServer:
    """A standby after a failover, or a server whose administrator has closed it for writes."""

    def test_is_unavailable_and_its_connections_are_replaced(
        self, postgres: Store, admin: psycopg.Connection, hotel: Hotel
    ) -> None:
        database = admin.info.dbname
        admin.execute(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
        with pytest.raises(StoreUnavailable), postgres.unit_of_work() as uow:
            uow.hotels.add(hotel)
        with pytest.raises(StoreUnavailable):
            postgres.queries.ping()
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f'ALTER DATABASE "{database}" RESET default_transaction_read_only')
        postgres.queries.ping()
        assert not holds(postgres, hotel)


class TestHangingServer:
    def test_is_unavailable_after_the_wait(
        self, postgres_server: PostgresServer, upgraded_postgres_url: str, sealer: Sealer
    ) -> None:
        waits = StoreWaits(answer_seconds=0.2)
        with closing(open_store(upgraded_postgres_url, sealer=sealer, waits=waits)) as store:
            store.queries.ping()
            with postgres_server.suspended(), pytest.raises(StoreUnavailable):
                store.queries.ping()
            store.queries.ping()

    def test_does_not_answer_a_new_connection(
        self, postgres_server: PostgresServer, upgraded_postgres_url: str, sealer: Sealer
    ) -> None:
        waits = StoreWaits(connect_seconds=2)
        with (
            closing(open_store(upgraded_postgres_url, sealer=sealer, waits=waits)) as store,
            postgres_server.suspended(),
            pytest.raises(StoreUnavailable),
        ):
            store.queries.ping()


class TestCommit:
    def test_refused_by_the_server_raises(
        self, postgres: Store, admin: psycopg.Connection, hotel: Hotel
    ) -> None:
        admin.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'serialization_failure'; END $$"
        )
        admin.execute(
            "CREATE CONSTRAINT TRIGGER refuses AFTER INSERT ON hotels "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
        with postgres.unit_of_work() as uow:
            uow.hotels.add(hotel)
            with pytest.raises(ConcurrentChange):
                uow.commit()
        assert not holds(postgres, hotel)

    def test_after_a_failed_statement_raises_and_stores_nothing(
        self, store: Store, hotel: Hotel
    ) -> None:
        other = builders.hotel()
        with store.unit_of_work() as uow:
            uow.hotels.add(other)
            uow.hotels.add(hotel)
            with pytest.raises(AlreadyExists):
                uow.hotels.add(hotel)
            with pytest.raises(ConcurrentChange):
                uow.commit()
        assert not holds(store, hotel)
        assert not holds(store, other)

    def test_closes_the_unit_of_work(self, store: Store) -> None:
        with store.unit_of_work() as uow:
            uow.commit()
            with pytest.raises(UnitOfWorkClosed):
                uow.hotels.all()


class TestPool:
    def test_reports_that_every_connection_is_in_use(
        self, upgraded_url: str, sealer: Sealer
    ) -> None:
        one_slot = open_store(
            upgraded_url, sealer=sealer, pool_size=1, waits=StoreWaits(free_connection_seconds=0.01)
        )
        with (
            closing(one_slot) as store,
            store.unit_of_work(),
            pytest.raises(StoreUnavailable) as caught,
            store.unit_of_work(),
        ):
            pass
        assert caught.value.details["reason"] == "no_free_connection"

    def test_closes_a_session_in_use_when_it_is_returned(self, postgres: Store) -> None:
        session = postgres._writing.take()
        postgres.close()
        assert session.is_alive()
        postgres._writing.give_back(session)
        assert not session.is_alive()

    def test_frees_its_slot_when_connecting_fails(self) -> None:
        def refuse() -> None:
            raise StoreUnavailable

        pool = Pool(refuse, size=1, wait_seconds=0.01)  # type: ignore[arg-type]  # never opens
        for _ in range(3):
            with pytest.raises(StoreUnavailable) as caught:
                pool.take()
            assert "reason" not in caught.value.details

    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_gives_a_forked_child_connections_of_its_own(
        self, postgres: Store, hotel: Hotel
    ) -> None:
        with postgres.unit_of_work() as uow:
            uow.hotels.add(hotel)
            uow.commit()
        child = os.fork()
        if child == 0:
            os._exit(0 if holds(postgres, hotel) and holds(postgres, hotel) else 1)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert holds(postgres, hotel)
