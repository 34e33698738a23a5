"""Simulator and client conform to the published XSDs, in AlpineBits' own format."""

import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from adapters.outbound.provider_kit.parsing.xml_text import parse_xml
from adapters.outbound.provider_kit.simulation.hotel.activity import create_activity_generator
from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.options import SimulatorOptions
from adapters.outbound.providers.alpinebits.simulator.dialect import Dialect
from adapters.outbound.providers.alpinebits.simulator.free_rooms import DAYS, AvailabilityFormat
from adapters.outbound.providers.alpinebits.simulator.server import (
    AlpineBitsSimulator,
    DialectOptions,
    start_simulator,
)
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from tests.adapters.provider_kit.simulation.server.webhook_receiver import WAIT_SECONDS
from tests.providers.alpinebits.payloads import read, snapshot_of
from tests.providers.alpinebits.test_client import open_vendor_client, request
from tests.providers.simulator_harness import (
    Exchange,
    check_journal_restores_state,
    record_exchanges,
)
from tests.providers.vendor_payloads import SPECS

VERSIONS = ("2018-10", "2020-10")
REQUEST = re.compile(rb'name="request"\r\n\r\n(.*)\r\n--', re.DOTALL)


@cache
def schema(version: str) -> etree.XMLSchema:
    path = SPECS / "alpinebits" / f"alpinebits-{version}-{version}.xsd"
    if not path.exists():
        pytest.skip("the vendors' descriptions are not on this machine (PMS_VENDOR_SPECS)")
    return etree.XMLSchema(etree.parse(str(path)))


def problems(body: bytes, version: str) -> list[str]:
    validator = schema(version)
    validator.validate(etree.fromstring(body))
    return [str(error.message) for error in validator.error_log]


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    found: list[Exchange] = []
    dialect_options = DialectOptions(Dialect.ALPINEBITS)
    with AlpineBitsSimulator(
        create_activity_generator(bookings=60), dialect_options=dialect_options
    ) as simulator:
        record_exchanges(simulator, found)
        simulator.advance(days=3, events=60)
        with open_vendor_client(simulator) as client:
            client.check()
            for kind in (SyncKind.FULL, SyncKind.DELTA, SyncKind.DELTA):
                list(client.pull(request(simulator, kind)))
    return found


@pytest.mark.parametrize("version", VERSIONS)
class TestExchange:
    def test_has_valid_answers(self, exchanges: list[Exchange], version: str) -> None:
        roots = set()
        for _, reply in exchanges:
            assert problems(reply.body, version) == []
            roots.add(parse_xml(reply.body).name)
        assert roots == {"OTA_PingRS", "OTA_ResRetrieveRS", "OTA_NotifReportRS"}

    def test_has_valid_requests(self, exchanges: list[Exchange], version: str) -> None:
        roots = set()
        for call, _ in exchanges:
            document = REQUEST.search(call.body)
            assert document is not None
            assert problems(document[1], version) == []
            roots.add(parse_xml(document[1]).name)
        assert roots == {"OTA_PingRQ", "OTA_ReadRQ", "OTA_NotifReportRQ"}


class TestPushes:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_of_reservations_are_valid_and_read(self, version: str) -> None:
        activity = create_activity_generator(bookings=60)
        options = DialectOptions(Dialect.ALPINEBITS)
        with AlpineBitsSimulator(activity, dialect_options=options) as simulator:
            pushed = [push.write() for push in simulator.advance(days=3, events=60)]
        assert len(pushed) > 50
        for body in pushed:
            assert problems(body, version) == []
            (item,) = read(body)
            snapshot_of(item)

    @pytest.mark.parametrize("form", list(AvailabilityFormat))
    def test_of_free_rooms_are_valid(self, form: AvailabilityFormat) -> None:
        activity = create_activity_generator(bookings=60)
        options = DialectOptions(Dialect.SMX, form)
        with AlpineBitsSimulator(activity, dialect_options=options) as simulator:
            complete = simulator.push_source.all_rooms()
            changed = [
                push
                for push in simulator.advance(days=1, events=30)
                if push.action == complete.action
            ]
        for push in (complete, *changed):
            assert problems(push.write(), form.value) == []
        assert changed
        assert b"CompleteSet" in complete.write()
        assert b"CompleteSet" not in changed[0].write()

    def test_report_the_free_rooms_of_every_day(self) -> None:
        simulator = AlpineBitsSimulator(create_activity_generator(bookings=60))
        root = parse_xml(simulator.push_source.all_rooms().write())
        inventories = root.child("Inventories")
        assert inventories is not None
        days = 0
        for inventory in inventories.all("Inventory"):
            control = inventory.child("StatusApplicationControl")
            assert control is not None
            first, last = (date.fromisoformat(control.get(name) or "") for name in ("Start", "End"))
            days += (last - first).days + 1
        assert days == DAYS * len(simulator.hotel.room_types)
        simulator.stop()

    def test_are_sent_with_credentials(self) -> None:
        with AlpineBitsSimulator(create_activity_generator(bookings=20)) as target:
            calls: list[Call] = []

            def answer(call: Call) -> Reply:
                calls.append(call)
                return Reply(200)

            target.serve(answer)
            with AlpineBitsSimulator(create_activity_generator(bookings=20)) as simulator:
                simulator.webhook_auth = "key:password"
                sender = simulator.send_webhooks_to(f"{target.base_url}/api/pms/alpinebits")
                simulator.act(ScenarioAction.BOOK)
                simulator.advance(events=5)
                assert sender.flush(WAIT_SECONDS)
        assert {call.headers["authorization"] for call in calls} == {"Basic a2V5OnBhc3N3b3Jk"}
        assert all(call.headers["content-type"].startswith("multipart/") for call in calls)
        assert b"OTA_HotelInvCountNotif:FreeRooms" in calls[0].body
        assert any(b"OTA_HotelResNotif:GuestRequests" in call.body for call in calls)


class TestScenario:
    @pytest.fixture
    def simulator(self) -> Iterator[AlpineBitsSimulator]:
        simulator = start_simulator(SimulatorOptions(bookings=60, days=1))
        yield simulator
        simulator.stop()

    def test_action_updates_expected_bookings(self, simulator: AlpineBitsSimulator) -> None:
        expected = {
            ScenarioAction.BOOK: BookingStatus.CONFIRMED,
            ScenarioAction.AMEND: BookingStatus.CONFIRMED,
            ScenarioAction.CHECK_IN: BookingStatus.CHECKED_IN,
            ScenarioAction.REVERT_CHECK_IN: BookingStatus.CONFIRMED,
            ScenarioAction.CANCEL: BookingStatus.CANCELED,
            ScenarioAction.NO_SHOW: BookingStatus.NO_SHOW,
        }
        for act, status in expected.items():
            name = simulator.act(act)
            (message,) = simulator.messages()
            (item,) = read(message.body)
            found = snapshot_of(item)
            (booking,) = [
                each for each in simulator.expected_bookings() if each.external_id == name
            ]
            assert found.external_id == name
            assert found.status is booking.status
            assert found.total == booking.total
            if len(found.rooms or ()) == 1:
                assert booking.status is status, act

    def test_does_not_support_deletion(self, simulator: AlpineBitsSimulator) -> None:
        assert simulator.act(ScenarioAction.DELETE) is None
        assert simulator.messages() == []

    def test_pushes_each_booking_of_a_burst(self, simulator: AlpineBitsSimulator) -> None:
        simulator.burst(30)
        names = {item.external_id for m in simulator.messages() for item in read(m.body)}
        assert len(names) == 30

    def test_restores_state_from_journal(self, tmp_path: Path) -> None:
        check_journal_restores_state(
            start_simulator,
            tmp_path / "journal",
            bookings=20,
            dialect="alpinebits",
        )
