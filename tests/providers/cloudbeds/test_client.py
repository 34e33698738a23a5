"""The client against the vendor's protocol over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.simulation.hotel.records import TICKS, Booking, StayState
from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit
from adapters.outbound.providers.cloudbeds import capabilities
from adapters.outbound.providers.cloudbeds import provider as make_provider
from adapters.outbound.providers.cloudbeds.simulator.server import CloudbedsSimulator
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, GuestSnapshot, Party
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from ports.errors import (
    CredentialsRefused,
    Misconfigured,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    UnreadableAnswer,
)
from ports.providers import Account, ProviderClient, PullRequest, Ref, RefKind
from tests.providers.client_harness import (
    NETWORK_FAULTS,
    TRANSIENT_FAULTS,
    BookingsById,
    account_of,
    bookings_by_id,
    instant,
    open_client,
    pull_request,
    read_snapshots,
    simulated_hotel_activity,
    start_simulators,
)
from tests.providers.mews.payloads import SkippingClock, tools

AHEAD = 45
"""Days; what leaves after them is told as well."""
SECRETS = ("api_key", "client_id", "client_secret", "refresh_token")

Start = Callable[..., CloudbedsSimulator]


def create_simulator(bookings: int = 120, **options: Any) -> CloudbedsSimulator:
    return CloudbedsSimulator(simulated_hotel_activity(bookings, options), **options)


@pytest.fixture
def running() -> Iterator[Start]:
    with start_simulators(create_simulator) as start:
        yield start


def account(simulator: CloudbedsSimulator, **values: str) -> Account:
    return account_of({**simulator.connection_values(), **values}, SECRETS)


def open_vendor_client(
    simulator: CloudbedsSimulator,
    asked: Account | None = None,
    clock: SkippingClock | None = None,
    **more: Any,
) -> AbstractContextManager[ProviderClient]:
    clock = clock or SkippingClock(instant(simulator.hotel.now))
    return open_client(make_provider, asked or account(simulator), clock, **more)


def request(simulator: CloudbedsSimulator, *asked: Any) -> PullRequest:
    return pull_request(simulator.hotel.today, *asked, ahead=AHEAD)


def pull_pages(
    simulator: CloudbedsSimulator, asked: PullRequest
) -> tuple[BookingsById, str | None]:
    with open_vendor_client(simulator) as client:
        pages = list(client.pull(asked))
    return bookings_by_id(pages), pages[-1].cursor


def name(simulator: CloudbedsSimulator, booking: Booking) -> str:
    return simulator.renderer.reservation_id(booking.id)


def names(simulator: CloudbedsSimulator) -> set[str]:
    return {true.external_id for true in simulator.expected_bookings()}


def some(simulator: CloudbedsSimulator, state: StayState) -> Booking:
    return next(
        booking
        for booking in simulator.hotel.expected_bookings()
        if len(booking.stays) == 1 and booking.stays[0].state is state
    )


class TestCheck:
    def test_reports_property_details(self, running: Start) -> None:
        simulator = running(time_zone="Pacific/Auckland", currency="NZD")
        with open_vendor_client(simulator) as client:
            report = client.check()
        assert (report.property_id, report.time_zone) == ("100001", "Pacific/Auckland")
        assert report.currency == "NZD"
        assert len(report.advice) == 3

    def test_finds_the_only_property_out(self, running: Start) -> None:
        simulator = running(bookings=10)
        with open_vendor_client(simulator, account(simulator, property_id="")) as client:
            assert client.check().property_id == "100001"

    def test_rejects_property_without_access(self, running: Start) -> None:
        simulator = running(bookings=10)
        with (
            open_vendor_client(simulator, account(simulator, property_id="1")) as client,
            pytest.raises(Misconfigured),
        ):
            client.check()

    def test_goes_by_the_key_alone(self, running: Start) -> None:
        simulator = running(bookings=10)
        asked = account(simulator, api_key=simulator.credentials.api_key, refresh_token="")
        with open_vendor_client(simulator, asked) as client:
            client.check()
        assert "/api/v1.3/access_token" not in simulator.requests_served

    def test_is_refused_with_a_wrong_key_although_the_status_is_200(self, running: Start) -> None:
        simulator = running(bookings=10)
        with (
            open_vendor_client(simulator, account(simulator, api_key="cbat_hush-hush")) as client,
            pytest.raises(CredentialsRefused) as rejected,
        ):
            client.check()
        reported = f"{rejected.value!r} {rejected.value.details}"
        assert "hush" not in reported
        assert "Access denied" not in reported

    @pytest.mark.parametrize("missing", ["client_id", "client_secret", "refresh_token"])
    def test_needs_the_key_or_all_of_oauth(self, running: Start, missing: str) -> None:
        simulator = running(bookings=10)
        with (
            pytest.raises(Misconfigured, match=missing),
            open_vendor_client(simulator, account(simulator, **{missing: ""})),
        ):
            pass

    def test_calls_only_allowed_hosts(self) -> None:
        strict = make_provider(tools(SkippingClock(datetime.now(UTC))))
        asked = Account(
            connection_id=UUID(int=7),
            time_zone="UTC",
            currency="EUR",
            settings={"base_url": "https://hotel.example"},
            secrets={"api_key": "a"},
            correlation_id="test",
        )
        with pytest.raises(Misconfigured):
            strict.open(asked)


class TestPull:
    @pytest.mark.parametrize("size", [1, 7, 100])
    def test_reads_all_reservations_for_any_page_size(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        monkeypatch.setattr(capabilities, "PAGE_SIZE", size)
        simulator = running(bookings=12 if size == 1 else 60)
        found, _ = pull_pages(simulator, request(simulator))
        assert found.keys() == names(simulator)

    def test_brings_what_is_true_of_each(self, running: Start) -> None:
        simulator = running(currency="KWD", time_zone="Asia/Kuwait")
        found, _ = pull_pages(simulator, request(simulator))
        for true in simulator.expected_bookings():
            reported = found[true.external_id]
            assert (reported.status, reported.total) == (true.status, true.total)

    def test_returns_nothing_for_empty_hotel(self, running: Start) -> None:
        simulator = running(bookings=0)
        found, cursor = pull_pages(simulator, request(simulator))
        assert found == {}
        assert cursor is not None

    def test_tells_records_guests_and_availability(self, running: Start) -> None:
        simulator = running(bookings=40)
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator)))
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

    def test_counts_the_rooms_that_are_left(self, running: Start) -> None:
        simulator = running(bookings=60)
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator)))
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
    def test_continues_whether_the_vendor_means_its_wall_time_or_utc(
        self, running: Start, zone: str
    ) -> None:
        simulator = running(bookings=20, time_zone=zone)
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(60)
        booked = simulator.act(ScenarioAction.BOOK)
        found, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert booked in found

    def test_reads_more_than_one_page_of_changes_in_one_second(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(capabilities, "PAGE_SIZE", 5)
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(3_600)
        bookings = simulator.hotel.expected_bookings()[:23]
        for booking in bookings:
            simulator.activity.commands.touch(booking.stays[0])
        found, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert {name(simulator, booking) for booking in bookings} <= found.keys()

    def test_reads_items_that_move_between_pages(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(capabilities, "PAGE_SIZE", 5)
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(3_600)
        changed = simulator.hotel.expected_bookings()[:40]
        for booking in changed:
            simulator.activity.advance_clock(1)
            simulator.activity.commands.touch(booking.stays[0])
        simulator.faults.add(parse_fault("moving-items,times=4,path=getReservationsWith"))
        found, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        for booking in changed:
            reported = found[name(simulator, booking)].version.updated_at
            assert reported.timestamp() >= booking.stays[0].updated // TICKS - 1

    def test_ignores_future_timestamps_in_cursor(self, running: Start) -> None:
        simulator = running()
        bookings = simulator.hotel.expected_bookings()
        bookings[0].stays[0].updated = simulator.hotel.now + 400 * 86_400 * TICKS
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(3_600)
        simulator.activity.commands.touch(bookings[1].stays[0])
        found, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert name(simulator, bookings[1]) in found

    @pytest.mark.parametrize("kind", list(SyncKind))
    def test_resumes_from_every_checkpoint(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, kind: SyncKind
    ) -> None:
        monkeypatch.setattr(capabilities, "PAGE_SIZE", 10)
        simulator = running(bookings=15)
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.advance(days=1)
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator, kind, cursor)))
        is_complete = bookings_by_id(pages)
        for number in range(0, len(pages) - 1, 9):
            rest, _ = pull_pages(
                simulator, request(simulator, kind, cursor, pages[number].checkpoint)
            )
            assert bookings_by_id(pages[: number + 1]) | rest == is_complete

    def test_by_reconcile_sees_what_moved_no_time_stamp(self, running: Start) -> None:
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

    def test_tells_a_deleted_one_as_gone(self, running: Start) -> None:
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

    def test_finds_a_stay_of_400_nights_that_ends_after_the_window(self, running: Start) -> None:
        simulator = running(bookings=20)
        booking = some(simulator, StayState.CONFIRMED)
        stay = booking.stays[0]
        stay.departure = stay.arrival + timedelta(days=400)
        simulator.activity.commands.reprice(stay)
        found, _ = pull_pages(simulator, request(simulator))
        reported = found[name(simulator, booking)]
        assert isinstance(reported.rooms, tuple)
        assert len(reported.rooms[0].nightly_prices) == 400


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


class TestFetch:
    def test_fetch_omits_missing_items(self, running: Start) -> None:
        simulator = running()
        there = name(simulator, simulator.hotel.expected_bookings()[0])
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, there), Ref(RefKind.BOOKING, "999")])
        assert [item.external_id for item in page.items] == [there]

    def test_fetch_matches_pull(self, running: Start) -> None:
        simulator = running(bookings=30)
        is_complete, _ = pull_pages(simulator, request(simulator))
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, each) for each in is_complete])
        assert bookings_by_id([page]) == is_complete

    def test_asks_each_that_the_list_leaves_out_alone(self, running: Start) -> None:
        simulator = running(bookings=20)
        served = simulator.requests_served
        with open_vendor_client(simulator) as client:
            client.fetch([Ref(RefKind.BOOKING, "998"), Ref(RefKind.BOOKING, "999")])
        asked = simulator.requests_served.get("/api/v1.3/getReservation", 0)
        assert asked - served.get("/api/v1.3/getReservation", 0) == 2

    def test_of_a_guest_tells_the_same_person_as_the_list(self, running: Start) -> None:
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

    def test_of_a_merged_guest_tells_into_whom(self, running: Start) -> None:
        simulator = running(bookings=20)
        one, other, *_ = simulator.hotel.guests.values()
        simulator.activity.commands.merge(one, other)
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.GUEST, simulator.renderer.guest_id(one.id))])
        (found,) = (s for s in read_snapshots([page]) if isinstance(s, GuestSnapshot))
        assert found.merged_into == simulator.renderer.guest_id(other.id)

    def test_of_a_guest_tells_the_reservations_that_hold_its_details(self, running: Start) -> None:
        simulator = running(bookings=20)
        booking = some(simulator, StayState.CONFIRMED)
        guest = simulator.hotel.guests[booking.stays[0].guest_id]
        simulator.activity.commands.change_guest(guest, "x@example.com")
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.GUEST, simulator.renderer.guest_id(guest.id))])
        reported = bookings_by_id([page])[name(simulator, booking)].primary_guest
        assert isinstance(reported, Party)
        assert reported.email == "x@example.com"

    def test_of_a_guest_that_is_not_there_is_empty(self, running: Start) -> None:
        with open_vendor_client(running(bookings=10)) as client:
            assert client.fetch([Ref(RefKind.GUEST, "999")]).items == []


class TestFaults:
    @pytest.mark.parametrize("fault", TRANSIENT_FAULTS)
    def test_retries_transient_faults(self, running: Start, fault: str) -> None:
        simulator = running(bookings=20)
        simulator.faults.add(parse_fault(f"{fault},times=2"))
        found, _ = pull_pages(simulator, request(simulator))
        assert found.keys() == names(simulator)

    @pytest.mark.parametrize("fault", NETWORK_FAULTS)
    def test_retries_network_faults(self, running: Start, fault: str) -> None:
        simulator = running(bookings=20)
        simulator.faults.add(parse_fault(f"{fault},times=2,path=getReservations"))
        found, _ = pull_pages(simulator, request(simulator))
        assert found.keys() == names(simulator)

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ("403", ProviderRejected),
            ("409", ProviderRejected),
            ("429,retry_after=9999", RateLimited),
            ("500", ProviderUnavailable),
            ("truncated", ProviderUnavailable),
            ("html", UnreadableAnswer),
        ],
    )
    def test_reports_permanent_faults(
        self, running: Start, fault: str, error: type[Exception]
    ) -> None:
        simulator = running(bookings=20)
        simulator.faults.add(parse_fault(f"{fault},path=getReservations"))
        with open_vendor_client(simulator) as client, pytest.raises(error):
            list(client.pull(request(simulator)))

    def test_stays_below_rate_limit(self, running: Start) -> None:
        """Five in any second, by our own budget."""
        clock = SkippingClock(datetime.now(UTC))
        simulator = running(bookings=20, limit=SimulatorRateLimit(5, 1, clock.monotonic))
        with open_vendor_client(simulator, clock=clock) as client:
            list(client.pull(request(simulator)))
            assert client.counts().retries == 0
            assert client.counts().waited_ms > 0

    @pytest.mark.parametrize("fault", ["wrong-types", "unknown-state", "missing-field"])
    def test_invalid_item_does_not_affect_others(self, running: Start, fault: str) -> None:
        simulator = running(bookings=40)
        simulator.faults.add(parse_fault(f"{fault},times=3,path=getReservations"))
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator)))
        rejected = [item for page in pages for item in page.items if item.reason]
        read = [item for page in pages for item in page.items if item.snapshot]
        assert 1 <= len(rejected) <= 3
        assert len(read) > 100

    def test_keeps_unknown_fields(self, running: Start) -> None:
        simulator = running(bookings=10)
        simulator.faults.add(parse_fault("new-field,path=getReservations"))
        found, _ = pull_pages(simulator, request(simulator))
        assert found.keys() == names(simulator)
        for reported in found.values():
            assert isinstance(reported.extras, tuple)
            assert "SimulatedNewField" in dict(reported.extras)
