import pytest

from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit
from adapters.outbound.providers.mews.simulator.records import MewsReservation
from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from tests.providers.mews.simulator_client import (
    DAY,
    RESERVATIONS,
    Wire,
    interval,
    new_simulator,
    touch_at,
    wire_fixture,
)

PAGE = {"Count": 1000}


wire = wire_fixture(seed=5, bookings=300)


class TestPaging:
    def test_returns_every_reservation_once_newest_first(self, wire: Wire) -> None:
        found = wire.everything(RESERVATIONS, "Reservations", count=7)
        updated = [item["UpdatedUtc"] for item in found]
        assert updated == sorted(updated, reverse=True)
        assert sorted(item["Id"] for item in found) == sorted(wire.simulator.records.reservations)

    def test_crosses_items_of_the_same_second(self, wire: Wire) -> None:
        records = wire.simulator.records
        for item in records.stays()[:50]:
            wire.simulator.activity.commands.touch(item.stay)
        moment = interval(records.now, records.now)
        found = wire.everything(RESERVATIONS, "Reservations", count=20, UpdatedUtc=moment)
        found = [
            item for item in found if item["ServiceId"] == wire.simulator.catalog.stay_service_id
        ]
        assert len({item["Id"] for item in found}) == len(found) == 50

    def test_ends_an_empty_result_with_no_cursor(self, wire: Wire) -> None:
        future = interval(4_000_000_000, 4_000_000_001)
        answer = wire.call(RESERVATIONS, Limitation=PAGE, UpdatedUtc=future).json
        assert answer == {"Reservations": [], "Cursor": None}

    def test_answers_a_minimal_empty_page_without_content(self, wire: Wire) -> None:
        body = b'{"ClientToken":"simulated-client-5","AccessToken":"simulated-access-5"'
        body += b',"Client":"x 1","Limitation":{"Count":1},"ReservationIds":[]}'
        path = f"/api/connector/v1/{RESERVATIONS}"
        answer = wire.send("POST", path, body, {"Prefer": "return=minimal"})
        assert (answer.status, answer.text) == (204, b"")
        assert wire.call(RESERVATIONS, Limitation=PAGE).status == 200

    def test_returns_a_single_item_as_the_last_page(self, wire: Wire) -> None:
        one = next(iter(wire.simulator.records.reservations))
        answer = wire.call(RESERVATIONS, Limitation=PAGE, ReservationIds=[one]).json
        assert [item["Id"] for item in answer["Reservations"]] == [one]
        assert answer["Cursor"] is None

    @pytest.mark.parametrize("selection", ["ids", "everything"])
    def test_follows_an_exactly_full_page_with_an_empty_one(
        self, wire: Wire, selection: str
    ) -> None:
        ids = list(wire.simulator.records.reservations)
        wanted = ids[:30] if selection == "ids" else ids
        pages = list(
            wire.pages(RESERVATIONS, 10, ReservationIds=wanted)
            if selection == "ids"
            else wire.pages(RESERVATIONS, len(ids))
        )
        sizes = [len(page["Reservations"]) for page in pages]
        assert sizes == ([10, 10, 10, 0] if selection == "ids" else [len(ids), 0])

    def test_rejects_an_unknown_cursor(self, wire: Wire) -> None:
        limitation = {"Count": 1, "Cursor": "00000000-0000-4000-8000-000000000000"}
        answer = wire.call(RESERVATIONS, Limitation=limitation)
        assert (answer.status, answer.json["Message"]) == (400, "Invalid Cursor")


def touch_two(simulator: MewsSimulator) -> tuple[MewsReservation, MewsReservation, int]:
    """Two stays without parking, 10 and 20 seconds after the instant that is returned."""
    first, last = simulator.records.stays()[-2:]
    now = simulator.records.now
    touch_at(simulator, first, now + 10)
    touch_at(simulator, last, now + 20)
    return first, last, now


class TestIntervals:
    def test_include_both_ends(self, wire: Wire) -> None:
        first, last, now = touch_two(wire.simulator)
        window = interval(now + 10, now + 20)
        found = wire.everything(RESERVATIONS, "Reservations", UpdatedUtc=window)
        assert [item["Id"] for item in found] == [last.id, first.id]

    def test_can_exclude_the_end(self) -> None:
        simulator = new_simulator(seed=5, bookings=20, conditions={"half_open_intervals": True})
        _, _, now = touch_two(simulator)
        with simulator:
            wire = Wire(simulator)
            window = interval(now + 10, now + 20)
            assert len(wire.everything(RESERVATIONS, "Reservations", UpdatedUtc=window)) == 1
            moment = interval(now + 20, now + 20)
            assert len(wire.everything(RESERVATIONS, "Reservations", UpdatedUtc=moment)) == 1
            wire.close()

    def test_span_at_most_three_months(self, wire: Wire) -> None:
        three = {"StartUtc": "2026-01-31T00:00:00Z", "EndUtc": "2026-04-30T00:00:00Z"}
        assert wire.call(RESERVATIONS, Limitation=PAGE, UpdatedUtc=three).status == 200
        more = {**three, "EndUtc": "2026-04-30T00:00:01Z"}
        answer = wire.call(RESERVATIONS, Limitation=PAGE, UpdatedUtc=more)
        assert (answer.status, answer.json["Message"]) == (400, "Invalid UpdatedUtc")

    def test_select_colliding_and_scheduled_stays(self, wire: Wire) -> None:
        records = wire.simulator.records
        now = records.now
        window = interval(now, now + 3 * DAY)
        colliding = wire.everything(RESERVATIONS, "Reservations", CollidingUtc=window, count=9)
        expected = [
            item.id
            for item in records.reservations.values()
            if item.start <= now + 3 * DAY and item.end >= now
        ]
        assert sorted(item["Id"] for item in colliding) == sorted(expected)
        starting = wire.everything(RESERVATIONS, "Reservations", ScheduledStartUtc=window)
        low, high = window["StartUtc"], window["EndUtc"]
        assert starting
        assert all(low <= item["ScheduledStartUtc"] <= high for item in starting)


class TestRequests:
    @pytest.mark.parametrize("name", ["ClientToken", "AccessToken", "Client"])
    def test_require_all_three_tokens(self, wire: Wire, name: str) -> None:
        answer = wire.call(RESERVATIONS, Limitation=PAGE, **{name: ""})
        assert (answer.status, answer.json["Message"]) == (401, f"Invalid {name}")
        assert answer.headers["request-id"] == answer.json["RequestId"]

    @pytest.mark.parametrize(
        ("body", "name"),
        [
            ({}, "Limitation"),
            ({"Limitation": {"Count": 0}}, "Limitation"),
            ({"Limitation": {"Count": 1001}}, "Limitation"),
            ({"Limitation": PAGE, "ReservationIds": ["x"] * 1001}, "ReservationIds"),
            ({"Limitation": PAGE, "States": ["NoShow"]}, "States"),
            ({"Limitation": PAGE, "UpdatedUtc": {"StartUtc": "soon"}}, "UpdatedUtc"),
            ({"Limitation": PAGE, "EnterpriseIds": ["other"]}, "EnterpriseIds"),
        ],
    )
    def test_are_rejected_with_the_name_of_the_parameter(
        self, wire: Wire, body: dict[str, object], name: str
    ) -> None:
        answer = wire.call(RESERVATIONS, **body)
        assert (answer.status, answer.json["Message"]) == (400, f"Invalid {name}")

    @pytest.mark.parametrize(
        ("operation", "name"),
        [
            ("customers/getAll", "Extent"),
            ("resources/getAll", "Extent"),
            ("resourceCategories/getAll", "ServiceIds"),
            ("resourceCategoryAssignments/getAll", "ResourceCategoryIds"),
            ("orderItems/getAll", "filter"),
            ("companionships/getAll", "filter"),
            ("reservationGroups/getAll", "filter"),
        ],
    )
    def test_require_the_parameters_of_the_operation(
        self, wire: Wire, operation: str, name: str
    ) -> None:
        answer = wire.call(operation, Limitation=PAGE)
        assert (answer.status, answer.json["Message"]) == (400, f"Invalid {name}")

    def test_must_be_json(self, wire: Wire) -> None:
        answer = wire.send("POST", f"/api/connector/v1/{RESERVATIONS}", b"{,}")
        assert (answer.status, answer.json["Message"]) == (400, "Invalid JSON")

    @pytest.mark.parametrize(
        "path",
        ["orderitems/getAll", "orderItems/getAll/", "bookings/getAll", "reservations/getAll"],
    )
    def test_get_404_for_another_spelling_of_the_path(self, wire: Wire, path: str) -> None:
        assert wire.call(path, Limitation=PAGE).status == 404

    def test_must_use_post(self, wire: Wire) -> None:
        assert wire.send("GET", "/api/connector/v1/configuration/get", b"").status == 404

    def test_over_the_limit_get_retry_after(self) -> None:
        limit = SimulatorRateLimit(3, 30, lambda: 7.0)
        with new_simulator(bookings=5, conditions={"limit": limit}) as simulator:
            wire = Wire(simulator)
            answers = [wire.call("configuration/get") for _ in range(4)]
            wire.close()
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["retry-after"] == "30"


class TestOperations:
    def test_return_the_configuration(self, wire: Wire) -> None:
        answer = wire.call("configuration/get").json
        assert answer["Enterprise"]["TimeZoneIdentifier"] == "Europe/Berlin"
        assert answer["Enterprise"]["Id"] == wire.simulator.catalog.enterprise_id

    def test_follow_references_between_records(self, wire: Wire) -> None:
        companionship = next(wire.simulator.records.companionships())
        ids = [companionship.reservation.id]
        found = wire.everything("companionships/getAll", "Companionships", ReservationIds=ids)
        assert companionship.customer_id in [item["CustomerId"] for item in found]
        extent = {"Customers": True, "Addresses": True}
        guests = wire.everything(
            "customers/getAll", "Customers", CustomerIds=[companionship.customer_id], Extent=extent
        )
        assert [guest["Id"] for guest in guests] == [companionship.customer_id]
        reservation = wire.everything(RESERVATIONS, "Reservations", ReservationIds=ids)[0]
        groups = wire.everything(
            "reservationGroups/getAll",
            "ReservationGroups",
            ReservationGroupIds=[reservation["GroupId"]],
        )
        assert len(groups) == 1
        of_account = wire.everything(
            RESERVATIONS, "Reservations", AccountIds=[reservation["AccountId"]]
        )
        assert reservation in of_account

    def test_select_by_state_and_service(self, wire: Wire) -> None:
        found = wire.everything(
            RESERVATIONS,
            "Reservations",
            States=["Started"],
            ServiceIds=[wire.simulator.catalog.stay_service_id],
        )
        assert {item["State"] for item in found} == {"Started"}
        assert len(found) == wire.simulator.hotel.states()["checked-in"]

    def test_return_amounts_that_add_up(self, wire: Wire) -> None:
        ids = [item.id for item in wire.simulator.records.stays()[:40]]
        items = wire.everything("orderItems/getAll", "OrderItems", ServiceOrderIds=ids)
        assert {item["Type"] for item in items} == {"SpaceOrder", "CityTax"}
        for item in items:
            amount = item["Amount"]
            tax = sum(value["Value"] for value in amount["TaxValues"])
            assert amount["NetValue"] + tax == amount["GrossValue"]

    def test_return_yen_without_decimals(self) -> None:
        with new_simulator(bookings=30, currency="JPY") as simulator:
            wire = Wire(simulator)
            items = wire.everything(
                "orderItems/getAll", "OrderItems", ServiceIds=[simulator.catalog.stay_service_id]
            )
            wire.close()
        assert items
        assert all(isinstance(item["Amount"]["NetValue"], int) for item in items)

    def test_list_the_configuration_records(self, wire: Wire) -> None:
        services = wire.everything("services/getAll", "Services")
        assert wire.simulator.catalog.stay_service_id in [service["Id"] for service in services]
        ids = [wire.simulator.catalog.stay_service_id]
        categories = wire.everything(
            "resourceCategories/getAll", "ResourceCategories", ServiceIds=ids
        )
        rooms = wire.everything("resources/getAll", "Resources", Extent={"Resources": True})
        assignments = wire.everything(
            "resourceCategoryAssignments/getAll",
            "ResourceCategoryAssignments",
            count=3,
            ResourceCategoryIds=[category["Id"] for category in categories],
        )
        assert {row["ResourceId"] for row in assignments} == {room["Id"] for room in rooms}
        rates = wire.everything("rates/getAll", "Rates", ServiceIds=ids)
        assert len(rates) == len(wire.simulator.hotel.rate_plans) == 2
        assert len(wire.everything("ageCategories/getAll", "AgeCategories")) == 2
        blocks = wire.everything(
            "resourceBlocks/getAll", "ResourceBlocks", Extent={"Inactive": True}
        )
        assert len(blocks) == len(wire.simulator.hotel.blocks)


class TestControl:
    def test_advances_days_and_events(self, wire: Wire) -> None:
        before = wire.send("GET", "/simulator/state", b"").json
        after = wire.control("advance", days=1, events=5).json
        assert after["today"] > before["today"]
        assert after["events"] > 0

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("advance", {"days": -1}),
            ("faults", {"faults": [{"kind": "flood"}]}),
            ("webhooks", {"url": "http://example.com/"}),
            ("webhooks", {"url": "http://127.0.0.1:1/", "mood": 1}),
        ],
    )
    def test_rejects_invalid_requests(self, wire: Wire, name: str, body: dict[str, object]) -> None:
        assert wire.control(name, **body).status == 400
