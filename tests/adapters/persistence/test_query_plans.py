"""Queries that run every round or slice read by indexes, whatever else the tables hold."""

import psycopg
import pytest

from adapters.outbound.persistence.stores import inbox, outbox
from tests import raw_sql

HOTEL = "00000000-0000-0000-0000-000000000001"

FILL = (
    "INSERT INTO outbox (hotel_id, id, type, ordering_key, created_at, body, delivered_at)"
    f" SELECT '{HOTEL}', gen_random_uuid(), 't', 'k' || (i % 200), 1, repeat('x', 400), 5"
    " FROM generate_series(1, 8000) i",
    "INSERT INTO postponed_deliveries"
    " (hotel_id, message_id, subscriber, ordering_key, attempts, error_code, retry_at, position)"
    " SELECT hotel_id, id, 'crm', ordering_key, 1, 'down',"
    " CASE WHEN position <= 6200 THEN 99999 ELSE 5 END, position"
    " FROM outbox WHERE position > 6000",
    "INSERT INTO inbox (hotel_id, id, connection_id, provider, kind, channel, received_at,"
    " correlation_id, sealed_body, batch_id, position, fingerprint, state, attempts)"
    f" SELECT '{HOTEL}', gen_random_uuid(),"
    " ('00000000-0000-0000-0000-0000000001' || lpad((i % 40)::text, 2, '0'))::uuid, 'mews',"
    " 'notification', 'pushed', i, 'c', repeat('x', 200)::bytea, gen_random_uuid(), 0, 'f',"
    " 'received', 0 FROM generate_series(1, 8000) i",
    "ANALYZE",
)


@pytest.fixture
def filled_url(upgraded_postgres_url: str) -> str:
    with psycopg.connect(upgraded_postgres_url, autocommit=True) as connection:
        for statement in FILL:
            connection.execute(statement.encode())
    return upgraded_postgres_url


def plan(url: str, statement: str, *values: object) -> str:
    return "\n".join(line for (line,) in raw_sql.read(url, f"EXPLAIN {statement}", *values))


class TestPlans:
    def test_of_due_deliveries_and_due_items_have_no_sequential_scan(self, filled_url: str) -> None:
        """2,000 deliveries wait for a subscriber, 200 items each for 40 connections."""
        deliveries = plan(filled_url, outbox._DUE_POSTPONED_SQL, 1_000, 100)
        connection = "00000000-0000-0000-0000-000000000107"
        due = plan(filled_url, inbox._DUE_SQL, HOTEL, connection, 10**9, 10**9, 5_000)
        assert "Seq Scan on postponed" not in deliveries
        assert "Seq Scan on outbox" not in deliveries
        assert "inbox_due" in due, due
        assert "Seq Scan on inbox" not in due
