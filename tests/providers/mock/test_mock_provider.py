"""The mock provider over HTTP, against its simulator."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from adapters.outbound.memory.clock import START
from adapters.outbound.provider_kit.simulation.authoring import SimulatorOptions
from adapters.outbound.provider_kit.simulation.declarative_simulator import (
    DeclarativeSimulator,
)
from adapters.outbound.provider_kit.simulation.scenario import ScenarioAction
from adapters.outbound.providers.mock import provider as make_provider
from adapters.outbound.providers.mock.simulator.server import start_simulator
from domain.messages import ItemKind
from domain.snapshots import AvailabilitySnapshot, BookingSnapshot, GuestSnapshot
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from domain.values import DateRange
from ports import providers
from ports.errors import CredentialsRefused, Misconfigured, UnreadableMessage, Unsupported
from tests.providers.mews.payloads import SkippingClock, tools

CONTEXT = providers.HotelContext(time_zone="Europe/Vienna", currency="EUR", observed_at=START)


def connected() -> providers.Provider:
    clock = SkippingClock(datetime(2026, 6, 1, 12, tzinfo=UTC))
    return make_provider(tools(clock, allowed_hosts=frozenset({"127.0.0.1"}), plain_http=True))


def account(values: dict[str, str]) -> providers.Account:
    secrets = {name: value for name, value in values.items() if name == "api_key"}
    return providers.Account(
        connection_id=UUID(int=1),
        time_zone="Europe/Vienna",
        currency="EUR",
        settings={name: value for name, value in values.items() if name not in secrets},
        secrets=secrets,
        correlation_id="test",
    )


@pytest.fixture(scope="module")
def simulator() -> Iterator[DeclarativeSimulator]:
    running = start_simulator(SimulatorOptions(bookings=250, seed=7, time_zone="Europe/Vienna"))
    yield running
    running.stop()


@contextmanager
def opened(simulator: DeclarativeSimulator) -> Iterator[providers.ProviderClient]:
    client = connected().open(account(simulator.connection_values()))
    yield client
    client.close()


def request(
    simulator: DeclarativeSimulator, kind: SyncKind = SyncKind.FULL, **more: str
) -> providers.PullRequest:
    today = simulator.hotel.today
    window = DateRange(today - timedelta(days=110), today + timedelta(days=250))
    return providers.PullRequest(
        kind=kind, cursor=more.get("cursor"), checkpoint=more.get("checkpoint"), window=window
    )


def pull(
    simulator: DeclarativeSimulator, kind: SyncKind = SyncKind.FULL, **more: str
) -> list[providers.Page]:
    with opened(simulator) as client:
        return list(client.pull(request(simulator, kind, **more)))


def bookings(pages: list[providers.Page]) -> dict[str, BookingSnapshot]:
    items = [item for page in pages for item in page.items]
    assert [item.reason for item in items if item.reason] == []
    return {
        item.snapshot.external_id: item.snapshot
        for item in items
        if isinstance(item.snapshot, BookingSnapshot)
    }


class TestPull:
    def test_reads_the_hotel_exactly(self, simulator: DeclarativeSimulator) -> None:
        pages = pull(simulator)
        found = {
            name: (b.status, b.stay.arrival, b.stay.departure, b.total)
            for name, b in bookings(pages).items()
        }
        expected = {
            e.external_id: (e.status, e.arrival, e.departure, e.total)
            for e in simulator.expected_bookings()
        }
        assert found == expected
        assert {status for status, *_ in found.values()} == set(BookingStatus)
        assert len({b.source for b in bookings(pages).values()}) == 4

    def test_brings_records_guests_and_availability(self, simulator: DeclarativeSimulator) -> None:
        pages = pull(simulator)
        records = next(page.records for page in pages if page.records)
        types = {kind.external_id for kind in records.room_types}
        assert {room.room_type_id for room in records.rooms} == types
        assert len(records.rooms) == len(simulator.hotel.rooms)
        snapshots = [item.snapshot for page in pages for item in page.items]
        guests = {g.external_id: g for g in snapshots if isinstance(g, GuestSnapshot)}
        for booking in bookings(pages).values():
            guest = guests[booking.primary_guest.guest_id]
            assert guest.last_name == booking.primary_guest.last_name
        cells = [c for c in snapshots if isinstance(c, AvailabilitySnapshot)]
        assert all(c.available == c.total - c.occupied >= 0 for c in cells)
        assert {c.room_type_id for c in cells} == types
        assert len({c.day for c in cells}) == 250

    def test_deltas_lead_to_the_state_of_the_hotel(self) -> None:
        simulator = start_simulator(SimulatorOptions(bookings=60, time_zone="Europe/Vienna"))
        try:
            pages = pull(simulator)
            held = bookings(pages)
            for _ in range(4):
                simulator.advance(days=1, events=20)
                pages = pull(simulator, SyncKind.DELTA, cursor=pages[-1].cursor or "")
                held |= bookings(pages)
            now = bookings(pull(simulator))
            assert {name: held[name] for name in now} == now
        finally:
            simulator.stop()

    def test_moves_the_cursor_on_the_last_page_only(self, simulator: DeclarativeSimulator) -> None:
        cursors = [page.cursor for page in pull(simulator)]
        assert [cursor is not None for cursor in cursors] == [False] * (len(cursors) - 1) + [True]
        assert pull(simulator, SyncKind.RECONCILE)[-1].cursor is None

    @pytest.mark.parametrize("checkpoint", ["x", "x|1", "2026-06-01T10:00:00+00:00|1"])
    def test_starts_over_at_a_checkpoint_of_another_version(
        self, simulator: DeclarativeSimulator, checkpoint: str
    ) -> None:
        assert bookings(pull(simulator, checkpoint=checkpoint)) == bookings(pull(simulator))

    def test_continues_from_a_cursor_of_version_0_1(self, simulator: DeclarativeSimulator) -> None:
        now = datetime.fromtimestamp(simulator.hotel.now / 10_000_000, UTC)
        cursor = (now - timedelta(days=2)).isoformat()
        changed = bookings(pull(simulator, SyncKind.DELTA, cursor=cursor))
        assert 0 < len(changed) < len(bookings(pull(simulator)))


class TestFetch:
    def test_returns_the_bookings_that_exist_with_their_guests(
        self, simulator: DeclarativeSimulator
    ) -> None:
        name = simulator.expected_bookings()[0].external_id
        refs = [
            providers.Ref(providers.RefKind.BOOKING, name),
            providers.Ref(providers.RefKind.BOOKING, name),
            providers.Ref(providers.RefKind.BOOKING, "M9"),
        ]
        with opened(simulator) as client:
            page = client.fetch(refs)
        assert [item.kind for item in page.items] == [ItemKind.GUEST, ItemKind.BOOKING]
        assert [*bookings([page])] == [name]
        assert not page.records

    def test_leaves_out_a_deleted_booking(self) -> None:
        simulator = start_simulator(SimulatorOptions(bookings=40, time_zone="Europe/Vienna"))
        try:
            name = simulator.act(ScenarioAction.DELETE)
            assert name is not None
            with opened(simulator) as client:
                assert not client.fetch([providers.Ref(providers.RefKind.BOOKING, name)]).items
        finally:
            simulator.stop()

    def test_returns_a_year_of_availability(self, simulator: DeclarativeSimulator) -> None:
        with opened(simulator) as client:
            page = client.fetch([providers.Ref(providers.RefKind.AVAILABILITY)])
        assert len(page.items) == len(simulator.hotel.room_types) * 365


class TestAccount:
    def test_reports_the_property(self, simulator: DeclarativeSimulator) -> None:
        with opened(simulator) as client:
            report = client.check()
            assert client.counts().calls == 1
        assert (report.property_id, report.time_zone) == ("mock-7", "Europe/Vienna")

    def test_of_a_connection_of_version_0_1_names_what_to_set(self) -> None:
        stored = account({"seed": "7", "bookings": "300"})
        with pytest.raises(Misconfigured, match="pms simulate mock") as caught:
            connected().open(stored)
        assert caught.value.details == {"setting": "base_url"}

    def test_may_keep_the_settings_of_version_0_1(self, simulator: DeclarativeSimulator) -> None:
        names = {spec.name for spec in connected().capabilities.settings}
        assert {"seed", "bookings", "base_url", "api_key"} == names
        values = {**simulator.connection_values(), "seed": "7", "bookings": "300"}
        client = connected().open(account(values))
        assert client.check().property_id == "mock-7"
        client.close()

    def test_refuses_another_key(self, simulator: DeclarativeSimulator) -> None:
        good = account(simulator.connection_values())
        client = connected().open(replace(good, secrets={"api_key": "other"}))
        with pytest.raises(CredentialsRefused):
            client.check()
        client.close()


class TestPushes:
    def test_do_not_include_notifications(self) -> None:
        with pytest.raises(Unsupported):
            connected().read_items(ItemKind.NOTIFICATION, [b"{}"], CONTEXT, limit=1)

    def test_name_a_missing_field(self) -> None:
        (item,) = connected().read_items(ItemKind.BOOKING, [b"{}"], CONTEXT, limit=1)
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("missing_field", "id")

    def test_read_each_pulled_item_alike(self, simulator: DeclarativeSimulator) -> None:
        for page in pull(simulator):
            context = replace(CONTEXT, observed_at=page.observed_at)
            for item in page.items[:20]:
                (again,) = connected().read_items(item.kind, [item.raw], context, limit=1)
                assert again == item

    def test_trace_every_field(self, simulator: DeclarativeSimulator) -> None:
        items = [item for page in pull(simulator) for item in page.items]
        guest = next(item for item in items if item.kind is ItemKind.GUEST)
        (item,) = connected().read_items(
            ItemKind.GUEST, [guest.raw], CONTEXT, limit=1, explain=True
        )
        assert dict(item.field_trace)["mail"] == "email"

    def test_may_be_deleted_bookings(self) -> None:
        body = b'{"id": "M1", "changed": "2026-03-01T10:00:00Z", "revision": 3, "deleted": true}'
        (item,) = connected().read_items(ItemKind.BOOKING, [body], CONTEXT, limit=1)
        assert isinstance(item.snapshot, BookingSnapshot)
        assert item.snapshot.deleted


class TestNotifications:
    def test_name_the_bookings_to_fetch_and_what_is_ignored(self) -> None:
        body = b'{"hotel": "mock-7", "bookings": ["M0-20260301"], "guests": ["GM1"], "new": 1}'
        reported = connected().read_notification(body, CONTEXT)
        assert reported.refs == (providers.Ref(providers.RefKind.BOOKING, "M0-20260301"),)
        assert (reported.property_id, reported.ignored) == ("mock-7", ("guests", "new"))

    def test_unreadable_booking_does_not_affect_the_others(self) -> None:
        body = b'{"hotel": "mock-7", "bookings": ["M1", 7, "M2", null]}'
        reported = connected().read_notification(body, CONTEXT)
        assert [ref.external_id for ref in reported.refs] == ["M1", "M2"]
        assert [each.reason.path for each in reported.unreadable] == ["bookings[1]", "bookings[3]"]
        assert [json.loads(each.raw)["bookings"] for each in reported.unreadable] == [[7], [None]]

    @pytest.mark.parametrize("body", [b"x", b"[]", b"1", b'{"bookings": [1]}', b'{"hotel": 1}'])
    def test_are_refused_where_they_are_not_a_message(self, body: bytes) -> None:
        with pytest.raises(UnreadableMessage):
            connected().read_notification(body, CONTEXT)


class TestOddDetails:
    @pytest.mark.parametrize(
        "odd",
        [
            {"origin": "pigeon"},
            {"adults": "two"},
            {"children": None},
            {"room_type": 7},
            {"guest": None},
            {"guest": {"id": None, "first": "Ada"}},
        ],
    )
    def test_do_not_refuse_a_booking(self, odd: dict[str, object]) -> None:
        sent = {
            **{"id": "M1", "changed": "2026-02-01T10:00:00Z", "state": "Confirmed"},
            **{"arrives": "2026-05-01", "leaves": "2026-05-03", "origin": "web", "room_type": "D"},
            **{"adults": 2, "children": 1, "total": 90, "paid": 0, "currency": "EUR"},
            **{"guest": {"id": "G1", "first": "Ada"}, **odd},
        }
        body = json.dumps(sent).encode()
        (item,) = connected().read_items(ItemKind.BOOKING, [body], CONTEXT, limit=10)
        assert isinstance(item.snapshot, BookingSnapshot), item.reason
