"""What a statement reads does not grow with what is stored: buffers of PostgreSQL, of every query
of both APIs and of what workers, relay and scheduler run, on a small and on a large database."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any, Final

import pytest

from domain.values import DateRange
from tests.adapters.persistence.growing_installation import TODAY, Installation, installed
from tests.adapters.persistence.statement_costs import Meter
from tests.http.graphql_client import run_query
from tests.http.http_harness import NOON, booking, guest
from tests.servers import PostgresServer

SIZES: Final = (3_000, 30_000)
CAMPAIGN_SIZES: Final = (10_000, 300_000)
GROWTH: Final = 1.2
SLACK: Final = 8
"""Buffers of rows that the first measurement itself has written, in pages of their own."""

Query = Callable[[Installation], object]

LIST: Final = """query ($filter: BookingFilter, $order: BookingOrder!, $after: String) {
  bookings(filter: $filter, orderBy: $order, after: $after) {
    edges {cursor node {externalId}} pageInfo {hasNextPage}}}"""
ORDERS: Final = ("ARRIVAL_ASC", "ARRIVAL_DESC", "UPDATED_ASC", "UPDATED_DESC")
WEEK: Final = {"from": str(TODAY), "to": str(TODAY + timedelta(days=7))}
FILTERS: Final[dict[str, dict[str, Any]]] = {
    "none": {},
    "one status": {"status": ["CHECKED_IN"]},
    "statuses": {"status": ["PENDING", "NO_SHOW", "CONFIRMED"]},
    "arrival": {"arrival": str(TODAY)},
    "departure": {"departure": str(TODAY)},
    "arrival range": {"arrivalRange": WEEK},
    "departure range": {"departureRange": WEEK},
    "stay": {"stay": WEEK},
    "stay and status": {"stay": WEEK, "status": ["CONFIRMED", "CANCELED"]},
    "in house": {"inHouseOn": str(TODAY)},
    "in house and status": {"inHouseOn": str(TODAY), "status": ["CHECKED_IN"]},
    "updated since": {"updatedSince": (NOON - timedelta(minutes=40)).isoformat()},
    "e-mail": {"guestEmail": "guest50@example.com"},
    "number": {"confirmationNumber": "N50"},
    "deleted": {"includeDeleted": True},
}
BOOKING: Final = """{booking(provider: "canonical", externalId: "F500") {
  externalId rooms {status} statusHistory {to} guest {lastName}}}"""
GUESTS: Final = """query ($filter: GuestFilter, $after: String) {
  guests(filter: $filter, after: $after) {edges {cursor node {externalId}}}}"""
AVAILABILITY: Final = """query ($to: Date!) {
  availability(filter: {from: "%s", to: $to}) {date available}}"""
HOTEL: Final = "{hotel {slug roomTypes {externalId} rooms {externalId}} connections {name state}}"
RUNS: Final = """query ($after: String) {
  syncRuns(first: 5, after: $after) {edges {cursor node {id status}}}}"""


def list_bookings(on: Installation, provider: str | None, filter_name: str, order: str) -> None:
    """Two pages."""
    caller, wanted = on.caller(provider), FILTERS[filter_name]
    found = run_query(caller, LIST, filter=wanted, order=order)["bookings"]
    assert found["edges"] or provider == "scripted"
    if found["pageInfo"]["hasNextPage"]:
        run_query(caller, LIST, filter=wanted, order=order, after=found["edges"][-1]["cursor"])


def booking_lists(provider: str | None, *orders: str) -> Iterator[tuple[str, Query]]:
    for name in FILTERS:
        for order in orders:
            query = partial(list_bookings, provider=provider, filter_name=name, order=order)
            yield f"bookings of {provider or 'all'}, {name}, {order}", query


def graphql(query: str, provider: str | None = "canonical", **variables: Any) -> Query:
    return lambda on: run_query(on.caller(provider), query, **variables)


def get(path: str, provider: str = "canonical") -> Query:
    def run(on: Installation) -> None:
        response = on.caller(provider).get(f"/api/pms/{path}")
        assert response.status_code == 200, response.get_json()

    return run


def list_guests(on: Installation, provider: str | None) -> None:
    found = run_query(on.caller(provider), GUESTS)["guests"]["edges"]
    assert run_query(on.caller(provider), GUESTS, after=found[9]["cursor"])


def list_sync_runs(on: Installation, provider: str | None) -> None:
    """Two pages."""
    found = run_query(on.caller(provider), RUNS)["syncRuns"]["edges"]
    more = run_query(on.caller(provider), RUNS, after=found[-1]["cursor"])["syncRuns"]["edges"]
    assert (len(found), len(more)) == (5, 5)


def page_through_quarantine(on: Installation, provider: str) -> None:
    found = on.caller(provider).get("/api/pms/quarantine?limit=5").get_json()
    assert len(found["items"]) == 5
    get(f"quarantine?limit=5&after={found['next_after']}", provider)(on)


def push(kind: str, body: object, **headers: str) -> Query:
    def run(on: Installation) -> None:
        response = on.caller("canonical").post(f"/api/pms/canonical/{kind}", body, **headers)
        assert response.status_code in (200, 202), response.get_json()

    return run


def push_bookings(on: Installation) -> None:
    """A new one, and a newer version of a stored one."""
    new_id = str(on.harness.ids.new())
    push("bookings", [booking(new_id), newer_booking("F700")])(on)


def push_for_later(on: Installation) -> None:
    push("bookings", [newer_booking("F800")], Prefer="respond-async")(on)
    on.harness.run_jobs()


def newer_booking(external_id: str) -> dict[str, Any]:
    updated_at = NOON - timedelta(hours=1) + timedelta(seconds=next(VERSIONS))
    return booking(external_id, source_version={"updated_at": updated_at.isoformat()})


VERSIONS: Final = count()


def with_stores(use: Callable[[Any, Any], object], provider: str = "canonical") -> Query:
    """`use`: of a unit of work and alpha's connection."""

    def run(on: Installation) -> None:
        with on.store.unit_of_work() as uow:
            use(uow, on.connections[provider])

    return run


def deliver(on: Installation) -> None:
    with on.store.unit_of_work() as uow:
        messages = uow.outbox.next_batch(limit=9)
        assert messages
        uow.outbox.postpone(messages[0], "crm", error_code="down", retry_at=NOON)
        uow.outbox.mark_delivered([each.id for each in messages], now=NOON)
        assert uow.outbox.postponed_keys("crm")
        assert uow.outbox.due_postponed(now=NOON, limit=9)
        uow.outbox.mark_postponed_delivered(messages[0].id, "crm")


WINDOW: Final = DateRange(TODAY, TODAY + timedelta(days=7))
QUERIES: Final[dict[str, Query]] = dict(
    [
        *booking_lists("canonical", *ORDERS),
        *booking_lists("scripted", *ORDERS[:2]),
        *booking_lists(None, *ORDERS[1:3]),
    ]
) | {
    "booking": graphql(BOOKING),
    "guests": partial(list_guests, provider="canonical"),
    "guests of all": partial(list_guests, provider=None),
    "guests of the other": partial(list_guests, provider="scripted"),
    "guests by e-mail": graphql(GUESTS, filter={"email": "guest7@example.com"}),
    "guests by id": graphql(GUESTS, filter={"externalIds": ["G7", "G8"]}),
    "availability": graphql(AVAILABILITY % TODAY, to=WEEK["to"]),
    "availability of all": graphql(AVAILABILITY % TODAY, None, to=WEEK["to"]),
    "hotel and connections": graphql(HOTEL),
    "sync runs": partial(list_sync_runs, provider="canonical"),
    "sync runs of all": partial(list_sync_runs, provider=None),
    "sync runs of the other": partial(list_sync_runs, provider="scripted"),
    "sync runs by REST": get("sync/runs?limit=20"),
    "connections by REST": get("connections"),
    "quarantine": partial(page_through_quarantine, provider="canonical"),
    "quarantine of the other": partial(page_through_quarantine, provider="scripted"),
    "push": push_bookings,
    "push of a guest": push("guests", guest("G9")),
    "push, processed later": push_for_later,
    "outbox": deliver,
    "tick": lambda on: on.harness.use_cases.schedule_syncs(),
    "due inbox": with_stores(
        lambda uow, of: uow.inbox.due(of.hotel_id, of.id, now=NOON, limit=500)
    ),
    "waiting inboxes": with_stores(lambda uow, of: uow.inbox.waiting(now=NOON)),
    "reconcile": with_stores(
        lambda uow, of: uow.bookings.ids_overlapping(of.hotel_id, of.id, WINDOW)
    ),
    "unfinished run": with_stores(lambda uow, of: uow.sync_runs.unfinished(of.id)),
    "last run": with_stores(lambda uow, of: uow.sync_runs.last_ended(of)),
    "last run of the other": with_stores(lambda uow, of: uow.sync_runs.last_ended(of), "scripted"),
}
CAMPAIGN_QUERIES: Final[dict[str, Query]] = QUERIES | {
    "number of bookings": lambda on: on.store.queries.count_bookings(
        on.connections["canonical"].hotel_id
    )
}


Costs = Mapping[str, Meter]


def measure(on: Installation, queries: Mapping[str, Query]) -> Costs:
    costs = {}
    on.meter.known.clear()
    for name, query in queries.items():
        with on.meter.measuring() as costs[name]:
            query(on)
        assert costs[name].statements, name
    return costs


def measure_both(
    server: PostgresServer, queries: Mapping[str, Query], small: int, large: int
) -> tuple[Costs, Costs]:
    with installed(server) as on:
        on.grow(1, small)
        on.harness.use_cases.schedule_syncs()  # what was due from the start
        before = measure(on, queries)
        on.grow(small + 1, large)
        return before, measure(on, queries)


def grown(before: Meter, after: Meter) -> list[str]:
    """The costs and the most expensive statements, if they have grown. One more buffer for each
    descent: an index of 100 times as many rows has one more level."""
    for few, many in ((before.custom, after.custom), (before.generic, after.generic)):
        if many.buffers > GROWTH * few.buffers + many.descents + SLACK:
            return [f"{few} -> {many}", *before.most_expensive(), *after.most_expensive()]
    return []


def require_equal_costs(
    server: PostgresServer, queries: Mapping[str, Query], sizes: tuple[int, int]
) -> None:
    before, after = measure_both(server, queries, *sizes)
    found = {name: grown(before[name], after[name]) for name in queries}
    failed = [f"{name}:\n" + "\n".join(lines) for name, lines in found.items() if lines]
    assert not failed, "\n".join(failed)


class TestStoredSize:
    def test_does_not_raise_what_is_read(self, postgres_server: PostgresServer) -> None:
        require_equal_costs(postgres_server, QUERIES, SIZES)

    @pytest.mark.slow
    def test_of_a_large_database_does_not_either(self, postgres_server: PostgresServer) -> None:
        require_equal_costs(postgres_server, CAMPAIGN_QUERIES, CAMPAIGN_SIZES)
