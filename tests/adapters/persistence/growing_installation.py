"""The application on a database that grows: the past of a hotel becomes longer, its present stays
the same. Rows are copies of some that the product has stored."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

import psycopg

from adapters.outbound.persistence.engine.column_values import micros_from_instant
from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.migrations import upgrade
from adapters.outbound.persistence.queries.stored_queries import StoredQueries
from adapters.outbound.persistence.store import Store
from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from domain.access import FULL_READ
from domain.connection import Connection
from domain.sync_run import SyncStatus
from tests import builders
from tests.adapters.persistence.statement_costs import Meter
from tests.http.http_harness import NOON, Caller, HttpHarness, add_hotels, booking, cell, guest
from tests.servers import PostgresServer

TODAY: Final = NOON.date()
NOW: Final = micros_from_instant(NOON)
SERIAL_ID: Final = "('00000000-0000-7000-8000-' || lpad(to_hex(1000000 - i), 12, '0'))::uuid"
AGE: Final = f"{NOW} - i * bigint '1000000'"
ARRIVAL: Final = f"date '{TODAY}' + 100 - i / 5"
NIGHTS: Final = "CASE WHEN i % 2000 = 999 THEN 400 WHEN i % 200 = 99 THEN 45 ELSE 1 + i % 7 END"
STATUS: Final = f"""CASE WHEN i % 20 = 3 THEN 'CANCELED' WHEN i % 20 = 5 THEN 'NO_SHOW'
    WHEN i % 100 = 6 AND i < 1000 THEN 'PENDING' WHEN {ARRIVAL} > date '{TODAY}' THEN 'CONFIRMED'
    WHEN {ARRIVAL} + {NIGHTS} > date '{TODAY}' THEN 'CHECKED_IN' ELSE 'CHECKED_OUT' END"""

BOOKING: Final = {
    "id": SERIAL_ID,
    "external_id": "'F' || i",
    "confirmation_number": "'N' || i",
    "guest_id": "'G' || i / 3",
    "guest_email": "'guest' || i / 3 || '@example.com'",
    "arrival": ARRIVAL,
    "departure": f"{ARRIVAL} + {NIGHTS}",
    "status": STATUS,
    "synced_at": f"{NOW} - i * bigint '60000000'",
}
GUEST: Final = {
    "id": SERIAL_ID,
    "external_id": "'G' || i",
    "email": "'guest' || i || '@example.com'",
}
RECEIVED: Final = {
    "id": "uuidv7()",
    "received_at": AGE,
    "batch_id": "gen_random_uuid()",
    "fingerprint": "md5(i::text)",
    "external_id": "'F' || i",
}
MESSAGE: Final = {
    "id": "gen_random_uuid()",
    "ordering_key": "'F' || i",
    "created_at": AGE,
    "delivered_at": AGE,
}
RUN: Final = {"id": SERIAL_ID, "queued_at": AGE}
HOTEL: Final = {"id": SERIAL_ID, "slug": "'h' || i"}
CONNECTION: Final = {
    "hotel_id": SERIAL_ID,
    "id": "gen_random_uuid()",
    "name": "'c' || i",
    "key_hash": "'k' || i",
    "state": "'active'",
    "next_sync_at": f"{NOW} + i * bigint '1000000'",
    "next_reconcile_at": f"{NOW} + i * bigint '1000000'",
}
OF_OTHER: Final = {"provider": "'scripted'", "id": "gen_random_uuid()"}

DONE: Final = "external_id = 'TEMPLATE' AND template.state = 'done'"
QUARANTINED: Final = "external_id = 'TEMPLATE' AND template.state = 'quarantined'"
GROWING: Final = (
    ("bookings", "external_id = 'TEMPLATE'", 1, BOOKING),
    ("status_history", "kind = 'created'", 1, {"id": "uuidv7()", "booking_id": SERIAL_ID}),
    ("guests", "external_id = 'TEMPLATE'", 1, GUEST),
    (
        "availability",
        "room_type_id = 'TEMPLATE'",
        1,
        {"room_type_id": "'R' || i % 3", "day": f"date '{TODAY}' + 100 - i / 3"},
    ),
    ("inbox", DONE, 1, RECEIVED),
    ("inbox", QUARANTINED, 4, RECEIVED),
    ("outbox", "type = 'pms.booking.synced'", 1, MESSAGE),
    ("sync_runs", "correlation_id = 'canonical'", 1, RUN),
    ("hotels", "slug = 'beta'", 10, HOTEL),
    ("connections", "name = 'of beta'", 10, CONNECTION),
)
"""By table: a condition of the row to copy, of how many numbers `i` one is inserted, and what its
columns have instead: expressions of `i`."""

SPARSE: Final = (
    ("bookings", "external_id = 'TEMPLATE'", (450, 549), BOOKING | OF_OTHER),
    ("guests", "external_id = 'TEMPLATE'", (1, 20), GUEST | OF_OTHER),
    ("inbox", QUARANTINED, (1, 9), RECEIVED | OF_OTHER),
    ("sync_runs", "correlation_id = 'scripted'", (1, 9), RUN | OF_OTHER),
)
"""They do not become more: those of the hotel's other provider."""


@dataclass(frozen=True)
class Installation:
    """Its hotel alpha is the one that grows. Statements are metered."""

    url: str
    store: Store
    meter: Meter
    harness: HttpHarness
    connections: Mapping[str, Connection]
    """Alpha's, by provider."""
    caller: Callable[[str | None], Caller]
    """By provider; None: of all, for reading only."""

    def grow(self, first: int, last: int) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            for table, template, share, values in GROWING:
                numbers = ((first - 1) // share + 1, last // share)
                _insert_copies(connection, table, template, numbers, values)
            if first == 1:
                for table, template, numbers, values in SPARSE:
                    _insert_copies(connection, table, template, numbers, values)
            connection.execute("VACUUM ANALYZE")


def _insert_copies(
    connection: psycopg.Connection[Any],
    table: str,
    template: str,
    numbers: tuple[int, int],
    values: Mapping[str, str],
) -> None:
    found = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped AND attidentity = ''",
        (table,),
    )
    columns = [column for (column,) in found]
    selected = ", ".join(values.get(column, f"template.{column}") for column in columns)
    inserted = connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {selected}"
        f" FROM (SELECT * FROM {table} template WHERE {template} LIMIT 1) template,"
        f" generate_series({numbers[0]}, {numbers[1]}) i".encode()
    )
    assert inserted.rowcount == numbers[1] - numbers[0] + 1, table


@contextmanager
def installed(server: PostgresServer) -> Iterator[Installation]:
    meter, sealer = Meter(), AesGcmSealer(Keyring.parse(new_key("k")))
    with server.database() as url:
        upgrade(url)
        pool = Pool(lambda: meter.session(url), size=2, wait_seconds=10)
        with closing(Store(StoredQueries(pool, sealer), url, pool, pool, sealer)) as store:
            yield _application(url, store, meter)


def _application(url: str, store: Store, meter: Meter) -> Installation:
    directory = store.directory(monotonic=lambda: 0.0)
    parts = SimpleNamespace(
        unit_of_work=store.unit_of_work, queries=store.queries, directory=directory
    )
    harness = add_hotels(HttpHarness(store=parts))
    harness.connection("beta", "scripted", name="of beta")

    @cache
    def caller(provider: str | None) -> Caller:
        scopes = {"scopes": FULL_READ} if provider is None else {}
        return harness.caller("alpha", provider=provider, partner=provider or "all", **scopes)

    for provider in (None, "canonical", "scripted"):
        caller(provider)
    connections = {
        provider: harness.stored_connection("alpha", provider)
        for provider in ("canonical", "scripted")
    }
    _store_templates(store, caller("canonical"), connections)
    return Installation(url, store, meter, harness, connections, caller)


def _store_templates(store: Store, caller: Caller, connections: Mapping[str, Connection]) -> None:
    sent: list[tuple[str, Any]] = [
        ("bookings", booking("TEMPLATE")),
        ("bookings", booking("TEMPLATE", status="WHO")),
        ("guests", guest("TEMPLATE")),
        ("availability", cell(str(TODAY), "TEMPLATE")),
    ]
    for kind, body in sent:
        response = caller.post(f"/api/pms/canonical/{kind}", body)
        assert response.status_code in (200, 207), response.get_json()
    with store.unit_of_work() as uow:
        for provider, connection in connections.items():
            ended = {"status": SyncStatus.COMPLETED, "correlation_id": provider}
            uow.sync_runs.add(builders.sync_run(connection, **ended))
        uow.commit()
