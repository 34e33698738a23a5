from dataclasses import fields
from enum import Enum
from typing import Any

import pytest
from graphql import GraphQLEnumType, build_schema, print_schema

from adapters.inbound.graphql.executable_schema import ENUMS, SDL, executable_schema
from application.events.cloud_events import to_camel_case
from domain.access import Scope
from domain.booking import BookingDetails
from domain.guest import GuestDetails
from domain.hotel import Hotel
from domain.sync_run import RunError, SyncKind
from ports.errors import StoreUnavailable
from tests.http.graphql_client import PATH, query_error, run_query
from tests.http.http_harness import Caller, HttpHarness, booking, cell, guest, is_problem

PUSH = "/api/pms/canonical"
IDS = """query ($filter: BookingFilter, $order: BookingOrder! = ARRIVAL_ASC, $first: Int! = 50,
  $after: String, $hotel: String) {
  bookings(filter: $filter, orderBy: $order, first: $first, after: $after, hotel: $hotel) {
    edges { cursor node { externalId } } pageInfo { hasNextPage endCursor } } }"""


def ids(caller: Caller, **variables: Any) -> list[str]:
    edges = run_query(caller, IDS, **variables)["bookings"]["edges"]
    return [edge["node"]["externalId"] for edge in edges]


def stay(arrival: str, departure: str) -> dict[str, str]:
    return {"arrival": arrival, "departure": departure}


@pytest.fixture
def harness_with_bookings(alpha: Caller) -> Caller:
    alpha.post(
        f"{PUSH}/bookings",
        [
            booking("B1", stay=stay("2026-03-01", "2026-03-05")),
            booking("B2", stay=stay("2026-03-05", "2026-03-05"), status="CHECKED_IN"),
            booking("B3", stay=stay("2026-03-02", "2026-03-20"), status="CANCELED"),
            booking("B4", stay=stay("2026-04-01", "2026-04-02"),
                    primary_guest={"email": "Bob@Example.com"}),
        ],
    )  # fmt: skip
    alpha.post(f"{PUSH}/guests", [guest("G1"), guest("G2", email="second@example.com")])
    alpha.post(
        f"{PUSH}/availability",
        [cell("2026-03-10"), cell("2026-03-11"), cell("2026-03-10", "SGL", available=-1,
         lowest_rate={"amount": "99.50", "currency": "EUR"})],
    )  # fmt: skip
    return alpha


class TestSchema:
    def test_enums_equal_the_domain_s(self) -> None:
        schema = build_schema(SDL.read_text())
        for kind in ENUMS:
            sdl = schema.type_map[kind.__name__]
            assert isinstance(sdl, GraphQLEnumType)
            assert list(sdl.values) == [member.name for member in kind]

    def test_has_no_other_enums(self) -> None:
        schema = build_schema(SDL.read_text())
        names = {
            name
            for name, kind in schema.type_map.items()
            if isinstance(kind, GraphQLEnumType) and not name.startswith("__")
        }
        assert names == {kind.__name__ for kind in ENUMS}
        assert all(issubclass(kind, Enum) for kind in ENUMS)

    @pytest.mark.parametrize(
        ("name", "details"), [("Booking", BookingDetails), ("Guest", GuestDetails)]
    )
    def test_has_every_stored_field(self, name: str, details: type) -> None:
        exposed = set(executable_schema().type_map[name].fields)  # type: ignore[attr-defined]
        stored = {to_camel_case(field.name) for field in fields(details)}
        assert stored - exposed == set()

    def test_is_read_only(self) -> None:
        printed = print_schema(executable_schema())
        assert "type Mutation" not in printed
        assert "type Subscription" not in printed


class TestBooking:
    ALL_FIELDS = """query ($id: ID!) { booking(provider: "canonical", externalId: $id) {
      externalId provider status source holdsInventory confirmationNumber notes deletedAtSource
      stay { arrival departure } total { amount currency minor } paid { amount }
      primaryGuest { guestId role firstName email } furtherGuests { role }
      rooms { roomTypeId status units stay { arrival } occupancy { ageClass count }
        nightlyPrices { night price { amount } basis } total { amount } }
      guest { lastName } statusHistory { from to kind reference at sourceVersion { updatedAt } }
      sourceVersion { updatedAt sequence } syncedAt extras { path json } } }"""

    def test_returns_all_fields(self, alpha: Caller) -> None:
        rooms = [{
            "room_type_id": "DBL",
            "occupancy": [{"age_class": "ADULT", "count": 2}],
            "nightly_prices": [{"night": "2026-03-10",
                                "price": {"amount": "120.00", "currency": "EUR"},
                                "basis": "NET"}],
            "total": {"amount": "240.00", "currency": "EUR"},
        }]  # fmt: skip
        alpha.post(f"{PUSH}/guests", guest())
        alpha.post(f"{PUSH}/bookings", booking(rooms=rooms, mood={"tone": 1.50}))
        assert run_query(alpha, self.ALL_FIELDS, id="B1")["booking"] == {
            "externalId": "B1", "provider": "canonical", "status": "CONFIRMED", "source": "OTHER",
            "holdsInventory": True, "confirmationNumber": "C-B1", "notes": None,
            "deletedAtSource": None,
            "stay": {"arrival": "2026-03-10", "departure": "2026-03-12"},
            "total": {"amount": "240.00", "currency": "EUR", "minor": 24000}, "paid": None,
            "primaryGuest": {"guestId": "G1", "role": "PRIMARY", "firstName": "Ada",
                             "email": "ada@example.com"},
            "furtherGuests": [],
            "rooms": [{"roomTypeId": "DBL", "status": "CONFIRMED", "units": 1,
                       "stay": {"arrival": "2026-03-10"},
                       "occupancy": [{"ageClass": "ADULT", "count": 2}],
                       "nightlyPrices": [{"night": "2026-03-10", "price": {"amount": "120.00"},
                                          "basis": "NET"}],
                       "total": {"amount": "240.00"}}],
            "guest": {"lastName": "Byron"},
            "statusHistory": [{"from": None, "to": "CONFIRMED", "kind": "CREATED",
                               "reference": run_query(alpha, self.ALL_FIELDS, id="B1")["booking"][
                                   "statusHistory"][0]["reference"],
                               "at": "2026-03-01T12:00:00Z",
                               "sourceVersion": {"updatedAt": "2026-03-01T10:00:00Z"}}],
            "sourceVersion": {"updatedAt": "2026-03-01T10:00:00Z", "sequence": 0},
            "syncedAt": "2026-03-01T12:00:00Z",
            "extras": [{"path": "mood", "json": '{"tone":1.5}'}],
        }  # fmt: skip

    def test_ages_beyond_32_bits_are_exact(self, alpha: Caller) -> None:
        occupancy = [{"age_class": "ADULT", "count": 1, "age": 2**31}]
        alpha.post(f"{PUSH}/bookings", booking(rooms=[{"occupancy": occupancy}]))
        query = """{ booking(provider: "canonical", externalId: "B1") {
          rooms { occupancy { age } } } }"""
        assert run_query(alpha, query)["booking"]["rooms"] == [{"occupancy": [{"age": 2**31}]}]

    def test_amounts_beyond_32_bits_are_exact(self, alpha: Caller) -> None:
        alpha.post(
            f"{PUSH}/bookings", booking(total={"amount": "9007199254740.99", "currency": "IDR"})
        )
        query = '{booking(provider: "canonical", externalId: "B1") {total {amount minor}}}'
        assert run_query(alpha, query)["booking"]["total"] == {
            "amount": "9007199254740.99",
            "minor": 900719925474099,
        }

    def test_that_does_not_exist_is_null(self, alpha: Caller) -> None:
        assert run_query(alpha, self.ALL_FIELDS, id="nobody")["booking"] is None

    def test_of_another_hotel_is_null(self, harness_with_bookings: Caller, beta: Caller) -> None:
        assert run_query(beta, self.ALL_FIELDS, id="B1")["booking"] is None
        assert ids(beta) == []

    def test_of_another_provider_is_forbidden(self, alpha: Caller) -> None:
        query = '{booking(provider: "scripted", externalId: "B1") {id}}'
        assert query_error(alpha, query)["extensions"]["code"] == "forbidden"


class TestBookings:
    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (None, ["B1", "B3", "B2", "B4"]),
            ({}, ["B1", "B3", "B2", "B4"]),
            ({"status": ["CHECKED_IN", "CANCELED"]}, ["B3", "B2"]),
            ({"arrival": "2026-03-05"}, ["B2"]),
            ({"departure": "2026-03-05"}, ["B1", "B2"]),
            ({"stay": {"from": "2026-03-05", "to": "2026-03-06"}}, ["B3", "B2"]),
            ({"stay": {"from": "2026-03-10", "to": "2026-03-11"}}, ["B3"]),
            ({"arrivalRange": {"from": "2026-03-05", "to": "2026-03-06"}}, ["B2"]),
            ({"arrivalRange": {"from": "0001-01-01", "to": "2026-03-05"}}, ["B1", "B3"]),
            ({"departureRange": {"from": "2026-03-05", "to": "2026-03-06"}}, ["B1", "B2"]),
            ({"departureRange": {"from": "2026-03-06", "to": "9999-12-31"}}, ["B3", "B4"]),
            ({"inHouseOn": "2026-03-05"}, ["B2"]),  # B3 is canceled, B1 leaves
            ({"inHouseOn": "2026-03-04"}, ["B1"]),
            ({"inHouseOn": "2026-03-05", "status": ["CHECKED_IN"]}, ["B2"]),
            ({"inHouseOn": "2026-03-05", "status": ["CONFIRMED", "CANCELED"]}, []),
            ({"inHouseOn": "0001-01-01"}, []),
            ({"inHouseOn": "9999-12-31"}, []),
            ({"guestEmail": "bob@example.com"}, ["B4"]),
            ({"confirmationNumber": "C-B2"}, ["B2"]),
            ({"updatedSince": "2026-03-01T12:00:01Z"}, []),
            ({"updatedSince": "2026-03-01T13:00:00+01:00"}, ["B1", "B3", "B2", "B4"]),
            ({"provider": "canonical", "status": ["CONFIRMED"]}, ["B1", "B4"]),
        ],
        ids=str,
    )
    def test_are_filtered(
        self, harness_with_bookings: Caller, wanted: dict[str, Any] | None, found: list[str]
    ) -> None:
        assert ids(harness_with_bookings, filter=wanted) == found

    @pytest.mark.parametrize(
        ("wanted", "named"),
        [
            ({"status": ["MAYBE"]}, "status"),
            ({"status": ["confirmed"]}, "status"),
            ({"status": []}, "status"),
            ({"status": [None]}, "status"),
            ({"status": None}, "status"),
            ({"guestEmail": None}, "guestEmail"),
            ({"guestEmail": ""}, "guestEmail"),
            ({"arrival": "2026-02-30"}, "arrival"),
            ({"arrival": "20260301"}, "arrival"),
            ({"arrival": "2026-03-01T00:00:00Z"}, "arrival"),
            ({"arrival": 20260301}, "arrival"),
            ({"stay": {"from": "2026-03-06", "to": "2026-03-05"}}, "stay.to"),
            ({"stay": {"from": "2026-03-05", "to": "2026-03-05"}}, "stay.to"),
            ({"stay": {"from": "2026-03-05"}}, "to"),
            ({"stay": {"from": "0001-01-01", "to": "9999-12-30"}}, "stay.to"),
            ({"arrivalRange": {"from": "2026-03-05", "to": "2026-03-05"}}, "arrivalRange.to"),
            ({"arrivalRange": {"from": "2026-03-05"}}, "to"),
            ({"arrivalRange": None}, "arrivalRange"),
            ({"departureRange": {"from": "2026-03-05", "to": "2026-03-04"}}, "departureRange.to"),
            ({"inHouseOn": None}, "inHouseOn"),
            ({"inHouseOn": "2026-02-30"}, "inHouseOn"),
            ({"updatedSince": "2026-03-01T12:00:00"}, "updatedSince"),
            ({"updatedSince": "0001-01-01T00:00:00+14:00"}, "updatedSince"),
            ({"updatedSince": "yesterday"}, "updatedSince"),
            ({"mood": "good"}, "mood"),
            ({"provider": "scripted"}, "provider"),
            ({"provider": "nobody"}, "provider"),
        ],
        ids=str,
    )
    def test_reject_an_invalid_filter(
        self, harness_with_bookings: Caller, wanted: dict[str, Any], named: str
    ) -> None:
        assert named in query_error(harness_with_bookings, IDS, filter=wanted)["message"]

    @pytest.mark.parametrize(
        "order", ["ARRIVAL_ASC", "ARRIVAL_DESC", "UPDATED_ASC", "UPDATED_DESC"]
    )
    def test_are_paged(self, harness_with_bookings: Caller, order: str) -> None:
        seen: list[str] = []
        after = None
        for _ in range(2):
            page = run_query(harness_with_bookings, IDS, order=order, first=2, after=after)[
                "bookings"
            ]
            seen += [edge["node"]["externalId"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
        assert seen == ids(harness_with_bookings, order=order)
        assert page["pageInfo"]["hasNextPage"] is False

    def test_reject_a_cursor_of_another_query(
        self, installation: HttpHarness, harness_with_bookings: Caller
    ) -> None:
        cursor = run_query(harness_with_bookings, IDS, first=1)["bookings"]["pageInfo"]["endCursor"]
        foreign = installation.caller("beta")
        for caller, variables in (
            (harness_with_bookings, {"after": cursor, "order": "UPDATED_DESC"}),
            (harness_with_bookings, {"after": cursor, "filter": {"status": ["CANCELED"]}}),
            (foreign, {"after": cursor}),
            (harness_with_bookings, {"after": "x"}),
            (harness_with_bookings, {"after": ""}),
            (harness_with_bookings, {"after": "W10"}),
            (harness_with_bookings, {"after": "ü"}),
        ):
            assert query_error(caller, IDS, **variables)["extensions"]["code"] == "bad_cursor"

    @pytest.mark.parametrize("first", [0, -1, 201, 10**9])
    def test_reject_an_invalid_page_size(self, harness_with_bookings: Caller, first: int) -> None:
        assert query_error(harness_with_bookings, IDS, first=first)["extensions"]["code"] in (
            "invalid_request",
            "QUERY_TOO_LARGE",
        )

    def test_return_guests_and_histories_of_a_page(self, alpha: Caller) -> None:
        alpha.post(f"{PUSH}/guests", [guest(f"G{n}") for n in range(100)])
        alpha.post(
            f"{PUSH}/bookings",
            [booking(f"B{n}", primary_guest={"guest_id": f"G{n}"}) for n in range(100)],
        )
        query = """{bookings(first: 100) {edges {node {externalId
          guest {externalId} statusHistory {to}}}}}"""
        edges = run_query(alpha, query)["bookings"]["edges"]
        assert len(edges) == 100
        for edge in edges:
            node = edge["node"]
            assert node["guest"]["externalId"] == node["externalId"].replace("B", "G")
            assert node["statusHistory"] == [{"to": "CONFIRMED"}]


class TestOtherQueries:
    def test_availability_is_ordered_by_day(self, harness_with_bookings: Caller) -> None:
        query = """query ($f: AvailabilityFilter!) {availability(filter: $f) {
          date roomTypeId available lowestRate {amount}}}"""
        wanted: dict[str, Any] = {"from": "2026-03-10", "to": "2026-03-11"}
        assert run_query(harness_with_bookings, query, f=wanted)["availability"] == [
            {"date": "2026-03-10", "roomTypeId": "DBL", "available": 4, "lowestRate": None},
            {"date": "2026-03-10", "roomTypeId": "SGL", "available": -1,
             "lowestRate": {"amount": "99.50"}},
        ]  # fmt: skip
        only = {**wanted, "roomTypes": ["SGL"]}
        assert len(run_query(harness_with_bookings, query, f=only)["availability"]) == 1
        for bad in (
            {"from": "2026-03-10", "to": "2026-03-10"},
            {"from": "2026-03-11", "to": "2026-03-10"},
            {"from": "2026-03-10", "to": "2027-04-15"},
            {**wanted, "roomTypes": []},
            {**wanted, "provider": "scripted"},
            {"from": "2026-03-10"},
        ):
            query_error(harness_with_bookings, query, f=bad)
        longest = {"from": "2026-03-10", "to": "2027-04-14", "roomTypes": ["DBL", "SGL"]}
        assert len(run_query(harness_with_bookings, query, f=longest)["availability"]) == 3

    @pytest.mark.parametrize("count", [2**31 - 1, 2**31, 10**15, -(10**15)])
    def test_counters_of_guests_have_64_bits(self, alpha: Caller, count: int) -> None:
        alpha.post(f"{PUSH}/guests", [guest(loyalty_points=count, total_stays=count)])
        query = "{ guests { edges { node { loyaltyPoints totalStays } } } }"
        (edge,) = run_query(alpha, query)["guests"]["edges"]
        assert edge["node"] == {"loyaltyPoints": count, "totalStays": count}

    def test_guests_are_filtered(self, harness_with_bookings: Caller) -> None:
        query = "query ($f: GuestFilter) {guests(filter: $f) {edges {node {externalId}}}}"

        def found(wanted: dict[str, Any] | None) -> list[str]:
            edges = run_query(harness_with_bookings, query, f=wanted)["guests"]["edges"]
            return [edge["node"]["externalId"] for edge in edges]

        assert found(None) == ["G1", "G2"]
        assert found({"email": "SECOND@example.com"}) == ["G2"]
        assert found({"externalIds": ["G1", "G9"]}) == ["G1"]
        for bad in ({"externalIds": []}, {"email": None}, {"email": ""}):
            query_error(harness_with_bookings, query, f=bad)

    def test_hotel_is_the_token_s(self, installation: HttpHarness, alpha: Caller) -> None:
        query = "query ($h: String) {hotel(hotel: $h) {slug timeZone currency roomTypes {name}}}"
        assert run_query(alpha, query)["hotel"]["slug"] == "alpha"
        for slug in ("beta", "nowhere", ""):
            assert query_error(alpha, query, h=slug)["extensions"]["code"] == "forbidden"
        chain = installation.caller("alpha", "beta")
        assert run_query(chain, query, h="beta")["hotel"]["slug"] == "beta"

    def test_returns_connections_with_their_health(self, installation: HttpHarness) -> None:
        connection = installation.stop_connection(
            "alpha", "scripted", RunError(code="refused", detail="refused", path="/list")
        )
        puller = installation.caller("alpha", provider="scripted")
        query = "{connections {id name state stoppedAt errorCode errorDetail nextSyncAt}}"
        assert run_query(puller, query)["connections"] == [
            {
                "id": str(connection.id),
                "name": "pulled",
                "state": "STOPPED",
                "stoppedAt": "2026-03-01T12:00:00Z",
                "errorCode": "refused",
                "errorDetail": "/list: refused",
                "nextSyncAt": None,
            }
        ]
        [shown] = puller.get("/api/pms/connections").get_json()["connections"]
        assert (shown["state"], shown["error_detail"]) == ("stopped", "/list: refused")
        assert shown["next_sync_at"] is None

    def test_returns_sync_runs(self, installation: HttpHarness) -> None:
        puller = installation.caller("alpha", provider="scripted")
        puller.post("/api/pms/sync", {"provider": "scripted"})
        query = "{syncRuns {edges {node {kind status trigger counts {seen} queuedAt}} pageInfo %s}}"
        found = run_query(puller, query % "{hasNextPage}")["syncRuns"]
        assert found["edges"] == [
            {"node": {"kind": "FULL", "status": "QUEUED", "trigger": "FIRST", "counts": {"seen": 0},
                      "queuedAt": "2026-03-01T12:00:00Z"}}
        ]  # fmt: skip
        assert found["pageInfo"] == {"hasNextPage": False}

    def test_pages_through_sync_runs(self, installation: HttpHarness) -> None:
        ids = []
        for name in ("one", "two", "three"):
            connection = installation.second_connection("alpha", "scripted", name=name)
            run = installation.use_cases.request_sync(
                connection.id, SyncKind.FULL, correlation_id="c"
            )
            ids.append(str(run.id))
        query = "query ($after: String) {syncRuns(first: 2, after: $after) {edges {node {id}}"
        query += " pageInfo {endCursor hasNextPage hasPreviousPage}}}"
        puller = installation.caller("alpha", provider="scripted")
        first = run_query(puller, query)["syncRuns"]
        second = run_query(puller, query, after=first["pageInfo"]["endCursor"])["syncRuns"]
        found = [edge["node"]["id"] for page in (first, second) for edge in page["edges"]]
        assert found == ids[::-1]
        has_next = [page["pageInfo"]["hasNextPage"] for page in (first, second)]
        assert has_next == [True, False]
        assert second["pageInfo"]["hasPreviousPage"]


class TestAccess:
    def test_needs_credentials(self, installation: HttpHarness) -> None:
        is_problem(installation.client.post(PATH, json={"query": "{hotel{slug}}"}), 401,
                   "unauthenticated")  # fmt: skip

    def test_needs_the_read_scope(self, installation: HttpHarness) -> None:
        pusher = installation.caller("alpha", scopes=frozenset({Scope.INGEST}))
        is_problem(pusher.post(PATH, {"query": "{hotel{slug}}"}), 403, "forbidden")

    def test_uses_the_hotel_in_the_header(self, installation: HttpHarness) -> None:
        chain = installation.caller("alpha", "beta")
        response = chain.post(PATH, {"query": "{hotel{slug}}"}, X_PMS_Hotel="beta")
        assert response.get_json()["data"]["hotel"]["slug"] == "beta"

    def test_to_a_disabled_hotel_is_forbidden(self, installation: HttpHarness) -> None:
        disabled = Hotel(
            id=installation.ids.new(),
            slug="off",
            name="Off",
            time_zone="UTC",
            currency="EUR",
            created_at=installation.clock.now(),
            enabled=False,
        )
        with installation.store.unit_of_work() as uow:
            uow.hotels.add(disabled)
            uow.commit()
        chain = installation.caller("alpha", "off")
        is_problem(
            chain.post(PATH, {"query": "{hotel{slug}}"}, X_PMS_Hotel="off"), 403, "hotel_disabled"
        )
        error = query_error(chain, '{hotel(hotel: "off") {slug}}')
        assert error["extensions"]["code"] == "hotel_disabled"


class TestFailure:
    def test_of_the_store_has_its_code(self, installation: HttpHarness, alpha: Caller) -> None:
        error = self.failing_with(installation, alpha, StoreUnavailable())
        assert error["extensions"]["code"] == "store_unavailable"

    def test_of_an_unexpected_kind_is_masked(
        self, installation: HttpHarness, alpha: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        error = self.failing_with(installation, alpha, ZeroDivisionError("inside"))
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "inside" not in str(error)
        assert "inside" not in caplog.text
        [record] = [r for r in caplog.records if r.message == "graphql_failed"]
        assert record.__dict__["error_type"] == "ZeroDivisionError"

    def failing_with(
        self, installation: HttpHarness, caller: Caller, failure: Exception
    ) -> dict[str, Any]:
        class Broken:
            def count_records(self, _: object) -> None:
                raise failure

        object.__setattr__(installation.use_cases.find_hotel, "queries", Broken())
        return query_error(caller, "{hotel {rooms {number}}}")
