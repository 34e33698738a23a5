"""Tests that hold for the client of every vendor: a vendor's test class derives from them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, ClassVar

import pytest

from adapters.outbound.provider_kit.simulation.hotel.records import TICKS, SimulatedRoomStay
from adapters.outbound.provider_kit.simulation.server.fault_plan import parse_fault
from domain.sync_run import SyncKind
from ports.errors import (
    CredentialsRefused,
    Misconfigured,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    UnreadableAnswer,
)
from ports.providers import Ref, RefKind
from tests.providers.client_harness import (
    NETWORK_FAULTS,
    TRANSIENT_FAULTS,
    Start,
    VendorClients,
    bookings_by_id,
    expected_ids,
)
from tests.providers.mews.payloads import SkippingClock


class ClientSuite:
    clients: ClassVar[VendorClients]


class CheckSuite(ClientSuite):
    property_id: ClassVar[str]
    unknown_property_id: ClassVar[str]

    def test_reports_property_details(self, running: Start) -> None:
        simulator = running(time_zone="Pacific/Auckland", currency="NZD")
        with self.clients.open(simulator) as client:
            report = client.check()
        assert (report.property_id, report.time_zone) == (self.property_id, "Pacific/Auckland")
        assert report.currency == "NZD"
        assert len(report.advice) == 3

    def test_rejects_unknown_property(self, running: Start) -> None:
        simulator = running(bookings=10)
        unknown = self.clients.account(simulator, property_id=self.unknown_property_id)
        with self.clients.open(simulator, unknown) as client, pytest.raises(Misconfigured):
            client.check()


class TokenSuite(ClientSuite):
    registered_clients: ClassVar[Any]
    """The simulator's option `clients`, with its `token_seconds`."""
    checked_path: ClassVar[str]
    """Part of the path that `check` calls."""

    def test_requests_token_once(self, running: Start) -> None:
        simulator = running(bookings=20)
        self.clients.pull_pages(simulator)
        assert simulator.requests_served[simulator.token_path] == 1

    def test_requests_new_token_after_revocation(self, running: Start) -> None:
        simulator = running(bookings=20)
        with self.clients.open(simulator) as client:
            client.check()
            simulator.expire_tokens()
            client.check()
        assert simulator.requests_served[simulator.token_path] == 2

    def test_renews_token_before_expiry(self, running: Start) -> None:
        registered = replace(self.registered_clients, token_seconds=600)
        simulator = running(bookings=20, clients=registered)
        clock = SkippingClock(datetime.now(UTC))
        with self.clients.open(simulator, clock=clock) as client:
            client.check()
            clock.sleep(500)
            client.check()
            assert simulator.requests_served[simulator.token_path] == 1
            clock.sleep(60)
            client.check()
        assert simulator.requests_served[simulator.token_path] == 2

    def test_fails_when_renewed_token_is_rejected(self, running: Start) -> None:
        simulator = running(bookings=20)
        simulator.faults.add(parse_fault(f"401,path={self.checked_path}"))
        with self.clients.open(simulator) as client, pytest.raises(CredentialsRefused):
            client.check()
        assert simulator.requests_served[simulator.token_path] == 2


class PullSuite(ClientSuite):
    paged_by: ClassVar[ModuleType]
    """The module whose PAGE_SIZE the client reads."""
    page_sizes: ClassVar[Mapping[str, int]]
    """By "smallest", "odd" and "largest"."""
    resumed_bookings: ClassVar[int]
    resumed_days: ClassVar[int]
    resumed_step: ClassVar[int]
    """Every how many pages a pull is resumed."""
    resumed_window: ClassVar[Mapping[str, int]] = {}

    def set_page_size(self, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
        monkeypatch.setattr(self.paged_by, "PAGE_SIZE", size)

    @pytest.mark.parametrize("size", ["smallest", "odd", "largest"])
    def test_reads_all_reservations_for_any_page_size(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, size: str
    ) -> None:
        self.set_page_size(monkeypatch, self.page_sizes[size])
        simulator = running(bookings=25 if size == "smallest" else 60)
        found, _ = self.clients.pull_bookings(simulator, self.clients.request(simulator))
        assert found.keys() == expected_ids(simulator)

    def test_returns_nothing_for_empty_hotel(self, running: Start) -> None:
        simulator = running(bookings=0)
        found, cursor = self.clients.pull_bookings(simulator, self.clients.request(simulator))
        assert found == {}
        assert cursor is not None

    @pytest.mark.parametrize("kind", list(SyncKind))
    def test_resumes_from_every_checkpoint(
        self, running: Start, monkeypatch: pytest.MonkeyPatch, kind: SyncKind
    ) -> None:
        self.set_page_size(monkeypatch, 10)
        simulator = running(bookings=self.resumed_bookings)
        cursor = self.clients.pull_pages(simulator)[-1].cursor
        simulator.advance(days=self.resumed_days)
        asked = self.clients.request(simulator, kind, cursor, **self.resumed_window)
        pages = self.clients.pull_pages(simulator, asked)
        complete = bookings_by_id(pages)
        for number in range(0, len(pages) - 1, self.resumed_step):
            resumed = replace(asked, checkpoint=pages[number].checkpoint)
            rest, _ = self.clients.pull_bookings(simulator, resumed)
            assert bookings_by_id(pages[: number + 1]) | rest == complete


class TimestampSuite(ClientSuite):
    """For vendors whose deltas select by the time of the last change, in whole seconds."""

    paged_by: ClassVar[ModuleType]
    clock_tolerance_seconds: ClassVar[int] = 0

    def touchable(self, simulator: Any) -> Sequence[tuple[str, SimulatedRoomStay]]:
        """Each booking's external id and a stay of it."""
        raise NotImplementedError

    def start_with_cursor(self, running: Start) -> tuple[Any, str | None]:
        """One hour after a full pull."""
        simulator = running()
        _, cursor = self.clients.pull_bookings(simulator, self.clients.request(simulator))
        simulator.activity.advance_clock(3_600)
        return simulator, cursor

    def pull_changes(self, simulator: Any, cursor: str | None) -> Any:
        asked = self.clients.request(simulator, SyncKind.DELTA, cursor)
        return self.clients.pull_bookings(simulator, asked)

    def pull_changes_of_one_second(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> tuple[SimulatedRoomStay, str | None]:
        """The last changed stay, a minute later, and the next cursor."""
        monkeypatch.setattr(self.paged_by, "PAGE_SIZE", 5)
        simulator, cursor = self.start_with_cursor(running)
        bookings = self.touchable(simulator)
        for _, stay in bookings[:23]:
            simulator.activity.commands.touch(stay)
        simulator.activity.advance_clock(60)
        late_id, late = bookings[30]
        simulator.activity.commands.touch(late)
        found, later = self.pull_changes(simulator, cursor)
        assert {external_id for external_id, _ in bookings[:23]} | {late_id} <= found.keys()
        return late, later

    def test_reads_more_than_one_page_of_changes_in_one_second(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.pull_changes_of_one_second(running, monkeypatch)

    def test_reads_items_that_move_between_pages(
        self, running: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(self.paged_by, "PAGE_SIZE", 5)
        simulator, cursor = self.start_with_cursor(running)
        changed = self.touchable(simulator)[:40]
        for _, stay in changed:
            simulator.activity.advance_clock(1)
            simulator.activity.commands.touch(stay)
        path = self.clients.reservations_path
        simulator.faults.add(parse_fault(f"moving-items,times=4,path={path}"))
        found, _ = self.pull_changes(simulator, cursor)
        for external_id, stay in changed:
            oldest = stay.updated // TICKS - self.clock_tolerance_seconds
            assert found[external_id].version.updated_at.timestamp() >= oldest

    def test_ignores_future_timestamps_in_cursor(self, running: Start) -> None:
        simulator = running()
        (_, future), (external_id, stay), *_ = self.touchable(simulator)
        future.updated = simulator.hotel.now + 400 * 86_400 * TICKS
        _, cursor = self.clients.pull_bookings(simulator, self.clients.request(simulator))
        simulator.activity.advance_clock(3_600)
        simulator.activity.commands.touch(stay)
        found, _ = self.pull_changes(simulator, cursor)
        assert external_id in found


class FetchSuite(ClientSuite):
    def test_fetch_matches_pull(self, running: Start) -> None:
        simulator = running(bookings=30)
        complete, _ = self.clients.pull_bookings(simulator, self.clients.request(simulator))
        with self.clients.open(simulator) as client:
            page = client.fetch([Ref(RefKind.BOOKING, each) for each in complete])
        assert bookings_by_id([page]) == complete


class FaultSuite(ClientSuite):
    transient_path: ClassVar[str] = ""
    """Part of the path that fails; empty: the first calls."""

    def add_fault(self, simulator: Any, fault: str) -> None:
        path = self.clients.reservations_path
        simulator.faults.add(parse_fault(f"{fault},path={path}"))

    def check_pull(self, simulator: Any) -> None:
        found, _ = self.clients.pull_bookings(simulator, self.clients.request(simulator))
        assert found.keys() == expected_ids(simulator)

    @pytest.mark.parametrize("fault", TRANSIENT_FAULTS)
    def test_retries_transient_faults(self, running: Start, fault: str) -> None:
        simulator = running(bookings=20)
        path = f",path={self.transient_path}" if self.transient_path else ""
        simulator.faults.add(parse_fault(f"{fault},times=2{path}"))
        self.check_pull(simulator)

    @pytest.mark.parametrize("fault", NETWORK_FAULTS)
    def test_retries_network_faults(self, running: Start, fault: str) -> None:
        simulator = running(bookings=20)
        self.add_fault(simulator, f"{fault},times=2")
        self.check_pull(simulator)

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
        self.add_fault(simulator, fault)
        with pytest.raises(error):
            self.clients.pull_pages(simulator)


class ItemFaultSuite(FaultSuite):
    @pytest.mark.parametrize("fault", ["wrong-types", "unknown-state", "missing-field"])
    def test_invalid_item_does_not_affect_others(self, running: Start, fault: str) -> None:
        simulator = running(bookings=40)
        self.add_fault(simulator, f"{fault},times=3")
        pages = self.clients.pull_pages(simulator)
        rejected = [item for page in pages for item in page.items if item.reason]
        read = [item for page in pages for item in page.items if item.snapshot]
        assert 1 <= len(rejected) <= 3
        assert len(read) > 100

    def test_keeps_unknown_fields(self, running: Start) -> None:
        simulator = running(bookings=10)
        self.add_fault(simulator, "new-field")
        found, _ = self.clients.pull_bookings(simulator, self.clients.request(simulator))
        assert found.keys() == expected_ids(simulator)
        for booking in found.values():
            assert isinstance(booking.extras, tuple)
            assert "SimulatedNewField" in dict(booking.extras)
