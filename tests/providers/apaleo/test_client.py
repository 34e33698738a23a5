"""The client against the vendor's protocol over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.simulation.hotel.records import TICKS, RoomStay, StayState
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit
from adapters.outbound.providers.apaleo import provider as make_provider
from adapters.outbound.providers.apaleo.client import api as apaleo_api
from adapters.outbound.providers.apaleo.simulator.api import SimulatedApaleoClients
from adapters.outbound.providers.apaleo.simulator.server import ApaleoSimulator
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, Party, PartyRole
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
    simulated_hotel_activity,
    start_simulators,
)
from tests.providers.mews.payloads import SkippingClock, tools

RESERVATIONS = "/booking/v1/reservations"
TOKEN = "/connect/token"
SECRETS = ("client_id", "client_secret")

Start = Callable[..., ApaleoSimulator]


def create_simulator(bookings: int = 120, **options: Any) -> ApaleoSimulator:
    return ApaleoSimulator(simulated_hotel_activity(bookings, options), **options)


@pytest.fixture
def running() -> Iterator[Start]:
    with start_simulators(create_simulator) as start:
        yield start


def account(simulator: ApaleoSimulator, **values: str) -> Account:
    return account_of({**simulator.connection_values(), **values}, SECRETS)


def open_vendor_client(
    simulator: ApaleoSimulator, asked: Account | None = None, clock: SkippingClock | None = None
) -> AbstractContextManager[ProviderClient]:
    clock = clock or SkippingClock(instant(simulator.hotel.now))
    return open_client(make_provider, asked or account(simulator), clock)


def request(simulator: ApaleoSimulator, *asked: Any, **more: Any) -> PullRequest:
    return pull_request(simulator.hotel.today, *asked, **more)


def pull_pages(simulator: ApaleoSimulator, asked: PullRequest) -> tuple[BookingsById, str | None]:
    with open_vendor_client(simulator) as client:
        pages = list(client.pull(asked))
    return bookings_by_id(pages), pages[-1].cursor


def name(stay: RoomStay) -> str:
    return f"{stay.booking_id}-{stay.line}"


def names(simulator: ApaleoSimulator) -> set[str]:
    return {name(stay) for stay in simulator.hotel.stays()}


def some(simulator: ApaleoSimulator, state: StayState) -> RoomStay:
    return next(stay for stay in simulator.hotel.stays() if stay.state is state)


def normalized(found: BookingSnapshot) -> Any:
    """A pulled booking has all of its fields, none is absent."""
    return found


class TestCheck:
    def test_reports_property_details(self, running: Start) -> None:
        simulator = running(time_zone="Pacific/Auckland", currency="NZD")
        with open_vendor_client(simulator) as client:
            report = client.check()
        assert (report.property_id, report.time_zone) == ("SIM1", "Pacific/Auckland")
        assert report.currency == "NZD"
        assert len(report.advice) == 3

    def test_rejects_unknown_property(self, running: Start) -> None:
        simulator = running(bookings=10)
        with (
            open_vendor_client(simulator, account(simulator, property_id="MUC")) as client,
            pytest.raises(Misconfigured),
        ):
            client.check()

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
            asked = Account(
                connection_id=UUID(int=7),
                time_zone="UTC",
                currency="EUR",
                settings={setting: "https://hotel.example"},
                secrets={"client_id": "a", "client_secret": "b"},
                correlation_id="test",
            )
            with pytest.raises(Misconfigured):
                strict.open(asked)


class TestTokens:
    def test_requests_token_once(self, running: Start) -> None:
        simulator = running(bookings=20)
        with open_vendor_client(simulator) as client:
            list(client.pull(request(simulator)))
        assert simulator.requests_served[TOKEN] == 1

    def test_requests_new_token_after_revocation(self, running: Start) -> None:
        simulator = running(bookings=20)
        with open_vendor_client(simulator) as client:
            client.check()
            simulator.expire_tokens()
            client.check()
        assert simulator.requests_served[TOKEN] == 2

    def test_renews_token_before_expiry(self, running: Start) -> None:
        simulator = running(
            bookings=20, clients=replace(SimulatedApaleoClients.of(1), token_seconds=600)
        )
        clock = SkippingClock(datetime.now(UTC))
        with open_vendor_client(simulator, clock=clock) as client:
            client.check()
            clock.sleep(500)
            client.check()
            assert simulator.requests_served[TOKEN] == 1
            clock.sleep(60)
            client.check()
        assert simulator.requests_served[TOKEN] == 2

    def test_fails_when_renewed_token_is_rejected(self, running: Start) -> None:
        simulator = running(bookings=20)
        simulator.faults.add(parse_fault("401,path=inventory"))
        with open_vendor_client(simulator) as client, pytest.raises(CredentialsRefused):
            client.check()
        assert simulator.requests_served[TOKEN] == 2

    def test_rejects_wrong_credentials(self, running: Start) -> None:
        simulator = running(bookings=20)
        wrong = replace(
            account(simulator), secrets={"client_id": "no", "client_secret": "hush-hush"}
        )
        with (
            open_vendor_client(simulator, wrong) as client,
            pytest.raises(CredentialsRefused) as rejected,
        ):
            client.check()
        assert "hush" not in f"{rejected.value!r} {rejected.value.details}"


class TestPull:
    @pytest.mark.parametrize("size", [1, 7, 10_000])
    def test_reads_all_reservations_for_any_page_size(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        monkeypatch.setattr(apaleo_api, "PAGE_SIZE", size)
        simulator = running(bookings=12 if size == 1 else 60)
        found, _ = pull_pages(simulator, request(simulator))
        assert found.keys() == names(simulator)

    def test_returns_nothing_for_empty_hotel(self, running: Start) -> None:
        simulator = running(bookings=0)
        found, cursor = pull_pages(simulator, request(simulator))
        assert found == {}
        assert cursor is not None

    def test_reads_records_and_availability(self, running: Start) -> None:
        simulator = running(bookings=40)
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator)))
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

    def test_reads_more_than_one_page_of_changes_in_one_second(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(apaleo_api, "PAGE_SIZE", 5)
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(3_600)
        stays = list(simulator.hotel.stays())[:23]
        for stay in stays:
            simulator.activity.commands.touch(stay)
        simulator.activity.advance_clock(60)
        late = list(simulator.hotel.stays())[30]
        simulator.activity.commands.touch(late)
        found, later = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert {name(stay) for stay in (*stays, late)} <= found.keys()
        assert later is not None
        seconds = int(datetime.fromisoformat(later).timestamp())
        assert seconds == late.updated // TICKS

    def test_reads_items_that_move_between_pages(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(apaleo_api, "PAGE_SIZE", 5)
        simulator = running()
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(3_600)
        changed = list(simulator.hotel.stays())[:40]
        for stay in changed:
            simulator.activity.advance_clock(1)
            simulator.activity.commands.touch(stay)
        simulator.faults.add(parse_fault("moving-items,times=4,path=reservations"))
        found, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert {name(stay) for stay in changed} <= found.keys()
        assert all(
            found[name(stay)].version.updated_at.timestamp() >= stay.updated // TICKS
            for stay in changed
        )

    def test_ignores_future_timestamps_in_cursor(self, running: Start) -> None:
        simulator = running()
        stays = list(simulator.hotel.stays())
        stays[0].updated = simulator.hotel.now + 400 * 86_400 * TICKS
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.activity.advance_clock(3_600)
        simulator.activity.commands.touch(stays[1])
        found, _ = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert name(stays[1]) in found

    @pytest.mark.parametrize("kind", list(SyncKind))
    def test_resumes_from_every_checkpoint(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, kind: SyncKind
    ) -> None:
        monkeypatch.setattr(apaleo_api, "PAGE_SIZE", 10)
        simulator = running(bookings=40)
        _, cursor = pull_pages(simulator, request(simulator))
        simulator.advance(days=2)
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator, kind, cursor, ahead=60)))
        is_complete = bookings_by_id(pages)
        for number in range(0, len(pages) - 1, 3):
            asked = request(simulator, kind, cursor, pages[number].checkpoint, ahead=60)
            rest, _ = pull_pages(simulator, asked)
            assert bookings_by_id(pages[: number + 1]) | rest == is_complete

    def test_by_reconcile_sees_a_booker_that_the_delta_misses(self, running: Start) -> None:
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
        (booker,) = [
            p for p in normalized(is_complete[asked]).further_guests if p.role is PartyRole.BOOKER
        ]
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


class TestFetch:
    def test_fetch_omits_missing_items(self, running: Start) -> None:
        simulator = running()
        stays = list(simulator.hotel.stays())[:2]
        simulator.activity.commands.delete(stays[1])
        refs = [Ref(RefKind.BOOKING, name(stay)) for stay in stays]
        with open_vendor_client(simulator) as client:
            page = client.fetch([*refs, Ref(RefKind.BOOKING, "NOSUCH-1")])
        assert [item.external_id for item in page.items] == [name(stays[0])]

    def test_fetch_matches_pull(self, running: Start) -> None:
        simulator = running(bookings=30)
        is_complete, _ = pull_pages(simulator, request(simulator))
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, each) for each in is_complete])
        assert bookings_by_id([page]) == is_complete

    def test_of_a_booking_brings_all_its_reservations(self, running: Start) -> None:
        simulator = running()
        booking = next(b for b in simulator.hotel.expected_bookings() if len(b.stays) > 2)
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, booking.id)])
        assert {item.external_id for item in page.items} == {name(s) for s in booking.stays}

    def test_never_shows_another_property_of_the_account(self, running: Start) -> None:
        simulator = running()
        stay = some(simulator, StayState.CONFIRMED)
        with open_vendor_client(simulator) as client:
            client.check()
            client.fetch([Ref(RefKind.RECORDS)])
            simulator.hotel.seed = 99
            page = client.fetch([Ref(RefKind.BOOKING, name(stay))])
        assert page.items == []

    def test_brings_availability_and_records(self, running: Start) -> None:
        simulator = running(bookings=30)
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.AVAILABILITY), Ref(RefKind.RECORDS)])
        assert len(page.items) == 365 * 4
        assert page.records


class TestParties:
    def test_are_primary_companions_booker_and_the_company(self, running: Start) -> None:
        simulator = running(bookings=300)
        is_complete, _ = pull_pages(simulator, request(simulator))
        roles = {
            party.role
            for found in is_complete.values()
            for party in normalized(found).further_guests
        }
        assert roles == {PartyRole.COMPANION, PartyRole.BOOKER, PartyRole.OWNER}
        assert all(isinstance(found.primary_guest, Party) for found in is_complete.values())


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
        simulator.faults.add(parse_fault(f"{fault},times=2,path=reservations"))
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
        simulator.faults.add(parse_fault(f"{fault},path=booking"))
        with open_vendor_client(simulator) as client, pytest.raises(error):
            list(client.pull(request(simulator)))

    def test_waits_for_rate_limit(self, running: Start) -> None:
        clock = SkippingClock(datetime.now(UTC))
        simulator = running(bookings=20, limit=SimulatorRateLimit(3, 10, clock.monotonic))
        with open_vendor_client(simulator, clock=clock) as client:
            for _ in range(6):
                client.check()
            assert client.counts().retries > 2

    @pytest.mark.parametrize("fault", ["wrong-types", "unknown-state", "missing-field"])
    def test_invalid_item_does_not_affect_others(self, running: Start, fault: str) -> None:
        simulator = running(bookings=40)
        simulator.faults.add(parse_fault(f"{fault},times=3,path=reservations"))
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator)))
        rejected = [item for page in pages for item in page.items if item.reason]
        read = [item for page in pages for item in page.items if item.snapshot]
        assert 1 <= len(rejected) <= 3
        assert len(read) > 100

    def test_keeps_unknown_fields(self, running: Start) -> None:
        simulator = running(bookings=10)
        simulator.faults.add(parse_fault("new-field,path=reservations"))
        found, _ = pull_pages(simulator, request(simulator))
        assert found.keys() == names(simulator)
        assert all("SimulatedNewField" in dict(normalized(f).extras) for f in found.values())
