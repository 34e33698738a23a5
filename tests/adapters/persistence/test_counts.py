"""Numbers of stored rows are counted up to a limit."""

import pytest

from adapters.outbound.persistence.engine.postgres import PostgresSession
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.tables import BOOKINGS
from adapters.outbound.persistence.store import Store
from domain.connection import Connection
from domain.hotel import Hotel
from ports.queries import MAX_COUNT
from tests import builders

COPIES = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= {number})
    INSERT INTO {table} ({columns}) SELECT {selected} FROM {table}, n
"""


def copy(session: Session, table: str, columns: tuple[str, ...], number: int) -> None:
    """Of the only row."""
    new_id = "printf('%032x', i)"
    if isinstance(session, PostgresSession):
        new_id = "CAST(lpad(to_hex(i), 32, '0') AS uuid)"
    values = {"id": new_id, "external_id": "CAST(i AS text)"}
    selected = ", ".join(values.get(column, column) for column in columns)
    session.run(
        COPIES.format(table=table, number=number - 1, columns=", ".join(columns), selected=selected)
    )


@pytest.fixture
def filled(store: Store, hotel: Hotel, connection: Connection) -> Store:
    """MAX_COUNT + 1 bookings."""
    with store.unit_of_work() as uow:
        uow.hotels.add(hotel)
        uow.connections.add(connection, {})
        uow.bookings.save([builders.booking(connection)])
        copy(uow.open_session, "bookings", BOOKINGS.columns, MAX_COUNT)
        uow.commit()
    return store


class TestCounts:
    def test_end_at_the_limit(self, filled: Store, hotel: Hotel) -> None:
        assert filled.queries.count_bookings(hotel.id) == MAX_COUNT
