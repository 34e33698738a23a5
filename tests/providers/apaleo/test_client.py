"""The client against the vendor's protocol over real HTTP."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from adapters.outbound.provider_kit.simulation.hotel.records import (
    TICKS,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.providers.apaleo import provider as make_provider
from adapters.outbound.providers.apaleo.client import api as apaleo_api
from adapters.outbound.providers.apaleo.simulator.api import SimulatedApaleoClients
from adapters.outbound.providers.apaleo.simulator.server import ApaleoSimulator
from domain.messages import ItemKind
from domain.snapshots import Party, PartyRole
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from ports.errors import Misconfigured
from ports.providers import Ref, RefKind
from tests.providers import client_suite as suite
from tests.providers.client_harness import (
    Start,
    VendorClients,
    account_of,
    rejected_credentials,
    simulators_fixture,
    start_limited,
)
from tests.providers.mews.payloads import SkippingClock, tools

RESERVATIONS = "/booking/v1/reservations"


CLIENTS = VendorClients(
    make_provider=make_provider,
    make_simulator=ApaleoSimulator,
    secrets=("client_id", "client_secret"),
    reservations_path="reservations",
)
account, open_vendor_client, request = CLIENTS.account, CLIENTS.open, CLIENTS.request
pull_pages = CLIENTS.pull_bookings
running = simulators_fixture(CLIENTS.create_simulator)


def name(stay: SimulatedRoomStay) -> str:
    return f"{stay.booking_id}-{stay.line}"


def some(simulator: ApaleoSimulator, state: StayState) -> SimulatedRoomStay:
    return next(stay for stay in simulator.hotel.stays() if stay.state is state)


class TestCheck(suite.CheckSuite):
    clients, property_id, unknown_property_id = CLIENTS, "SIM1", "MUC"

    def test_requires_both_secrets(self, running: Start) -> None:
        simulator = running(bookings=10)
        with (
            pytest.raises(Misconfigured),
            open_vendor_client(simulator, replace(account(simulator), secrets={})),
        ):
            pass

    def test_calls_only_allowed_hosts(self) -> None:
        strict = make_provider(tools(SkippingClock(datetime.now(UTC))))
        for setting in ("base_url", "identity_url"):
            values = {setting: "https://hotel.example", "client_id": "a", "client_secret": "b"}
            asked = account_of(values, CLIENTS.secrets)
            with pytest.raises(Misconfigured):
                strict.open(asked)


class TestTokens(suite.TokenSuite):
    clients, checked_path = CLIENTS, "inventory"
    registered_clients = SimulatedApaleoClients.of(1)

    def test_rejects_wrong_credentials(self, running: Start) -> None:
        simulator = running(bookings=20)
        wrong = replace(
            account(simulator), secrets={"client_id": "no", "client_secret": "hush-hush"}
        )
        assert "hush" not in rejected_credentials(open_vendor_client(simulator, wrong))


class TestPull(suite.PullSuite, suite.TimestampSuite):
    clients, paged_by = CLIENTS, apaleo_api
    page_sizes: ClassVar = {"smallest": 1, "odd": 7, "largest": 10_000}
    resumed_bookings, resumed_days, resumed_step = 40, 2, 3
    resumed_window: ClassVar = {"ahead": 60}

    def touchable(self, simulator: ApaleoSimulator) -> list[tuple[str, SimulatedRoomStay]]:
        return [(name(stay), stay) for stay in simulator.hotel.stays()]

    def test_reads_more_than_one_page_of_changes_in_one_second(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late, cursor = self.pull_changes_of_one_second(running, monkeypatch)
        assert cursor is not None
        assert int(datetime.fromisoformat(cursor).timestamp()) == late.updated // TICKS

    def test_reads_records_and_availability(self, running: Start) -> None:
        simulator = running(bookings=40)
        pages = CLIENTS.pull_pages(simulator)
        (records,) = [page.records for page in pages if page.records]
        assert len(records.rooms) == len(simulator.hotel.rooms)
        assert {kind.external_id for kind in records.room_types} == {
            "SIM1-SGL",
            "SIM1-DBL",
            "SIM1-FAM",
            "SIM1-STE",
        }
        cells = [i for page in pages for i in page.items if i.kind is ItemKind.AVAILABILITY]
        assert len(cells) == 250 * 4

    def test_delta_reads_changes_since_cursor(self, running: Start) -> None:
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(3_600)
        stay = some(simulator, StayState.CONFIRMED)
        simulator.activity.commands.cancel(stay)
        found, later = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert found[name(stay)].status is BookingStatus.CANCELED
        assert len(found) < 20
        assert cursor is not None
        assert later is not None
        assert later > cursor

    def test_reconcile_reads_booker_that_the_delta_misses(self, running: Start) -> None:
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(7_200)
        hotel = simulator.hotel
        booking = next(
            b
            for b in hotel.expected_bookings()
            if all(b.booker_id != stay.guest_id for stay in b.stays)
        )
        simulator.activity.commands.change_guest(hotel.guests[booking.booker_id], "x@example.com")
        asked = f"{booking.id}-1"
        delta, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert asked not in delta
        is_complete, moved = pull_pages(simulator, request(simulator, SyncKind.RECONCILE, cursor))
        assert moved is None
        (booker,) = [p for p in is_complete[asked].further_guests if p.role is PartyRole.BOOKER]
        assert booker.email == "x@example.com"

    def test_clears_missing_fields(self, running: Start) -> None:
        simulator = running()
        stay = some(simulator, StayState.CHECKED_IN)
        before, cursor = pull_pages(simulator, request(simulator))
        assert isinstance(before[name(stay)].checked_in_at, datetime)
        simulator.activity.commands.revert_check_in(stay)
        after, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert after[name(stay)].status is BookingStatus.CONFIRMED
        assert after[name(stay)].checked_in_at is None


class TestFetch(suite.FetchSuite):
    clients = CLIENTS

    def test_fetch_omits_missing_items(self, running: Start) -> None:
        simulator = running()
        stays = list(simulator.hotel.stays())[:2]
        simulator.activity.commands.delete(stays[1])
        refs = [Ref(RefKind.BOOKING, name(stay)) for stay in stays]
        with open_vendor_client(simulator) as client:
            page = client.fetch([*refs, Ref(RefKind.BOOKING, "NOSUCH-1")])
        assert [item.external_id for item in page.items] == [name(stays[0])]

    def test_booking_fetch_returns_all_its_reservations(self, running: Start) -> None:
        simulator = running()
        booking = next(b for b in simulator.hotel.expected_bookings() if len(b.stays) > 2)
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, booking.id)])
        assert {item.external_id for item in page.items} == {name(s) for s in booking.stays}

    def test_ignores_other_properties_of_the_account(self, running: Start) -> None:
        simulator = running()
        stay = some(simulator, StayState.CONFIRMED)
        with open_vendor_client(simulator) as client:
            client.check()
            client.fetch([Ref(RefKind.RECORDS)])
            simulator.hotel.seed = 99
            page = client.fetch([Ref(RefKind.BOOKING, name(stay))])
        assert page.items == []

    def test_fetches_availability_and_records(self, running: Start) -> None:
        simulator = running(bookings=30)
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.AVAILABILITY), Ref(RefKind.RECORDS)])
        assert len(page.items) == 365 * 4
        assert page.records


class TestParties:
    def test_are_primary_companions_booker_and_the_company(self, running: Start) -> None:
        simulator = running(bookings=300)
        is_complete, _ = pull_pages(simulator, request(simulator))
        roles = {party.role for found in is_complete.values() for party in found.further_guests}
        assert roles == {PartyRole.COMPANION, PartyRole.BOOKER, PartyRole.OWNER}
        assert all(isinstance(found.primary_guest, Party) for found in is_complete.values())


class TestFaults(suite.ItemFaultSuite):
    clients = CLIENTS

    def test_waits_for_rate_limit(self, running: Start) -> None:
        simulator, clock = start_limited(running, 3, 10)
        with open_vendor_client(simulator, clock=clock) as client:
            for _ in range(6):
                client.check()
            assert client.counts().retries > 2
