"""What every tick and round runs reads by indexes, and as much as it returns or deletes, whatever
else the tables hold: plans and buffers of PostgreSQL."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest

from adapters.outbound.persistence.engine.column_values import (
    Row,
    instant_from_micros,
    micros_from_instant,
)
from adapters.outbound.persistence.engine.postgres import PostgresSession
from adapters.outbound.persistence.engine.waits import DEFAULT_WAITS
from adapters.outbound.persistence.stores.bookings import StoredBookings
from adapters.outbound.persistence.stores.idempotency_keys import StoredIdempotencyKeys
from adapters.outbound.persistence.stores.inbox import StoredInbox
from adapters.outbound.persistence.stores.outbox import StoredOutbox
from adapters.outbound.persistence.stores.sync_runs import StoredSyncRuns
from adapters.outbound.persistence.stores.tombstones import StoredTombstones
from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from application.sync.schedule_syncs import PURGE_BATCH
from tests import raw_sql

HOTEL: Final = "00000000-0000-0000-0000-000000000001"
SMALL_HOTEL: Final = "00000000-0000-0000-0000-000000000002"
"""Nothing of it is old."""
ROWS: Final = 30_000
LIMIT: Final = PURGE_BATCH
WAITING: Final = 5_000
"""Deliveries behind the oldest ones of KEYS keys, which are not due yet."""
KEYS: Final = 50
NOW: Final = instant_from_micros(ROWS // 2)
"""Half of the rows of each table are older."""
BUFFERS_PER_ROW: Final = 40
"""Of 8 KiB: its row, its entry in each index, and the way to them."""

FILL: Final = (
    "INSERT INTO outbox (hotel_id, id, type, ordering_key, created_at, body, delivered_at)"
    f" SELECT '{HOTEL}', gen_random_uuid(), 't', 'k' || (i % 200), 1, repeat('x', 400), i"
    f" FROM generate_series(1, {ROWS}) i",
    "INSERT INTO postponed_deliveries"
    " (hotel_id, message_id, subscriber, ordering_key, attempts, error_code, retry_at, position)"
    f" SELECT hotel_id, id, 'crm', 'k' || (position % {KEYS}), 1, 'down',"
    f" CASE WHEN position <= {ROWS} - {WAITING} + {KEYS} THEN {ROWS} ELSE 1 END, position"
    f" FROM outbox WHERE position > {ROWS} - {WAITING}",
    "INSERT INTO inbox (hotel_id, id, connection_id, provider, kind, channel, received_at,"
    " correlation_id, sealed_body, batch_id, position, fingerprint, state, attempts)"
    f" SELECT '{HOTEL}', gen_random_uuid(), '{HOTEL}', 'mews', 'notification', 'pushed', i, 'c',"
    " repeat('x', 200)::bytea, gen_random_uuid(), 0, 'f', state, 0"
    f" FROM generate_series(1, {ROWS}) i, (VALUES ('done'), ('quarantined')) s (state)",
    "INSERT INTO sync_runs (hotel_id, id, connection_id, provider, kind, trigger, correlation_id,"
    " queued_at, status, fencing_number, pages, counts, transport, attempts, fruitless_attempts)"
    f" SELECT '{HOTEL}', gen_random_uuid(), '{HOTEL}', 'mews', 'delta', 'schedule', 'c', i,"
    " 'COMPLETED', 1, 1, '{}', '{}', 1, 0"
    f" FROM generate_series(1, {ROWS}) i",
    "INSERT INTO status_history (hotel_id, booking_id, id, to_status, kind, version_at,"
    " version_sequence, reference, at)"
    f" SELECT '{HOTEL}', gen_random_uuid(), gen_random_uuid(), 'CONFIRMED', 'created', 1, 1, 'r', i"
    f" FROM generate_series(1, {ROWS}) i",
    "INSERT INTO idempotency_keys (token_id, key, fingerprint, acquired_at, expires_at, body)"
    f" SELECT gen_random_uuid(), i::text, 'f', 1, i, repeat('x', 200)::bytea"
    f" FROM generate_series(1, {ROWS}) i",
    "INSERT INTO booking_tombstones (hotel_id, provider, external_id, version_at,"
    " version_sequence, channel, observed_at, synced_at, revision, connection_id, document)"
    f" SELECT '{HOTEL}', 'mews', i::text, 1, 1, 'pushed', 1, i, 1, '{HOTEL}', repeat('x', 300)"
    f" FROM generate_series(1, {ROWS}) i",
    "ANALYZE",
)


class ExplainedSession(PostgresSession):
    """Explains what it runs."""

    def __init__(self, url: str) -> None:
        super().__init__(url, DEFAULT_WAITS)
        self.plans: list[Any] = []

    def rows(self, sql: str, parameters: Any = ()) -> list[Row]:
        [(plans,)] = super().rows(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters)
        self.plans += [plan["Plan"] for plan in plans]
        return []

    def run(self, sql: str, parameters: Any = ()) -> int:
        if sql == "ROLLBACK":
            return super().run(sql)
        self.rows(sql, parameters)
        return 0


Query = Callable[[PostgresSession], object]

LIMITS: Final = {UUID(HOTEL): NOW, UUID(SMALL_HOTEL): NOW}
SEALER: Final = AesGcmSealer(Keyring.parse(new_key("k")))
PURGES: Final[dict[str, Query]] = {
    "inbox": lambda s: StoredInbox(s, SEALER).purge(LIMITS, each=LIMIT // 2),
    "quarantine": lambda s: StoredInbox(s, SEALER).purge_quarantined(
        received_before=NOW, limit=LIMIT
    ),
    "outbox": lambda s: StoredOutbox(s).purge(LIMITS, each=LIMIT // 2),
    "sync runs": lambda s: StoredSyncRuns(s).purge(LIMITS, each=LIMIT // 2),
    "status history": lambda s: StoredBookings(s).purge_history(LIMITS, each=LIMIT // 2),
    "idempotency keys": lambda s: StoredIdempotencyKeys(s).purge(now=NOW, limit=LIMIT),
    "tombstones": lambda s: StoredTombstones(s).purge(recorded_before=NOW, limit=LIMIT),
}


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def explain(url: str, query: Query) -> Mapping[str, Any]:
    """The plan of the statement, which is rolled back."""
    with closing(ExplainedSession(url)) as session:
        session.begin()
        query(session)
        session.rollback()
        [plan] = session.plans
    return plan


def buffers(plan: Mapping[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def scanned(plan: Mapping[str, Any]) -> list[str]:
    return [str(node["Relation Name"]) for node in nodes(plan) if node["Node Type"] == "Seq Scan"]


@pytest.fixture
def filled_url(upgraded_postgres_url: str) -> str:
    with psycopg.connect(upgraded_postgres_url, autocommit=True) as connection:
        for statement in FILL:
            connection.execute(statement.encode())
    return upgraded_postgres_url


class TestPurge:
    def test_reads_what_it_deletes(self, filled_url: str) -> None:
        """In one test, as it takes a while to fill the tables."""
        for table, purge in PURGES.items():
            plan = explain(filled_url, purge)
            assert scanned(plan) == [], table
            assert buffers(plan) <= BUFFERS_PER_ROW * LIMIT, table
            kinds = [node["Node Type"] for node in nodes(plan)]
            assert "Tid Scan" in kinds, (table, kinds)


class TestDuePostponed:
    def test_looks_once_at_what_waits_behind_a_message(self, filled_url: str) -> None:
        """Not in each round, while a subscriber is down."""
        with closing(PostgresSession(filled_url, DEFAULT_WAITS)) as session:
            session.begin()
            assert StoredOutbox(session).due_postponed(now=NOW, limit=500) == []
            session.commit()
        due = "SELECT COUNT(*) FROM postponed_deliveries WHERE retry_at <= %s"
        assert raw_sql.one(filled_url, due, micros_from_instant(NOW)) == 0
        raw_sql.write(filled_url, "VACUUM postponed_deliveries")  # as PostgreSQL does by itself
        again = explain(filled_url, lambda s: StoredOutbox(s).due_postponed(now=NOW, limit=500))
        assert scanned(again) == []
        assert buffers(again) <= BUFFERS_PER_ROW, buffers(again)
