"""The cost of GraphQL queries: by what is stored, never by time."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from graphql import ExecutionContext, GraphQLObjectType, get_named_type, is_leaf_type, parse
from graphql.execution import execute_sync

from adapters.inbound.graphql.executable_schema import executable_schema
from adapters.inbound.graphql.execution import PlainExecution
from adapters.inbound.graphql.query_cost import QueryBudget
from adapters.inbound.graphql.resolvers import RequestContext
from adapters.inbound.graphql.selections import Selections
from adapters.inbound.graphql.use_cases import GraphQLOptions
from adapters.inbound.rest.problems import TooManyConcurrent
from adapters.inbound.rest.token_slots import MAX_CONCURRENT, TokenSlots
from domain.access import FULL_READ, Scope
from tests import builders
from tests.http.graphql_client import PATH, query_error, run_query
from tests.http.http_harness import Caller, HttpHarness, add_hotels, booking, cell, sql_harness
from tests.processes import wait_until

PUSH = "/api/pms/canonical"
PRICES = """query ($n: Int!) {bookings(first: $n) {edges {node {rooms {nightlyPrices {night price
  {amount minor currency}}}}}}}"""
SEASON = (
    '{availability(filter: {from: "2026-03-01", to: "2026-05-30"}) {roomTypeId date available}}'
)


def harness(max_cost: int) -> HttpHarness:
    return add_hotels(HttpHarness(graphql_options=GraphQLOptions(max_cost=max_cost)))


def push_rooms(caller: Caller, *, bookings: int, rooms: int) -> None:
    prices = [{"night": "2026-03-10", "price": {"amount": "100.00", "currency": "EUR"}}]
    sent = [
        booking(f"B{n}", rooms=[{"nightly_prices": prices} for _ in range(rooms)])
        for n in range(bookings)
    ]
    assert caller.post(f"{PUSH}/bookings", sent).status_code == 200


def error_code(error: dict[str, Any]) -> str:
    code: str = error["extensions"]["code"]
    return code


class TestCost:
    @pytest.mark.parametrize(("rooms", "is_refused"), [(1, False), (40, True)])
    def test_counts_the_elements_that_are_stored(self, rooms: int, *, is_refused: bool) -> None:
        caller = harness(3_000).caller("alpha")
        push_rooms(caller, bookings=10, rooms=rooms)
        if is_refused:
            error = query_error(caller, PRICES, n=200)
            assert error_code(error) == "QUERY_TOO_LARGE"
            assert "a smaller page than 10" in error["message"]
        else:
            assert len(run_query(caller, PRICES, n=200)["bookings"]["edges"]) == 10
        run_query(caller, PRICES, n=1)

    @pytest.mark.parametrize("variable", [200, 200.0])
    def test_does_not_depend_on_how_a_number_is_written(self, variable: float) -> None:
        caller = harness(3_000).caller("alpha")
        push_rooms(caller, bookings=10, rooms=40)
        first = query_error(caller, PRICES, n=variable)["message"]
        assert first == query_error(caller, PRICES.replace("$n}", "200}"), n=200)["message"]

    def test_counts_the_bytes_of_texts_each_time_they_are_selected(self) -> None:
        caller = harness(10_000).caller("alpha")
        caller.post(f"{PUSH}/bookings", booking(notes="x" * 40_000))
        one = '{booking(provider: "canonical", externalId: "B1") {%s}}'
        assert len(run_query(caller, one % "notes")["booking"]["notes"]) == 40_000
        many = " ".join(f"a{n}: notes" for n in range(15))
        answer = caller.post(PATH, {"query": one % many}).get_json()
        assert error_code(answer["errors"][0]) == "QUERY_TOO_LARGE"

    def test_counts_the_guest_of_each_booking(self) -> None:
        caller = harness(10_000).caller("alpha")
        guest = {"external_id": "G1", "source_version": {"updated_at": "2026-03-01T10:00:00Z"}}
        caller.post(f"{PUSH}/guests", guest | {"notes": "x" * 20_000})
        caller.post(f"{PUSH}/bookings", [booking(f"B{n}") for n in range(50)])
        query = "query ($n: Int!) {bookings(first: $n) {edges {node {guest {notes}}}}}"
        run_query(caller, query, n=5)
        assert error_code(query_error(caller, query, n=50)) == "QUERY_TOO_LARGE"

    def test_adds_up_over_the_fields_of_the_root(self) -> None:
        caller = harness(4_000).caller("alpha")
        push_rooms(caller, bookings=10, rooms=1)
        one = "bookings {edges {node {id externalId}}}"
        run_query(caller, f"{{{one}}}")
        many = " ".join(f"a{n}: {one}" for n in range(15))
        assert error_code(query_error(caller, f"{{{many}}}")) == "QUERY_TOO_LARGE"

    def test_counts_the_cells_that_are_found(self) -> None:
        caller = harness(2_000).caller("alpha")
        days = [f"2026-03-{n:02}" for n in range(1, 31)]
        caller.post(f"{PUSH}/availability", [cell(day) for day in days])
        assert len(run_query(caller, SEASON)["availability"]) == 30
        further = [cell(day, f"R{n}") for day in days for n in range(9)]
        caller.post(f"{PUSH}/availability", further)
        assert error_code(query_error(caller, SEASON)) == "QUERY_TOO_LARGE"

    def test_pays_for_the_year_of_twenty_room_types(self) -> None:
        installed = add_hotels(HttpHarness())
        stored = installed.stored_connection("alpha", "canonical")
        days = [date(2026, 3, 1) + timedelta(days=n) for n in range(365)]
        with installed.store.unit_of_work() as uow:
            types = [f"T{n:02}" for n in range(20)]
            uow.availability.save(
                [builders.cell(stored, day, name, total=1) for day in days for name in types]
            )
            uow.commit()
        year = '{from: "2026-03-01", to: "2027-03-01"}'
        names = "roomTypeId date total available closed minStay"
        query = f"{{availability(filter: {year}) {{{names}}}}}"
        assert len(run_query(installed.caller("alpha"), query)["availability"]) == 7_300

    def test_counts_the_changes_of_status_histories(self) -> None:
        caller = harness(1_500).caller("alpha")
        query = "{bookings {edges {node {statusHistory {at from to kind reference}}}}}"
        caller.post(f"{PUSH}/bookings", [booking(f"B{n}") for n in range(5)])
        run_query(caller, query)
        for minute, status in enumerate(["CHECKED_IN", "CHECKED_OUT"] * 10):
            version = {"updated_at": f"2026-03-01T11:{minute:02}:00Z"}
            sent = [booking(f"B{n}", status=status, source_version=version) for n in range(5)]
            caller.post(f"{PUSH}/bookings", sent)
        assert error_code(query_error(caller, query)) == "QUERY_TOO_LARGE"

    def test_counts_against_the_rate_limit(self) -> None:
        caller = harness(10**9).caller("alpha")
        push_rooms(caller, bookings=10, rooms=40)

        def remaining(query: str) -> int:
            response = caller.post(PATH, {"query": query, "variables": {"n": 200}})
            return int(response.headers["RateLimit"].split("r=")[1].split(";")[0])

        start = remaining("{hotel {slug}}")
        assert remaining("{hotel {slug}}") == start - 1
        aliased = " ".join(f"a{n}: rooms {{nightlyPrices {{night}}}}" for n in range(15))
        assert remaining(f"{{bookings {{edges {{node {{{aliased}}}}}}}}}") < start - 4


class TestTokenSlots:
    def test_execute_one_request_of_a_token_at_a_time(self) -> None:
        slots, token, inside = TokenSlots(), builders.new_id(), []
        with self.filled(slots, token, inside):
            wait_until(lambda: len(inside) == 1, seconds=30, description="one executes")
            with slots.take(builders.new_id()):
                assert len(inside) == 1
        assert inside == []

    def test_refuse_more_than_wait(self) -> None:
        slots, token = TokenSlots(), builders.new_id()
        with self.filled(slots, token, []), pytest.raises(TooManyConcurrent), slots.take(token):
            pytest.fail("a slot too many")
        with slots.take(token):
            assert slots.count(token) == 1
        assert slots.count(token) == 0

    def test_are_free_after_a_failure(self) -> None:
        slots, token = TokenSlots(), builders.new_id()
        for _ in range(MAX_CONCURRENT + 1):
            with pytest.raises(ZeroDivisionError), slots.take(token):
                raise ZeroDivisionError

    @contextmanager
    def filled(self, slots: TokenSlots, token: UUID, inside: list[int]) -> Iterator[None]:
        """All slots of the token are taken; `inside`: who executes."""
        may_leave = threading.Event()

        def execute(number: int) -> None:
            with slots.take(token):
                inside.append(number)
                may_leave.wait(timeout=30)
                inside.remove(number)

        threads = [threading.Thread(target=execute, args=(n,)) for n in range(MAX_CONCURRENT)]
        for thread in threads:
            thread.start()
        full = "all slots taken"
        wait_until(lambda: slots.count(token) == MAX_CONCURRENT, seconds=30, description=full)
        yield
        may_leave.set()
        for thread in threads:
            thread.join(timeout=30)


def field_selections(type_name: str, *, depth: int = 3) -> dict[str, str]:
    """A selection of everything below, by field."""
    schema = executable_schema()
    kind = schema.type_map[type_name]
    assert isinstance(kind, GraphQLObjectType)
    found = {}
    for name, field in kind.fields.items():
        below = get_named_type(field.type)
        if is_leaf_type(below):
            found[name] = name
        elif depth:
            inner = field_selections(below.name, depth=depth - 1).values()
            found[name] = f"{name} {{{' '.join(inner)}}}"
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def full(request: pytest.FixtureRequest) -> Iterator[HttpHarness]:
    """A hotel with a booking and its guest, on SQL; every field is set."""
    with sql_harness(request.getfixturevalue(f"upgraded_{request.param}_url")) as installed:
        add_hotels(installed)
        connection = installed.stored_connection("alpha", "canonical")
        entity = builders.full_booking(connection)
        details = replace(entity.details, deleted_at_source=None)
        with installed.store.unit_of_work() as uow:
            uow.bookings.save([replace(entity, details=details)])
            uow.guests.save([builders.full_guest(connection)])
            uow.availability.save([builders.full_cell(connection)])
            uow.commit()
        yield installed


class TestSelectedContent:
    def test_is_read_for_each_field_that_needs_it(self, full: HttpHarness) -> None:
        caller = full.caller("alpha")
        for query, name in (("bookings", "Booking"), ("guests", "Guest")):
            selections = field_selections(name)
            everything = self.node(caller, query, " ".join(selections.values()))
            for field, selection in selections.items():
                assert self.node(caller, query, selection) == {field: everything[field]}, field

    def node(self, caller: Caller, query: str, selection: str) -> dict[str, Any]:
        found = run_query(caller, f"{{{query} {{edges {{node {{{selection}}}}}}}}}")
        node: dict[str, Any] = found[query]["edges"][0]["node"]
        return node


class TestExecution:
    @pytest.mark.parametrize("worth_compiling", [1, 10**6], ids=["compiled", "field by field"])
    @pytest.mark.parametrize("scopes", [FULL_READ, frozenset({Scope.READ})], ids=["all", "read"])
    def test_equals_that_of_graphql_core(
        self,
        full: HttpHarness,
        scopes: frozenset[Scope],
        worth_compiling: int,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(PlainExecution, "worth_compiling", worth_compiling)
        caller = full.caller("alpha", scopes=scopes)
        nodes = [
            (name, " ".join(field_selections(kind).values()))
            for name, kind in (("bookings", "Booking"), ("guests", "Guest"))
        ]
        paged = " ".join(
            f"{name} {{edges {{cursor node {{{below}}}}} pageInfo {{hasNextPage endCursor}}}}"
            for name, below in nodes
        )
        cells = " ".join(field_selections("Availability").values())
        year = '{from: "2026-03-01", to: "2027-03-01"}'
        hotel = " ".join(field_selections("Hotel").values())
        document = parse(
            f"{{{paged} availability(filter: {year}) {{{cells}}} hotel {{{hotel}}}"
            " connections {name state nextSyncAt} syncRuns {edges {cursor}}"
            ' nothing: booking(provider: "other", externalId: "1") {id} __typename}'
        )
        principal = full.use_cases.authenticate(
            provider_key=caller.key, token=caller.token, hotel=None
        )

        def execute(execution: type[ExecutionContext]) -> object:
            budget = QueryBudget(10**9)
            budget.begin(Selections(document))
            result = execute_sync(
                executable_schema(),
                document,
                context_value=RequestContext(principal, full.use_cases, budget),
                execution_context_class=execution,
            )
            assert result.data is not None
            errors = [error.formatted for error in result.errors or ()]
            return result.data, sorted(map(str, errors)), len(errors) > 1

        plain, core = execute(PlainExecution), execute(ExecutionContext)
        assert plain == core
        assert json.dumps(plain, default=str) == json.dumps(core, default=str)

    def test_follows_the_variables_of_each_request(
        self, full: HttpHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The compiled selections are kept with the document."""
        monkeypatch.setattr(PlainExecution, "worth_compiling", 1)
        caller = full.caller("alpha")
        document = (
            "query q($wanted: Boolean!) {bookings {edges {node {externalId"
            " stay @include(if: $wanted) {arrival} status @skip(if: $wanted)}}}}"
        )
        for wanted, names in ((True, {"stay"}), (False, {"status"}), (True, {"stay"})):
            [edge, *_] = run_query(caller, document, wanted=wanted)["bookings"]["edges"]
            assert edge["node"].keys() == {"externalId"} | names
