"""Properties of every sequence of snapshots, however ordered, repeated or cut."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.booking import Booking
from domain.merge import Advanced, Applied, Stale, Unchanged, VersionConflict
from domain.precedence import Channel, Receipt
from domain.snapshots import BookingSnapshot, BookingSource, Party, RoomStay
from domain.status import TRANSITIONS, BookingStatus, TransitionKind
from domain.values import ABSENT, Money, SourceVersion, Stay
from tests import builders

T0 = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(minutes=1)
CONNECTION, HOTEL, BOOKING_ID = (builders.new_id() for _ in range(3))

texts = st.sampled_from(["a", "b", ""])
money = st.builds(Money, st.integers(0, 3), st.sampled_from(["EUR", "JPY"]))
instants = st.integers(0, 3).map(lambda n: T0 + n * STEP)
days = st.integers(0, 3).map(lambda n: date(2026, 6, 1) + timedelta(days=n))
stays = st.tuples(days, days).map(lambda two: Stay(min(two), max(two)))
rooms = st.builds(RoomStay, stay=stays, status=st.sampled_from(BookingStatus))
parties = st.builds(Party, last_name=texts)


def optional(values: st.SearchStrategy[Any], *names: str) -> dict[str, st.SearchStrategy[Any]]:
    return dict.fromkeys(names, st.none() | values)


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(BookingStatus),
    "stay": stays,
    "holds_inventory": st.booleans(),
    "source": st.sampled_from(BookingSource),
    "rooms": st.lists(rooms, min_size=1, max_size=2).map(tuple),
    "further_guests": st.lists(parties, max_size=2).map(tuple),
    "extras": st.sampled_from([(), (("a", "1"),)]),
    "primary_guest": st.none() | parties,
    **optional(money, "total", "paid", "balance"),
    **optional(texts, "confirmation_number", "group_id", "share_id"),
    **optional(texts, "special_requests", "notes", "cancel_reason"),
    **optional(instants, "checked_in_at", "checked_out_at", "canceled_at"),
}
versions = st.builds(
    SourceVersion, st.integers(0, 5).map(lambda n: T0 + n * STEP), st.integers(0, 2)
)
full_content = st.fixed_dictionaries(FIELDS)
some_content = st.fixed_dictionaries(
    {}, optional={name: values | st.just(ABSENT) for name, values in FIELDS.items()}
)
snapshots = st.builds(
    lambda version, deleted, content: BookingSnapshot(
        external_id="B1", version=version, deleted=deleted, **content
    ),
    versions,
    st.booleans(),
    some_content,
)
observations = st.builds(
    Receipt,
    st.sampled_from(Channel),
    st.integers(0, 9).map(lambda n: T0 + n * STEP),
    st.just(CONNECTION),
    st.just("r"),
)
START = BookingSnapshot(
    external_id="B1",
    version=SourceVersion(T0),
    status=BookingStatus.PENDING,
    stay=Stay(date(2026, 6, 1), date(2026, 6, 2)),
)


def create(snapshot: BookingSnapshot, by: Receipt) -> Booking:
    decision = Booking.create_from(
        snapshot, by, hotel_id=HOTEL, provider="p", booking_id=BOOKING_ID, now=T0
    )
    assert isinstance(decision, Applied)
    return decision.entity


def at(minutes: int, channel: Channel = Channel.PUSHED) -> Receipt:
    return Receipt(channel, T0 + minutes * STEP, CONNECTION, "r")


def last_of(sent: list[BookingSnapshot]) -> Booking:
    """Each snapshot as a push, in this order."""
    booking = create(sent[0], at(0))
    for minute, snapshot in enumerate(sent[1:], start=1):
        decision = booking.merge(snapshot, at(minute), now=T0 + minute * STEP)
        if isinstance(decision, Applied | Advanced):
            booking = decision.entity
    return booking


@st.composite
def distinct_full_snapshots(draw: st.DrawFn) -> list[BookingSnapshot]:
    """Each version once; statuses with legal transitions in both directions."""
    numbers = draw(st.lists(st.integers(0, 20), min_size=1, max_size=6, unique=True))
    free = st.sampled_from([BookingStatus.CONFIRMED, BookingStatus.CANCELED])
    return [
        BookingSnapshot(
            external_id="B1",
            version=SourceVersion(T0 + (n // 2) * STEP, n % 2),
            deleted=draw(st.booleans()),
            **(draw(full_content) | {"status": draw(free)}),
        )
        for n in numbers
    ]


class TestAnySequence:
    @given(st.lists(st.tuples(snapshots, observations), max_size=12))
    def test_breaks_no_invariant(self, sent: list[tuple[BookingSnapshot, Receipt]]) -> None:
        booking = create(START, at(0))
        for snapshot, by in sent:
            now = T0 + timedelta(hours=1)
            decision = booking.merge(snapshot, by, now=now)
            if not isinstance(decision, Applied | Advanced):
                continue
            after = decision.entity
            self.check_identity(booking, after)
            self.check_order(booking, after, by)
            if isinstance(decision, Applied):
                self.check_change(booking, decision)
            booking = after

    def check_identity(self, before: Booking, after: Booking) -> None:
        assert after.revision == before.revision + 1
        names = ("id", "hotel_id", "provider", "external_id")
        assert all(getattr(before, name) == getattr(after, name) for name in names)
        assert after.details.rooms
        if after.details.deleted_at_source is not None:
            assert not after.details.holds_inventory

    def check_order(self, before: Booking, after: Booking, by: Receipt) -> None:
        if by.channel is not Channel.RECONCILED:
            assert after.version >= before.version

    def check_change(self, before: Booking, decision: Applied[Booking]) -> None:
        after = decision.entity
        changed = {
            name
            for name in before.details.__slots__
            if getattr(before.details, name) != getattr(after.details, name)
        }
        assert changed
        assert set(decision.changed_fields) == changed
        moved = before.details.status is not after.details.status
        assert (decision.transition is not None) == moved
        if decision.transition is not None:
            kind = TRANSITIONS[before.details.status, after.details.status]
            reconciled = after.provenance.channel is Channel.RECONCILED
            assert decision.transition.kind is not TransitionKind.REFUSED
            assert kind is not TransitionKind.REFUSED or reconciled

    @given(snapshots, observations)
    def test_of_one_snapshot_twice_is_one_change(
        self, snapshot: BookingSnapshot, by: Receipt
    ) -> None:
        booking = create(START, at(0))
        decision = booking.merge(snapshot, by, now=T0)
        if isinstance(decision, Applied | Advanced):
            again = decision.entity.merge(snapshot, by, now=T0 + STEP)
            assert again == Unchanged()
        else:
            assert booking.merge(snapshot, by, now=T0 + STEP) == decision


class TestFullSnapshotsOfDistinctVersions:
    @given(st.data(), distinct_full_snapshots())
    def test_end_as_the_newest_in_any_order_with_any_copies(
        self, data: st.DataObject, sent: list[BookingSnapshot]
    ) -> None:
        copies = data.draw(st.lists(st.sampled_from(sent), max_size=6))
        order = data.draw(st.permutations([*sent, *copies]))
        newest = max(sent, key=lambda snapshot: snapshot.version)
        ended, alone = last_of(order), create(newest, at(0))
        assert bool(ended.details.deleted_at_source) == newest.deleted
        assert replace(ended.details, deleted_at_source=None) == replace(
            alone.details, deleted_at_source=None
        )
        assert ended.version == newest.version

    @given(distinct_full_snapshots())
    def test_never_go_backwards(self, sent: list[BookingSnapshot]) -> None:
        ended = last_of(sent)
        for snapshot in sent:
            if snapshot.version < ended.version:
                assert ended.merge(snapshot, at(99), now=T0) == Stale()

    @given(distinct_full_snapshots(), full_content)
    def test_conflict_only_if_two_pushes_differ(
        self, sent: list[BookingSnapshot], other: dict[str, Any]
    ) -> None:
        ended = last_of(sent)
        newest = max(sent, key=lambda snapshot: snapshot.version)
        snapshot = replace(newest, **other)
        alone = create(snapshot, at(0)).details
        deleted_at = ended.details.deleted_at_source
        same = ended.details == replace(alone, deleted_at_source=deleted_at)
        expected = Unchanged() if same else VersionConflict()
        assert ended.merge(snapshot, at(99), now=T0) == expected
