"""Inputs that integrators reported, sent through the application; see docs/field-cases.md.

The inputs are read from the folder PMS_CASES and are not part of this repository.
"""

import json
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from werkzeug.test import TestResponse

from adapters.outbound.memory.clock import FrozenClock
from adapters.outbound.provider_kit.simulation.hotel.records import StayPayment
from adapters.outbound.providers.apaleo.simulator.server import ApaleoSimulator
from adapters.outbound.providers.mews.simulator.server import MewsSimulatorOptions, start_simulator
from entrypoints.certification.fakes import simulator_tools
from entrypoints.cli.main import main
from entrypoints.wiring.installed_providers import InstalledProviders
from tests.http.graphql_client import run_query
from tests.http.http_harness import NOON, Caller, HttpHarness
from tests.http.ota_sender import PASSWORD, Sender, succeeded
from tests.providers.apaleo.payloads import event
from tests.providers.client_harness import simulated_hotel_activity

CASES: Final = Path(os.environ.get("PMS_CASES", Path(__file__).parents[3] / "shared/cases"))
PROVIDERS: Final = ("alpinebits", "apaleo", "cloudbeds", "mews", "ohip")
CLIENT: Final = {"client_id": "planted", "client_secret": "planted"}
OHIP: Final = {**CLIENT, "app_key": "planted", "base_url": "https://planted.oraclecloud.com"}
CONNECTIONS: Final = {
    "canonical": {},
    "apaleo": {**CLIENT, "property_id": "VIE"},
    "cloudbeds": {"api_key": "planted", "property_id": "777"},
    "mews": {"client_token": "planted", "access_token": "planted"},
    "ohip": {**OHIP, "property_id": "HOTEL9"},
    "alpinebits": {"password": PASSWORD},
}
BOOKING: Final = """query($provider: String!, $id: ID!) {
  booking(provider: $provider, externalId: $id) {
    status canceledAt checkedInAt stay {arrival departure}
    total {amount} paid {amount} balance {amount} primaryGuest {email} extras {path}
    rooms {
      roomTypeId status stay {arrival departure} total {amount}
      nightlyPrices {night price {amount} basis}
    }
  }
}"""
IDS: Final = (
    "query($provider: String) {bookings(filter: {provider: $provider, includeDeleted: true})"
    " {edges {node {externalId}}}}"
)
EMAIL: Final = (
    "query($email: String) {bookings(filter: {guestEmail: $email}) {edges {node {externalId}}}}"
)
RESERVATION: Final = "WGUPXEAA-1"
CELLS: Final = """{availability(filter: {from: "2027-03-08", to: "2027-03-14", roomTypes: ["%s"]})
  {date available closed}}"""


def load_case(name: str) -> bytes:
    """Skips the test if the input is not available."""
    path = CASES / name
    if not path.exists():
        pytest.skip("the cases from the field are not on this machine (PMS_CASES)")
    return path.read_bytes()


class ConnectedHotel:
    """A hotel with a connection of every provider."""

    def __init__(self) -> None:
        installed = InstalledProviders(simulator_tools(FrozenClock(NOON)))
        further = {name: installed.get(name) for name in PROVIDERS}
        self.harness = HttpHarness(further_providers=further)
        self.harness.hotel("alpha")
        self._callers: dict[str, Caller] = {}
        self._keys: dict[str, str] = {}

    def connect(self, provider: str, **changes: str) -> None:
        values = {**CONNECTIONS[provider], **changes}
        connection, key = self.harness.connection("alpha", provider, name=provider, **values)
        self.connection_id = connection.id
        self._keys[provider] = key

    def caller(self, provider: str) -> Caller:
        if provider not in self._callers:
            if provider not in self._keys:
                self.connect(provider)
            self._callers[provider] = self.harness.caller("alpha", provider=provider)
        return self._callers[provider]

    def push(self, provider: str, case: str, kind: str = "bookings", **headers: str) -> Any:
        """The items of the response, or its problem."""
        response = self.caller(provider).send(
            f"/api/pms/{provider}/{kind}", load_case(case), **headers
        )
        document = response.get_json()
        return document.get("items", document)

    def outcomes(self, provider: str, *cases: str, **headers: str) -> list[str]:
        return [item["outcome"] for case in cases for item in self.push(provider, case, **headers)]

    def send_document(self, case: str) -> TestResponse:
        self.caller("alpinebits")
        return Sender(self.harness.client, self._keys["alpinebits"], version=None).xml(
            load_case(case)
        )

    def send_webhook(self, provider: str, body: bytes) -> None:
        """Stores the notification and runs the job that it enqueues."""
        path = f"/api/pms/{provider}/webhook/{self._keys[provider]}"
        assert self.caller(provider).send(path, body).status_code == 200
        self.harness.run_jobs()

    def booking(self, provider: str, external_id: str) -> Any:
        variables = {"provider": provider, "id": external_id}
        return run_query(self.caller(provider), BOOKING, **variables)["booking"]

    def booking_ids(self, provider: str) -> list[str]:
        edges = run_query(self.caller(provider), IDS, provider=provider)["bookings"]["edges"]
        return sorted(edge["node"]["externalId"] for edge in edges)

    def cells(self, room_type: str) -> dict[str, tuple[int | None, bool | None]]:
        """Available rooms and whether the day is closed, by day."""
        rows = run_query(self.caller("alpinebits"), CELLS % room_type)["availability"]
        return {row["date"]: (row["available"], row["closed"]) for row in rows}

    def quarantine(self, provider: str) -> list[Any]:
        response = self.caller(provider).get("/api/pms/quarantine")
        listed: list[Any] = response.get_json()["items"]
        return listed


@pytest.fixture
def hotel() -> ConnectedHotel:
    return ConnectedHotel()


class TestOrder:
    def test_deletion_before_creation_leaves_the_booking_deleted(
        self, hotel: ConnectedHotel
    ) -> None:
        cases = ("deleted-before-created-1.json", "deleted-before-created-2.json")
        deletion, creation = hotel.outcomes("canonical", *cases)
        assert (deletion, creation) == ("unchanged", "stale")
        assert hotel.booking("canonical", "OO-1") is None

    def test_cancellation_before_creation_cancels_it(self, hotel: ConnectedHotel) -> None:
        key = {"Idempotency_Key": '"case"'}
        hotel.push("canonical", "cancel-before-create-1.json", **key)
        hotel.push("canonical", "cancel-before-create-2.json")
        hotel.harness.run_jobs()
        assert hotel.booking("canonical", "OO-2")["status"] == "CANCELED"
        assert hotel.outcomes("canonical", "cancel-before-create-1.json", **key) == ["unchanged"]

    def test_message_kind_orders_documents_of_one_instant(self, hotel: ConnectedHotel) -> None:
        states = []
        for number in (1, 2, 3):
            succeeded(hotel.send_document(f"midnight-versions-{number}.xml"))
            found = hotel.booking("alpinebits", "F1")
            states.append((found["status"], found["stay"]["departure"]))
        assert states[:2] == [("CONFIRMED", "2026-03-12"), ("CONFIRMED", "2026-03-14")]
        assert states[2][0] == "CANCELED"

    def test_late_create_and_modify_do_not_undo_a_cancellation(self, hotel: ConnectedHotel) -> None:
        for number in (3, 1, 2):
            hotel.send_document(f"midnight-versions-{number}.xml")
        assert hotel.booking("alpinebits", "F1")["status"] == "CANCELED"


class TestIdentity:
    def test_ids_that_look_like_cards_are_two_bookings(self, hotel: ConnectedHotel) -> None:
        assert hotel.outcomes("canonical", "ids-that-look-like-cards.json") == ["applied"] * 2
        assert hotel.booking_ids("canonical") == ["4500000001004321", "4500000019004321"]

    def test_id_is_taken_from_the_reservation_ids(self, hotel: ConnectedHotel) -> None:
        succeeded(hotel.send_document("no-uniqueid.xml"))
        assert hotel.booking_ids("alpinebits") == ["4705950059"]

    def test_reservation_of_another_property_is_refused(self, hotel: ConnectedHotel) -> None:
        (item,) = hotel.push("apaleo", "foreign-property-apaleo.json")
        assert (item["outcome"], item["reason"]["code"]) == ("quarantined", "foreign_property")
        assert hotel.booking_ids("apaleo") == []


class TestRooms:
    def test_rooms_follow_the_booking(self, hotel: ConnectedHotel) -> None:
        cases = ("rooms-stale-canonical-1.json", "rooms-stale-canonical-2.json")
        assert hotel.outcomes("canonical", *cases) == ["applied", "applied"]
        found = hotel.booking("canonical", "P-1")
        assert [found["status"], *(room["status"] for room in found["rooms"])] == ["CANCELED"] * 3

    def test_unknown_room_total_clears_the_total(self, hotel: ConnectedHotel) -> None:
        succeeded(hotel.send_document("totals-1.xml"))
        first = hotel.booking("alpinebits", "MR-3")
        assert first["total"] == {"amount": "461.00"}
        succeeded(hotel.send_document("totals-2.xml"))
        second = hotel.booking("alpinebits", "MR-3")
        totals = [room["total"] and room["total"]["amount"] for room in second["rooms"]]
        assert (second["total"], totals) == (None, ["230.50", "230.50", None])

    def test_explanation_names_no_target_for_a_cleared_total(self) -> None:
        load_case("totals-2.xml")
        arguments = ["map", "alpinebits", "bookings", str(CASES / "totals-2.xml"), "--explain"]
        item = json.loads(CliRunner().invoke(main, arguments, obj={"json": False}).stdout)
        targets = [target for source, target in item["explain"].items() if "/Total/" in source]
        assert item["total"] is None
        assert set(targets) == {"rooms[0].total", "rooms[1].total"}

    def test_net_prices_are_marked_beside_a_gross_total(self, hotel: ConnectedHotel) -> None:
        succeeded(hotel.send_document("nightly-net-of-total.xml"))
        found = hotel.booking("alpinebits", "EX-1")
        assert found["total"] == {"amount": "202.00"}
        (room,) = found["rooms"]
        prices = [(price["price"]["amount"], price["basis"]) for price in room["nightlyPrices"]]
        assert prices == [("95.00", "NET"), ("80.00", "NET")]


class TestAvailability:
    def test_weekday_flags_limit_the_days(self, hotel: ConnectedHotel) -> None:
        hotel.send_document("free-rooms-1.xml")
        assert hotel.cells("WK") == {"2027-03-08": (3, None)}

    def test_closed_days_are_not_for_sale(self, hotel: ConnectedHotel) -> None:
        hotel.send_document("free-rooms-2.xml")
        assert hotel.cells("CL") == {"2027-03-08": (3, True), "2027-03-09": (3, True)}


class TestCorrections:
    def test_reinstated_booking_has_no_cancellation_time(self, hotel: ConnectedHotel) -> None:
        cases = [f"reinstated-apaleo-{number}.json" for number in (1, 2)]
        assert hotel.outcomes("apaleo", *cases) == ["applied", "applied"]
        assert hotel.booking("apaleo", "RV-1")["canceledAt"] is not None
        assert hotel.outcomes("apaleo", "reinstated-apaleo-3.json") == ["applied"]
        found = hotel.booking("apaleo", "RV-1")
        assert (found["status"], found["canceledAt"]) == ("CONFIRMED", None)


class TestDetails:
    def test_third_decimal_does_not_refuse_a_booking(self, hotel: ConnectedHotel) -> None:
        assert hotel.outcomes("apaleo", "refused-for-a-detail-apaleo-1.json") == ["applied"]
        assert hotel.booking("apaleo", "D-1")["total"] == {"amount": "230.50"}

    def test_null_rate_does_not_refuse_a_booking(self, hotel: ConnectedHotel) -> None:
        assert hotel.outcomes("cloudbeds", "refused-for-a-detail-cloudbeds.json") == ["applied"]
        found = hotel.booking("cloudbeds", "D-3")
        assert (found["status"], found["total"]) == ("CANCELED", {"amount": "230.50"})
        (room,) = found["rooms"]
        assert [price["night"] for price in room["nightlyPrices"]] == ["2026-03-11"]

    def test_email_is_trimmed_and_found(self, hotel: ConnectedHotel) -> None:
        assert hotel.outcomes("ohip", "email-space-ohip.json") == ["applied"]
        assert hotel.booking("ohip", "E1")["primaryGuest"]["email"] == "Eve.X@Example.COM"
        found = run_query(hotel.caller("ohip"), EMAIL, email="eve.x@example.com")
        assert [edge["node"]["externalId"] for edge in found["bookings"]["edges"]] == ["E1"]


class TestBadItems:
    @pytest.mark.parametrize(
        ("case", "applied", "refused_index"),
        [
            ("one-bad-in-envelope-mews.json", ["dk1"], 1),
            ("index-mews-array.json", ["dk1", "dk4"], 1),
        ],
    )
    def test_others_are_applied_and_indexes_are_the_senders(
        self, hotel: ConnectedHotel, case: str, applied: list[str], refused_index: int
    ) -> None:
        items = hotel.push("mews", case)
        assert [item["index"] for item in items if item["outcome"] == "quarantined"] == [
            refused_index
        ]
        assert hotel.booking_ids("mews") == applied

    def test_wrapped_list_is_read(self, hotel: ConnectedHotel) -> None:
        hotel.connect("ohip", property_id="HOTEL1")
        assert hotel.outcomes("ohip", "ohip-nested-lost.json") == ["applied"]
        assert hotel.booking_ids("ohip") == ["571062"]

    def test_good_events_are_kept_beside_an_unreadable_one(self, hotel: ConnectedHotel) -> None:
        simulator = start_simulator(MewsSimulatorOptions(bookings=5, start_date=NOON.date()))
        hotel.connect("mews", **simulator.connection_values())
        hotel.send_webhook("mews", load_case("one-bad-event-mews.json"))
        simulator.stop()
        assert any("reservations/getAll" in path for path in simulator.requests_served)
        (row,) = hotel.quarantine("mews")
        assert "Events[1].Value" in row["reason"]["path"]


class TestBalance:
    @pytest.fixture
    def simulator(self) -> Iterator[ApaleoSimulator]:
        """Its seeded hotel SIM1 has the reservation of the case."""
        running = ApaleoSimulator(simulated_hotel_activity(60, {"start_date": NOON.date()}))
        running.start()
        yield running
        running.stop()

    def test_folio_event_fetches_its_reservation(
        self, hotel: ConnectedHotel, simulator: ApaleoSimulator
    ) -> None:
        hotel.connect("apaleo", **simulator.connection_values())
        hotel.harness.use_cases.verify_connection(hotel.connection_id, correlation_id="setup")
        (stay,) = [
            each for each in simulator.hotel.stays() if simulator.external_id(each) == RESERVATION
        ]
        created = event(type="created", propertyId="SIM1", data={"entityId": RESERVATION})
        hotel.send_webhook("apaleo", json.dumps(created).encode())
        before = hotel.booking("apaleo", RESERVATION)["balance"]
        assert before == {"amount": f"{(stay.total - stay.paid) / 100:.2f}"}
        stay.payments.append(StayPayment(1_000, simulator.hotel.stamp()))
        hotel.send_webhook("apaleo", load_case("folio-webhook-apaleo.json"))
        after = hotel.booking("apaleo", RESERVATION)["balance"]
        assert Decimal(before["amount"]) - Decimal(after["amount"]) == 10
