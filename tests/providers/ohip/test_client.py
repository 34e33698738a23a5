"""The client against the vendor's protocol over real HTTP."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

import pytest

from adapters.outbound.provider_kit.http.endpoint import VendorEndpoint
from adapters.outbound.provider_kit.http.host_policy import HostRefused
from adapters.outbound.provider_kit.http.messages import HttpRequest
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.simulation.hotel.records import StayState
from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.rate_limit import SimulatorRateLimit
from adapters.outbound.providers.ohip import provider as make_provider
from adapters.outbound.providers.ohip.client import hotel as ohip_hotel
from adapters.outbound.providers.ohip.client import pull as ohip_pull
from adapters.outbound.providers.ohip.simulator.api import TOKEN_PATH, SimulatedOhipClients
from adapters.outbound.providers.ohip.simulator.server import OhipSimulator
from domain.messages import ItemKind
from domain.snapshots import GuestSnapshot
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from ports.errors import (
    ListCapReached,
    Misconfigured,
    ProviderRejected,
    ProviderUnavailable,
    UnreadableAnswer,
)
from ports.providers import Page, Ref, RefKind
from tests.providers.client_harness import (
    Start,
    account_of,
    bookings_by_id,
    rejected_credentials,
    simulators_fixture,
)
from tests.providers.client_suite import FaultSuite, PullSuite, TokenSuite
from tests.providers.mews.payloads import SkippingClock, tools
from tests.providers.ohip.client_fixtures import (
    CLIENTS,
    account,
    create_simulator,
    ids_of,
    open_vendor_client,
    pull_pages,
    request,
    without_secret,
)

EVENTS = "/int/v1/externalSystem/SIMX/hotels/SIM1/businessEvents"
LIST = "/rsv/v1/hotels/SIM1/reservations"
BUSINESS_DATE = "/bof/v1/hotels/SIM1/businessDate"


running = simulators_fixture(create_simulator)


def parse_cursor(pages: list[Page]) -> str:
    assert pages[-1].cursor is not None
    return pages[-1].cursor


def taken(pages: list[Page]) -> int:
    return sum(len(page.notifications) for page in pages)


def limit_lists(
    simulator: OhipSimulator, monkeypatch: pytest.MonkeyPatch, *, page_size: int, cap: int
) -> None:
    monkeypatch.setattr(ohip_hotel, "PAGE_SIZE", page_size)
    monkeypatch.setattr(ohip_pull, "LIST_CAP", cap)
    simulator.faults.add(parse_fault(f"list-cap,records={cap}"))


class TestCheck:
    def test_reports_property_details(self, running: Start) -> None:
        simulator = running()
        with open_vendor_client(simulator) as client:
            report = client.check()
        assert (report.property_id, report.property_name) == ("SIM1", "Simulated Hotel 1")
        assert (report.time_zone, report.currency) == (None, None)
        assert len(report.advice) == 1

    def test_advises_an_external_system(self, running: Start) -> None:
        simulator = running(bookings=0)
        with open_vendor_client(simulator, account(simulator, external_system="")) as client:
            report = client.check()
        assert any("external_system" in line for line in report.advice)
        assert report.property_name == "SIM1"

    def test_check_consumes_no_events(self, running: Start) -> None:
        simulator = running()
        simulator.advance(days=1)
        waiting = len(simulator.api.queue)
        with open_vendor_client(simulator) as client:
            client.check()
        assert len(simulator.api.queue) == waiting > 0

    @pytest.mark.parametrize("name", ["app_key", "client_id", "client_secret"])
    def test_requires_each_secret(self, running: Start, name: str) -> None:
        simulator = running(bookings=0)
        with (
            pytest.raises(Misconfigured),
            open_vendor_client(simulator, without_secret(simulator, name)),
        ):
            pass

    @pytest.mark.parametrize("name", ["base_url", "property_id"])
    def test_requires_gateway_and_property(self, running: Start, name: str) -> None:
        simulator = running(bookings=0)
        with (
            pytest.raises(Misconfigured),
            open_vendor_client(simulator, account(simulator, **{name: ""})),
        ):
            pass

    def test_rejects_property_without_access(self, running: Start) -> None:
        simulator = running(bookings=0)
        asked = account(simulator, property_id="SIM2")
        with open_vendor_client(simulator, asked) as client, pytest.raises(ProviderRejected):
            client.check()

    @pytest.mark.parametrize(
        ("url", "is_known"),
        [
            ("https://acme1ua.hospitality-api.eu-frankfurt-1.ocs.oraclecloud.com", True),
            ("https://oraclecloud.com.hotel.example", False),
            ("https://hotel.example", False),
            ("http://acme1ua.hospitality-api.eu-frankfurt-1.ocs.oraclecloud.com", False),
        ],
    )
    def test_calls_only_allowed_hosts(self, url: str, is_known: bool) -> None:
        strict = make_provider(tools(SkippingClock(datetime(2026, 3, 1, tzinfo=UTC))))
        secrets = {"app_key": "a", "client_id": "b", "client_secret": "c"}
        asked = account_of({"base_url": url, "property_id": "H", **secrets}, CLIENTS.secrets)
        if is_known:
            strict.open(asked).close()
        else:
            with pytest.raises(Misconfigured):
                strict.open(asked)

    def test_calls_no_other_tenants_gateway(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever builds a URL from an answer: token, link, redirect."""
        transports = record_transports(monkeypatch)
        strict = make_provider(tools(SkippingClock(datetime(2026, 3, 1, tzinfo=UTC))))
        secrets = {"app_key": "a", "client_id": "b", "client_secret": "c"}
        values = {"base_url": gateway("acme1ua"), "property_id": "H", **secrets}
        with closing(strict.open(account_of(values, CLIENTS.secrets))):
            (transport,) = transports
            for url in (gateway("other1ua"), "https://planted.oraclecloud.com"):
                call = HttpRequest(method="GET", url=f"{url}/oauth/v1/tokens", is_idempotent=True)
                with pytest.raises(HostRefused):
                    transport.send(call, correlation_id="x")
        assert transport.counts().calls == 0


def gateway(name: str) -> str:
    return f"https://{name}.hospitality-api.eu-frankfurt-1.ocs.oraclecloud.com"


def record_transports(monkeypatch: pytest.MonkeyPatch) -> list[Transport]:
    transports: list[Transport] = []
    build = VendorEndpoint.transport

    def record(*arguments: Any) -> Transport:
        transports.append(build(*arguments))
        return transports[-1]

    monkeypatch.setattr(VendorEndpoint, "transport", record)
    return transports


class TestTokens(TokenSuite):
    clients, checked_path = CLIENTS, "bof"
    registered_clients = SimulatedOhipClients.of(1)

    @pytest.mark.parametrize("name", ["app_key", "client_secret"])
    def test_rejects_wrong_credentials(self, running: Start, name: str) -> None:
        simulator = running(bookings=0)
        asked = account(simulator, **{name: "hush-hush"})
        assert "hush" not in rejected_credentials(open_vendor_client(simulator, asked))

    def test_uses_password_grant_if_a_user_is_configured(self, running: Start) -> None:
        simulator = running(bookings=0)
        seen: list[Call] = []

        def answering(call: Call) -> Reply:
            seen.append(call)
            return simulator.api.answer(call)

        simulator.serve(answering)
        asked = account(simulator, enterprise_id="ENT", scope="urn:x")
        user = {**asked.secrets, "username": "u", "password": "p"}
        for one in (asked, replace(asked, secrets=user)):
            with open_vendor_client(simulator, one) as client:
                client.check()
        forms = [call.body for call in seen if call.path == TOKEN_PATH]
        assert forms == [
            b"grant_type=client_credentials&scope=urn%3Ax",
            b"grant_type=password&username=u&password=p",
        ]
        assert {c.headers.get("enterpriseid") for c in seen if c.path == TOKEN_PATH} == {"ENT"}
        assert {c.headers["x-hotelid"] for c in seen if c.path != TOKEN_PATH} == {"SIM1"}


class TestPull(PullSuite):
    clients, paged_by = CLIENTS, ohip_hotel
    page_sizes: ClassVar = {"smallest": 2, "odd": 7, "largest": 10_000}
    resumed_bookings, resumed_days, resumed_step = 40, 2, 5

    def test_returns_nothing_for_empty_hotel(self, running: Start) -> None:
        simulator = running(bookings=0)
        pages = pull_pages(simulator, request(simulator))
        assert bookings_by_id(pages) == {}
        assert parse_cursor(pages) == simulator.simulated_reservations.business_date.isoformat()

    def test_reads_room_types_and_availability(self, running: Start) -> None:
        simulator = running()
        pages = pull_pages(simulator, request(simulator))
        names = {one.external_id: one.name for page in pages for one in page.records.room_types}
        assert names["DBL"] == "Double"
        cells = [i for page in pages for i in page.items if i.kind is ItemKind.AVAILABILITY]
        assert len(cells) == 200 * 4

    def test_reads_events_only_in_a_delta(self, running: Start) -> None:
        simulator = running()
        cursor = parse_cursor(pull_pages(simulator, request(simulator)))
        happened = len(simulator.advance(days=1, events=30))
        for kind in (SyncKind.FULL, SyncKind.RECONCILE):
            assert taken(pull_pages(simulator, request(simulator, kind, cursor))) == 0
        pages = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert taken(pages) == happened > 20
        assert all(len(page.notifications) <= 20 for page in pages)
        assert len(simulator.api.queue) == 0

    def test_reads_no_events_without_an_external_system(self, running: Start) -> None:
        simulator = running()
        cursor = parse_cursor(pull_pages(simulator, request(simulator)))
        simulator.advance(days=1)
        pages = pull_pages(
            simulator, request(simulator, SyncKind.DELTA, cursor), external_system=""
        )
        assert taken(pages) == 0
        assert EVENTS not in simulator.requests_served

    def test_reads_events_first(self, running: Start) -> None:
        simulator = running()
        cursor = parse_cursor(pull_pages(simulator, request(simulator)))
        simulator.advance(days=1, events=30)
        asked = dict(simulator.requests_served)
        with open_vendor_client(simulator) as client:
            pages = client.pull(request(simulator, SyncKind.DELTA, cursor))
            first = next(pages)
            assert len(first.notifications) == 20
            more = {p: n - asked.get(p, 0) for p, n in simulator.requests_served.items()}
            assert {path for path, n in more.items() if n} == {TOKEN_PATH, BUSINESS_DATE, EVENTS}
            assert more[EVENTS] == 1

    def test_leaves_events_beyond_the_limit_for_the_next_run(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ohip_pull, "EVENT_CALLS_PER_RUN", 2)
        simulator = running()
        cursor = parse_cursor(pull_pages(simulator, request(simulator)))
        happened = len(simulator.advance(days=2, events=60))
        counts = []
        for _ in range(3):
            pages = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
            counts.append(taken(pages))
        assert counts == [40, min(40, happened - 40), max(0, happened - 80)]

    def test_does_not_retry_the_request_that_consumes_events(self, running: Start) -> None:
        simulator = running()
        cursor = parse_cursor(pull_pages(simulator, request(simulator)))
        simulator.advance(days=1)
        simulator.faults.add(parse_fault("truncated,path=businessEvents"))
        with pytest.raises(ProviderUnavailable):
            pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert simulator.requests_served[EVENTS] == 1

    def test_keeps_unreadable_events(self, running: Start) -> None:
        simulator = running(bookings=0)
        cut = b'{"businessEventData": [{"businessEvent": '

        def answering(call: Call) -> Reply:
            is_first = EVENTS in call.path and EVENTS not in seen
            seen.add(call.path.partition("?")[0])
            return Reply(200, cut) if is_first else simulator.api.answer(call)

        seen: set[str] = set()
        simulator.serve(answering)
        pages = pull_pages(simulator, request(simulator, SyncKind.DELTA, "2026-06-01"))
        assert [page.notifications for page in pages if page.notifications] == [[cut]]

    def test_delta_reads_new_and_cancelled_bookings_without_event(self, running: Start) -> None:
        simulator = running(bookings=120)
        cursor = parse_cursor(pull_pages(simulator, request(simulator)))
        booked, canceled = simulator.act(ScenarioAction.BOOK), simulator.act(ScenarioAction.CANCEL)
        simulator.api.queue.take(1_000)
        found = bookings_by_id(pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor)))
        assert booked in found
        assert canceled is not None
        assert found[canceled].status is BookingStatus.CANCELED
        assert len(found) < 40

    def test_delta_starts_at_the_last_business_date(self, running: Start) -> None:
        simulator = running(bookings=120)
        cursor = parse_cursor(pull_pages(simulator, request(simulator)))
        canceled = simulator.act(ScenarioAction.CANCEL)
        simulator.advance(days=4)
        simulator.api.queue.take(10_000)
        pages = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        found = bookings_by_id(pages)
        assert canceled in found
        assert date.fromisoformat(parse_cursor(pages)) == date.fromisoformat(cursor) + timedelta(4)

    def test_delta_reads_arrivals_and_departures_of_today(self, running: Start) -> None:
        simulator = running(bookings=200)
        cursor = parse_cursor(pull_pages(simulator, request(simulator)))
        found = bookings_by_id(pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor)))
        today = simulator.simulated_reservations.business_date
        for one in simulator.simulated_reservations.reservations():
            if today in (one.stay.arrival, one.stay.departure):
                assert one.id in found

    def test_reads_reservations_that_move_between_pages(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ohip_hotel, "PAGE_SIZE", 5)
        simulator = running(bookings=120)
        confirmed = [
            one
            for one in simulator.simulated_reservations.by_arrival()
            if one.stay.state is StayState.CONFIRMED
        ]
        with open_vendor_client(simulator) as client:
            pages = []
            for number, page in enumerate(client.pull(request(simulator))):
                pages.append(page)
                if number in (6, 8):
                    # Of those that were read: all after it move up by one.
                    simulator.activity.commands.delete(
                        simulator.simulated_reservations.by_arrival()[2].stay
                    )
        assert confirmed
        assert ids_of(simulator) <= bookings_by_id(pages).keys()

    @pytest.mark.parametrize("kind", list(SyncKind))
    def test_reads_every_reservation_of_lists_that_end_early(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, kind: SyncKind
    ) -> None:
        monkeypatch.setattr(ohip_hotel, "PAGE_SIZE", 10)
        simulator = running(bookings=300)
        cursor = parse_cursor(pull_pages(simulator, request(simulator)))
        whole = bookings_by_id(pull_pages(simulator, request(simulator, kind, cursor))).keys()
        monkeypatch.setattr(ohip_pull, "LIST_CAP", 20)
        simulator.faults.add(parse_fault("list-cap,records=20"))
        found = bookings_by_id(pull_pages(simulator, request(simulator, kind, cursor)))
        assert found.keys() == whole

    def test_fails_where_the_list_of_one_day_ends_early(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        simulator = running(bookings=300)
        limit_lists(simulator, monkeypatch, page_size=2, cap=2)
        with pytest.raises(ListCapReached) as caught:
            pull_pages(simulator, request(simulator))
        assert caught.value.path == "reservations.reservationInfo"

    @pytest.mark.parametrize("instant", ["created", "canceled"])
    @pytest.mark.parametrize("nights", [None, range(1, 9)], ids=["any stay", "one arrival day"])
    def test_delta_reads_every_booking_of_a_group_created_or_canceled_on_one_day(
        self,
        running: Start,
        monkeypatch: pytest.MonkeyPatch,
        instant: str,
        nights: range | None,
    ) -> None:
        simulator = running(bookings=60)
        limit_lists(simulator, monkeypatch, page_size=10, cap=20)
        today = simulator.simulated_reservations.business_date
        reservations = list(simulator.simulated_reservations.reservations())
        for number, stay in enumerate({id(one.stay): one.stay for one in reservations}.values()):
            setattr(stay, instant, simulator.hotel.now)
            if nights:
                length = nights[number % len(nights)]
                stay.arrival, stay.night_prices = today + timedelta(days=90), [10_000] * length
                stay.departure = stay.arrival + timedelta(days=length)
        pages = pull_pages(simulator, request(simulator, SyncKind.DELTA, today.isoformat()))
        assert bookings_by_id(pages).keys() == {one.id for one in reservations}

    def test_resumes_a_divided_list_without_loss(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        simulator = running(bookings=100)
        limit_lists(simulator, monkeypatch, page_size=10, cap=20)
        pages = pull_pages(simulator, request(simulator))
        for cut in range(1, len(pages) - 1, 7):
            asked = replace(request(simulator), checkpoint=pages[cut].checkpoint)
            rest = pull_pages(simulator, asked)
            found = bookings_by_id([*pages[: cut + 1], *rest])
            assert found.keys() == bookings_by_id(pages).keys()

    def test_rejects_empty_page_before_the_end(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ohip_hotel, "PAGE_SIZE", 5)
        simulator = running()

        def answering(call: Call) -> Reply:
            """Any page but the first is empty, though more is promised."""
            is_later = LIST in call.path and "offset=0" not in call.path
            return Reply(204) if is_later else simulator.api.answer(call)

        simulator.serve(answering)
        with pytest.raises(UnreadableAnswer):
            pull_pages(simulator, request(simulator))

    @pytest.mark.parametrize("text", ["", "?", "{}", '{"format": 2}', '{"format":1,"phase":"x"}'])
    def test_restarts_on_unknown_checkpoint(self, running: Start, text: str) -> None:
        simulator = running(bookings=10)
        pages = pull_pages(simulator, request(simulator, checkpoint=text))
        assert bookings_by_id(pages).keys() == ids_of(simulator)

    @pytest.mark.parametrize("cursor", [None, "", "yesterday"])
    def test_delta_without_cursor_reads_everything(
        self, running: Start, cursor: str | None
    ) -> None:
        simulator = running()
        pages = pull_pages(simulator, request(simulator, SyncKind.DELTA, cursor))
        assert bookings_by_id(pages).keys() == ids_of(simulator)
        assert taken(pages) == 0

    def test_reconcile_moves_no_cursor(self, running: Start) -> None:
        simulator = running(bookings=10)
        assert pull_pages(simulator, request(simulator, SyncKind.RECONCILE))[-1].cursor is None

    def test_reads_profiles_if_configured(self, running: Start) -> None:
        simulator = running()
        pages = pull_pages(simulator, request(simulator), pull_profiles="yes")
        found = [i.snapshot for p in pages for i in p.items if i.kind is ItemKind.GUEST]
        wanted = {
            simulator.api.renderer.profile_id(one.guest_id)
            for one in simulator.simulated_reservations.reservations()
        }
        assert {one.external_id for one in found if isinstance(one, GuestSnapshot)} == wanted
        assert len(found) == len(wanted)

    def test_invalid_reservation_does_not_affect_others(self, running: Start) -> None:
        simulator = running()
        simulator.faults.add(parse_fault(f"unknown-state,path={LIST}"))
        items = [item for page in pull_pages(simulator, request(simulator)) for item in page.items]
        reasons = [item.reason for item in items if item.reason]
        assert {reason.code for reason in reasons} == {"unknown_value"}
        assert 0 < len(reasons) < 12
        assert {item.external_id for item in items} >= ids_of(simulator)


class TestBusinessDate:
    def test_is_read_from_the_vendor(self, running: Start) -> None:
        """At two in the morning the night audit did not roll it yet."""
        simulator = running(bookings=10)
        simulator.activity.advance_clock(20 * 3_600)
        pages = pull_pages(simulator, request(simulator))
        assert simulator.hotel.today.isoformat() == "2026-06-02"
        assert parse_cursor(pages) == "2026-06-01"

    @pytest.mark.parametrize("status", ["403", "404"])
    def test_falls_back_to_the_calendar_date(self, running: Start, status: str) -> None:
        simulator = running(bookings=10)
        simulator.activity.advance_clock(20 * 3_600)

        def answering(call: Call) -> Reply:
            return Reply(int(status)) if "/bof/" in call.path else simulator.api.answer(call)

        simulator.serve(answering)
        assert parse_cursor(pull_pages(simulator, request(simulator))) == "2026-06-02"

    def test_ignores_other_hotels(self, running: Start) -> None:
        simulator = running(bookings=10)
        reported = b'{"hotels":[{"hotelId":"X","businessDate":"2020-04-05"},{"hotelId":"SIM1"}]}'

        def answering(call: Call) -> Reply:
            return Reply(200, reported) if "/bof/" in call.path else simulator.api.answer(call)

        simulator.serve(answering)
        assert parse_cursor(pull_pages(simulator, request(simulator))) == "2026-06-01"


class TestFetch:
    def test_fetches_in_bulk(self, running: Start) -> None:
        simulator = running()
        names = sorted(ids_of(simulator))[:45]
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, name) for name in names])
        assert [item.reason for item in page.items] == [None] * 45
        assert sorted(item.external_id or "" for item in page.items) == names
        assert simulator.requests_served[LIST] == 3

    @pytest.mark.parametrize(
        ("path", "reply", "error"),
        [
            ("reservations", Reply(404), ProviderRejected),
            ("reservations/9", Reply(200, b""), UnreadableAnswer),
            ("reservations/9", Reply(200, b'{"links": []}'), UnreadableAnswer),
        ],
    )
    def test_unclear_answer_is_not_a_deletion(
        self, running: Start, path: str, reply: Reply, error: type[Exception]
    ) -> None:
        simulator = running(bookings=5)

        def answering(call: Call) -> Reply:
            asked = call.path.partition("?")[0]
            return reply if asked.endswith(f"/hotels/SIM1/{path}") else simulator.api.answer(call)

        simulator.serve(answering)
        with open_vendor_client(simulator) as client, pytest.raises(error):
            client.fetch([Ref(RefKind.BOOKING, "9")])

    def test_fetches_singly_reservations_that_the_list_omits(self, running: Start) -> None:
        simulator = running()
        name = min(ids_of(simulator))

        def answering(call: Call) -> Reply:
            is_list = call.path.startswith(f"{LIST}?")
            return Reply(204) if is_list else simulator.api.answer(call)

        simulator.serve(answering)
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, name), Ref(RefKind.BOOKING, "9")])
        assert [(item.external_id, item.reason) for item in page.items] == [(name, None)]

    def test_omits_reservations_not_requested(self, running: Start) -> None:
        """A filter that is ignored: the list's first page, whatever it was to be."""
        simulator = running()
        name = max(ids_of(simulator))

        def answering(call: Call) -> Reply:
            path = call.path.replace("reservationIdList", "ignored")
            return simulator.api.answer(replace(call, path=path))

        simulator.serve(answering)
        with open_vendor_client(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, name)])
        assert [item.external_id for item in page.items] == [name]

    def test_omits_reservations_of_another_hotel(self, running: Start) -> None:
        simulator = running()
        name = min(ids_of(simulator))

        def answering(call: Call) -> Reply:
            reply = simulator.api.answer(call)
            body = reply.body.replace(b'"hotelId":"SIM1"', b'"hotelId":"SIM9"')
            return replace(reply, body=body)

        simulator.serve(answering)
        with open_vendor_client(simulator) as client:
            assert client.fetch([Ref(RefKind.BOOKING, name)]).items == []

    def test_fetches_guests_availability_and_room_types(self, running: Start) -> None:
        simulator = running()
        refs = [Ref(RefKind.GUEST, "500001"), Ref(RefKind.GUEST, "1"), Ref(RefKind.AVAILABILITY)]
        with open_vendor_client(simulator) as client:
            page = client.fetch(refs)
        guests = [item for item in page.items if item.kind is ItemKind.GUEST]
        assert [item.external_id for item in guests] == ["500001"]
        assert len(page.items) - 1 == 186 * 4
        assert {one.external_id for one in page.records.room_types} == {"SGL", "DBL", "FAM", "STE"}

    def test_empty_fetch_sends_no_request(self, running: Start) -> None:
        simulator = running()
        with open_vendor_client(simulator) as client:
            assert client.fetch([]).items == []
        assert simulator.requests_served == {}


class TestFaults(FaultSuite):
    clients, transient_path = CLIENTS, "rsv"

    @pytest.mark.parametrize(
        "body", [b"[]", b'{"reservations": []}', b'{"reservations": {"reservationInfo": 5}}']
    )
    def test_rejects_answer_without_a_list(self, running: Start, body: bytes) -> None:
        simulator = running(bookings=10)

        def answering(call: Call) -> Reply:
            return Reply(200, body) if LIST in call.path else simulator.api.answer(call)

        simulator.serve(answering)
        with pytest.raises(UnreadableAnswer):
            pull_pages(simulator, request(simulator))

    def test_waits_for_vendor_rate_limit(self, running: Start) -> None:
        clock_window = SimulatorRateLimit(10, 1.0)
        simulator = running(bookings=20, limit=clock_window)
        with open_vendor_client(simulator) as client:
            client.check()
            assert client.counts().calls == 3
