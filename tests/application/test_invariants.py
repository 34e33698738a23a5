"""The rules that must hold, attacked: whatever order, copies, losses, outages and kills."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from application.errors import ConnectionNotFound, Forbidden
from application.ingest.ingest_items import Push
from domain.messages import InboxState, ItemKind
from domain.snapshots import BookingSnapshot, Party
from domain.status import TRANSITIONS, BookingStatus, TransitionKind
from domain.sync_run import SyncKind, SyncStatus
from domain.values import Money
from ports.errors import PortError, ProviderUnavailable, StoreUnavailable
from ports.providers import Ref, RefKind
from tests.application.sync.changing_provider import LivingProvider, differences, living
from tests.application.use_case_harness import Fate, Killed, World, booked, guest

IDS = ("B1", "B2", "B3")
SECOND = timedelta(seconds=1)


@dataclass
class Life:
    """A hotel at its PMS, the mail between it and us, and what may happen to both."""

    world: World = field(default_factory=World)
    legal_only: bool = False
    mail: list[BookingSnapshot] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.provider: LivingProvider = living(self.world)

    def change(self, external_id: str, status: BookingStatus) -> None:
        self.world.clock.advance(SECOND)
        held = self.provider.bookings().get(external_id)
        before = held.status if held else status
        assert isinstance(before, BookingStatus)
        if self.legal_only and before is not status:
            status = before if TRANSITIONS[before, status] is TransitionKind.REFUSED else status
        notes = f"note {next(self.numbers)}"
        self.mail.append(self.provider.change(external_id, status, notes=notes))

    def same_instant(self, external_id: str) -> None:
        """Another content under the version that was sent already."""
        if (held := self.provider.bookings().get(external_id)) is not None:
            assert isinstance(held.status, BookingStatus)
            notes = f"note {next(self.numbers)}"
            at = held.version.updated_at
            self.mail.append(self.provider.change(external_id, held.status, at=at, notes=notes))

    def clock_back(self, external_id: str) -> None:
        at = self.world.clock.now() - timedelta(days=2)
        status = BookingStatus.CANCELED
        self.mail.append(self.provider.change(external_id, status, at=at))

    def clock_ahead(self, external_id: str) -> None:
        at = self.world.clock.now() + timedelta(days=3)
        self.mail.append(self.provider.change(external_id, BookingStatus.CONFIRMED, at=at))

    def forget(self, external_id: str) -> None:
        self.provider.forget(external_id)

    def push(self, which: int, deferred: bool) -> None:
        """Any letter ever written: late, again, in any order; the others are lost."""
        if self.mail:
            self.world.push(self.mail[which % len(self.mail)], deferred=deferred)

    def notify(self, external_id: str) -> None:
        self.world.notify(Ref(RefKind.BOOKING, external_id))

    def work(self) -> None:
        self.world.tick()
        self.world.work_off()

    def sync(self, kind: SyncKind) -> None:
        self.world.run(kind, holder=str(self.world.ids.new()))

    def outage(self) -> None:
        provider = self.provider
        provider.refusal = None if provider.refusal else ProviderUnavailable()

    def wait(self, minutes: int) -> None:
        self.world.clock.advance(timedelta(minutes=minutes))

    def lose_jobs(self) -> None:
        self.world.queue.take()

    def kill(self, at: int, after: bool) -> None:
        self.world.fate = Fate(at, after=after)

    def full_disk(self) -> None:
        self.world.store.fail_next_commit(StoreUnavailable())

    def live(self, steps: list[tuple[object, ...]]) -> None:
        for name, *arguments in steps:
            try:
                getattr(self, str(name))(*arguments)
            except Killed:
                self.world.revive()
            except PortError:
                pass

    def quiet(self) -> None:
        """Nothing goes wrong any more, and all that is waiting is worked off."""
        self.world.revive()
        self.world.queue.is_up = True
        self.provider.refusal = None
        self.world.store._next_commit_fails = None
        for run in self.world.runs():
            self.world.sync(run.id, holder="quiet")


ids = st.sampled_from(IDS)
changes = st.one_of(
    st.tuples(st.just("change"), ids, st.sampled_from(BookingStatus)),
    st.tuples(st.just("push"), st.integers(0, 20), st.booleans()),
    st.tuples(st.just("notify"), ids),
    st.tuples(st.just("work")),
    st.tuples(st.just("sync"), st.sampled_from(SyncKind)),
    st.tuples(st.just("outage")),
    st.tuples(st.just("wait"), st.integers(1, 90)),
    st.tuples(st.just("lose_jobs")),
    st.tuples(st.just("kill"), st.integers(0, 4), st.booleans()),
    st.tuples(st.just("full_disk")),
)
attacks = changes | st.one_of(
    st.tuples(st.just("same_instant"), ids),
    st.tuples(st.just("clock_back"), ids),
    st.tuples(st.just("clock_ahead"), ids),
    st.tuples(st.just("forget"), ids),
)


KNOWN = (("change", "B1", BookingStatus.CONFIRMED), ("sync", SyncKind.FULL))


class TestConvergence:
    """Rule 1."""

    @settings(max_examples=150)
    @given(st.lists(attacks, max_size=25))
    @example([*KNOWN, ("clock_back", "B1"), ("push", 1, False)])
    @example([*KNOWN, ("same_instant", "B1"), ("push", 1, True)])
    @example([*KNOWN, ("forget", "B1"), ("push", 0, False), ("kill", 1, True)])
    def test_holds_after_one_reconcile_whatever_happened(
        self, steps: list[tuple[object, ...]]
    ) -> None:
        life = Life()
        life.live(steps)
        life.quiet()
        run = life.world.run(SyncKind.RECONCILE, holder="last")
        assert run.status is SyncStatus.COMPLETED
        assert differences(life.world, life.provider) == []

    @settings(max_examples=150)
    @given(st.lists(changes, max_size=25))
    def test_holds_after_one_delta_where_the_delta_tells_all(
        self, steps: list[tuple[object, ...]]
    ) -> None:
        life = Life(legal_only=True)
        life.live(steps)
        life.quiet()
        life.world.run(SyncKind.DELTA, holder="last")
        assert differences(life.world, life.provider) == []

    @settings(max_examples=100)
    @given(st.lists(attacks, max_size=25))
    def test_leaves_no_accepted_item_without_an_outcome(
        self, steps: list[tuple[object, ...]]
    ) -> None:
        life = Life()
        life.live(steps)
        life.quiet()
        for _ in range(3):
            life.wait(60 * 48)
            life.work()
        assert {row.state for row in life.world.inbox()} <= {
            InboxState.DONE,
            InboxState.QUARANTINED,
        }
        assert all(run.status.is_final for run in life.world.runs())


class TestNeverBackwards:
    """Rule 2."""

    @settings(max_examples=100)
    @given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
    def test_any_order_of_pushes_ends_with_the_newest(
        self, order: list[int], again: list[int]
    ) -> None:
        world = World()
        letters = [world.provider.line(booked(number=n, notes=f"{n}")) for n in range(6)]
        versions = []
        for n in (*order, *again):
            world.push(letters[n])
            versions.append(world.known().version)
        assert versions == sorted(versions)
        assert world.known().details.notes == "5"


class TestIdempotence:
    """Rule 3."""

    @settings(max_examples=50)
    @given(st.lists(attacks, max_size=25))
    def test_of_a_second_full_sync_writes_nothing_and_tells_only_of_itself(
        self, steps: list[tuple[object, ...]]
    ) -> None:
        life = Life()
        life.live(steps)
        life.quiet()
        life.sync(SyncKind.RECONCILE)
        tables, told = life.world.store._committed, len(life.world.events())
        life.wait(10)
        for kind in (SyncKind.FULL, SyncKind.RECONCILE):
            life.sync(kind)
        assert life.world.store._committed.bookings == tables.bookings
        assert [e["type"] for e in life.world.events()[told:]] == ["pms.sync.completed"] * 2


class TestEvents:
    """Rule 5: each committed change has its event exactly once, in the order of the changes."""

    @settings(max_examples=100)
    @given(st.lists(attacks, max_size=25))
    def test_retell_every_status_that_was_ever_stored(
        self, steps: list[tuple[object, ...]]
    ) -> None:
        life = Life()
        life.live(steps)
        life.quiet()
        world = life.world
        told = world.events("pms.booking.synced")
        assert len({e["id"] for e in told}) == len(told)
        for booking in world.store._committed.bookings.values():
            mine = [e["data"] for e in told if e["subject"] == booking.external_id]
            assert [e["change"] for e in mine].count("created") == 1
            assert mine[0]["change"] == "created"
            assert mine[-1]["status"] == booking.details.status
            history = world.store.queries.status_history(world.hotel.id, [booking.id])
            changed = [e for e in mine if e["transition"]]
            assert [(e["fromStatus"], e["status"]) for e in changed] == [
                (row.transition.source, row.transition.target) for row in history[booking.id]
            ]


class TestTenancy:
    """Rule 6."""

    def test_the_hotel_comes_from_the_credential_alone(self, world: World) -> None:
        other = world.connect(world.add_hotel())
        world.push(booked(notes="theirs"), to=other)
        world.push(booked(notes="ours"))
        theirs = world.booking(of=other)
        assert theirs is not None
        assert theirs.details.notes == "theirs"
        assert world.known().details.notes == "ours"
        assert {e["data"]["hotelId"] for e in world.events()} == {
            str(world.hotel.id),
            str(other.hotel_id),
        }

    def test_a_sync_never_marks_another_connections_booking_gone(self, world: World) -> None:
        other = world.connect(world.add_hotel())
        world.push(booked(), to=other)
        world.push(booked())
        world.run(SyncKind.RECONCILE)
        theirs = world.booking(of=other)
        assert theirs is not None
        assert theirs.details.deleted_at_source is None
        assert world.known().details.deleted_at_source is not None

    def test_no_job_of_one_hotel_opens_anothers_batch(self, world: World) -> None:
        batch = world.push(booked(), deferred=True).batch_id
        stranger = world.add_hotel()
        assert world.process(stranger.id, batch) == []
        assert world.booking() is None

    def test_a_credential_of_one_provider_does_not_write_for_another(self, world: World) -> None:
        blind = world.connect(world.hotel, provider="blind", key="blind")
        with pytest.raises(Forbidden):
            world.ingest(
                world.caller(blind),
                Push(provider="scripted", kind=ItemKind.BOOKING, body=b"x", correlation_id="c"),
            )
        with pytest.raises(ConnectionNotFound):
            world.notify(Ref(RefKind.BOOKING, "B1"), key="blind")


class TestIsolation:
    """Rule 8."""

    @settings(max_examples=60)
    @given(st.lists(st.booleans(), min_size=1, max_size=12))
    def test_each_good_item_is_stored_whatever_is_around_it(self, good: list[bool]) -> None:
        for deferred in (False, True):
            world = World()
            lines = [
                world.provider.line(booked(f"B{n}")) if fine else f"bad {n}".encode()
                for n, fine in enumerate(good)
            ]
            world.push(*lines, deferred=deferred)
            world.work_off()
            stored = [world.booking(f"B{n}") is not None for n in range(len(good))]
            assert stored == good
            assert len(world.quarantined()) == good.count(False)


class TestSecretsAndPersonalData:
    """Rule 10: canaries planted wherever a guest or a hotel could leave something."""

    CANARY = "Zanzibar-Quokka"

    def test_stay_out_of_jobs_events_errors_and_reprs(self, world: World) -> None:
        said = booked(
            primary_guest=Party(first_name=self.CANARY, email=f"{self.CANARY}@example.org"),
            notes=self.CANARY,
            special_requests=self.CANARY,
            total=Money(1, "EUR"),
            extras=((self.CANARY, '"x"'),),
        )
        world.connect(world.hotel, key=self.CANARY, secrets={"trust": "vendor", "t": self.CANARY})
        bad = f"{self.CANARY} in a line that nobody understands".encode()
        world.push(said, bad, deferred=True)
        seen = [repr(world.queue.jobs)]
        world.work_off()
        world.push(guest(first_name=self.CANARY, email=self.CANARY), kind=ItemKind.GUEST)
        world.push(booked(number=2, notes=f"{self.CANARY} 2"))
        world.provider.refusal = ProviderUnavailable()
        world.notify(Ref(RefKind.BOOKING, "B1"), key=self.CANARY, new_secrets={"t": self.CANARY})
        seen.append(repr(world.queue.jobs))
        world.work_off()
        world.deliver(bad, key=self.CANARY)
        world.work_off()
        run = world.run(SyncKind.DELTA, ProviderUnavailable())
        seen += [json.dumps(world.events()), repr(run), repr(world.runs())]
        seen += [str(row.reason) for row in world.inbox()]
        with pytest.raises(ConnectionNotFound) as caught:
            world.deliver(b"x", key="wrong" + self.CANARY)
        seen += [str(caught.value), repr(caught.value)]
        assert [text for text in seen if self.CANARY in text] == []
        assert len(world.events()) > 4
        assert all(self.CANARY not in repr(account) for account in world.provider.accounts)
