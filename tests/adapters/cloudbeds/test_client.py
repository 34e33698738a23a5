"""The client against the vendor's protocol over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.simulation.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.hotel_records import TICKS, Booking, StayState
from adapters.outbound.provider_kit.simulation.request_window import SlidingWindow
from adapters.outbound.provider_kit.simulation.stage import Act
from adapters.outbound.providers.cloudbeds import capabilities
from adapters.outbound.providers.cloudbeds import provider as make_provider
from adapters.outbound.providers.cloudbeds.simulator import CloudbedsSimulator
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, GuestSnapshot, Party
from domain.status import BookingStatus
from domain.sync import SyncKind
from ports.errors import (
    CredentialsRefused,
    Misconfigured,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    UnreadableAnswer,
)
from ports.providers import Account, ProviderClient, PullRequest, Ref, RefKind
from tests.adapters.client_stage import (
    OF_THE_WIRE,
    PASSING,
    Picture,
    account_of,
    asking,
    instant,
    neutral_life,
    opened_with,
    picture_of,
    said,
    starting,
)
from tests.adapters.mews.mews_payloads import SkippingClock, tools

AHEAD = 45
"""Days; what leaves after them is told as well."""
SECRETS = ("api_key", "client_id", "client_secret", "refresh_token")

Start = Callable[..., CloudbedsSimulator]


def made(bookings: int = 120, **options: Any) -> CloudbedsSimulator:
    return CloudbedsSimulator(neutral_life(bookings, options), **options)


@pytest.fixture
def running() -> Iterator[Start]:
    with starting(made) as start:
        yield start


def account(simulator: CloudbedsSimulator, **values: str) -> Account:
    return account_of({**simulator.connection_values(), **values}, SECRETS)


def opened(
    simulator: CloudbedsSimulator,
    asked: Account | None = None,
    clock: SkippingClock | None = None,
    **more: Any,
) -> AbstractContextManager[ProviderClient]:
    clock = clock or SkippingClock(instant(simulator.hotel.now))
    return opened_with(make_provider, asked or account(simulator), clock, **more)


def request(simulator: CloudbedsSimulator, *asked: Any) -> PullRequest:
    return asking(simulator.hotel.today, *asked, ahead=AHEAD)


def pulled(simulator: CloudbedsSimulator, asked: PullRequest) -> tuple[Picture, str | None]:
    with opened(simulator) as client:
        pages = list(client.pull(asked))
    return picture_of(pages), pages[-1].cursor


def name(simulator: CloudbedsSimulator, booking: Booking) -> str:
    return simulator.words.reservation_id(booking.id)


def names(simulator: CloudbedsSimulator) -> set[str]:
    return {true.external_id for true in simulator.truth()}


def some(simulator: CloudbedsSimulator, state: StayState) -> Booking:
    return next(
        booking
        for booking in simulator.hotel.truth()
        if len(booking.stays) == 1 and booking.stays[0].state is state
    )


class TestCheck:
    def test_tells_what_the_provider_says_of_the_hotel(self, running: Start) -> None:
        simulator = running(time_zone="Pacific/Auckland", currency="NZD")
        with opened(simulator) as client:
            report = client.check()
        assert (report.property_id, report.time_zone) == ("100001", "Pacific/Auckland")
        assert report.currency == "NZD"
        assert len(report.advice) == 3

    def test_finds_the_only_property_out(self, running: Start) -> None:
        simulator = running(bookings=10)
        with opened(simulator, account(simulator, property_id="")) as client:
            assert client.check().property_id == "100001"

    def test_needs_a_property_that_the_credentials_see(self, running: Start) -> None:
        simulator = running(bookings=10)
        with (
            opened(simulator, account(simulator, property_id="1")) as client,
            pytest.raises(Misconfigured),
        ):
            client.check()

    def test_goes_by_the_key_alone(self, running: Start) -> None:
        simulator = running(bookings=10)
        asked = account(simulator, api_key=simulator.consent.api_key, refresh_token="")
        with opened(simulator, asked) as client:
            client.check()
        assert "/api/v1.3/access_token" not in simulator.requests_served

    def test_is_refused_with_a_wrong_key_although_the_status_is_200(self, running: Start) -> None:
        simulator = running(bookings=10)
        with (
            opened(simulator, account(simulator, api_key="cbat_hush-hush")) as client,
            pytest.raises(CredentialsRefused) as refused,
        ):
            client.check()
        told = f"{refused.value!r} {refused.value.details}"
        assert "hush" not in told
        assert "Access denied" not in told

    @pytest.mark.parametrize("missing", ["client_id", "client_secret", "refresh_token"])
    def test_needs_the_key_or_all_of_oauth(self, running: Start, missing: str) -> None:
        simulator = running(bookings=10)
        with (
            pytest.raises(Misconfigured, match=missing),
            opened(simulator, account(simulator, **{missing: ""})),
        ):
            pass

    def test_calls_no_host_but_the_vendors(self) -> None:
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
    def test_brings_every_reservation_whatever_the_pages(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        monkeypatch.setattr(capabilities, "PAGE_SIZE", size)
        simulator = running(bookings=12 if size == 1 else 60)
        found, _ = pulled(simulator, request(simulator))
        assert found.keys() == names(simulator)

    def test_brings_what_is_true_of_each(self, running: Start) -> None:
        simulator = running(currency="KWD", time_zone="Asia/Kuwait")
        found, _ = pulled(simulator, request(simulator))
        for true in simulator.truth():
            told = found[true.external_id]
            assert (told.status, told.total) == (true.status, true.total)

    def test_of_an_empty_hotel_is_empty(self, running: Start) -> None:
        simulator = running(bookings=0)
        found, cursor = pulled(simulator, request(simulator))
        assert found == {}
        assert cursor is not None

    def test_tells_records_guests_and_availability(self, running: Start) -> None:
        simulator = running(bookings=40)
        with opened(simulator) as client:
            pages = list(client.pull(request(simulator)))
        (records,) = [page.records for page in pages if page.records]
        assert len(records.rooms) == len(simulator.hotel.rooms)
        assert {kind.name for kind in records.room_types} == {"Single", "Double", "Family", "Suite"}
        assert {plan.name for plan in records.rate_plans} == {"Flexible", "Not refundable"}
        cells = [i for page in pages for i in page.items if i.kind is ItemKind.AVAILABILITY]
        assert len(cells) == AHEAD * 4
        guests = {g.external_id for g in said(pages) if isinstance(g, GuestSnapshot)}
        assert guests == {
            simulator.words.guest_id(guest.id) for guest, _, _ in simulator.words.guests()
        }

    def test_counts_the_rooms_that_are_left(self, running: Start) -> None:
        simulator = running(bookings=60)
        with opened(simulator) as client:
            pages = list(client.pull(request(simulator)))
        cells = {s.external_id: s for s in said(pages) if not isinstance(s, BookingSnapshot)}
        hotel = simulator.hotel
        day = hotel.today + timedelta(days=5)
        sold = hotel.sold(day, day + timedelta(days=1))
        for kind in hotel.room_types:
            told: Any = cells[f"{simulator.words.inventory.room_type_id(kind)}/{day}"]
            assert told.available == len(hotel.rooms_of(kind)) - sold[kind, day]

    def test_continues_with_what_changed_since(self, running: Start) -> None:
        simulator = running()
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(3 * 86_400)
        simulator.life.desk.touch(some(simulator, StayState.CHECKED_OUT).stays[0])
        canceled = simulator.act(Act.CANCEL)
        found, later = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
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
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(60)
        booked = simulator.act(Act.BOOK)
        found, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert booked in found

    def test_reads_a_second_in_which_more_changed_than_a_page_holds(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(capabilities, "PAGE_SIZE", 5)
        simulator = running()
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(3_600)
        bookings = simulator.hotel.truth()[:23]
        for booking in bookings:
            simulator.life.desk.touch(booking.stays[0])
        found, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert {name(simulator, booking) for booking in bookings} <= found.keys()

    def test_loses_nothing_that_moves_while_it_is_paged(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(capabilities, "PAGE_SIZE", 5)
        simulator = running()
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(3_600)
        changed = simulator.hotel.truth()[:40]
        for booking in changed:
            simulator.life.wait(1)
            simulator.life.desk.touch(booking.stays[0])
        simulator.faults.add(parse_fault("moving-items,times=4,path=getReservationsWith"))
        found, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        for booking in changed:
            told = found[name(simulator, booking)].version.updated_at
            assert told.timestamp() >= booking.stays[0].updated // TICKS - 1

    def test_goes_on_although_one_change_is_stamped_in_the_future(self, running: Start) -> None:
        simulator = running()
        bookings = simulator.hotel.truth()
        bookings[0].stays[0].updated = simulator.hotel.now + 400 * 86_400 * TICKS
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(3_600)
        simulator.life.desk.touch(bookings[1].stays[0])
        found, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert name(simulator, bookings[1]) in found

    @pytest.mark.parametrize("kind", list(SyncKind))
    def test_resumes_after_any_page(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, kind: SyncKind
    ) -> None:
        monkeypatch.setattr(capabilities, "PAGE_SIZE", 10)
        simulator = running(bookings=15)
        _, cursor = pulled(simulator, request(simulator))
        simulator.advance(days=1)
        with opened(simulator) as client:
            pages = list(client.pull(request(simulator, kind, cursor)))
        whole = picture_of(pages)
        for number in range(0, len(pages) - 1, 9):
            rest, _ = pulled(simulator, request(simulator, kind, cursor, pages[number].checkpoint))
            assert picture_of(pages[: number + 1]) | rest == whole

    def test_by_reconcile_sees_what_moved_no_time_stamp(self, running: Start) -> None:
        simulator = running()
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(40 * 3_600)
        booking = some(simulator, StayState.CHECKED_OUT)
        guest = simulator.hotel.guests[booking.stays[0].guest_id]
        simulator.life.desk.change_guest(guest, "x@example.com")
        asked = name(simulator, booking)
        delta, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert asked not in delta
        whole, moved = pulled(simulator, request(simulator, SyncKind.RECONCILE, cursor))
        assert moved is None
        assert isinstance(whole[asked].primary_guest, Party)
        assert whole[asked].primary_guest.email == "x@example.com"

    def test_tells_a_deleted_one_as_gone(self, running: Start) -> None:
        simulator = running()
        _, cursor = pulled(simulator, request(simulator))
        gone = simulator.act(Act.DELETE)
        found, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert gone is not None
        assert found[gone].deleted

    def test_clears_what_is_gone(self, running: Start) -> None:
        simulator = running()
        canceled = simulator.act(Act.CANCEL)
        before, cursor = pulled(simulator, request(simulator))
        assert canceled is not None
        assert isinstance(before[canceled].canceled_at, datetime)
        back = simulator.act(Act.REINSTATE)
        after, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert back is not None
        assert after[back].canceled_at is None

    def test_finds_a_stay_of_400_nights_that_ends_after_the_window(self, running: Start) -> None:
        simulator = running(bookings=20)
        booking = some(simulator, StayState.CONFIRMED)
        stay = booking.stays[0]
        stay.departure = stay.arrival + timedelta(days=400)
        simulator.life.desk.reprice(stay)
        found, _ = pulled(simulator, request(simulator))
        told = found[name(simulator, booking)]
        assert isinstance(told.rooms, tuple)
        assert len(told.rooms[0].nightly_prices) == 400


class TestRoomsOfAReservation:
    def test_have_states_of_their_own(self, running: Start) -> None:
        simulator = running(start_date=date(2026, 6, 1))
        booking = next(
            b
            for b in simulator.hotel.truth()
            if len(b.stays) > 1 and all(s.state is StayState.CONFIRMED for s in b.stays)
        )
        simulator.life.desk.check_in(booking.stays[0])
        simulator.life.desk.cancel(booking.stays[1])
        with opened(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, name(simulator, booking))])
        told = picture_of([page])[name(simulator, booking)]
        assert told.status is BookingStatus.CHECKED_IN
        assert isinstance(told.rooms, tuple)
        states = [room.status for room in told.rooms]
        assert states[:2] == [BookingStatus.CHECKED_IN, BookingStatus.CANCELED]
        assert set(states[2:]) <= {BookingStatus.CONFIRMED}


class TestFetch:
    def test_brings_what_is_there_and_nothing_for_what_is_gone(self, running: Start) -> None:
        simulator = running()
        there = name(simulator, simulator.hotel.truth()[0])
        with opened(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, there), Ref(RefKind.BOOKING, "999")])
        assert [item.external_id for item in page.items] == [there]

    def test_tells_the_same_as_a_pull(self, running: Start) -> None:
        simulator = running(bookings=30)
        whole, _ = pulled(simulator, request(simulator))
        with opened(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, each) for each in whole])
        assert picture_of([page]) == whole

    def test_asks_each_that_the_list_leaves_out_alone(self, running: Start) -> None:
        simulator = running(bookings=20)
        served = simulator.requests_served
        with opened(simulator) as client:
            client.fetch([Ref(RefKind.BOOKING, "998"), Ref(RefKind.BOOKING, "999")])
        asked = simulator.requests_served.get("/api/v1.3/getReservation", 0)
        assert asked - served.get("/api/v1.3/getReservation", 0) == 2

    def test_of_a_guest_tells_the_same_person_as_the_list(self, running: Start) -> None:
        simulator = running(bookings=20)
        with opened(simulator) as client:
            pages = list(client.pull(request(simulator)))
            listed = {s.external_id: s for s in said(pages) if isinstance(s, GuestSnapshot)}
            page = client.fetch([Ref(RefKind.GUEST, each) for each in listed])
        alone = [s for s in said([page]) if isinstance(s, GuestSnapshot)]
        assert len(alone) == len(listed)
        for found in alone:
            held = listed[found.external_id]
            assert found.version > held.version
            assert replace(found, version=held.version) == held

    def test_of_a_merged_guest_tells_into_whom(self, running: Start) -> None:
        simulator = running(bookings=20)
        one, other, *_ = simulator.hotel.guests.values()
        simulator.life.desk.merge(one, other)
        with opened(simulator) as client:
            page = client.fetch([Ref(RefKind.GUEST, simulator.words.guest_id(one.id))])
        (found,) = (s for s in said([page]) if isinstance(s, GuestSnapshot))
        assert found.merged_into == simulator.words.guest_id(other.id)

    def test_of_a_guest_tells_the_reservations_that_hold_its_details(self, running: Start) -> None:
        simulator = running(bookings=20)
        booking = some(simulator, StayState.CONFIRMED)
        guest = simulator.hotel.guests[booking.stays[0].guest_id]
        simulator.life.desk.change_guest(guest, "x@example.com")
        with opened(simulator) as client:
            page = client.fetch([Ref(RefKind.GUEST, simulator.words.guest_id(guest.id))])
        told = picture_of([page])[name(simulator, booking)].primary_guest
        assert isinstance(told, Party)
        assert told.email == "x@example.com"

    def test_of_a_guest_that_is_not_there_is_empty(self, running: Start) -> None:
        with opened(running(bookings=10)) as client:
            assert client.fetch([Ref(RefKind.GUEST, "999")]).items == []


class TestFaults:
    @pytest.mark.parametrize("fault", PASSING)
    def test_that_pass_are_waited_out(self, running: Start, fault: str) -> None:
        simulator = running(bookings=20)
        simulator.faults.add(parse_fault(f"{fault},times=2"))
        found, _ = pulled(simulator, request(simulator))
        assert found.keys() == names(simulator)

    @pytest.mark.parametrize("fault", OF_THE_WIRE)
    def test_of_the_wire_are_tried_again(self, running: Start, fault: str) -> None:
        simulator = running(bookings=20)
        simulator.faults.add(parse_fault(f"{fault},times=2,path=getReservations"))
        found, _ = pulled(simulator, request(simulator))
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
    def test_that_stay_are_told(self, running: Start, fault: str, error: type[Exception]) -> None:
        simulator = running(bookings=20)
        simulator.faults.add(parse_fault(f"{fault},path=getReservations"))
        with opened(simulator) as client, pytest.raises(error):
            list(client.pull(request(simulator)))

    def test_of_the_limit_never_come_to_that(self, running: Start) -> None:
        """Five in any second, by our own budget."""
        clock = SkippingClock(datetime.now(UTC))
        simulator = running(bookings=20, limit=SlidingWindow(5, 1, clock.monotonic))
        with opened(simulator, clock=clock) as client:
            list(client.pull(request(simulator)))
            assert client.counts().retries == 0
            assert client.counts().waited_ms > 0

    @pytest.mark.parametrize("fault", ["wrong-types", "unknown-state", "missing-field"])
    def test_of_one_item_take_only_that_item(self, running: Start, fault: str) -> None:
        simulator = running(bookings=40)
        simulator.faults.add(parse_fault(f"{fault},times=3,path=getReservations"))
        with opened(simulator) as client:
            pages = list(client.pull(request(simulator)))
        refused = [item for page in pages for item in page.items if item.reason]
        read = [item for page in pages for item in page.items if item.snapshot]
        assert 1 <= len(refused) <= 3
        assert len(read) > 100

    def test_of_a_new_field_keep_it(self, running: Start) -> None:
        simulator = running(bookings=10)
        simulator.faults.add(parse_fault("new-field,path=getReservations"))
        found, _ = pulled(simulator, request(simulator))
        assert found.keys() == names(simulator)
        for told in found.values():
            assert isinstance(told.extras, tuple)
            assert "SimulatedNewField" in dict(told.extras)
