"""One slice of a connection's inbox: what shares a fetch, what fails alone, what is left."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.outbound.memory.providers import (
    FixedProviders,
    ScriptedProvider,
    ScriptedProviderClient,
)
from application.inbox.coalescing import MAX_REFS
from application.inbox.work_off_inbox import (
    FLOOD_ITEMS,
    GATHERING_SECONDS,
    MAX_ITEMS,
    PORTION_BYTES,
    split_into_portions,
)
from application.turns import vendor_of
from domain.connection import ConnectionState
from domain.messages import InboxState, ItemKind, ItemOutcome
from ports.errors import (
    PortError,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    StoreUnavailable,
)
from ports.job_queue import JobName
from ports.messages import DueItem
from ports.providers import Account, Page, Ref, RefKind
from tests import builders
from tests.application.use_case_harness import App, CrashPlan, Killed, booked


def booking_ref(number: int) -> Ref:
    return Ref(RefKind.BOOKING, f"B{number}")


def work_off(app: App) -> int:
    return app.work_off(app.hotel.id, app.connection.id, correlation_id="c")


def states(app: App) -> list[InboxState]:
    return [row.state for row in sorted(app.inbox(), key=lambda row: row.id)]


def fetched(app: App) -> list[list[str]]:
    return [[ref.external_id for ref in refs] for refs in app.provider.fetched]


class Refusing(ScriptedProvider):
    """Rejects each request with the reference B13."""

    def open(self, account: Account) -> ScriptedProviderClient:
        client = super().open(account)
        fetch = client.fetch

        def fetch_unless_refused(refs: Sequence[Ref]) -> Page:
            if booking_ref(13) in refs:
                self.fetched.append(list(refs))
                raise ProviderRejected
            return fetch(refs)

        client.fetch = fetch_unless_refused  # type: ignore[method-assign]
        return client


class TestWebhooksOfOneConnection:
    def test_are_one_job_and_one_fetch_of_each_booking(self, app: App) -> None:
        app.provider.holds(booked("B1"), booked("B2"))
        for number in range(60):
            app.notify(booking_ref(number % 2 + 1))
        [job] = app.queue.jobs
        assert (job.name, job.subject_id) == (JobName.CONNECTION_INBOX, app.connection.id)
        app.run_jobs()
        assert fetched(app) == [["B1", "B2"]]
        assert states(app) == [InboxState.DONE] * 60
        assert (app.changes("B1"), app.changes("B2")) == (["created"], ["created"])
        assert len(app.provider.accounts) == 1

    def test_received_during_the_fetch_get_another(self, app: App) -> None:
        app.provider.holds(booked("B1"))
        app.notify(booking_ref(1))

        def booking_changes_meanwhile() -> None:
            app.provider.held.clear()
            app.provider.holds(booked("B1", number=2, notes="later"))
            app.notify(booking_ref(1))

        app.during_next_request(booking_changes_meanwhile)
        work_off(app)
        assert fetched(app) == [["B1"], ["B1"]]
        assert app.known("B1").details.notes == "later"
        assert states(app) == [InboxState.DONE] * 2

    def test_of_many_bookings_are_fetched_in_bounded_requests(self, app: App) -> None:
        count = 2 * MAX_REFS + 1
        for number in range(count):
            app.notify(booking_ref(number), booking_ref(number + 1))
        work_off(app)
        assert {len(refs) for refs in app.provider.fetched[:-1]} <= {MAX_REFS - 1, MAX_REFS}
        assert len(app.provider.fetched) == 3
        assert states(app) == [InboxState.DONE] * count

    def test_have_the_outcome_of_their_own_booking(self, app: App) -> None:
        app.provider.holds(booked("B1"), booked("B2"))
        app.notify(booking_ref(1))
        work_off(app)
        app.notify(booking_ref(1))
        app.notify(booking_ref(2))
        work_off(app)
        outcomes = [row.outcome for row in sorted(app.inbox(), key=lambda row: row.id)]
        assert outcomes == [ItemOutcome.APPLIED, ItemOutcome.UNCHANGED, ItemOutcome.APPLIED]

    def test_with_new_credentials_and_a_stop_apply_in_their_order(self, app: App) -> None:
        app.notify(booking_ref(1), new_secrets={"token": "old"})
        app.clock.advance(timedelta(seconds=1))
        app.notify(booking_ref(1), new_secrets={"token": "new"})
        work_off(app)
        assert [account.secrets["token"] for account in app.provider.accounts] == ["new"]


class TestRefusedReference:
    def test_fails_alone(self, app: App) -> None:
        app.provider = provider = Refusing(app.clock)
        app.providers = FixedProviders(provider)
        provider.holds(*(booked(f"B{number}") for number in range(40)))
        batches = [app.notify(booking_ref(number)) for number in range(40)]
        work_off(app)
        assert [row.id for row in app.quarantined()] == [batches[13]]
        done = [app.row(each).state for each in batches if each != batches[13]]
        assert done == [InboxState.DONE] * 39
        assert len(provider.fetched) < 25


class TestFailure:
    def test_leaves_what_was_not_tried_without_an_attempt(self, app: App) -> None:
        for number in range(MAX_REFS + 5):
            app.notify(booking_ref(number))
        app.provider.refusal = ProviderUnavailable()
        with pytest.raises(ProviderUnavailable):
            work_off(app)
        attempts = [row.attempts for row in sorted(app.inbox(), key=lambda row: row.id)]
        assert attempts == [1] * MAX_REFS + [0] * 5
        assert set(states(app)) == {InboxState.RECEIVED}
        assert [job.subject_id for job in app.queue.again] == [app.connection.id]

    def test_is_retried_in_few_requests(self, app: App) -> None:
        """What failed together is not tried one by one."""
        app.provider.refusal = ProviderUnavailable()
        for number in range(400):
            app.notify(booking_ref(number % 50))
        with pytest.raises(ProviderUnavailable):
            work_off(app)
        app.provider.refusal = None
        app.clock.advance(timedelta(minutes=2))
        work_off(app)
        assert states(app) == [InboxState.DONE] * 400
        assert len(app.provider.fetched) <= 9

    @pytest.mark.parametrize("error", [StoreUnavailable(), ProviderUnavailable()])
    def test_between_fetch_and_commit_keeps_all_waiting(self, app: App, error: PortError) -> None:
        app.provider.holds(booked("B1"), booked("B2"))
        for number in range(20):
            app.notify(booking_ref(number % 2 + 1))
        app.during_next_request(lambda: app.store.fail_next_commit(error))
        with pytest.raises(type(error)):
            work_off(app)
        assert states(app) == [InboxState.RECEIVED] * 20
        app.restart()
        app.tick()
        app.run_jobs()
        assert states(app) == [InboxState.DONE] * 20
        assert (app.changes("B1"), app.changes("B2")) == (["created"], ["created"])

    @pytest.mark.parametrize("after", [False, True])
    @pytest.mark.parametrize("at", range(3))
    def test_kill_at_any_commit_loses_and_doubles_nothing(
        self, app: App, at: int, after: bool
    ) -> None:
        app.provider.holds(booked("B1"))
        app.notify(booking_ref(1))
        app.push(booked("B2"), deferred=True)
        app.notify(booking_ref(1))
        app.crash_plan = CrashPlan(at, after=after)
        try:
            work_off(app)
        except Killed:
            app.restart()
            app.tick()
            app.run_jobs()
        assert states(app) == [InboxState.DONE] * 3
        assert (app.changes("B1"), app.changes("B2")) == (["created"], ["created"])


class TestSlice:
    def test_ends_after_a_request_that_took_longer(self, app: App) -> None:
        for number in range(3 * MAX_REFS):
            app.notify(booking_ref(number))
        app.during_each_request(lambda: app.clock.advance(timedelta(seconds=30)))
        work_off(app)
        assert len(app.provider.fetched) == 1
        assert sorted(row.attempts for row in app.inbox()) == [0] * 2 * MAX_REFS + [1] * MAX_REFS
        assert [job.subject_id for job in app.queue.again] == [app.connection.id]
        work_off(app)
        work_off(app)
        assert set(states(app)) == {InboxState.DONE}
        assert len(app.provider.fetched) == 3

    def test_that_ends_with_the_work_queues_nothing(self, app: App) -> None:
        app.notify(booking_ref(1))
        work_off(app)
        assert app.queue.again == []
        assert work_off(app) == 0

    def test_leaves_other_connections_alone(self, app: App) -> None:
        other = app.connect(app.hotel, key="other")
        app.notify(booking_ref(1))
        theirs = app.notify(booking_ref(1), key="other")
        work_off(app)
        assert app.row(theirs).state is InboxState.RECEIVED
        assert app.row(theirs).connection_id == other.id


class TestSuspendedConnection:
    def test_has_its_items_parked_once_and_fetched_together_later(self, app: App) -> None:
        app.edit(state=ConnectionState.PAUSED)
        for number in range(50):
            app.notify(booking_ref(number % 5))
        work_off(app)
        work_off(app)
        assert {row.attempts for row in app.inbox()} == {1}
        app.edit(state=ConnectionState.ACTIVE)
        app.clock.advance(timedelta(minutes=2))
        work_off(app)
        assert states(app) == [InboxState.DONE] * 50
        assert len(app.provider.fetched) <= 8


class TestPortions:
    def test_are_bounded_by_number_and_size(self) -> None:
        def due(kind: ItemKind, size: int, count: int) -> list[DueItem]:
            return [DueItem(builders.new_id(), kind, 0, size) for _ in range(count)]

        def lengths(items: Sequence[DueItem]) -> list[int]:
            return [len(portion) for portion in split_into_portions(items)]

        assert lengths(due(ItemKind.NOTIFICATION, 300, MAX_ITEMS)) == [MAX_ITEMS]
        assert lengths(due(ItemKind.BOOKING, 300, 600)) == [250, 250, 100]
        assert lengths(due(ItemKind.BOOKING, PORTION_BYTES * 2, 2)) == [1, 1]
        assert lengths([]) == []

    def test_of_tried_items_are_small_and_last(self) -> None:
        items = [DueItem(builders.new_id(), ItemKind.NOTIFICATION, n % 2, 9) for n in range(32)]
        portions = list(split_into_portions(items))
        assert portions[0] == [each.id for each in items if not each.attempts]
        assert [len(portion) for portion in portions[1:]] == [2] * 8
        again = [replace(each, attempts=3) for each in items[:3]]
        assert [len(portion) for portion in split_into_portions(again)] == [1, 1, 1]


class TestFlood:
    def test_shares_a_later_fetch_with_what_arrives_during_one(self, app: App) -> None:
        for number in range(FLOOD_ITEMS):
            app.notify(booking_ref(number % 5))
        app.during_next_request(lambda: app.notify(booking_ref(1)))
        work_off(app)
        assert len(app.provider.fetched) == 1
        assert app.queue.pauses == [GATHERING_SECONDS]
        work_off(app)
        assert fetched(app)[1:] == [["B1"]]
        assert set(states(app)) == {InboxState.DONE}

    def test_of_pushed_items_has_no_pause(self, app: App) -> None:
        for number in range(FLOOD_ITEMS):
            app.push(booked(f"B{number}"), deferred=True)
        work_off(app)
        assert app.queue.again == []


class TestTurnAtTheVendor:
    def test_is_needed_for_fetches_only(self, app: App) -> None:
        app.turns.slow.add(vendor_of(app.connection))
        app.notify(booking_ref(1))
        app.push(booked("B2"), deferred=True)
        work_off(app)
        assert app.booking("B2")
        assert app.provider.accounts == []
        assert sorted((row.state, row.attempts) for row in app.inbox()) == [
            (InboxState.DONE, 1),
            (InboxState.RECEIVED, 0),
        ]
        assert [job.subject_id for job in app.turns.parked] == [app.connection.id]
        assert app.queue.again == []
        app.turns.slow.clear()
        work_off(app)
        assert set(states(app)) == {InboxState.DONE}

    def test_measures_the_vendor(self, app: App) -> None:
        app.notify(booking_ref(1))
        app.during_next_request(lambda: app.clock.advance(timedelta(seconds=28)))
        work_off(app)
        assert app.turns.measurements == [(app.connection.id, 28.0)]


class TestRateLimit:
    def test_gives_the_worker_back_after_the_first_request(self, app: App) -> None:
        def reach_the_limit() -> None:
            if app.provider.fetched and app.patience.seconds < 20:
                raise RateLimited(wait_seconds=20)

        app.during_each_request(reach_the_limit)
        for number in range(2 * MAX_REFS):
            app.notify(booking_ref(number))
        work_off(app)
        assert app.queue.pauses == [20]
        assert sorted(row.attempts for row in app.inbox()) == [0] * MAX_REFS + [1] * MAX_REFS
        assert app.stored().breaker.failures == 0
        work_off(app)
        assert set(states(app)) == {InboxState.DONE}
        assert app.patience.seconds == math.inf


class TestFairness:
    def test_each_hotel_has_its_turn_after_a_portion_of_the_others(self, app: App) -> None:
        """A hotel with 600 pushed items before the one of another hotel."""
        quiet = app.connect(app.add_hotel(), key="quiet")
        for number in range(6):
            app.push(*(booked(f"B{number}-{n}") for n in range(100)), deferred=True)
        app.notify(booking_ref(1), key="quiet")
        line = list(app.queue.take())
        settled: list[tuple[UUID, int]] = []
        while line:
            job = line.pop(0)
            worker = replace(app.work_off, slice_seconds=0.0)
            count = worker(job.hotel_id, job.subject_id, correlation_id=job.correlation_id)
            settled.append((job.subject_id, count))
            line += app.queue.again
            app.queue.again.clear()
        noisy = app.connection.id
        assert settled == [(noisy, 250), (quiet.id, 1), (noisy, 250), (noisy, 100)]
        assert set(states(app)) == {InboxState.DONE}
