"""The invariants under reordering, duplication, loss, outages and kills."""

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
from tests.application.sync.changing_provider import ChangingProvider, changing, differences
from tests.application.use_case_harness import App, CrashPlan, Killed, booked, guest

IDS = ("B1", "B2", "B3")
SECOND = timedelta(seconds=1)


Steps = list[tuple[object, ...]]
"""Names of methods of `HotelActivity`, each with its arguments."""


@dataclass
class HotelActivity:
    """Random activity at a hotel's PMS, the messages to us, and their failures."""

    app: App = field(default_factory=App)
    legal_only: bool = False
    mail: list[BookingSnapshot] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.provider: ChangingProvider = changing(self.app)

    def change(self, external_id: str, status: BookingStatus) -> None:
        self.app.clock.advance(SECOND)
        held = self.provider.bookings().get(external_id)
        before = held.status if held else status
        assert isinstance(before, BookingStatus)
        if self.legal_only and before is not status:
            status = before if TRANSITIONS[before, status] is TransitionKind.REFUSED else status
        notes = f"note {next(self.numbers)}"
        self.mail.append(self.provider.change(external_id, status, notes=notes))

    def same_instant(self, external_id: str) -> None:
        """Other content with a version that was sent before."""
        if (held := self.provider.bookings().get(external_id)) is not None:
            assert isinstance(held.status, BookingStatus)
            notes = f"note {next(self.numbers)}"
            at = held.version.updated_at
            self.mail.append(self.provider.change(external_id, held.status, at=at, notes=notes))

    def clock_back(self, external_id: str) -> None:
        at = self.app.clock.now() - timedelta(days=2)
        status = BookingStatus.CANCELED
        self.mail.append(self.provider.change(external_id, status, at=at))

    def clock_ahead(self, external_id: str) -> None:
        at = self.app.clock.now() + timedelta(days=3)
        self.mail.append(self.provider.change(external_id, BookingStatus.CONFIRMED, at=at))

    def forget(self, external_id: str) -> None:
        self.provider.forget(external_id)

    def push(self, which: int, deferred: bool) -> None:
        """Any message ever sent: late, duplicated, in any order; the others are lost."""
        if self.mail:
            self.app.push(self.mail[which % len(self.mail)], deferred=deferred)

    def notify(self, external_id: str) -> None:
        self.app.notify(Ref(RefKind.BOOKING, external_id))

    def work(self) -> None:
        self.app.tick()
        self.app.run_jobs()

    def sync(self, kind: SyncKind) -> None:
        self.app.run(kind, holder=str(self.app.ids.new()))

    def outage(self) -> None:
        provider = self.provider
        provider.refusal = None if provider.refusal else ProviderUnavailable()

    def wait(self, minutes: int) -> None:
        self.app.clock.advance(timedelta(minutes=minutes))

    def lose_jobs(self) -> None:
        self.app.queue.take()

    def kill(self, at: int, after: bool) -> None:
        self.app.crash_plan = CrashPlan(at, after=after)

    def full_disk(self) -> None:
        self.app.store.fail_next_commit(StoreUnavailable())

    def run_steps(self, steps: Steps) -> None:
        for name, *arguments in steps:
            try:
                getattr(self, str(name))(*arguments)
            except Killed:
                self.app.restart()
            except PortError:
                pass

    def finish(self) -> None:
        """Ends all failures and processes all waiting work."""
        self.app.restart()
        self.app.queue.is_up = True
        self.provider.refusal = None
        self.app.store._next_commit_fails = None
        for run in self.app.runs():
            self.app.sync(run.id, holder="quiet")


def finished_activity(steps: Steps, *, legal_only: bool = False) -> HotelActivity:
    activity = HotelActivity(legal_only=legal_only)
    activity.run_steps(steps)
    activity.finish()
    return activity


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
attack_steps = st.lists(attacks, max_size=25)


KNOWN = (("change", "B1", BookingStatus.CONFIRMED), ("sync", SyncKind.FULL))


class TestConvergence:
    """Rule 1."""

    @settings(max_examples=150)
    @given(attack_steps)
    @example([*KNOWN, ("clock_back", "B1"), ("push", 1, False)])
    @example([*KNOWN, ("same_instant", "B1"), ("push", 1, True)])
    @example([*KNOWN, ("forget", "B1"), ("push", 0, False), ("kill", 1, True)])
    def test_is_reached_by_one_reconcile_whatever_happened(self, steps: Steps) -> None:
        activity = finished_activity(steps)
        run = activity.app.run(SyncKind.RECONCILE, holder="last")
        assert run.status is SyncStatus.COMPLETED
        assert differences(activity.app, activity.provider) == []

    @settings(max_examples=150)
    @given(st.lists(changes, max_size=25))
    def test_is_reached_by_one_delta_that_misses_nothing(self, steps: Steps) -> None:
        activity = finished_activity(steps, legal_only=True)
        activity.app.run(SyncKind.DELTA, holder="last")
        assert differences(activity.app, activity.provider) == []

    @settings(max_examples=100)
    @given(attack_steps)
    def test_leaves_no_accepted_item_without_an_outcome(self, steps: Steps) -> None:
        activity = finished_activity(steps)
        for _ in range(3):
            activity.wait(60 * 48)
            activity.work()
        assert {row.state for row in activity.app.inbox()} <= {
            InboxState.DONE,
            InboxState.QUARANTINED,
        }
        assert all(run.status.is_final for run in activity.app.runs())


class TestNeverBackwards:
    """Rule 2."""

    @settings(max_examples=100)
    @given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
    def test_any_order_of_pushes_ends_with_the_newest(
        self, order: list[int], again: list[int]
    ) -> None:
        app = App()
        lines = [app.provider.line(booked(number=n, notes=f"{n}")) for n in range(6)]
        versions = []
        for n in (*order, *again):
            app.push(lines[n])
            versions.append(app.known().version)
        assert versions == sorted(versions)
        assert app.known().details.notes == "5"


class TestIdempotence:
    """Rule 3."""

    @settings(max_examples=50)
    @given(attack_steps)
    def test_of_a_second_full_sync_writes_and_publishes_nothing(self, steps: Steps) -> None:
        activity = finished_activity(steps)
        activity.sync(SyncKind.RECONCILE)
        tables, published = activity.app.store._committed, len(activity.app.events())
        activity.wait(10)
        for kind in (SyncKind.FULL, SyncKind.RECONCILE):
            activity.sync(kind)
        assert activity.app.store._committed.bookings == tables.bookings
        assert [e["type"] for e in activity.app.events()[published:]] == ["pms.sync.completed"] * 2


class TestEvents:
    """Rule 5: each committed change has its event exactly once, in the order of the changes."""

    @settings(max_examples=100)
    @given(attack_steps)
    def test_contain_every_status_that_was_ever_stored(self, steps: Steps) -> None:
        activity = finished_activity(steps)
        app = activity.app
        published = app.events("pms.booking.synced")
        assert len({e["id"] for e in published}) == len(published)
        for booking in app.store._committed.bookings.values():
            mine = [e["data"] for e in published if e["subject"] == booking.external_id]
            assert [e["change"] for e in mine].count("created") == 1
            assert mine[0]["change"] == "created"
            assert mine[-1]["status"] == booking.details.status
            history = app.store.queries.status_history(app.hotel.id, [booking.id])
            changed = [e for e in mine if e["transition"]]
            assert [(e["fromStatus"], e["status"]) for e in changed] == [
                (row.transition.source, row.transition.target) for row in history[booking.id]
            ]


class TestTenancy:
    """Rule 6."""

    def test_the_hotel_comes_from_the_credential_alone(self, app: App) -> None:
        other = app.connect(app.add_hotel())
        app.push(booked(notes="theirs"), to=other)
        app.push(booked(notes="ours"))
        theirs = app.booking(of=other)
        assert theirs is not None
        assert theirs.details.notes == "theirs"
        assert app.known().details.notes == "ours"
        assert {e["data"]["hotelId"] for e in app.events()} == {
            str(app.hotel.id),
            str(other.hotel_id),
        }

    def test_a_sync_never_marks_another_connections_booking_deleted(self, app: App) -> None:
        other = app.connect(app.add_hotel())
        app.push(booked(), to=other)
        app.push(booked())
        app.run(SyncKind.RECONCILE)
        theirs = app.booking(of=other)
        assert theirs is not None
        assert theirs.details.deleted_at_source is None
        assert app.known().details.deleted_at_source is not None

    def test_no_job_of_one_hotel_opens_anothers_batch(self, app: App) -> None:
        batch = app.push(booked(), deferred=True).batch_id
        other_hotel = app.add_hotel()
        assert app.process(other_hotel.id, batch) == []
        assert app.booking() is None

    def test_a_credential_of_one_provider_does_not_write_for_another(self, app: App) -> None:
        push_only = app.connect(app.hotel, provider="push_only", key="push_only")
        with pytest.raises(Forbidden):
            app.ingest(
                app.caller(push_only),
                Push(provider="scripted", kind=ItemKind.BOOKING, body=b"x", correlation_id="c"),
            )
        with pytest.raises(ConnectionNotFound):
            app.notify(Ref(RefKind.BOOKING, "B1"), key="push_only")


class TestIsolation:
    """Rule 8."""

    @settings(max_examples=60)
    @given(st.lists(st.booleans(), min_size=1, max_size=12))
    def test_each_good_item_is_stored_whatever_is_around_it(self, good: list[bool]) -> None:
        for deferred in (False, True):
            app = App()
            lines = [
                app.provider.line(booked(f"B{n}")) if fine else f"bad {n}".encode()
                for n, fine in enumerate(good)
            ]
            app.push(*lines, deferred=deferred)
            app.run_jobs()
            stored = [app.booking(f"B{n}") is not None for n in range(len(good))]
            assert stored == good
            assert len(app.quarantined()) == good.count(False)


class TestSecretsAndPersonalData:
    """Rule 10: canaries in every field that may hold personal data or secrets."""

    CANARY = "Zanzibar-Quokka"

    def test_stay_out_of_jobs_events_errors_and_reprs(self, app: App) -> None:
        good = booked(
            primary_guest=Party(first_name=self.CANARY, email=f"{self.CANARY}@example.org"),
            notes=self.CANARY,
            special_requests=self.CANARY,
            total=Money(1, "EUR"),
            extras=((self.CANARY, '"x"'),),
        )
        app.connect(app.hotel, key=self.CANARY, secrets={"trust": "vendor", "t": self.CANARY})
        bad = f"{self.CANARY} in a line that nobody understands".encode()
        app.push(good, bad, deferred=True)
        seen = [repr(app.queue.jobs)]
        app.run_jobs()
        app.push(guest(first_name=self.CANARY, email=self.CANARY), kind=ItemKind.GUEST)
        app.push(booked(number=2, notes=f"{self.CANARY} 2"))
        app.provider.refusal = ProviderUnavailable()
        app.notify(Ref(RefKind.BOOKING, "B1"), key=self.CANARY, new_secrets={"t": self.CANARY})
        seen.append(repr(app.queue.jobs))
        app.run_jobs()
        app.deliver(bad, key=self.CANARY)
        app.run_jobs()
        run = app.run(SyncKind.DELTA, ProviderUnavailable())
        seen += [json.dumps(app.events()), repr(run), repr(app.runs())]
        seen += [str(row.reason) for row in app.inbox()]
        with pytest.raises(ConnectionNotFound) as caught:
            app.deliver(b"x", key="wrong" + self.CANARY)
        seen += [str(caught.value), repr(caught.value)]
        assert [text for text in seen if self.CANARY in text] == []
        assert len(app.events()) > 4
        assert all(self.CANARY not in repr(account) for account in app.provider.accounts)
