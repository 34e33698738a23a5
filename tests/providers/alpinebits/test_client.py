"""The client against the server side of AlpineBits over real HTTP."""

from collections.abc import Callable

import pytest

from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.providers.alpinebits import provider as make_provider
from adapters.outbound.providers.alpinebits.client import client as alpinebits_client
from adapters.outbound.providers.alpinebits.mapping.documents import READ_ACTION, REPORT_ACTION
from adapters.outbound.providers.alpinebits.simulator import api as simulator_api
from adapters.outbound.providers.alpinebits.simulator.dialect import Dialect
from adapters.outbound.providers.alpinebits.simulator.server import (
    AlpineBitsSimulator,
    DialectOptions,
)
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from domain.values import Money
from ports.errors import (
    CredentialsRefused,
    Misconfigured,
    ProviderRejected,
    ProviderUnavailable,
    UnreadableAnswer,
    Unsupported,
)
from ports.providers import Page, ProviderClient, PullRequest, ReadItem, Ref, RefKind
from tests.providers.client_harness import (
    Start,
    VendorClients,
    pull_request,
    simulators_fixture,
)

READ = f"{simulator_api.PATH}/{READ_ACTION}"
REPORT = f"{simulator_api.PATH}/{REPORT_ACTION}"

PURE = DialectOptions(Dialect.ALPINEBITS)


CLIENTS = VendorClients(
    make_provider=make_provider,
    make_simulator=AlpineBitsSimulator,
    secrets=("server_password", "password"),
    bookings=40,
    has_hotel_account=True,
)
account, open_vendor_client = CLIENTS.account, CLIENTS.open
running = simulators_fixture(CLIENTS.create_simulator)


def request(simulator: AlpineBitsSimulator, kind: SyncKind = SyncKind.FULL) -> PullRequest:
    cursor = None if kind is SyncKind.FULL else "some"
    return pull_request(simulator.hotel.today, kind, cursor)


def items_of(pages: list[Page]) -> list[ReadItem]:
    return [item for page in pages for item in page.items]


def bookings_by_id(pages: list[Page]) -> dict[str, BookingSnapshot]:
    found = {}
    for item in items_of(pages):
        assert isinstance(item.snapshot, BookingSnapshot), item.reason
        found[item.snapshot.external_id] = item.snapshot
    return found


def assert_true(simulator: AlpineBitsSimulator, picture: dict[str, BookingSnapshot]) -> None:
    for actual in simulator.expected_bookings():
        found = picture.pop(actual.external_id)
        assert found.status is actual.status
        assert found.total == actual.total
        assert found.stay is not None
        assert (found.stay.arrival, found.stay.departure) == (actual.arrival, actual.departure)  # type: ignore[union-attr]  # never absent in a pull
    assert not picture


class TestCheck:
    def test_performs_the_handshake(self, running: Start) -> None:
        simulator = running()
        with open_vendor_client(simulator) as client:
            report = client.check()
        assert (report.property_id, report.advice) == (simulator.hotel.id, ())

    def test_advises_on_unsupported_version(self, running: Start) -> None:
        simulator = running()
        asked = account(simulator, protocol_version="2011-11")
        with open_vendor_client(simulator, asked) as client:
            (advice,) = client.check().advice
        assert "2011-11" in advice

    def test_refuses_wrong_credentials(self, running: Start) -> None:
        simulator = running()
        asked = account(simulator, server_password="wrong")
        with open_vendor_client(simulator, asked) as client, pytest.raises(CredentialsRefused):
            client.check()

    @pytest.mark.parametrize("missing", ["username", "server_password", "password"])
    def test_requires_credentials_of_the_server(self, running: Start, missing: str) -> None:
        simulator = running()
        with (
            pytest.raises(Misconfigured, match=missing),
            open_vendor_client(simulator, account(simulator, **{missing: ""})),
        ):
            pass


class TestPushOnly:
    def test_connection_without_url_only_receives(self, running: Start) -> None:
        simulator = running()
        with open_vendor_client(simulator, account(simulator, url="")) as client:
            (advice,) = client.check().advice
            assert "pushed" in advice
            for ask in (
                lambda: client.pull(request(simulator)),
                lambda: client.fetch([Ref(RefKind.BOOKING, "R-1")]),
            ):
                with pytest.raises(Unsupported, match="no url"):
                    ask()
        assert client.counts().calls == 0


class TestFull:
    @pytest.mark.parametrize("dialect_options", [DialectOptions(), PURE], ids=["smx", "alpinebits"])
    def test_full_pull_acknowledges_everything(
        self, running: Start, dialect_options: DialectOptions
    ) -> None:
        simulator = running(120, dialect_options=dialect_options)
        simulator.advance(days=3, events=40)
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator)))
            assert items_of(list(client.pull(request(simulator, SyncKind.DELTA)))) == []
        assert len(items_of(pages)) == len(simulator.expected_bookings())
        assert_true(simulator, bookings_by_id(pages))
        assert pages[-1].cursor
        assert simulator.requests_served[REPORT] == 1

    def test_repeated_pull_is_identical(self, running: Start) -> None:
        simulator = running()
        with open_vendor_client(simulator) as client:
            one, two = (bookings_by_id(list(client.pull(request(simulator)))) for _ in range(2))
        assert one == two

    def test_maps_dates_and_amounts_of_a_hotel_in_tokyo(self, running: Start) -> None:
        simulator = running(currency="JPY", time_zone="Asia/Tokyo")
        with open_vendor_client(simulator) as client:
            assert_true(simulator, bookings_by_id(list(client.pull(request(simulator)))))

    def test_empty_hotel_has_a_cursor(self, running: Start) -> None:
        simulator = running(0)
        with open_vendor_client(simulator) as client:
            (only,) = client.pull(request(simulator))
        assert (list(only.items), bool(only.cursor)) == ([], True)

    def test_reads_in_pages(self, running: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(alpinebits_client, "PAGE_SIZE", 15)
        simulator = running()
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator)))
        assert [len(page.items) for page in pages] == [15, 15, 10, 0]
        assert simulator.requests_served == {READ: 3, REPORT: 3}

    def test_delta_without_cursor_reads_everything(self, running: Start) -> None:
        simulator = running()
        asked = request(simulator)
        delta = PullRequest(
            kind=SyncKind.DELTA,
            cursor=None,
            checkpoint=None,
            window=asked.window,
        )
        with open_vendor_client(simulator) as client:
            assert_true(simulator, bookings_by_id(list(client.pull(delta))))


class TestReconcile:
    def test_reads_all_acknowledges_nothing_and_moves_no_cursor(self, running: Start) -> None:
        simulator = running()
        with open_vendor_client(simulator) as client:
            pages = list(client.pull(request(simulator, SyncKind.RECONCILE)))
            assert REPORT not in simulator.requests_served
            assert len(items_of(list(client.pull(request(simulator, SyncKind.DELTA))))) == 40
            again = list(client.pull(request(simulator, SyncKind.RECONCILE)))
        assert_true(simulator, bookings_by_id(pages))
        assert_true(simulator, bookings_by_id(again))
        assert pages[-1].cursor is None


class TestDelta:
    def delta(self, client: ProviderClient, simulator: AlpineBitsSimulator) -> list[str]:
        pages = list(client.pull(request(simulator, SyncKind.DELTA)))
        return [str(item.external_id) for item in items_of(pages)]

    def test_reads_undelivered_reservations(self, running: Start) -> None:
        simulator = running()
        with open_vendor_client(simulator) as client:
            assert len(self.delta(client, simulator)) == 40
            assert self.delta(client, simulator) == []
            booked = simulator.act(ScenarioAction.BOOK)
            canceled = simulator.act(ScenarioAction.CANCEL)
            assert set(self.delta(client, simulator)) == {booked, canceled}
            assert self.delta(client, simulator) == []

    def test_acknowledges_only_stored_items(self, running: Start) -> None:
        simulator = running()
        with open_vendor_client(simulator) as client:
            pages = client.pull(request(simulator, SyncKind.DELTA))
            assert len(next(pages).items) == 40
            assert REPORT not in simulator.requests_served
            pages.close()  # type: ignore[attr-defined]  # the worker dies here
            assert len(self.delta(client, simulator)) == 40
            assert simulator.requests_served[REPORT] == 1

    def test_repeats_after_failed_acknowledgement(self, running: Start) -> None:
        simulator = running()
        simulator.faults.add(parse_fault(f"403,times=1,path={REPORT_ACTION}"))
        with open_vendor_client(simulator) as client:
            with pytest.raises(ProviderRejected):
                self.delta(client, simulator)
            assert len(self.delta(client, simulator)) == 40

    def test_reads_in_rounds(self, running: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(simulator_api, "MAX_HANDED_OUT", 15)
        simulator = running()
        with open_vendor_client(simulator) as client:
            assert len(set(self.delta(client, simulator))) == 40
        assert simulator.requests_served == {READ: 4, REPORT: 3}

    def test_ends_although_the_server_forgets_acknowledgements(self, running: Start) -> None:
        simulator = running()
        forgetful = recorded(simulator, lambda _: simulator.api._delivered.clear())
        simulator.serve(forgetful)
        with open_vendor_client(simulator) as client:
            assert len(self.delta(client, simulator)) == 40
            assert len(self.delta(client, simulator)) == 40

    def test_reads_changes_made_during_the_pull(self, running: Start) -> None:
        simulator = running()
        with open_vendor_client(simulator) as client:
            pages = client.pull(request(simulator, SyncKind.DELTA))
            next(pages)
            changed = simulator.act(ScenarioAction.AMEND)
            assert changed in {item.external_id for page in pages for item in page.items}

    def test_acknowledges_rejected_and_ignored_reservations(self, running: Start) -> None:
        simulator = running(3)
        answers = iter(
            [
                retrieved(
                    '<HotelReservation ResStatus="Requested"><UniqueID Type="14" ID="Q"/>'
                    '</HotelReservation><HotelReservation ResStatus="?"><UniqueID Type="15" '
                    'ID="B"/></HotelReservation>'
                )
            ]
        )
        reported: list[bytes] = []
        plain = simulator.api.answer

        def answer(call: Call) -> Reply:
            if REPORT_ACTION.encode() in call.body:
                reported.append(call.body)
                return plain(call)
            return Reply(200, next(answers, retrieved("")), content_type="text/xml")

        simulator.serve(answer)
        with open_vendor_client(simulator) as client:
            (item,) = items_of(list(client.pull(request(simulator, SyncKind.DELTA))))
        assert (item.external_id, item.reason and item.reason.code) == ("B", "unknown_value")
        assert b'Type="14" ID="Q"' in reported[0]
        assert b'Type="15" ID="B"' in reported[0]


def retrieved(inside: str) -> bytes:
    return (
        "<OTA_ResRetrieveRS><Success/><ReservationsList>"
        f"{inside}</ReservationsList></OTA_ResRetrieveRS>"
    ).encode()


def recorded(
    simulator: AlpineBitsSimulator, after: Callable[[Call], None]
) -> Callable[[Call], Reply]:
    def answering(call: Call) -> Reply:
        reply = simulator.api.answer(call)
        after(call)
        return reply

    return answering


class TestMessagesOfOneReservation:
    def answered(self, running: Start, *bodies: str) -> list[ReadItem]:
        simulator = running(0)
        simulator.serve(lambda _: Reply(200, retrieved("".join(bodies)), content_type="text/xml"))
        with open_vendor_client(simulator) as client:
            return items_of(list(client.pull(request(simulator, SyncKind.RECONCILE))))

    BOOKED = """<HotelReservation ResStatus="Reserved" CreateDateTime="2026-05-01T00:00:00Z">
      <UniqueID Type="14" ID="R-1"/><RoomStays><RoomStay>
      <TimeSpan Start="2026-06-03" End="2026-06-05"/>
      <Total AmountAfterTax="80" CurrencyCode="EUR"/></RoomStay></RoomStays></HotelReservation>"""
    CANCELED = """<HotelReservation ResStatus="Cancelled" CreateDateTime="2026-05-01T00:00:00Z"
      LastModifyDateTime="2026-05-02T00:00:00Z"><UniqueID Type="15" ID="R-1"/></HotelReservation>"""

    def test_latest_message_wins(self, running: Start) -> None:
        for bodies in ((self.BOOKED, self.CANCELED), (self.CANCELED, self.BOOKED)):
            (item,) = self.answered(running, *bodies)
            assert isinstance(item.snapshot, BookingSnapshot)
            assert item.snapshot.status is BookingStatus.CANCELED
            assert item.snapshot.total == Money(8_000, "EUR")
            assert item.kind is ItemKind.BOOKING

    def test_reports_unreadable_items_beside_the_others(self, running: Start) -> None:
        bad = self.BOOKED.replace("2026-06-03", "soon")
        one, two = self.answered(running, bad, self.BOOKED)
        assert one.snapshot is not None
        assert two.reason is not None
        assert two.reason.code == "bad_date"


class TestBadAnswers:
    @pytest.mark.parametrize(
        ("body", "error"),
        [
            (b"", UnreadableAnswer),
            (b"ERROR:this server is tired", ProviderRejected),
            (b"<html><body>Maintenance</body></html>", UnreadableAnswer),
            (b"<!DOCTYPE html><html></html>", UnreadableAnswer),
            (b'{"error": true}', UnreadableAnswer),
            (b"<OTA_PingRS><Success/></OTA_PingRS>", UnreadableAnswer),
            (b"<OTA_ResRetrieveRS/>", UnreadableAnswer),
            (
                b"<OTA_ResRetrieveRS><Errors><Error Type='13' Code='448'>tired</Error></Errors>"
                b"</OTA_ResRetrieveRS>",
                ProviderRejected,
            ),
        ],
    )
    def test_end_the_run_with_their_reason(
        self, running: Start, body: bytes, error: type[Exception]
    ) -> None:
        simulator = running(0)
        simulator.serve(lambda _: Reply(200, body, content_type="text/xml"))
        with open_vendor_client(simulator) as client, pytest.raises(error) as actual:
            list(client.pull(request(simulator)))
        assert "tired" not in str(actual.value)

    @pytest.mark.parametrize(
        ("error", "summary"),
        [
            (b'<Error Type="3" Code="392">Ada Aalto</Error>', "code 392, not found"),
            (b'<Error Type="4" ShortText="Ada Aalto"/>', "credentials refused"),
            (b'<Error Type="10">Ada Aalto</Error>', "validation failed"),
            (b'<Error Type="3">Ada Aalto does not exist</Error>', "not found"),
            (b'<Error Type="Ada Aalto" Code="Ada">Ada Aalto</Error>', None),
        ],
    )
    def test_are_reduced_to_code_and_phrase(
        self, running: Start, error: bytes, summary: str | None
    ) -> None:
        simulator = running(0)
        body = b"<OTA_ResRetrieveRS><Errors>" + error + b"</Errors></OTA_ResRetrieveRS>"
        simulator.serve(lambda _: Reply(200, body, content_type="text/xml"))
        with open_vendor_client(simulator) as client, pytest.raises(ProviderRejected) as actual:
            list(client.pull(request(simulator)))
        assert actual.value.vendor_message == summary
        assert "Ada" not in f"{actual.value} {actual.value.details}"
        assert actual.value.vendor_error is not None
        assert "Ada Aalto" in actual.value.vendor_error.text

    @pytest.mark.parametrize("name", ["ReservationsList", "HotelReservations"])
    def test_are_not_lists_without_a_success(self, running: Start, name: str) -> None:
        simulator = running(0)
        inside = TestMessagesOfOneReservation.BOOKED
        body = f"<OTA_ResRetrieveRS><{name}>{inside}</{name}></OTA_ResRetrieveRS>".encode()
        simulator.serve(lambda _: Reply(200, body, content_type="text/xml"))
        with open_vendor_client(simulator) as client:
            (item,) = items_of(list(client.pull(request(simulator, SyncKind.RECONCILE))))
        assert item.external_id == "R-1"

    def test_in_a_misspelt_list_are_rejected_items(self, running: Start) -> None:
        simulator = running(0)
        body = b"<OTA_ResRetrieveRS><Success/><ReservationList/></OTA_ResRetrieveRS>"
        simulator.serve(lambda _: Reply(200, body, content_type="text/xml"))
        with open_vendor_client(simulator) as client:
            (item,) = items_of(list(client.pull(request(simulator, SyncKind.RECONCILE))))
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("unknown_element", "ReservationList")

    def test_that_are_transient_are_retried(self, running: Start) -> None:
        simulator = running()
        for fault in ("429,times=1", "503,times=2,retry_after=missing", "truncated,times=1"):
            simulator.faults.add(parse_fault(fault))
        with open_vendor_client(simulator) as client:
            assert_true(simulator, bookings_by_id(list(client.pull(request(simulator)))))
            assert client.counts().retries == 2

    def test_that_last_end_the_run(self, running: Start) -> None:
        simulator = running()
        simulator.faults.add(parse_fault("500"))
        with open_vendor_client(simulator) as client, pytest.raises(ProviderUnavailable):
            list(client.pull(request(simulator)))

    @pytest.mark.parametrize(
        ("fault", "code"),
        [
            ("unknown-state", "unknown_value"),
            ("missing-field", "missing_field"),
            ("wrong-types", "bad_instant"),
        ],
    )
    def test_of_one_reservation_spoil_no_other(self, running: Start, fault: str, code: str) -> None:
        simulator = running()
        simulator.faults.add(parse_fault(f"{fault},times=1"))
        with open_vendor_client(simulator) as client:
            items = items_of(list(client.pull(request(simulator, SyncKind.RECONCILE))))
        (bad,) = [item.reason for item in items if item.reason is not None]
        assert (len(items), bad.code) == (40, code)

    def test_with_new_fields_are_read(self, running: Start) -> None:
        simulator = running()
        simulator.faults.add(parse_fault("new-field"))
        with open_vendor_client(simulator) as client:
            picture = bookings_by_id(list(client.pull(request(simulator))))
        assert all("@SimulatedNewField" in dict(each.extras or ()) for each in picture.values())
