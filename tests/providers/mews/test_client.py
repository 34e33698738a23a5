"""The client against the vendor's protocol over real HTTP."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from adapters.outbound.provider_kit.simulation.hotel.records import days_between
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit
from adapters.outbound.providers.mews import provider as make_provider
from adapters.outbound.providers.mews.simulator.availability import count_nights
from adapters.outbound.providers.mews.simulator.hotel_time import utc_text
from adapters.outbound.providers.mews.simulator.records import MewsReservation
from adapters.outbound.providers.mews.simulator.server import MewsSimulator
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, GuestSnapshot, Party, PartyRole, Snapshot
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from domain.values import ABSENT
from ports.errors import (
    CredentialsRefused,
    Misconfigured,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    TooHeavy,
    UnreadableAnswer,
)
from ports.providers import Page, Provider, ProviderClient, PullRequest, Ref, RefKind
from ports.system import Clock
from tests.providers.client_harness import Start, VendorClients, simulators_fixture
from tests.providers.mews.payloads import SkippingClock, tools
from tests.providers.mews.simulator_client import reservation_ids

Key = tuple[ItemKind, str | None]
BookingsById = dict[Key, Snapshot]
RESERVATIONS = "/api/connector/v1/reservations/getAll/2023-06-06"


CLIENTS = VendorClients(
    make_provider=make_provider,
    make_simulator=MewsSimulator,
    secrets=("client_token", "access_token"),
)
account, request = CLIENTS.account, CLIENTS.request
running = simulators_fixture(CLIENTS.create_simulator)


def connected(clock: Clock | None = None) -> Provider:
    # HTTP dates in the answers are of the real day.
    clock = clock or SkippingClock(datetime.now(UTC))
    return make_provider(tools(clock, allowed_hosts=frozenset({"127.0.0.1"}), plain_http=True))


def opened(
    simulator: MewsSimulator, clock: SkippingClock | None = None
) -> AbstractContextManager[ProviderClient]:
    # HTTP dates in the answers are of the real day.
    return CLIENTS.open(simulator, clock=clock or SkippingClock(datetime.now(UTC)))


def change_after_an_hour(simulator: MewsSimulator, change: Callable[[], object]) -> None:
    with simulator.hotel.lock:
        simulator.activity.advance_clock(3_600)
        change()


def bookings_by_id(pages: list[Page]) -> BookingsById:
    found: BookingsById = {}
    for page in pages:
        for item in page.items:
            assert item.reason is None, item.reason
            assert item.snapshot is not None
            found[item.kind, item.external_id] = item.snapshot
    return found


def of_kind(picture: BookingsById, kind: ItemKind) -> set[str]:
    return {external_id or "" for found, external_id in picture if found is kind}


def pull_pages(simulator: MewsSimulator, asked: PullRequest) -> tuple[BookingsById, str | None]:
    with opened(simulator) as client:
        pages = list(client.pull(asked))
    return bookings_by_id(pages), pages[-1].cursor


def booking(picture: BookingsById, external_id: str) -> Any:
    """Loosely typed: a pulled booking has all of its fields, none is absent."""
    found = picture[ItemKind.BOOKING, external_id]
    assert isinstance(found, BookingSnapshot)
    return found


def some(simulator: MewsSimulator, **wanted: str) -> MewsReservation:
    return next(
        item
        for item in simulator.records.stays()
        if all(getattr(item, name) == value for name, value in wanted.items())
    )


class TestCheck:
    def test_reports_property_details(self, running: Start) -> None:
        simulator = running(time_zone="Pacific/Auckland", currency="NZD")
        with opened(simulator) as client:
            report = client.check()
        assert report.property_id == simulator.catalog.enterprise_id
        assert (report.time_zone, report.currency) == ("Pacific/Auckland", "NZD")
        assert len(report.advice) == 2

    def test_advises_when_no_lodging_service(self, running: Start) -> None:
        simulator = running(bookings=20)
        for entry in simulator.catalog.categories:
            entry.body["Type"] = "Desk"
        with opened(simulator) as client:
            (advice,) = client.check().advice
            assert "service_ids" in advice
            with pytest.raises(Misconfigured):
                list(client.pull(request(simulator)))

    def test_refuses_wrong_tokens(self, running: Start) -> None:
        simulator = running()
        good = account(simulator)
        client = connected().open(replace(good, secrets={**good.secrets, "access_token": "other"}))
        with pytest.raises(CredentialsRefused):
            client.check()
        assert client.counts().calls == 1
        client.close()


class TestOpen:
    @pytest.mark.parametrize("missing", ["client_token", "access_token"])
    def test_names_the_missing_secret(self, missing: str, running: Start) -> None:
        good = account(running())
        secrets = {name: value for name, value in good.secrets.items() if name != missing}
        with pytest.raises(Misconfigured, match=missing):
            connected().open(replace(good, secrets=secrets))

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example",
            "http://api.mews.com",
            "https://127.0.0.1",
            "https://api.mews.com:8443",
        ],
    )
    def test_calls_only_allowed_hosts(self, url: str, running: Start) -> None:
        good = account(running(), base_url=url)
        with pytest.raises(Misconfigured):
            make_provider(tools()).open(good)


class TestFull:
    def test_reads_every_booking_once_and_no_parking(self, running: Start) -> None:
        simulator = running(bookings=400)
        with opened(simulator) as client:
            pages = list(client.pull(request(simulator)))
        seen = Counter(
            item.external_id
            for page in pages
            for item in page.items
            if item.kind is ItemKind.BOOKING
        )
        expected_bookings = reservation_ids(simulator)
        assert set(seen) == expected_bookings
        picture = bookings_by_id(pages)
        people = of_kind(picture, ItemKind.GUEST)
        for external_id in expected_bookings:
            payload = booking(picture, external_id)
            assert isinstance(payload.primary_guest, Party)
            if payload.primary_guest.role is PartyRole.PRIMARY:
                assert payload.primary_guest.guest_id in people
                assert payload.primary_guest.last_name
        assert [page.cursor for page in pages[:-1]] == [None] * (len(pages) - 1)
        assert pages[-1].cursor == utc_text(simulator.records.now)

    def test_reads_only_configured_services(self, running: Start) -> None:
        simulator = running()
        parking = simulator.catalog.parking_service_id
        named = account(simulator, service_ids=f" {parking} ,")
        client = connected().open(named)
        page = next(p for p in client.pull(request(simulator)) if p.records)
        assert [t.external_id for t in page.records.room_types] == [
            simulator.catalog.parking_category_id
        ]
        client.close()

    def test_reads_records_that_bookings_reference(self, running: Start) -> None:
        simulator = running()
        with opened(simulator) as client:
            pages = list(client.pull(request(simulator)))
        records = next(page.records for page in pages if page.records)
        rooms = {room.external_id: room for room in records.rooms}
        types = {room_type.external_id for room_type in records.room_types}
        plans = {plan.external_id for plan in records.rate_plans}
        assert {room.room_type_id for room in rooms.values()} <= types
        assert simulator.catalog.parking_category_id not in types
        for external_id in reservation_ids(simulator):
            payload = booking(bookings_by_id(pages), external_id)
            assert payload.rooms
            (room,) = payload.rooms
            assert room.room_type_id in types
            assert room.rate_plan_id in plans
            assert room.room_id is None or room.room_id in rooms

    @pytest.mark.parametrize(
        ("zone", "currency"),
        [("Pacific/Apia", "JPY"), ("America/Los_Angeles", "KWD"), ("Europe/Berlin", "EUR")],
    )
    def test_maps_dates_and_amounts_in_any_zone_and_currency(
        self, zone: str, currency: str, running: Start
    ) -> None:
        simulator = running(time_zone=zone, currency=currency)
        picture, _ = pull_pages(simulator, request(simulator))
        hotel, records = simulator.hotel, simulator.records
        for item in records.stays():
            payload = booking(picture, item.id)
            assert payload.stay
            assert payload.stay.arrival == item.stay.arrival
            assert payload.stay.departure == item.stay.departure
            assert payload.total
            assert (payload.total.minor, payload.total.currency) == (records.total(item), currency)
        days = sorted(
            payload.day
            for payload in picture.values()
            if hasattr(payload, "day") and payload.day is not None
        )
        assert days[0] == hotel.today
        assert days[-1] == hotel.today + timedelta(days=249)

    def test_availability_matches_the_simulator(self, running: Start) -> None:
        simulator = running(bookings=300)
        picture, _ = pull_pages(simulator, request(simulator))
        first: date = simulator.hotel.today
        days = days_between(first, first + timedelta(days=81))
        for category_id, nights in count_nights(simulator.records, days).items():
            for offset in range(81):
                day = first + timedelta(days=offset)
                cell: Any = picture[ItemKind.AVAILABILITY, f"{category_id}/{day.isoformat()}"]
                payload = {name: column[offset] for name, column in nights.metrics.items()}
                assert cell.total == payload["ActiveResources"]
                assert cell.occupied == payload["Occupied"]
                assert cell.total == cell.occupied + cell.blocked + cell.available


class TestPaging:
    def test_reads_more_than_a_thousand_changes_of_one_second(self, running: Start) -> None:
        simulator = running(bookings=1_300)
        hotel = simulator.hotel
        with hotel.lock:
            simulator.activity.advance_clock(3_600)
            for item in simulator.records.stays():
                simulator.activity.commands.touch(item.stay)
        cursor = utc_text(simulator.records.now)
        assert {item.updated for item in simulator.records.stays()} == {simulator.records.now}
        with opened(simulator) as client:
            pages = client.pull(request(simulator, SyncKind.DELTA, cursor))
            found: set[str | None] = set()
            for page in pages:
                found |= {i.external_id for i in page.items if i.kind is ItemKind.BOOKING}
        assert found >= reservation_ids(simulator)

    @pytest.mark.parametrize(
        ("kind", "half_open"), [(SyncKind.FULL, False), (SyncKind.RECONCILE, True)]
    )
    def test_loses_nothing_while_items_move(
        self, kind: SyncKind, half_open: bool, running: Start
    ) -> None:
        simulator = running(bookings=1_100, half_open_intervals=half_open)
        with opened(simulator) as client:
            simulator.faults.add(Fault(FaultKind.MOVING_ITEMS, times=4, path="reservations"))
            pages = list(client.pull(request(simulator, kind)))
        assert of_kind(bookings_by_id(pages), ItemKind.BOOKING) >= reservation_ids(simulator)

    def test_ends_although_every_page_moves(self, running: Start) -> None:
        simulator = running(bookings=1_300)
        with opened(simulator) as client:
            simulator.faults.add(Fault(FaultKind.MOVING_ITEMS, path="reservations"))
            pages = list(client.pull(request(simulator, SyncKind.RECONCILE)))
        assert of_kind(bookings_by_id(pages), ItemKind.BOOKING) >= reservation_ids(simulator)

    @pytest.mark.parametrize("kind", [SyncKind.FULL, SyncKind.DELTA])
    def test_continues_when_cursor_item_is_deleted(self, kind: SyncKind, running: Start) -> None:
        simulator = running(bookings=1_050)
        with simulator.hotel.lock:
            for item in simulator.records.stays():
                simulator.activity.commands.touch(item.stay)
        asked = request(simulator, kind, utc_text(simulator.records.now))
        with opened(simulator) as client:
            stored = []
            for page in client.pull(asked):
                stored.append(page)
                if '"cursor"' in (page.checkpoint or ""):
                    break
            checkpoint = stored[-1].checkpoint
            assert checkpoint is not None
            broken = checkpoint.replace('"cursor":"', '"cursor":"00000000')
            assert broken != checkpoint
            stored += client.pull(replace(asked, checkpoint=broken))
        expected_bookings = reservation_ids(simulator)
        assert of_kind(bookings_by_id(stored), ItemKind.BOOKING) == expected_bookings


class TestDelta:
    def test_starts_from_a_cursor_older_than_one_interval(self, running: Start) -> None:
        simulator = running(bookings=200)
        cursor = utc_text(simulator.records.now - 300 * 86_400)
        picture, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert of_kind(picture, ItemKind.BOOKING) == reservation_ids(simulator)

    def test_without_a_cursor_reads_everything(self, running: Start) -> None:
        simulator = running()
        picture, cursor = pull_pages(simulator, request(simulator, SyncKind.DELTA))
        assert of_kind(picture, ItemKind.BOOKING) == reservation_ids(simulator)
        assert cursor is not None

    def test_reads_bookings_of_a_changed_guest(self, running: Start) -> None:
        simulator = running()
        records, commands = simulator.records, simulator.activity.commands
        _, cursor = pull_pages(simulator, request(simulator))
        with simulator.hotel.lock:
            simulator.activity.advance_clock(3_600)
            owned = some(simulator, account_type="Customer")
            commands.change_guest(records.customers[owned.account_id].guest, "new1@example.com")
            link = next(records.companionships())
            commands.change_guest(records.customers[link.customer_id].guest, "new2@example.com")
        picture, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        guest = picture[ItemKind.GUEST, owned.account_id]
        assert isinstance(guest, GuestSnapshot)
        payload = booking(picture, owned.id)
        assert isinstance(payload.primary_guest, Party)
        assert payload.primary_guest.email == guest.email
        assert guest.email == records.customers[owned.account_id].guest.email
        shared = booking(picture, link.reservation.id)
        assert link.customer_id in {party.guest_id for party in shared.further_guests or ()} | {
            shared.primary_guest and shared.primary_guest.guest_id
        }

    def test_reads_booking_whose_payment_alone_changed(self, running: Start) -> None:
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        item = some(simulator, state="Confirmed")
        total = simulator.records.total(item)
        change_after_an_hour(simulator, lambda: simulator.activity.commands.pay(item.stay))
        picture, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        found = booking(picture, item.id)
        assert (found.paid.minor, found.balance.minor) == (item.stay.paid, total - item.stay.paid)
        assert item.updated < simulator.records.now - 3_600

    def test_without_the_permission_for_payments_reads_the_rest(self, running: Start) -> None:
        simulator = running()
        simulator.faults.add(Fault(FaultKind.UNAUTHORIZED, path="payments/getAll"))
        picture, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA))
        assert of_kind(picture, ItemKind.BOOKING) == reservation_ids(simulator)
        found = booking(picture, some(simulator, state="Processed").id)
        assert (found.paid, found.balance) == (ABSENT, ABSENT)
        with opened(simulator) as client:
            assert any("may not read payments" in line for line in client.check().advice)

    def test_reads_booking_whose_price_alone_changed(self, running: Start) -> None:
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        item = some(simulator, state="Confirmed")
        before = simulator.records.total(item)
        reprice = simulator.activity.commands.reprice_without_stay_update
        change_after_an_hour(simulator, lambda: reprice(item.stay))
        picture, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert booking(picture, item.id).total.minor == simulator.records.total(item) != before
        assert item.updated < simulator.records.now - 3_600

    def test_continues_after_the_providers_clock_went_back(self, running: Start) -> None:
        simulator = running()
        hotel = simulator.hotel
        _, cursor = pull_pages(simulator, request(simulator))
        with hotel.lock:
            simulator.activity.advance_clock(-7_200)
            item = some(simulator, state="Confirmed")
            simulator.activity.commands.touch(item.stay)
        picture, after = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert item.id in of_kind(picture, ItemKind.BOOKING)
        assert cursor is not None
        assert after is not None
        assert after < cursor

    @pytest.mark.parametrize(
        ("seed", "half_open"),
        [
            (1, False),
            (2, True),
            (3, False),
            *(pytest.param(seed, seed % 2 == 0, marks=pytest.mark.slow) for seed in range(4, 30)),
        ],
    )
    def test_full_sync_matches_expected_state(
        self, seed: int, half_open: bool, running: Start
    ) -> None:
        simulator = running(bookings=250, seed=seed, half_open_intervals=half_open)
        picture, cursor = pull_pages(simulator, request(simulator))
        for days, events in ((0, 25), (1, 0), (0, 1), (2, 60), (0, 0)):
            simulator.advance(days=days, events=events)
            changes, cursor = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
            picture |= changes
        expected_bookings, _ = pull_pages(simulator, request(simulator))
        assert of_kind(picture, ItemKind.BOOKING) == reservation_ids(simulator)
        for key, payload in expected_bookings.items():
            if key[0] is not ItemKind.AVAILABILITY:
                assert picture[key] == payload
        for item in simulator.records.stays():
            no_show = item.cancellation_reason == "NoShow" and item.state == "Canceled"
            assert (booking(picture, item.id).status is BookingStatus.NO_SHOW) is no_show


class TestReconcile:
    def test_reads_changes_without_timestamp_and_moves_no_cursor(self, running: Start) -> None:
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        item = some(simulator, state="Confirmed")
        with simulator.hotel.lock:
            simulator.activity.advance_clock(86_400)
            item.stay.adults += 1
            simulator.activity.commands.change_without_timestamp(item.stay)
        delta, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert item.id not in of_kind(delta, ItemKind.BOOKING)
        picture, after = pull_pages(simulator, request(simulator, SyncKind.RECONCILE, cursor))
        assert after is None
        payload = booking(picture, item.id)
        assert payload.rooms
        assert payload.rooms[0].occupancy[0].count == item.stay.adults
        assert payload.total.minor == simulator.records.total(item)


class TestCheckpoint:
    @pytest.mark.parametrize("kind", list(SyncKind))
    def test_resumes_after_every_page_of_every_phase(self, kind: SyncKind, running: Start) -> None:
        simulator = running(bookings=150)
        with simulator.hotel.lock:
            for number, customer in enumerate(list(simulator.records.customers.values())[::9]):
                simulator.activity.commands.change_guest(customer.guest, f"n{number}@example.com")
        cursor = utc_text(simulator.records.now - 20 * 86_400)
        asked = request(simulator, kind, cursor)
        with opened(simulator) as client:
            complete = list(client.pull(asked))
            expected = {key for key in bookings_by_id(complete)}
            phases = {
                page.checkpoint.split('"phase":"')[1].split('"')[0]
                for page in complete[:-1]
                if page.checkpoint
            }
            assert len(phases) >= 3
            for stored in range(1, len(complete)):
                rest = list(client.pull(replace(asked, checkpoint=complete[stored - 1].checkpoint)))
                again = bookings_by_id([*complete[:stored], *rest])
                assert set(again) == expected
                assert rest[-1].cursor == complete[-1].cursor

    @pytest.mark.parametrize(
        "checkpoint", ["", "nonsense", "{}", '{"format":0}', '{"format":1,"phase":"stays"}']
    )
    def test_of_another_version_restarts_the_pull(self, checkpoint: str, running: Start) -> None:
        simulator = running()
        picture, _ = pull_pages(simulator, request(simulator, checkpoint=checkpoint))
        assert of_kind(picture, ItemKind.BOOKING) == reservation_ids(simulator)


class TestFetch:
    def test_fetch_omits_missing_items(self, running: Start) -> None:
        simulator = running(bookings=1_200)
        records = simulator.records
        parking = next(item for item in records.reservations.values() if item.is_parking)
        wanted = [item.id for item in records.stays()[:1_100]]
        refs = [Ref(RefKind.BOOKING, i) for i in (*wanted, parking.id, "00000000-0000-0000")]
        with opened(simulator) as client:
            page = client.fetch(refs)
        assert of_kind(bookings_by_id([page]), ItemKind.BOOKING) == set(wanted)

    def test_fetches_the_booking_of_a_payment(self, running: Start) -> None:
        simulator = running()
        item = some(simulator, state="Processed")
        *_, payment = simulator.records.payments_of(item)
        with opened(simulator) as client:
            picture = bookings_by_id([client.fetch([Ref(RefKind.PAYMENT, payment.id)])])
        assert of_kind(picture, ItemKind.BOOKING) == {item.id}
        assert booking(picture, item.id).paid.minor == -payment.gross

    def test_guest_fetch_includes_its_bookings(self, running: Start) -> None:
        simulator = running()
        records = simulator.records
        item = some(simulator, account_type="Customer")
        link = next(records.companionships())
        refs = [Ref(RefKind.GUEST, item.account_id), Ref(RefKind.GUEST, link.customer_id)]
        with opened(simulator) as client:
            picture = bookings_by_id([client.fetch(refs)])
        owned = {r.id for r in records.stays() if r.account_id == item.account_id}
        assert of_kind(picture, ItemKind.BOOKING) >= owned | {link.reservation.id}
        assert of_kind(picture, ItemKind.GUEST) >= {item.account_id, link.customer_id}

    def test_fetches_availability_and_records_of_the_coming_year(self, running: Start) -> None:
        simulator = running()
        with opened(simulator) as client:
            page = client.fetch([Ref(RefKind.AVAILABILITY), Ref(RefKind.RECORDS)])
        assert len(page.items) == 365 * len(simulator.catalog.room_category_ids)
        assert page.records.rooms

    def test_empty_fetch_reads_no_reservations(self, running: Start) -> None:
        simulator = running()
        with opened(simulator) as client:
            page = client.fetch([])
        assert not page.items
        assert RESERVATIONS not in simulator.requests_served


class TestFaults:
    @pytest.mark.parametrize("retry_after", ["1", "missing", "date"])
    def test_waits_after_429(self, retry_after: str, running: Start) -> None:
        simulator = running()
        kind = FaultKind.TOO_MANY_REQUESTS
        simulator.faults.add(Fault(kind, times=2, path="reservations", retry_after=retry_after))
        with opened(simulator) as client:
            picture = bookings_by_id(list(client.pull(request(simulator))))
            assert client.counts().retries == 2
        assert of_kind(picture, ItemKind.BOOKING) == reservation_ids(simulator)

    def test_fails_after_repeated_429(self, running: Start) -> None:
        simulator = running()
        simulator.faults.add(Fault(FaultKind.TOO_MANY_REQUESTS, path="reservations"))
        with opened(simulator) as client, pytest.raises(RateLimited):
            list(client.pull(request(simulator)))

    def test_stays_below_rate_limit(self, running: Start) -> None:
        clock = SkippingClock()
        limit = SimulatorRateLimit(200, 30.0, monotonic=clock.monotonic)
        simulator = running(bookings=60, limit=limit)
        with opened(simulator, clock) as client:
            for _ in range(12):
                client.fetch([Ref(RefKind.BOOKING, "none"), Ref(RefKind.RECORDS)])
                for _ in range(20):
                    client.check()
            assert client.counts().retries == 0
            assert client.counts().calls > 200
            assert client.counts().waited_ms > 0

    def test_halves_page_after_408(self, running: Start) -> None:
        simulator = running(bookings=300)
        simulator.faults.add(Fault(FaultKind.REQUEST_TIMEOUT, times=20, path="reservations"))
        with opened(simulator) as client:
            picture = bookings_by_id(list(client.pull(request(simulator))))
        assert of_kind(picture, ItemKind.BOOKING) == reservation_ids(simulator)

    @pytest.mark.parametrize("path", ["reservations", "services/getAvailability"])
    def test_does_not_repeat_a_request_that_was_too_heavy(self, path: str, running: Start) -> None:
        simulator = running(bookings=60)
        simulator.faults.add(Fault(FaultKind.REQUEST_TIMEOUT, times=3, path=path))
        with opened(simulator) as client:
            picture = bookings_by_id(list(client.pull(request(simulator))))
            assert client.counts().retries == 0
            assert client.counts().waited_ms == 0
        assert of_kind(picture, ItemKind.BOOKING) == reservation_ids(simulator)

    def test_retries_requests_that_cannot_be_split(self, running: Start) -> None:
        simulator = running(bookings=60)
        simulator.faults.add(Fault(FaultKind.REQUEST_TIMEOUT, times=2, path="configuration"))
        with opened(simulator) as client:
            list(client.pull(request(simulator)))
            assert client.counts().retries == 2

    def test_fails_when_smallest_page_is_too_heavy(self, running: Start) -> None:
        simulator = running(bookings=60)
        simulator.faults.add(Fault(FaultKind.REQUEST_TIMEOUT, path="reservations"))
        with opened(simulator) as client, pytest.raises(TooHeavy):
            list(client.pull(request(simulator)))

    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            (FaultKind.UNAUTHORIZED, CredentialsRefused),
            (FaultKind.FORBIDDEN, ProviderRejected),
            (FaultKind.SERVER_ERROR, ProviderUnavailable),
            (FaultKind.UNAVAILABLE, ProviderUnavailable),
            (FaultKind.TRUNCATED, ProviderUnavailable),
            (FaultKind.HTML, UnreadableAnswer),
        ],
    )
    def test_maps_vendor_errors(
        self, kind: FaultKind, error: type[Exception], running: Start
    ) -> None:
        simulator = running(bookings=60)
        simulator.faults.add(Fault(kind, path="reservations"))
        with opened(simulator) as client, pytest.raises(error) as raised:
            list(client.pull(request(simulator)))
        assert type(raised.value) is error

    def test_invalid_booking_does_not_affect_page(self, running: Start) -> None:
        simulator = running(bookings=60)
        simulator.faults.add(Fault(FaultKind.UNKNOWN_STATE, times=1, path="reservations"))
        with opened(simulator) as client:
            items = [item for page in client.pull(request(simulator)) for item in page.items]
        (rejected,) = [item for item in items if item.reason is not None]
        assert rejected.reason is not None
        assert rejected.reason.code == "unknown_value"
        assert rejected.external_id in reservation_ids(simulator)
        assert len([item for item in items if item.kind is ItemKind.BOOKING]) >= 60
