import sqlite3

import peewee
import psycopg
import pytest
from psycopg import errors as postgres

from adapters.outbound.persistence.engine.driver_errors import (
    SchemaMissing,
    StatementRejected,
    translate_driver_errors,
)
from adapters.outbound.persistence.store import Store, open_store
from domain.errors import ErrorKind
from domain.hotel import Hotel
from ports.errors import (
    AlreadyExists,
    ConcurrentChange,
    Misconfigured,
    PortError,
    StoreUnavailable,
)
from ports.system import Sealer
from tests import builders

SECRET = "guest@example.org"


def sqlite_error(statement: str) -> sqlite3.Error:
    with sqlite3.connect(":memory:") as file:
        file.execute("CREATE TABLE t (id integer PRIMARY KEY, name text UNIQUE NOT NULL)")
        file.execute("INSERT INTO t VALUES (1, 'a')")
        try:
            file.execute(statement)
        except sqlite3.Error as error:
            return error
        finally:
            file.rollback()
    raise AssertionError(statement)


UNAVAILABLE_STATES = (
    *("08001", "08003", "08004", "08006", "08P01", "25006", "25P03", "25P04", "40003"),
    *("53000", "53100", "53200", "53300", "53400"),
    *("57014", "57P01", "57P02", "57P03", "57P05", "58000", "58030"),
)

POSTGRES_TABLE = [
    (postgres.UniqueViolation, AlreadyExists),
    (postgres.SerializationFailure, ConcurrentChange),
    (postgres.DeadlockDetected, ConcurrentChange),
    (postgres.QueryCanceled, StoreUnavailable),
    (postgres.LockNotAvailable, StoreUnavailable),
    (postgres.AdminShutdown, StoreUnavailable),
    (postgres.TooManyConnections, StoreUnavailable),
    (postgres.DiskFull, StoreUnavailable),
    *[(postgres.lookup(state), StoreUnavailable) for state in UNAVAILABLE_STATES],
    (psycopg.OperationalError, StoreUnavailable),
    (psycopg.InterfaceError, StoreUnavailable),
    (postgres.CheckViolation, StatementRejected),
    (postgres.NotNullViolation, StatementRejected),
    (postgres.NumericValueOutOfRange, StatementRejected),
    (postgres.UndefinedTable, SchemaMissing),
    (peewee.ImproperlyConfigured, StatementRejected),
]


class TestDriverError:
    @pytest.mark.parametrize(("raised", "ours"), POSTGRES_TABLE)
    def test_of_postgres_is_translated(
        self, raised: type[Exception], ours: type[PortError]
    ) -> None:
        with pytest.raises(ours) as caught, translate_driver_errors():
            raise raised(SECRET)
        assert type(caught.value) is ours
        assert isinstance(caught.value.__cause__, raised)

    @pytest.mark.parametrize(
        ("statement", "ours"),
        [
            ("INSERT INTO t VALUES (1, 'b')", AlreadyExists),
            ("INSERT INTO t VALUES (2, 'a')", AlreadyExists),
            ("INSERT INTO t VALUES (2, NULL)", StatementRejected),
            ("SELECT * FROM missing", SchemaMissing),
        ],
    )
    def test_of_sqlite_is_translated(self, statement: str, ours: type[PortError]) -> None:
        with pytest.raises(ours), translate_driver_errors():
            raise sqlite_error(statement)

    def test_of_a_locked_file_is_store_unavailable(self) -> None:
        with pytest.raises(StoreUnavailable), translate_driver_errors():
            raise sqlite3.OperationalError("database is locked")

    def test_in_a_peewee_error_is_translated(self) -> None:
        wrapped = peewee.IntegrityError(postgres.UniqueViolation(SECRET), SECRET)
        with pytest.raises(AlreadyExists) as caught, translate_driver_errors():
            raise wrapped
        assert isinstance(caught.value.__cause__, postgres.UniqueViolation)

    def test_of_a_rejected_statement_is_a_bug(self) -> None:
        assert StatementRejected.kind is ErrorKind.BUG

    def test_does_not_reveal_values_of_the_row(self, store: Store, hotel: Hotel) -> None:
        clash = builders.hotel(slug=hotel.slug)
        with store.unit_of_work() as uow:
            uow.hotels.add(hotel)
            with pytest.raises(AlreadyExists) as caught:
                uow.hotels.add(clash)
        assert hotel.slug not in _chain_text(caught.value)

    def test_passes_other_errors(self) -> None:
        with pytest.raises(KeyError), translate_driver_errors():
            raise KeyError("k")


def _chain_text(error: BaseException | None) -> str:
    text = ""
    while error is not None:
        text += f"{error!r} {error}"
        error = error.__cause__ or error.__context__
    return text


class TestUnusableUrl:
    def test_without_a_server_is_unavailable(self, sealer: Sealer) -> None:
        store = open_store("postgresql://postgres@127.0.0.1:1/none", sealer=sealer)
        with pytest.raises(StoreUnavailable):
            store.queries.ping()

    @pytest.mark.parametrize(
        "url", ["mysql://x", "sqlite://", "sqlite:///", "sqlite:///:memory:", ""]
    )
    def test_is_misconfigured(self, url: str, sealer: Sealer) -> None:
        with pytest.raises(Misconfigured):
            open_store(url, sealer=sealer)
