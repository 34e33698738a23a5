"""The simulated hotel through the provider port: it must be as believable as a real one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TypeVar
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.outbound.memory.clock import START, FrozenClock
from adapters.outbound.providers.mock.provider import MockProvider
from domain.messages import ItemKind
from domain.snapshots import (
    AvailabilitySnapshot,
    BookingSnapshot,
    GuestSnapshot,
    RoomStay,
    Snapshot,
)
from domain.status import TRANSITIONS, BookingStatus, TransitionKind
from domain.sync_run import SyncKind
from domain.values import ABSENT, DateRange, Money, Stay
from ports.errors import Misconfigured, ProviderRejected, UnreadableMessage, Unsupported
from ports.providers import (
    Account,
    HotelContext,
    Page,
    ProviderClient,
    PullRequest,
    ReadItem,
    Ref,
    RefKind,
)

S = TypeVar("S", BookingSnapshot, GuestSnapshot, AvailabilitySnapshot)

AHEAD = 100


@dataclass
class Visitor:
    """One client and the clock that it lives by."""

    settings: dict[str, str] = field(default_factory=lambda: {"seed": "7", "bookings": "300"})
    time_zone: str = "Europe/Vienna"
    currency: str = "EUR"
    clock: FrozenClock = field(default_factory=FrozenClock)

    def client(self) -> ProviderClient:
        return MockProvider(self.clock).open(self.account())

    def account(self) -> Account:
        return Account(
            connection_id=UUID(int=1),
            time_zone=self.time_zone,
            currency=self.currency,
            settings=self.settings,
            secrets={},
            correlation_id="test",
        )

    def pages(
        self,
        kind: SyncKind = SyncKind.FULL,
        *,
        cursor: str | None = None,
        checkpoint: str | None = None,
        back: int = 100,
    ) -> list[Page]:
        today = self.clock.now().date()
        request = PullRequest(
            kind=kind,
            cursor=cursor,
            checkpoint=checkpoint,
            window=DateRange(today - timedelta(days=back), today + timedelta(days=AHEAD)),
        )
        return list(self.client().pull(request))

    def bookings(self) -> dict[str, BookingSnapshot]:
        return only(BookingSnapshot, snapshots(self.pages()))


def stay_of(booking: BookingSnapshot) -> Stay:
    assert isinstance(booking.stay, Stay)
    return booking.stay


def room_of(booking: BookingSnapshot) -> RoomStay:
    assert isinstance(booking.rooms, tuple)
    return booking.rooms[0]


def status_of(booking: BookingSnapshot) -> BookingStatus:
    assert isinstance(booking.status, BookingStatus)
    return booking.status


def snapshots(pages: Sequence[Page]) -> list[Snapshot]:
    items = [item for page in pages for item in page.items]
    assert [item.reason for item in items if item.reason] == []
    return [item.snapshot for item in items if item.snapshot]


def only(kind: type[S], reported: Sequence[Snapshot]) -> dict[str, S]:
    return {snapshot.external_id: snapshot for snapshot in reported if isinstance(snapshot, kind)}


instants = st.timedeltas(timedelta(0), timedelta(days=700)).map(lambda passed: START + passed)


class TestHotel:
    def test_is_the_same_for_everybody_who_asks_at_one_instant(self) -> None:
        assert Visitor().bookings() == Visitor().bookings()

    def test_is_another_with_another_seed(self) -> None:
        other = Visitor(settings={"seed": "8", "bookings": "300"})
        assert Visitor().bookings() != other.bookings()

    @pytest.mark.parametrize("wanted", [100, 1_000, 5_000])
    def test_has_about_as_many_bookings_a_year_as_wanted(self, wanted: int) -> None:
        visitor = Visitor(settings={"bookings": str(wanted)})
        reported = only(BookingSnapshot, snapshots(visitor.pages(back=365)))
        arrivals = [b for b in reported.values() if stay_of(b).arrival < START.date()]
        assert wanted * 0.7 < len(arrivals) < max(wanted * 1.3, 250)

    def test_has_every_kind_of_state_and_source(self) -> None:
        held = Visitor(settings={"bookings": "2000"}).bookings().values()
        assert {b.status for b in held} == set(BookingStatus)
        assert len({b.source for b in held}) == 5

    def test_has_day_use(self) -> None:
        assert any(stay_of(b).is_day_use for b in Visitor().bookings().values())

    @settings(max_examples=10)
    @given(instants)
    def test_never_double_books_a_room(self, now: datetime) -> None:
        by_room: dict[str, list[tuple[date, date]]] = {}
        for booking in Visitor(clock=FrozenClock(now)).bookings().values():
            stay = stay_of(booking)
            nights = by_room.setdefault(room_of(booking).room_id or "", [])
            nights.append((stay.arrival, stay.first_free_day))
        for nights in by_room.values():
            assert all(first[1] <= then[0] for first, then in pairwise(sorted(nights)))

    @settings(max_examples=10)
    @given(instants)
    def test_sells_what_its_bookings_hold(self, now: datetime) -> None:
        reported = snapshots(Visitor(clock=FrozenClock(now)).pages())
        bookings = only(BookingSnapshot, reported).values()
        cells = only(AvailabilitySnapshot, reported)
        assert cells
        holding = [
            b for b in bookings if b.status in (BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN)
        ]
        for cell in cells.values():
            sold = [
                b
                for b in holding
                if room_of(b).room_type_id == cell.room_type_id
                and stay_of(b).arrival <= cell.day < stay_of(b).first_free_day
            ]
            assert cell.occupied == len(sold)
            assert isinstance(cell.total, int)
            assert cell.available == cell.total - len(sold) >= 0

    @pytest.mark.parametrize(
        ("time_zone", "currency"),
        [("Asia/Tokyo", "JPY"), ("America/New_York", "USD"), ("Asia/Kuwait", "KWD")],
    )
    def test_supports_any_time_zone(self, time_zone: str, currency: str) -> None:
        visitor = Visitor(time_zone=time_zone, currency=currency)
        bookings = visitor.bookings().values()
        assert bookings
        assert {b.total.currency for b in bookings if isinstance(b.total, Money)} == {currency}


class TestTime:
    @settings(max_examples=20)
    @given(instants, st.timedeltas(timedelta(0), timedelta(days=60)))
    def test_makes_a_delta_lead_from_one_full_picture_to_the_next(
        self, first: datetime, wait: timedelta
    ) -> None:
        visitor = Visitor(clock=FrozenClock(first))
        pages = visitor.pages()
        held = only(BookingSnapshot, snapshots(pages))
        guests = only(GuestSnapshot, snapshots(pages))
        visitor.clock.set(first + wait)
        delta = snapshots(visitor.pages(SyncKind.DELTA, cursor=pages[-1].cursor))
        held |= only(BookingSnapshot, delta)
        guests |= only(GuestSnapshot, delta)
        now = snapshots(visitor.pages())
        alive = {name for name, booking in held.items() if not booking.deleted}
        true_bookings = only(BookingSnapshot, now)
        assert {name: held[name] for name in true_bookings} == true_bookings
        fallen_out = alive - true_bookings.keys()
        horizon = (first + wait).date() - timedelta(days=100)
        assert all(stay_of(held[name]).departure <= horizon for name in fallen_out)
        assert only(GuestSnapshot, now).items() <= guests.items()

    def test_tells_deletions_in_the_delta_only(self) -> None:
        visitor = Visitor(settings={"bookings": "3000"})
        before = visitor.pages()
        visitor.clock.advance(timedelta(days=10))
        delta = snapshots(visitor.pages(SyncKind.DELTA, cursor=before[-1].cursor))
        removed = [b for b in only(BookingSnapshot, delta).values() if b.deleted]
        assert removed
        assert removed[0].status is ABSENT
        assert removed[0].external_id not in visitor.bookings()
        assert visitor.client().fetch([Ref(RefKind.BOOKING, removed[0].external_id)]).items == []

    def test_produces_valid_status_transitions(self) -> None:
        visitor = Visitor(settings={"bookings": "400"})
        held = visitor.bookings()
        seen: set[tuple[BookingStatus, BookingStatus]] = set()
        for _ in range(24):
            visitor.clock.advance(timedelta(hours=15))
            now = visitor.bookings()
            for name in held.keys() & now.keys():
                old, new = held[name], now[name]
                assert old == new or old.version < new.version
                if old.status is not new.status:
                    seen.add((status_of(old), status_of(new)))
            held = now
        assert {TRANSITIONS[step] for step in seen} == {TransitionKind.FORWARD}
        assert len(seen) >= 4

    def test_does_nothing_between_two_looks_at_one_instant(self) -> None:
        visitor = Visitor()
        cursor = visitor.pages()[-1].cursor
        delta = snapshots(visitor.pages(SyncKind.DELTA, cursor=cursor))
        assert {type(snapshot) for snapshot in delta} == {AvailabilitySnapshot}


class TestPull:
    def test_comes_in_pages_with_their_count(self) -> None:
        pages = Visitor().pages()
        assert len(pages) > 2
        assert {page.expected for page in pages} == {sum(len(page.items) for page in pages)}
        assert [page.cursor is not None for page in pages] == [False] * (len(pages) - 1) + [True]
        assert pages[0].records
        assert not any(page.records for page in pages[1:])

    def test_resumes_after_a_stored_page_as_if_nothing_had_happened(self) -> None:
        visitor = Visitor()
        pages = visitor.pages()
        visitor.clock.advance(timedelta(minutes=7))
        today = START.date()
        request = PullRequest(
            kind=SyncKind.FULL,
            cursor=None,
            checkpoint=pages[1].checkpoint,
            window=DateRange(today - timedelta(days=100), today + timedelta(days=AHEAD)),
        )
        assert list(visitor.client().pull(request)) == pages[2:]

    def test_leaves_the_cursor_alone_in_a_reconcile(self) -> None:
        assert [page.cursor for page in Visitor().pages(SyncKind.RECONCILE, back=7)][-1] is None

    @pytest.mark.parametrize(("cursor", "checkpoint"), [("x", None), (None, "x"), (None, "x|1")])
    def test_rejects_foreign_checkpoint(self, cursor: str | None, checkpoint: str | None) -> None:
        with pytest.raises(ProviderRejected):
            Visitor().pages(SyncKind.DELTA, cursor=cursor, checkpoint=checkpoint)

    def test_keeps_each_item_s_own_text(self) -> None:
        (page, *_) = Visitor().pages()
        context = HotelContext(
            time_zone="Europe/Vienna", currency="EUR", observed_at=page.observed_at
        )
        for item in page.items:
            assert self._read_again(item, context) == item

    @staticmethod
    def _read_again(item: ReadItem, context: HotelContext) -> ReadItem:
        return MockProvider(FrozenClock()).read_items(item.kind, [item.raw], context, limit=1)[0]


class TestFetch:
    def test_gives_what_is_there_and_nothing_for_the_rest(self) -> None:
        visitor = Visitor()
        name = next(iter(visitor.bookings()))
        page = visitor.client().fetch(
            [
                Ref(RefKind.BOOKING, name),
                Ref(RefKind.BOOKING, name),
                Ref(RefKind.GUEST, f"G{name}"),
                Ref(RefKind.GUEST, name),
                Ref(RefKind.BOOKING, "M999-20260301"),
                Ref(RefKind.BOOKING, "nonsense"),
            ]
        )
        assert [item.external_id for item in page.items] == [name, f"G{name}"]
        assert not page.records

    def test_gives_one_cell_or_all(self) -> None:
        client = Visitor().client()
        one = client.fetch([Ref(RefKind.AVAILABILITY, "DLX/2026-04-01")])
        assert [item.external_id for item in one.items] == ["DLX/2026-04-01"]
        assert len(client.fetch([Ref(RefKind.AVAILABILITY)]).items) == 3 * 365

    def test_gives_the_records(self) -> None:
        records = Visitor().client().fetch([Ref(RefKind.RECORDS)]).records
        assert [kind.external_id for kind in records.room_types] == ["STD", "DLX", "STE"]
        assert {room.room_type_id for room in records.rooms} <= {"STD", "DLX", "STE"}


class TestAccount:
    def test_answers_the_connection_test(self) -> None:
        client = Visitor().client()
        report = client.check()
        assert (report.property_id, report.time_zone) == ("mock-7", "Europe/Vienna")
        assert client.counts().calls == 1
        client.close()

    @pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "", "٣", "9" * 20])
    def test_refuses_settings_that_are_no_numbers(self, text: str) -> None:
        with pytest.raises(Misconfigured) as caught:
            Visitor(settings={"seed": text}).client()
        assert caught.value.details == {"setting": "seed"}

    def test_needs_no_settings(self) -> None:
        assert Visitor(settings={}).bookings()


class TestPushes:
    CONTEXT = HotelContext(time_zone="Europe/Vienna", currency="EUR", observed_at=START)

    def test_have_no_notifications_among_them(self) -> None:
        with pytest.raises(Unsupported):
            MockProvider(FrozenClock()).read_items(
                ItemKind.NOTIFICATION, [b"{}"], self.CONTEXT, limit=1
            )

    def test_name_what_they_lack(self) -> None:
        (item,) = MockProvider(FrozenClock()).read_items(
            ItemKind.BOOKING, [b"{}"], self.CONTEXT, limit=1
        )
        assert item.reason is not None
        assert (item.reason.code, item.reason.path) == ("missing_field", "id")

    def test_traces_every_field(self) -> None:
        (page, *_) = Visitor().pages()
        guest = next(item for item in page.items if item.kind is ItemKind.GUEST)
        (item,) = MockProvider(FrozenClock()).read_items(
            ItemKind.GUEST, [guest.raw], self.CONTEXT, limit=1, explain=True
        )
        assert dict(item.field_trace)["mail"] == "email"

    def test_may_be_thin(self) -> None:
        body = b'{"hotel": "mock-7", "bookings": ["M0-20260301"], "guests": ["GM1"], "new": 1}'
        reported = MockProvider(FrozenClock()).read_notification(body, self.CONTEXT)
        assert reported.refs == (Ref(RefKind.BOOKING, "M0-20260301"), Ref(RefKind.GUEST, "GM1"))
        assert (reported.property_id, reported.ignored) == ("mock-7", ("new",))

    @pytest.mark.parametrize("body", [b"x", b"[]", b"1", b'{"bookings": [1]}', b'{"hotel": 1}'])
    def test_are_refused_where_they_are_no_message(self, body: bytes) -> None:
        with pytest.raises(UnreadableMessage):
            MockProvider(FrozenClock()).read_notification(body, self.CONTEXT)
