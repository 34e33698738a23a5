"""One pull of one connection, page by page under a lease."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.outbound.memory.providers import ScriptedProvider, ScriptedProviders
from application.errors import NotFound
from application.sync.sync_connection import MAX_ATTEMPTS
from domain.breaker import BREAKER_THRESHOLD, BreakerState
from domain.connection import ConnectionState
from domain.messages import ItemKind
from domain.snapshots import HotelRecords, RoomTypeRecord
from domain.status import BookingStatus
from domain.sync_run import LEASE_TTL, SyncCounts, SyncKind, SyncStatus
from domain.values import Reason, Stay
from ports.errors import (
    AccessForbidden,
    CredentialsRefused,
    PortError,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    StoreUnavailable,
    UnreadableAnswer,
    Unsealable,
)
from ports.providers import ReadItem
from tests.application.sync.changing_provider import differences, living
from tests.application.use_case_harness import Fate, Killed, World, booked, cell, guest
from tests.builders import JUNE

BAD = ReadItem(kind=ItemKind.BOOKING, raw=b"bad", reason=Reason("bad", "state", "no such state"))
SECOND = timedelta(seconds=1)


class TestRun:
    def test_stores_page_by_page_and_moves_the_cursor_at_the_end(self, world: World) -> None:
        seen = []
        world.each_time_asked(lambda: seen.append((world.stored().cursor, world.booking("B1"))))
        run = world.run(
            SyncKind.FULL,
            world.page(booked("B1"), guest(), checkpoint="1"),
            world.page(booked("B2"), cell(available=1), cursor="next"),
        )
        assert seen == [(None, None), (None, world.known("B1"))]
        assert world.stored().cursor == "next"
        assert (run.status, run.pages) == (SyncStatus.COMPLETED, 2)
        assert run.counts == SyncCounts(seen=4, created=4)
        assert world.stored().last_synced_at == world.clock.now()

    def test_is_told_with_its_outcome(self, world: World) -> None:
        run = world.run(SyncKind.DELTA, world.page(booked(), cursor="next"))
        [event] = world.events("pms.sync.completed")
        assert event["subject"] == str(run.id)
        assert event["data"]["status"] == "COMPLETED"
        assert event["data"]["counts"]["created"] == 1

    def test_of_an_unchanged_hotel_writes_no_booking_and_tells_only_of_itself(
        self, world: World
    ) -> None:
        said = booked(), guest(first_name="Ada"), cell(available=1, version_is_ours=True)
        world.run(SyncKind.FULL, world.page(*said))
        before = world.known()
        told = len(world.events())
        later = replace(said[2], version=booked(number=9).version)
        run = world.run(SyncKind.FULL, world.page(*said[:2], later))
        assert world.known() == before
        assert [e["type"] for e in world.events()[told:]] == ["pms.sync.completed"]
        assert run.counts == SyncCounts(seen=3, unchanged=3)

    def test_is_partial_when_anything_was_quarantined(self, world: World) -> None:
        run = world.run(SyncKind.DELTA, world.page(booked(), BAD, booked("B2"), cursor="next"))
        assert run.status is SyncStatus.PARTIAL
        assert world.booking("B2")
        assert world.stored().last_error_code == "items_quarantined"
        assert world.stored().cursor == "next"
        assert len(world.quarantined()) == 1
        again = world.run(SyncKind.DELTA, world.page(BAD, cursor="next"))
        assert again.status is SyncStatus.PARTIAL
        assert len(world.quarantined()) == 1
        assert len(world.events("pms.item.quarantined")) == 1

    def test_in_which_every_item_failed_is_no_success(self, world: World) -> None:
        assert world.run(SyncKind.DELTA, world.page(BAD)).status is SyncStatus.PARTIAL

    def test_with_a_failed_page_fails_and_keeps_what_came_before(self, world: World) -> None:
        run = world.run(
            SyncKind.DELTA,
            world.page(booked(), checkpoint="1"),
            ProviderUnavailable(),
        )
        assert (run.status, run.error_code) == (SyncStatus.FAILED, "provider_unavailable")
        assert world.booking()
        assert world.stored().cursor is None
        [event] = world.events("pms.sync.failed")
        assert event["data"]["errorCode"] == "provider_unavailable"
        assert world.events("pms.sync.completed") == []

    def test_takes_the_hotels_records(self, world: World) -> None:
        records = HotelRecords(room_types=(RoomTypeRecord(external_id="DBL", name="Double"),))
        world.run(SyncKind.FULL, world.page(records=records))
        held = world.store.queries.records(world.hotel.id)["scripted"]
        assert [r.name for r in held.room_types] == ["Double"]

    def test_that_is_unknown_is_not_found(self, world: World) -> None:
        with pytest.raises(NotFound):
            world.sync(UUID(int=1), holder="w")

    def test_that_has_ended_is_given_back_as_it_is(self, world: World) -> None:
        run = world.run(SyncKind.DELTA, world.page())
        asked = len(world.provider.accounts)
        assert world.sync(run.id, holder="late") == run
        assert len(world.provider.accounts) == asked

    def test_asks_with_the_window_of_the_hotels_own_day(self, world: World) -> None:
        world.edit(settings={"time_zone": "Pacific/Kiritimati"})
        run = world.run(SyncKind.RECONCILE)
        [request] = world.provider.requests
        assert run.status is SyncStatus.COMPLETED
        assert (request.stay_to - request.stay_from).days == 7 + 365
        assert request.stay_from.isoformat() == "2026-02-23"  # there it is 2 March already

    def test_that_is_full_asks_for_every_stay_that_we_keep(self, world: World) -> None:
        world.run(SyncKind.FULL)
        [request] = world.provider.requests
        today = world.clock.now().date()
        assert (today - request.stay_from).days == 400
        assert (request.stay_to - today).days == 1100

    def test_whose_worker_died_after_the_last_page_still_moves_the_cursor(
        self, world: World
    ) -> None:
        pages = world.page(booked(), checkpoint="1"), world.page(cursor="next")
        run = world.queued()
        world.will_pull(*pages)
        world.fate = Fate(at=2, after=True)
        with pytest.raises(Killed):
            world.sync(run.id, holder="first")
        world.revive()
        world.will_pull(*pages)
        ended = world.sync(run.id, holder="second")
        assert world.provider.requests[-1].checkpoint == "1"
        assert (ended.status, ended.counts.seen) == (SyncStatus.COMPLETED, 1)
        assert world.stored().cursor == "next"


class TestLease:
    def test_of_another_worker_leaves_the_run_alone(self, world: World) -> None:
        run = world.queued()
        world.will_pull(world.page(booked()))
        others = []
        world.while_asked(lambda: others.append(world.sync(run.id, holder="second")))
        first = world.sync(run.id, holder="first")
        assert [r.status for r in others] == [SyncStatus.RUNNING]
        assert first.status is SyncStatus.COMPLETED
        assert len(world.provider.accounts) == 1

    def test_of_a_dead_holder_expires_and_the_run_goes_on_after_its_last_page(
        self, world: World
    ) -> None:
        pages = [world.page(booked(f"B{n}"), checkpoint=f"{n}") for n in range(3)]
        pages.append(world.page(booked("B3"), cursor="next"))
        run = world.queued()
        world.will_pull(*pages)
        world.fate = Fate(at=2, after=True)
        with pytest.raises(Killed):
            world.sync(run.id, holder="first")
        world.fate = Fate(at=-1)
        assert world.sync(run.id, holder="second").status is SyncStatus.RUNNING
        world.clock.advance(LEASE_TTL + SECOND)
        world.will_pull(*pages)
        ended = world.sync(run.id, holder="second")
        assert world.provider.requests[-1].checkpoint == "1"
        assert (ended.status, ended.pages, ended.attempts) == (SyncStatus.COMPLETED, 4, 2)
        assert ended.counts == SyncCounts(seen=4, created=4)
        assert world.stored().cursor == "next"

    def test_that_was_lost_lets_the_late_holder_write_nothing(self, world: World) -> None:
        run = world.queued()
        world.will_pull(world.page(booked(notes="late"), cursor="late"))

        def other_worker() -> None:
            world.clock.advance(LEASE_TTL + SECOND)
            world.will_pull(world.page(booked("B2"), cursor="theirs"))
            assert world.sync(run.id, holder="second").status is SyncStatus.COMPLETED

        world.while_asked(other_worker)
        world.sync(run.id, holder="first")
        assert world.booking("B1") is None
        assert world.stored().cursor == "theirs"
        assert world.sync_run(run.id).status is SyncStatus.COMPLETED
        assert len(world.events("pms.sync.completed")) == 1

    def test_that_was_lost_lets_a_late_failure_say_nothing(self, world: World) -> None:
        run = world.queued()
        world.will_pull(ProviderUnavailable())

        def other_worker() -> None:
            world.clock.advance(LEASE_TTL + SECOND)
            world.sync(run.id, holder="second")

        world.while_asked(other_worker)
        world.sync(run.id, holder="first")
        assert world.sync_run(run.id).status is SyncStatus.COMPLETED
        assert world.events("pms.sync.failed") == []
        assert world.stored().breaker.failures == 0

    def test_is_renewed_by_every_page(self, world: World) -> None:
        world.each_time_asked(lambda: world.clock.advance(LEASE_TTL - SECOND))
        pages = [world.page(booked(f"B{n}"), checkpoint=f"{n}") for n in range(4)]
        assert world.run(SyncKind.DELTA, *pages).status is SyncStatus.COMPLETED

    def test_is_free_after_the_run(self, world: World) -> None:
        world.run(SyncKind.DELTA, ProviderUnavailable(), holder="first")
        assert world.run(SyncKind.DELTA, holder="second").status is SyncStatus.COMPLETED


class TestFailingProvider:
    def test_that_is_unavailable_opens_the_breaker(self, world: World) -> None:
        for _ in range(BREAKER_THRESHOLD):
            run = world.run(SyncKind.DELTA, ProviderUnavailable())
            assert run.status is SyncStatus.FAILED
        breaker = world.stored().breaker
        assert breaker.state(world.clock.now()) is BreakerState.OPEN
        assert world.stored().state is ConnectionState.ACTIVE
        world.run(SyncKind.DELTA)
        assert world.stored().breaker.failures == 0

    @pytest.mark.parametrize(
        "error", [RateLimited(), ProviderRejected(), UnreadableAnswer(), ProviderUnavailable()]
    )
    def test_fails_the_run_with_the_errors_code(self, world: World, error: PortError) -> None:
        run = world.run(SyncKind.DELTA, error)
        assert (run.status, run.error_code) == (SyncStatus.FAILED, error.code)
        assert world.stored().last_error_code == error.code

    @pytest.mark.parametrize("error", [CredentialsRefused(), AccessForbidden()])
    def test_that_refuses_the_credentials_stops_the_connection_and_it_is_told(
        self, world: World, error: PortError
    ) -> None:
        world.run(SyncKind.DELTA, error)
        assert world.stored().state is ConnectionState.STOPPED
        [event] = world.events("pms.sync.failed")
        assert event["data"]["errorCode"] == error.code

    def test_that_does_not_want_the_request_leaves_the_connection_as_it_is(
        self, world: World
    ) -> None:
        world.run(SyncKind.DELTA, ProviderRejected())
        assert world.stored().state is ConnectionState.ACTIVE

    def test_that_is_not_installed_any_more_fails_the_run(self, world: World) -> None:
        world.providers = ScriptedProviders()
        assert world.run().error_code == "unknown_provider"

    def test_whose_secrets_can_not_be_opened_fails_the_run(self, world: World) -> None:
        world.store._committed.secrets.clear()
        run = world.run()
        assert (run.status, run.error_code) == (SyncStatus.FAILED, Unsealable.code)
        assert len(world.events("pms.sync.failed")) == 1

    def test_that_kills_every_worker_is_given_up(self, world: World) -> None:
        class Deadly(ScriptedProvider):
            def open(self, account: object) -> object:  # type: ignore[override]
                raise Killed

        world.providers = ScriptedProviders(Deadly(world.clock))
        run = world.queued()
        for _ in range(MAX_ATTEMPTS):
            with suppress(Killed):
                world.sync(run.id, holder="w")
            world.revive()
        assert world.sync_run(run.id).status is SyncStatus.RUNNING
        ended = world.sync(run.id, holder="w")
        assert (ended.status, ended.error_code) == (SyncStatus.FAILED, "no_progress")

    def test_that_kills_its_workers_after_a_page_is_not_given_up(self, world: World) -> None:
        deaths = MAX_ATTEMPTS + 2
        pages = [world.page(booked(f"B{n}"), checkpoint=f"{n}") for n in range(deaths)]
        pages.append(world.page(cursor="next"))
        run = world.queued()
        for _ in range(deaths):
            world.will_pull(*pages)
            world.fate = Fate(at=1, after=True)
            with pytest.raises(Killed):
                world.sync(run.id, holder="w")
            world.revive()
        world.will_pull(*pages)
        ended = world.sync(run.id, holder="w")
        assert (ended.status, ended.attempts) == (SyncStatus.COMPLETED, deaths + 1)

    def test_that_kills_every_reconcile_after_its_first_page_is_given_up(
        self, world: World
    ) -> None:
        run = world.queued(SyncKind.RECONCILE)
        for _ in range(MAX_ATTEMPTS):
            world.will_pull(world.page(booked(), checkpoint="1"), world.page(booked("B2")))
            world.fate = Fate(at=1, after=True)
            with pytest.raises(Killed):
                world.sync(run.id, holder="w")
            world.revive()
        assert world.sync(run.id, holder="w").error_code == "no_progress"

    @pytest.mark.parametrize("error", [RateLimited, ProviderUnavailable])
    def test_that_says_when_to_ask_again_is_not_asked_before(
        self, world: World, error: type[PortError]
    ) -> None:
        now = world.clock.now()
        world.edit(cursor="c", next_sync_at=now, next_reconcile_at=now)
        world.run(SyncKind.DELTA, error(wait_seconds=1800))
        half_an_hour = timedelta(minutes=30)
        assert world.stored().next_sync_at == world.stored().next_reconcile_at == now + half_an_hour
        later = now + 2 * half_an_hour
        world.edit(next_sync_at=later, next_reconcile_at=later)
        world.run(SyncKind.DELTA, error(wait_seconds=1800))
        assert world.stored().next_sync_at == world.stored().next_reconcile_at == later

    def test_that_says_to_ask_again_in_a_hundred_years_is_asked_the_next_day(
        self, world: World
    ) -> None:
        now = world.clock.now()
        world.edit(next_sync_at=now)
        world.run(SyncKind.DELTA, RateLimited(wait_seconds=10**12))
        assert world.stored().next_sync_at == now + timedelta(days=1)

    def test_does_not_touch_another_connection(self, world: World) -> None:
        other = world.connect(world.hotel)
        world.run(SyncKind.DELTA, CredentialsRefused())
        assert world.stored(other).state is ConnectionState.ACTIVE
        assert world.run(of=other).status is SyncStatus.COMPLETED


class TestOurOwnBug:
    def test_ends_the_run_and_counts_as_a_failure(self, world: World) -> None:
        run = world.queued()
        failed = world.fail(run.id, holder="w", bug="ZeroDivisionError")
        assert failed == world.sync_run(run.id)
        assert (failed.status, failed.error_code) == (SyncStatus.FAILED, "bug")
        assert failed.error_detail == "ZeroDivisionError"
        assert world.stored().breaker.failures == 1
        assert world.stored().last_error_code == "bug"
        [event] = world.events("pms.sync.failed")
        assert event["data"]["errorCode"] == "bug"
        assert world.run(holder="other").status is SyncStatus.COMPLETED

    def test_in_a_run_that_has_ended_changes_nothing(self, world: World) -> None:
        run = world.run()
        assert world.fail(run.id, holder="w", bug="KeyError") == run
        assert world.events("pms.sync.failed") == []
        assert world.run(holder="other").status is SyncStatus.COMPLETED

    def test_leaves_a_run_alone_that_another_worker_carries(self, world: World) -> None:
        run = world.queued()
        world.while_asked(lambda: world.fail(run.id, holder="late", bug="KeyError"))
        assert world.sync(run.id, holder="w").status is SyncStatus.COMPLETED


class TestAStoppedOrPausedConnection:
    @pytest.mark.parametrize("state", [ConnectionState.STOPPED, ConnectionState.PAUSED])
    def test_does_not_run_what_was_queued_before(
        self, world: World, state: ConnectionState
    ) -> None:
        run = world.queued()
        before = world.edit(state=state, last_error_code="why")
        ended = world.sync(run.id, holder="w")
        assert ended == world.sync_run(run.id)
        assert (ended.status, ended.error_code) == (SyncStatus.FAILED, "connection_stopped")
        assert world.provider.accounts == []
        assert world.stored() == before
        assert len(world.events("pms.sync.failed")) == 1
        world.edit(state=ConnectionState.ACTIVE)
        assert world.run(holder="other").status is SyncStatus.COMPLETED

    def test_runs_while_paused_what_a_person_asks_for(self, world: World) -> None:
        world.edit(state=ConnectionState.PAUSED)
        for cursor in (None, "c"):
            world.edit(cursor=cursor)
            run = world.request(world.connection.id, SyncKind.DELTA, correlation_id="c")
            assert world.sync(run.id, holder="w").status is SyncStatus.COMPLETED
        assert world.stored().state is ConnectionState.PAUSED

    def test_does_not_run_while_stopped_what_a_person_asked_for(self, world: World) -> None:
        run = world.request(world.connection.id, SyncKind.DELTA, correlation_id="c")
        world.edit(state=ConnectionState.STOPPED)
        assert world.sync(run.id, holder="w").error_code == "connection_stopped"


class TestFailingStore:
    def test_does_not_count_as_a_death_of_the_worker(self, world: World) -> None:
        run = world.queued()
        for _ in range(MAX_ATTEMPTS + 1):
            world.interruptions = {2: lambda: world.store.fail_next_commit(StoreUnavailable())}
            with pytest.raises(StoreUnavailable):
                world.sync(run.id, holder="w")
            world.clock.advance(timedelta(minutes=5))
        assert world.sync(run.id, holder="w").status is SyncStatus.COMPLETED

    @pytest.mark.parametrize("at", range(4))
    def test_leaves_the_run_to_be_taken_up_again(self, world: World, at: int) -> None:
        provider = living(world)
        for n in range(4):
            provider.change(f"B{n}", BookingStatus.CONFIRMED)
        run = world.queued(SyncKind.FULL)
        world.interruptions = {
            at: lambda: world.store.fail_next_commit(StoreUnavailable()),
        }
        with pytest.raises(StoreUnavailable):
            world.sync(run.id, holder="first")
        assert not world.sync_run(run.id).status.is_final
        world.clock.advance(timedelta(minutes=5))
        world.tick()
        world.work_off()
        assert world.sync_run(run.id).status is SyncStatus.COMPLETED
        assert differences(world, provider) == []
        assert all(world.changes(f"B{n}") == ["created"] for n in range(4))


class TestReconcile:
    def test_marks_what_the_provider_has_no_more(self, world: World) -> None:
        provider = living(world)
        for n in range(5):
            provider.change(f"B{n}", BookingStatus.CONFIRMED)
        world.run(SyncKind.FULL)
        provider.forget("B1")
        provider.forget("B4")
        run = world.run(SyncKind.RECONCILE)
        assert differences(world, provider) == []
        assert run.counts.deleted == 2
        assert world.changes("B1") == ["created", "updated"]
        again = world.run(SyncKind.RECONCILE)
        assert again.counts.deleted == 0
        assert world.changes("B1") == ["created", "updated"]

    def test_asks_by_id_for_what_moved_out_of_the_window(self, world: World) -> None:
        provider = living(world)
        provider.change("B1", BookingStatus.CONFIRMED)
        world.run(SyncKind.FULL)
        far = Stay(JUNE.arrival.replace(year=2030), JUNE.departure.replace(year=2030))
        provider.change("B1", BookingStatus.CONFIRMED, stay=far, at=world.clock.now() + SECOND)
        run = world.run(SyncKind.RECONCILE)
        assert run.counts.deleted == 0
        assert world.known().details.stay == far
        assert world.known().details.deleted_at_source is None

    def test_believes_nothing_gone_where_the_provider_can_not_tell(self, world: World) -> None:
        world.provider.capabilities = replace(world.provider.capabilities, reports_deletions=False)
        world.run(SyncKind.FULL, world.page(booked()))
        run = world.run(SyncKind.RECONCILE, world.page())
        assert (run.counts.deleted, world.known().details.deleted_at_source) == (0, None)

    def test_asks_nothing_by_id_of_a_provider_that_can_not_answer(self, world: World) -> None:
        world.provider.capabilities = replace(world.provider.capabilities, fetches_by_id=False)
        world.run(SyncKind.FULL, world.page(booked()))
        world.run(SyncKind.RECONCILE, world.page())
        assert world.provider.fetched == []
        assert world.known().details.deleted_at_source is None

    def test_believes_nothing_gone_where_an_answer_without_id_could_be_it(
        self, world: World
    ) -> None:
        world.run(SyncKind.FULL, world.page(booked()))
        world.provider.answers.append(world.page(BAD))
        run = world.run(SyncKind.RECONCILE, world.page())
        assert run.status is SyncStatus.PARTIAL
        assert world.known().details.deleted_at_source is None

    def test_does_not_ask_again_for_a_booking_that_it_could_not_read(self, world: World) -> None:
        world.run(SyncKind.FULL, world.page(booked()))
        refused = replace(BAD, external_id="B1")
        run = world.run(SyncKind.RECONCILE, world.page(refused))
        assert (run.counts.seen, run.counts.quarantined) == (1, 1)
        assert world.provider.fetched == []

    def test_lets_what_was_heard_since_it_asked_win(self, world: World) -> None:
        provider = living(world)
        provider.change("B1", BookingStatus.CONFIRMED)
        world.run(SyncKind.FULL)
        provider.forget("B1")
        said = booked("B1", number=1_441, notes="just made again")

        def pushed_meanwhile() -> None:
            world.clock.advance(SECOND)
            world.push(said)

        run = world.queued(SyncKind.RECONCILE)
        world.provider.answers.append(world.page())
        world.interruptions = {3: pushed_meanwhile}
        world.sync(run.id, holder="w")
        assert world.known().details.deleted_at_source is None
        assert world.known().details.notes == "just made again"

    def test_corrects_a_provider_whose_clock_went_back(self, world: World) -> None:
        provider = living(world)
        provider.change("B1", BookingStatus.CHECKED_OUT)
        world.run(SyncKind.FULL)
        world.clock.advance(SECOND)
        provider.change("B1", BookingStatus.PENDING, at=world.clock.now() - timedelta(days=1))
        world.run(SyncKind.RECONCILE)
        assert differences(world, provider) == []
        assert world.changes("B1") == ["created", "corrected"]
        [told] = [e for e in world.events("pms.booking.synced") if e["data"]["reason"]]
        assert told["data"]["transition"] == "correction"

    def test_does_not_move_the_cursor_of_the_delta(self, world: World) -> None:
        world.edit(cursor="delta")
        world.run(SyncKind.RECONCILE, world.page(booked(), cursor="of the window"))
        assert world.stored().cursor == "delta"

    def test_that_was_interrupted_starts_again(self, world: World) -> None:
        provider = living(world)
        for n in range(5):
            provider.change(f"B{n}", BookingStatus.CONFIRMED)
        world.run(SyncKind.FULL)
        provider.forget("B3")
        run = world.queued(SyncKind.RECONCILE)
        world.fate = Fate(at=2, after=True)
        with pytest.raises(Killed):
            world.sync(run.id, holder="first")
        world.revive()
        ended = world.sync(run.id, holder="second")
        assert world.provider.requests[-1].checkpoint is None
        assert ended.counts.deleted == 1
        assert differences(world, provider) == []
        assert [world.changes(f"B{n}") for n in (0, 1, 2, 4)] == [["created"]] * 4
