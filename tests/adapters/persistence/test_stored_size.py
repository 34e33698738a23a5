"""What a statement reads does not grow with what is stored: buffers of PostgreSQL, of every query
of both APIs and of what workers, relay and scheduler run, on a small and on a large database."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import psycopg

from adapters.outbound.persistence.engine.column_values import micros_from_instant
from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.migrations import upgrade
from adapters.outbound.persistence.queries.stored_queries import StoredQueries
from adapters.outbound.persistence.store import Store
from adapters.outbound.security.sealing import AesGcmSealer, Keyring, new_key
from domain.access import FULL_READ
from tests.adapters.persistence.statement_costs import Meter
from tests.http.graphql_client import run_query
from tests.http.http_harness import NOON, Caller, HttpHarness, add_hotels, booking
from tests.servers import PostgresServer

SIZES: Final = (3_000, 30_000)
CAMPAIGN_SIZES: Final = (10_000, 300_000)
GROWTH: Final = 1.2
DAY: Final = NOON.date()
A_DAY: Final = 5
"""Arrivals, to 100 days from now; the more are stored, the further they reach back."""

NOW: Final = micros_from_instant(NOON)
ARRIVAL: Final = f"date '{DAY}' + 100 - i / {A_DAY}"
NIGHTS: Final = "CASE WHEN i % 2000 = 999 THEN 400 WHEN i % 200 = 99 THEN 45 ELSE 1 + i % 7 END"
STATUS: Final = f"""CASE WHEN i % 20 = 3 THEN 'CANCELED' WHEN i % 20 = 5 THEN 'NO_SHOW'
    WHEN i % 100 = 6 AND i < 1000 THEN 'PENDING' WHEN {ARRIVAL} > date '{DAY}' THEN 'CONFIRMED'
    WHEN {ARRIVAL} + {NIGHTS} > date '{DAY}' THEN 'CHECKED_IN' ELSE 'CHECKED_OUT' END"""
SERIAL_ID: Final = "('00000000-0000-7000-8000-' || lpad(to_hex(1000000 - i), 12, '0'))::uuid"
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
"""By column: expressions of the number `i`, of rows copied from one that the product has stored."""


@dataclass(frozen=True)
class Installation:
    """The application on a database whose statements are metered."""

    url: str
    store: Store
    meter: Meter
    harness: HttpHarness

    def grow(self, first: int, last: int) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            grow(connection, "bookings", "external_id = 'TEMPLATE'", (first, last), BOOKING)
            if first == 1:
                late = BOOKING | {"provider": "'scripted'", "id": "gen_random_uuid()"}
                grow(connection, "bookings", "external_id = 'TEMPLATE'", (450, 549), late)
            connection.execute("VACUUM ANALYZE")


def grow(
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
        f" FROM {table} template, generate_series({numbers[0]}, {numbers[1]}) i"
        f" WHERE template.{template}".encode(),
    )
    assert inserted.rowcount == numbers[1] - numbers[0] + 1, table


@contextmanager
def installed(server: PostgresServer) -> Iterator[Installation]:
    meter, sealer = Meter(), AesGcmSealer(Keyring.parse(new_key("k")))
    with server.database() as url:
        upgrade(url)
        pool = Pool(lambda: meter.session(url), size=2, wait_seconds=10)
        with closing(Store(StoredQueries(pool, sealer), url, pool, pool, sealer)) as store:
            yield Installation(url, store, meter, _application(store))


def _application(store: Store) -> HttpHarness:
    @dataclass
    class Parts:
        unit_of_work: Any
        queries: Any
        directory: Any

    directory = store.directory(monotonic=lambda: 0.0)
    harness = add_hotels(HttpHarness(store=Parts(store.unit_of_work, store.queries, directory)))
    sent = harness.caller("alpha").post("/api/pms/canonical/bookings", booking("TEMPLATE"))
    assert sent.status_code == 200
    return harness


Query = Callable[[Installation], object]

LIST: Final = """query ($filter: BookingFilter, $order: BookingOrder!, $after: String) {
  bookings(filter: $filter, orderBy: $order, after: $after) {
    edges {cursor node {externalId}} pageInfo {hasNextPage}}}"""
WEEK: Final = {"from": str(DAY), "to": str(DAY + timedelta(days=7))}
FILTERS: Final[dict[str, dict[str, Any]]] = {
    "none": {},
    "one status": {"status": ["CHECKED_IN"]},
    "statuses": {"status": ["PENDING", "NO_SHOW", "CONFIRMED"]},
    "arrival": {"arrival": str(DAY)},
    "departure": {"departure": str(DAY)},
    "arrival range": {"arrivalRange": WEEK},
    "departure range": {"departureRange": WEEK},
    "stay": {"stay": WEEK},
    "stay and status": {"stay": WEEK, "status": ["CONFIRMED", "CANCELED"]},
    "in house": {"inHouseOn": str(DAY)},
    "in house and status": {"inHouseOn": str(DAY), "status": ["CHECKED_IN"]},
    "updated since": {"updatedSince": (NOON - timedelta(minutes=99)).isoformat()},
    "e-mail": {"guestEmail": "guest50@example.com"},
    "number": {"confirmationNumber": "N50"},
    "deleted": {"includeDeleted": True},
}
ORDERS: Final = ("ARRIVAL_ASC", "ARRIVAL_DESC", "UPDATED_ASC", "UPDATED_DESC")


def list_bookings(caller: Caller, wanted: Mapping[str, Any], order: str) -> bool:
    """Two pages; whether any was found."""
    first = run_query(caller, LIST, filter=wanted, order=order)["bookings"]
    if first["pageInfo"]["hasNextPage"]:
        after = first["edges"][-1]["cursor"]
        run_query(caller, LIST, filter=wanted, order=order, after=after)
    return bool(first["edges"])


def booking_lists(provider: str | None, *orders: str) -> Iterator[tuple[str, Query]]:
    for name, wanted in FILTERS.items():
        for order in orders:

            def run(on: Installation, wanted: Any = wanted, order: str = order) -> None:
                found = list_bookings(caller_of(on, provider), wanted, order)
                assert found or provider == "scripted", wanted

            yield f"bookings of {provider or 'all'}, {name}, {order}", run


def caller_of(on: Installation, provider: str | None) -> Caller:
    partner = provider or "all"
    if (provider, partner) not in CALLERS:
        CALLERS[provider, partner] = on.harness.caller(
            "alpha", provider=provider, partner=partner, scopes=FULL_READ
        )
    return CALLERS[provider, partner]


CALLERS: dict[Any, Caller] = {}
QUERIES: Final[dict[str, Query]] = dict(
    [
        *booking_lists("canonical", *ORDERS),
        *booking_lists("scripted", *ORDERS[:2]),
        *booking_lists(None, *ORDERS[1:3]),
    ]
)

Costs = Mapping[str, Meter]


def measure(on: Installation) -> Costs:
    costs = {}
    for name, query in QUERIES.items():
        with on.meter.measuring() as costs[name]:
            query(on)
    return costs


def measure_both(server: PostgresServer, sizes: tuple[int, int]) -> tuple[Costs, Costs]:
    small, large = sizes
    with installed(server) as on:
        for provider in (None, "canonical", "scripted"):
            caller_of(on, provider)
        on.grow(1, small)
        before = measure(on)
        on.grow(small + 1, large)
        return before, measure(on)


def grown(before: Meter, after: Meter) -> list[str]:
    """The statements, if they read more. An index has one more level when it has 100 times as many
    rows: one more buffer for each descent."""
    for few, many in ((before.custom, after.custom), (before.generic, after.generic)):
        if many.buffers > GROWTH * few.buffers + many.descents:
            return [f"{few} -> {many}", *before.statements, "", *after.statements]
    return []


class TestStoredSize:
    def test_does_not_raise_what_is_read(self, postgres_server: PostgresServer) -> None:
        before, after = measure_both(postgres_server, SIZES)
        found = {name: grown(before[name], after[name]) for name in QUERIES}
        failed = {name: statements for name, statements in found.items() if statements}
        assert not failed, "\n".join("\n".join([n, *map(str, s)]) for n, s in failed.items())
