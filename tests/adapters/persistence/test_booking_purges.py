"""The purge of bookings on PostgreSQL reads what it deletes, however many are stored."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Final

import psycopg
from psycopg import sql

from adapters.outbound.persistence.stores.bookings import StoredBookings
from domain.connection import Connection
from domain.hotel import Hotel
from tests import raw_sql
from tests.adapters.persistence.statement_costs import Cost, Meter

ROWS: Final = 20_000
EACH: Final = 500
BUFFERS_PER_BOOKING: Final = 100
"""Of 8 KiB: its row and that of its history, their entries in all indexes, and the way to them."""
LIMIT: Final = datetime(2023, 1, 1, tzinfo=UTC)
"""About half of the bookings departed before."""
HOTEL: Final = sql.SQL(
    "INSERT INTO hotels (id, slug, name, time_zone, currency, created_at, enabled)"
    " VALUES ({hotel}, 'h', 'H', 'Europe/Vienna', 'EUR', 1, true)"
)
CONNECTION: Final = sql.SQL(
    "INSERT INTO connections (hotel_id, id, provider, name, settings, key_hash, sealed_secrets,"
    " schedule, state, breaker_failures, revision, fencing_number)"
    " VALUES ({hotel}, {connection}, 'mews', 'c', '{{}}', 'k', '', '{{}}', 'new', 0, 1, 0)"
)
BOOKINGS: Final = sql.SQL(
    "INSERT INTO bookings (hotel_id, provider, external_id, id, connection_id, status,"
    " holds_inventory, arrival, departure, source, version_at, version_sequence, channel,"
    " observed_at, synced_at, revision, document)"
    " SELECT {hotel}, 'mews', i::text, gen_random_uuid(), {connection}, 'CHECKED_OUT', false,"
    " date '2020-01-01' + i / 10, date '2020-01-01' + i / 10 + 2, 'DIRECT', 1, 1, 'pulled', 1, 1,"
    " 1, repeat('x', 300) FROM generate_series(1, {rows}) i"
)
HISTORY: Final = sql.SQL(
    "INSERT INTO status_history (hotel_id, booking_id, id, to_status, kind, version_at,"
    " version_sequence, reference, at)"
    " SELECT hotel_id, id, gen_random_uuid(), 'CONFIRMED', 'created', 1, 1, 'r', 1 FROM bookings"
)


def fill(url: str, hotel: Hotel, connection: Connection) -> None:
    values = {
        "hotel": sql.Literal(hotel.id),
        "connection": sql.Literal(connection.id),
        "rows": sql.Literal(ROWS),
    }
    with psycopg.connect(url, autocommit=True) as database:
        for statement in (HOTEL, CONNECTION, BOOKINGS, HISTORY):
            database.execute(statement.format(**values))
        database.execute("VACUUM ANALYZE")


def purge(url: str, meter: Meter, hotel: Hotel) -> tuple[int, Meter]:
    with closing(meter.session(url)) as session, meter.measuring() as measured:
        session.begin()
        purged = StoredBookings(session).purge({hotel.id: LIMIT}, each=EACH)
        session.commit()
    return purged[hotel.id], measured


def is_bounded(cost: Cost) -> bool:
    return 0 < cost.buffers <= BUFFERS_PER_BOOKING * EACH


class TestPurge:
    def test_reads_what_it_deletes(
        self, upgraded_postgres_url: str, hotel: Hotel, connection: Connection
    ) -> None:
        fill(upgraded_postgres_url, hotel, connection)
        count, measured = purge(upgraded_postgres_url, Meter(), hotel)
        assert count == EACH
        assert is_bounded(measured.custom), measured.statements
        assert is_bounded(measured.generic), measured.statements
        for table in ("bookings", "status_history"):
            left = raw_sql.one(upgraded_postgres_url, f"SELECT COUNT(*) FROM {table}")
            assert left == ROWS - EACH, table
