"""The client against the vendor's protocol over real HTTP."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, cast

import pytest

from adapters.outbound.provider_kit.pull.properties import VendorProperty
from adapters.outbound.provider_kit.simulation.hotel.records import (
    SimulatedBooking,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.providers.cloudbeds import capabilities
from adapters.outbound.providers.cloudbeds import provider as make_provider
from adapters.outbound.providers.cloudbeds.client.api import CloudbedsApi
from adapters.outbound.providers.cloudbeds.client.hotel import CloudbedsHotel
from adapters.outbound.providers.cloudbeds.simulator.server import CloudbedsSimulator
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, GuestSnapshot, Party
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from ports.errors import Misconfigured
from ports.providers import Ref, RefKind
from tests.providers import client_suite as suite
from tests.providers.client_harness import (
    Start,
    VendorClients,
    account_of,
    bookings_by_id,
    read_snapshots,
    rejected_credentials,
    simulators_fixture,
    start_limited,
)
from tests.providers.mews.payloads import SkippingClock, tools

AHEAD = 45
"""Days; stays that end after them are read as well."""


CLIENTS = VendorClients(
    make_provider=make_provider,
    make_simulator=CloudbedsSimulator,
    secrets=("api_key", "client_id", "client_secret", "refresh_token"),
    days_ahead=AHEAD,
    reservations_path="getReservations",
)
account, open_vendor_client, request = CLIENTS.account, CLIENTS.open, CLIENTS.request
pull_pages = CLIENTS.pull_bookings
running = simulators_fixture(CLIENTS.create_simulator)


def name(simulator: CloudbedsSimulator, booking: SimulatedBooking) -> str:
    return simulator.renderer.reservation_id(booking.id)


def some(simulator: CloudbedsSimulator, state: StayState) -> SimulatedBooking:
    return next(
        booking
        for booking in simulator.hotel.expected_bookings()
        if len(booking.stays) == 1 and booking.stays[0].state is state
    )


class TestCheck(suite.CheckSuite):
    clients, property_id, unknown_property_id = CLIENTS, "100001", "1"

    def test_finds_the_only_property(self, running: Start) -> None:
        simulator = running(bookings=10)
        with open_vendor_client(simulator, account(simulator, property_id="")) as client:
            assert client.check().property_id == "100001"

    def test_uses_the_api_key_without_oauth(self, running: Start) -> None:
        simulator = running(bookings=10)
        asked = account(simulator, api_key=simulator.credentials.api_key, refresh_token="")
        with open_vendor_client(simulator, asked) as client:
            client.check()
        assert "/api/v1.3/access_token" not in simulator.requests_served

    def test_rejects_wrong_key_answered_with_status_200(self, running: Start) -> None:
        simulator = running(bookings=10)
        wrong = account(simulator, api_key="cbat_hush-hush")
        reported = rejected_credentials(open_vendor_client(simulator, wrong))
        assert "hush" not in reported
        assert "Access denied" not in reported

    @pytest.mark.parametrize("missing", ["client_id", "client_secret", "refresh_token"])
    def test_requires_api_key_or_all_oauth_secrets(self, running: Start, missing: str) -> None:
        simulator = running(bookings=10)
        with (
            pytest.raises(Misconfigured, match=missing),
            open_vendor_client(simulator, account(simulator, **{missing: ""})),
        ):
            pass

    def test_calls_only_allowed_hosts(self) -> None:
        strict = make_provider(tools(SkippingClock(datetime.now(UTC))))
        values = {"base_url": "https://hotel.example", "api_key": "a"}
        asked = account_of(values, CLIENTS.secrets)
        with pytest.raises(Misconfigured):
            strict.open(asked)


class TestPull(suite.PullSuite, suite.TimestampSuite):
    clients, paged_by, clock_tolerance_seconds = CLIENTS, capabilities, 1
    page_sizes: ClassVar = {"smallest": 1, "odd": 7, "largest": 100}
    resumed_bookings, resumed_days, resumed_step = 15, 1, 9

    def touchable(self, simulator: CloudbedsSimulator) -> list[tuple[str, SimulatedRoomStay]]:
        bookings = simulator.hotel.expected_bookings()
        return [(name(simulator, booking), booking.stays[0]) for booking in bookings]

    def test_matches_expected_bookings(self, running: Start) -> None:
        simulator = running(currency="KWD", time_zone="Asia/Kuwait")
        found, _ = pull_pages(simulator, request(simulator))
        for true in simulator.expected_bookings():
            reported = found[true.external_id]
            assert (reported.status, reported.total) == (true.status, true.total)

    def test_reads_records_guests_and_availability(self, running: Start) -> None:
        simulator = running(bookings=40)
        pages = CLIENTS.pull_pages(simulator)
        (records,) = [page.records for page in pages if page.records]
        assert len(records.rooms) == len(simulator.hotel.rooms)
        assert {kind.name for kind in records.room_types} == {"Single", "Double", "Family", "Suite"}
        assert {plan.name for plan in records.rate_plans} == {"Flexible", "Not refundable"}
        cells = [i for page in pages for i in page.items if i.kind is ItemKind.AVAILABILITY]
        assert len(cells) == AHEAD * 4
        guests = {g.external_id for g in read_snapshots(pages) if isinstance(g, GuestSnapshot)}
        assert guests == {
            simulator.renderer.guest_id(guest.id) for guest, _, _ in simulator.renderer.guests()
        }

    def test_availability_counts_unsold_rooms(self, running: Start) -> None:
        simulator = running(bookings=60)
        pages = CLIENTS.pull_pages(simulator)
        cells = {
            s.external_id: s for s in read_snapshots(pages) if not isinstance(s, BookingSnapshot)
        }
        hotel = simulator.hotel
        day = hotel.today + timedelta(days=5)
        sold = hotel.sold(day, day + timedelta(days=1))
        for kind in hotel.room_types:
            reported: Any = cells[f"{simulator.renderer.inventory.room_type_id(kind)}/{day}"]
            assert reported.available == len(hotel.rooms_of(kind)) - sold[kind, day]

    def test_delta_reads_changes_since_cursor(self, running: Start) -> None:
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(3 * 86_400)
        simulator.activity.commands.touch(some(simulator, StayState.CHECKED_OUT).stays[0])
        canceled = simulator.act(ScenarioAction.CANCEL)
        found, later = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert canceled is not None
        assert found[canceled].status is BookingStatus.CANCELED
        assert len(found) < 30
        assert cursor is not None
        assert later is not None
        assert later > cursor

    @pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"])
    def test_delta_reads_changes_in_wall_time_or_utc(self, running: Start, zone: str) -> None:
        simulator = running(bookings=20, time_zone=zone)
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(60)
        booked = simulator.act(ScenarioAction.BOOK)
        found, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert booked in found

    def test_delta_reads_bookings_that_were_never_modified(self, running: Start) -> None:
        simulator = running(bookings=40, has_blank_modifications=True)
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(5 * 3_600)
        booked = simulator.act(ScenarioAction.BOOK)
        assert simulator.renderer.is_blank(simulator.renderer.booking(booked))
        found, later = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert booked in found
        assert len(found) < 30
        again, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, later))
        assert later > cursor
        assert set(again) <= set(found)

    def test_reconcile_reads_changes_without_timestamp(self, running: Start) -> None:
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(40 * 3_600)
        booking = some(simulator, StayState.CHECKED_OUT)
        guest = simulator.hotel.guests[booking.stays[0].guest_id]
        simulator.activity.commands.change_guest(guest, "x@example.com")
        asked = name(simulator, booking)
        delta, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert asked not in delta
        is_complete, moved = pull_pages(simulator, request(simulator, SyncKind.RECONCILE, cursor))
        assert moved is None
        assert isinstance(is_complete[asked].primary_guest, Party)
        assert is_complete[asked].primary_guest.email == "x@example.com"

    def test_reports_deleted_booking(self, running: Start) -> None:
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        removed = simulator.act(ScenarioAction.DELETE)
        found, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert removed is not None
        assert found[removed].deleted

    def test_clears_missing_fields(self, running: Start) -> None:
        simulator = running()
        canceled = simulator.act(ScenarioAction.CANCEL)
        before, cursor = pull_pages(simulator, request(simulator))
        assert canceled is not None
        assert isinstance(before[canceled].canceled_at, datetime)
        back = simulator.act(ScenarioAction.REINSTATE)
        after, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert back is not None
        assert after[back].canceled_at is None

    def test_reads_stay_that_ends_after_the_window(self, running: Start) -> None:
        simulator = running(bookings=20)
        booking = some(simulator, StayState.CONFIRMED)
        stay = booking.stays[0]
        stay.departure = stay.arrival + timedelta(days=400)
        simulator.activity.commands.reprice(stay)
        found, _ = pull_pages(simulator, request(simulator))
        reported = found[name(simulator, booking)]
        assert isinstance(reported.rooms, tuple)
        assert len(reported.rooms[0].nightly_prices) == 400


class TestNewestChange:
    def test_leaves_out_unreadable_reservations(self) -> None:
        of_hotel = VendorProperty(id="1", name="Hotel", time_zone="Europe/Berlin", currency="EUR")
        hotel = CloudbedsHotel(api=cast(CloudbedsApi, None), property=of_hotel)
        values = ["text", {"dateModifiedUTC": 1}, {"dateCreated": "2026-01-01 01:00:00"}]
        assert hotel.newest_modified(values) == datetime(2026, 1, 1, tzinfo=UTC)


class TestRoomsOfAReservation:
    def test_have_states_of_their_own(self, running: Start) -> None:
        simulator = running(start_date=date(2026, 6, 1))
        booking = next(
            b
            for b in simulator.hotel.expected_bookings()
            if len(b.stays) > 1 and all(s.state is StayState.CONFIRMED for s in b.stays)
        )
        simulator.activity.commands.check_in(booking.stays[0])
        simulator.activity.commands.cancel(booking.stays[1])
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, name(simulator, booking))])
        reported = bookings_by_id([page])[name(simulator, booking)]
        assert reported.status is BookingStatus.CHECKED_IN
        assert isinstance(reported.rooms, tuple)
        states = [room.status for room in reported.rooms]
        assert states[:2] == [BookingStatus.CHECKED_IN, BookingStatus.CANCELED]
        assert set(states[2:]) <= {BookingStatus.CONFIRMED}


class TestFetch(suite.FetchSuite):
    clients = CLIENTS

    def test_fetch_omits_missing_items(self, running: Start) -> None:
        simulator = running()
        there = name(simulator, simulator.hotel.expected_bookings()[0])
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, there), Ref(RefKind.BOOKING, "999")])
        assert [item.external_id for item in page.items] == [there]

    def test_fetches_singly_reservations_that_the_list_omits(self, running: Start) -> None:
        simulator = running(bookings=20)
        served = simulator.requests_served
        with open_vendor_client(simulator) as client:
            client.fetch([Ref(RefKind.BOOKING, "998"), Ref(RefKind.BOOKING, "999")])
        asked = simulator.requests_served.get("/api/v1.3/getReservation", 0)
        assert asked - served.get("/api/v1.3/getReservation", 0) == 2

    def test_fetched_guest_matches_listed_guest(self, running: Start) -> None:
        simulator = running(bookings=20)
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator)))
            listed = {
                s.external_id: s for s in read_snapshots(pages) if isinstance(s, GuestSnapshot)
            }
            page = client.fetch([Ref(RefKind.GUEST, each) for each in listed])
        single_reservation = [s for s in read_snapshots([page]) if isinstance(s, GuestSnapshot)]
        assert len(single_reservation) == len(listed)
        for found in single_reservation:
            held = listed[found.external_id]
            assert found.version > held.version
            assert replace(found, version=held.version) == held

    def test_fetched_merged_guest_names_its_target(self, running: Start) -> None:
        simulator = running(bookings=20)
        one, other, *_ = simulator.hotel.guests.values()
        simulator.activity.commands.merge(one, other)
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.GUEST, simulator.renderer.guest_id(one.id))])
        (found,) = (s for s in read_snapshots([page]) if isinstance(s, GuestSnapshot))
        assert found.merged_into == simulator.renderer.guest_id(other.id)

    def test_guest_fetch_includes_its_reservations(self, running: Start) -> None:
        simulator = running(bookings=20)
        booking = some(simulator, StayState.CONFIRMED)
        guest = simulator.hotel.guests[booking.stays[0].guest_id]
        simulator.activity.commands.change_guest(guest, "x@example.com")
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.GUEST, simulator.renderer.guest_id(guest.id))])
        reported = bookings_by_id([page])[name(simulator, booking)].primary_guest
        assert isinstance(reported, Party)
        assert reported.email == "x@example.com"

    def test_fetch_of_missing_guest_is_empty(self, running: Start) -> None:
        with open_vendor_client(running(bookings=10)) as client:
            assert client.fetch([Ref(RefKind.GUEST, "999")]).items == []


class TestFaults(suite.ItemFaultSuite):
    clients = CLIENTS

    def test_stays_below_rate_limit(self, running: Start) -> None:
        """Five in any second, by our own budget."""
        simulator, clock = start_limited(running, 5, 1)
        with open_vendor_client(simulator, clock=clock) as client:
            list(client.pull(request(simulator)))
            assert client.counts().retries == 0
            assert client.counts().waited_ms > 0
