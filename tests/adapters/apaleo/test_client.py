"""The client against the vendor's protocol over real HTTP."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from adapters.outbound.provider_kit.simulation.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.hotel_records import TICKS, RoomStay, StayState
from adapters.outbound.provider_kit.simulation.request_window import SlidingWindow
from adapters.outbound.providers.apaleo import api as apaleo_api
from adapters.outbound.providers.apaleo import provider as make_provider
from adapters.outbound.providers.apaleo.simulator import ApaleoSimulator
from adapters.outbound.providers.apaleo.simulator_api import Clients
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot, Party, PartyRole
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
    starting,
)
from tests.adapters.mews.mews_payloads import SkippingClock, tools

RESERVATIONS = "/booking/v1/reservations"
TOKEN = "/connect/token"
SECRETS = ("client_id", "client_secret")

Start = Callable[..., ApaleoSimulator]


def made(bookings: int = 120, **options: Any) -> ApaleoSimulator:
    return ApaleoSimulator(neutral_life(bookings, options), **options)


@pytest.fixture
def running() -> Iterator[Start]:
    with starting(made) as start:
        yield start


def account(simulator: ApaleoSimulator, **values: str) -> Account:
    return account_of({**simulator.connection_values(), **values}, SECRETS)


def opened(
    simulator: ApaleoSimulator, asked: Account | None = None, clock: SkippingClock | None = None
) -> AbstractContextManager[ProviderClient]:
    clock = clock or SkippingClock(instant(simulator.hotel.now))
    return opened_with(make_provider, asked or account(simulator), clock)


def request(simulator: ApaleoSimulator, *asked: Any, **more: Any) -> PullRequest:
    return asking(simulator.hotel.today, *asked, **more)


def pulled(simulator: ApaleoSimulator, asked: PullRequest) -> tuple[Picture, str | None]:
    with opened(simulator) as client:
        pages = list(client.pull(asked))
    return picture_of(pages), pages[-1].cursor


def name(stay: RoomStay) -> str:
    return f"{stay.booking_id}-{stay.line}"


def names(simulator: ApaleoSimulator) -> set[str]:
    return {name(stay) for stay in simulator.hotel.stays()}


def some(simulator: ApaleoSimulator, state: StayState) -> RoomStay:
    return next(stay for stay in simulator.hotel.stays() if stay.state is state)


def loosely(found: BookingSnapshot) -> Any:
    """A pulled booking has all of its fields, none is absent."""
    return found


class TestCheck:
    def test_tells_what_the_provider_says_of_the_hotel(self, running: Start) -> None:
        simulator = running(time_zone="Pacific/Auckland", currency="NZD")
        with opened(simulator) as client:
            report = client.check()
        assert (report.property_id, report.time_zone) == ("SIM1", "Pacific/Auckland")
        assert report.currency == "NZD"
        assert len(report.advice) == 3

    def test_needs_a_property_of_the_account(self, running: Start) -> None:
        simulator = running(bookings=10)
        with (
            opened(simulator, account(simulator, property_id="MUC")) as client,
            pytest.raises(Misconfigured),
        ):
            client.check()

    def test_needs_both_secrets(self, running: Start) -> None:
        simulator = running(bookings=10)
        with (
            pytest.raises(Misconfigured),
            opened(simulator, replace(account(simulator), secrets={})),
        ):
            pass

    def test_calls_no_host_but_the_vendors(self) -> None:
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
    def test_are_asked_for_once(self, running: Start) -> None:
        simulator = running(bookings=20)
        with opened(simulator) as client:
            list(client.pull(request(simulator)))
        assert simulator.requests_served[TOKEN] == 1

    def test_are_asked_for_again_when_they_were_withdrawn(self, running: Start) -> None:
        simulator = running(bookings=20)
        with opened(simulator) as client:
            client.check()
            simulator.expire_tokens()
            client.check()
        assert simulator.requests_served[TOKEN] == 2

    def test_are_asked_for_again_before_they_expire(self, running: Start) -> None:
        simulator = running(bookings=20, clients=replace(Clients.of(1), token_seconds=600))
        clock = SkippingClock(datetime.now(UTC))
        with opened(simulator, clock=clock) as client:
            client.check()
            clock.sleep(500)
            client.check()
            assert simulator.requests_served[TOKEN] == 1
            clock.sleep(60)
            client.check()
        assert simulator.requests_served[TOKEN] == 2

    def test_that_are_refused_twice_are_refused(self, running: Start) -> None:
        simulator = running(bookings=20)
        simulator.faults.add(parse_fault("401,path=inventory"))
        with opened(simulator) as client, pytest.raises(CredentialsRefused):
            client.check()
        assert simulator.requests_served[TOKEN] == 2

    def test_are_not_given_for_wrong_credentials(self, running: Start) -> None:
        simulator = running(bookings=20)
        wrong = replace(
            account(simulator), secrets={"client_id": "no", "client_secret": "hush-hush"}
        )
        with opened(simulator, wrong) as client, pytest.raises(CredentialsRefused) as refused:
            client.check()
        assert "hush" not in f"{refused.value!r} {refused.value.details}"


class TestPull:
    @pytest.mark.parametrize("size", [1, 7, 10_000])
    def test_brings_every_reservation_whatever_the_pages(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, size: int
    ) -> None:
        monkeypatch.setattr(apaleo_api, "PAGE_SIZE", size)
        simulator = running(bookings=12 if size == 1 else 60)
        found, _ = pulled(simulator, request(simulator))
        assert found.keys() == names(simulator)

    def test_of_an_empty_hotel_is_empty(self, running: Start) -> None:
        simulator = running(bookings=0)
        found, cursor = pulled(simulator, request(simulator))
        assert found == {}
        assert cursor is not None

    def test_tells_records_and_availability(self, running: Start) -> None:
        simulator = running(bookings=40)
        with opened(simulator) as client:
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

    def test_continues_with_what_changed_since(self, running: Start) -> None:
        simulator = running()
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(3_600)
        stay = some(simulator, StayState.CONFIRMED)
        simulator.life.desk.cancel(stay)
        found, later = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert found[name(stay)].status is BookingStatus.CANCELED
        assert len(found) < 20
        assert cursor is not None
        assert later is not None
        assert later > cursor

    def test_reads_a_second_in_which_more_changed_than_a_page_holds(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(apaleo_api, "PAGE_SIZE", 5)
        simulator = running()
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(3_600)
        stays = list(simulator.hotel.stays())[:23]
        for stay in stays:
            simulator.life.desk.touch(stay)
        simulator.life.wait(60)
        late = list(simulator.hotel.stays())[30]
        simulator.life.desk.touch(late)
        found, later = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert {name(stay) for stay in (*stays, late)} <= found.keys()
        assert later is not None
        seconds = int(datetime.fromisoformat(later).timestamp())
        assert seconds == late.updated // TICKS

    def test_loses_nothing_that_moves_while_it_is_paged(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(apaleo_api, "PAGE_SIZE", 5)
        simulator = running()
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(3_600)
        changed = list(simulator.hotel.stays())[:40]
        for stay in changed:
            simulator.life.wait(1)
            simulator.life.desk.touch(stay)
        simulator.faults.add(parse_fault("moving-items,times=4,path=reservations"))
        found, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert {name(stay) for stay in changed} <= found.keys()
        assert all(
            found[name(stay)].version.updated_at.timestamp() >= stay.updated // TICKS
            for stay in changed
        )

    def test_goes_on_although_one_change_is_stamped_in_the_future(self, running: Start) -> None:
        simulator = running()
        stays = list(simulator.hotel.stays())
        stays[0].updated = simulator.hotel.now + 400 * 86_400 * TICKS
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(3_600)
        simulator.life.desk.touch(stays[1])
        found, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert name(stays[1]) in found

    @pytest.mark.parametrize("kind", list(SyncKind))
    def test_resumes_after_any_page(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, kind: SyncKind
    ) -> None:
        monkeypatch.setattr(apaleo_api, "PAGE_SIZE", 10)
        simulator = running(bookings=40)
        _, cursor = pulled(simulator, request(simulator))
        simulator.advance(days=2)
        with opened(simulator) as client:
            pages = list(client.pull(request(simulator, kind, cursor, ahead=60)))
        whole = picture_of(pages)
        for number in range(0, len(pages) - 1, 3):
            asked = request(simulator, kind, cursor, pages[number].checkpoint, ahead=60)
            rest, _ = pulled(simulator, asked)
            assert picture_of(pages[: number + 1]) | rest == whole

    def test_by_reconcile_sees_a_booker_that_the_delta_misses(self, running: Start) -> None:
        simulator = running()
        _, cursor = pulled(simulator, request(simulator))
        simulator.life.wait(7_200)
        hotel = simulator.hotel
        booking = next(
            b for b in hotel.truth() if all(b.booker_id != stay.guest_id for stay in b.stays)
        )
        simulator.life.desk.change_guest(hotel.guests[booking.booker_id], "x@example.com")
        asked = f"{booking.id}-1"
        delta, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert asked not in delta
        whole, moved = pulled(simulator, request(simulator, SyncKind.RECONCILE, cursor))
        assert moved is None
        (booker,) = [p for p in loosely(whole[asked]).further_guests if p.role is PartyRole.BOOKER]
        assert booker.email == "x@example.com"

    def test_clears_what_is_gone(self, running: Start) -> None:
        simulator = running()
        stay = some(simulator, StayState.CHECKED_IN)
        before, cursor = pulled(simulator, request(simulator))
        assert isinstance(before[name(stay)].checked_in_at, datetime)
        simulator.life.desk.revert_check_in(stay)
        after, _ = pulled(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert after[name(stay)].status is BookingStatus.CONFIRMED
        assert after[name(stay)].checked_in_at is None


class TestFetch:
    def test_brings_what_is_there_and_nothing_for_what_is_gone(self, running: Start) -> None:
        simulator = running()
        stays = list(simulator.hotel.stays())[:2]
        simulator.life.desk.delete(stays[1])
        refs = [Ref(RefKind.BOOKING, name(stay)) for stay in stays]
        with opened(simulator) as client:
            page = client.fetch([*refs, Ref(RefKind.BOOKING, "NOSUCH-1")])
        assert [item.external_id for item in page.items] == [name(stays[0])]

    def test_tells_the_same_as_a_pull(self, running: Start) -> None:
        simulator = running(bookings=30)
        whole, _ = pulled(simulator, request(simulator))
        with opened(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, each) for each in whole])
        assert picture_of([page]) == whole

    def test_of_a_booking_brings_all_its_reservations(self, running: Start) -> None:
        simulator = running()
        booking = next(b for b in simulator.hotel.truth() if len(b.stays) > 2)
        with opened(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, booking.id)])
        assert {item.external_id for item in page.items} == {name(s) for s in booking.stays}

    def test_never_shows_another_property_of_the_account(self, running: Start) -> None:
        simulator = running()
        stay = some(simulator, StayState.CONFIRMED)
        with opened(simulator) as client:
            client.check()
            client.fetch([Ref(RefKind.RECORDS)])
            simulator.hotel.seed = 99
            page = client.fetch([Ref(RefKind.BOOKING, name(stay))])
        assert page.items == []

    def test_brings_availability_and_records(self, running: Start) -> None:
        simulator = running(bookings=30)
        with opened(simulator) as client:
            page = client.fetch([Ref(RefKind.AVAILABILITY), Ref(RefKind.RECORDS)])
        assert len(page.items) == 365 * 4
        assert page.records


class TestParties:
    def test_are_primary_companions_booker_and_the_company(self, running: Start) -> None:
        simulator = running(bookings=300)
        whole, _ = pulled(simulator, request(simulator))
        roles = {party.role for found in whole.values() for party in loosely(found).further_guests}
        assert roles == {PartyRole.COMPANION, PartyRole.BOOKER, PartyRole.OWNER}
        assert all(isinstance(found.primary_guest, Party) for found in whole.values())


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
        simulator.faults.add(parse_fault(f"{fault},times=2,path=reservations"))
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
        simulator.faults.add(parse_fault(f"{fault},path=booking"))
        with opened(simulator) as client, pytest.raises(error):
            list(client.pull(request(simulator)))

    def test_of_the_limit_are_waited_out(self, running: Start) -> None:
        clock = SkippingClock(datetime.now(UTC))
        simulator = running(bookings=20, limit=SlidingWindow(3, 10, clock.monotonic))
        with opened(simulator, clock=clock) as client:
            for _ in range(6):
                client.check()
            assert client.counts().retries > 2

    @pytest.mark.parametrize("fault", ["wrong-types", "unknown-state", "missing-field"])
    def test_of_one_item_take_only_that_item(self, running: Start, fault: str) -> None:
        simulator = running(bookings=40)
        simulator.faults.add(parse_fault(f"{fault},times=3,path=reservations"))
        with opened(simulator) as client:
            pages = list(client.pull(request(simulator)))
        refused = [item for page in pages for item in page.items if item.reason]
        read = [item for page in pages for item in page.items if item.snapshot]
        assert 1 <= len(refused) <= 3
        assert len(read) > 100

    def test_of_a_new_field_keep_it(self, running: Start) -> None:
        simulator = running(bookings=10)
        simulator.faults.add(parse_fault("new-field,path=reservations"))
        found, _ = pulled(simulator, request(simulator))
        assert found.keys() == names(simulator)
        assert all("SimulatedNewField" in dict(loosely(f).extras) for f in found.values())
