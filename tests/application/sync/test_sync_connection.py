"""One pull of one connection, page by page under a lease."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from adapters.outbound.memory.providers import FixedProviders, ScriptedProvider
from application.clock_check import ClockWrong
from application.connections.store_rotated_secrets import StoreRotatedSecrets
from application.connections.update_connection import UpdateConnection
from application.errors import NotFound
from application.sync.sync_connection import MAX_FRUITLESS_ATTEMPTS
from domain.breaker import BREAKER_THRESHOLD, BreakerState
from domain.connection import ConnectionState
from domain.messages import ItemKind
from domain.snapshots import HotelRecords, RoomTypeRecord
from domain.status import BookingStatus
from domain.sync_run import (
    CHECKPOINT_VALIDITY,
    LEASE_TTL,
    SyncCounts,
    SyncKind,
    SyncRun,
    SyncStatus,
)
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
    VendorError,
)
from ports.providers import Page, ReadItem, SettingSpec
from tests.application.sync.changing_provider import changing, differences, synced_provider
from tests.application.use_case_harness import App, Killed, booked, cell, guest
from tests.builders import JUNE

BAD = ReadItem(kind=ItemKind.BOOKING, raw=b"bad", reason=Reason("bad", "state", "no such state"))
SECOND = timedelta(seconds=1)


def killed_after_commit(app: App, run: SyncRun, number: int, *pages: Page) -> None:
    """A worker of the run is killed after this commit; its lease has expired."""
    app.script_pull(*pages)
    with app.killed(number, after=True):
        app.sync(run.id, holder="w")
    app.restart()


class TestRun:
    def test_stores_page_by_page_and_moves_the_cursor_at_the_end(self, app: App) -> None:
        seen = []
        app.during_each_request(lambda: seen.append((app.stored().cursor, app.booking("B1"))))
        run = app.run(
            SyncKind.FULL,
            app.page(booked("B1"), guest(), checkpoint="1"),
            app.page(booked("B2"), cell(available=1), cursor="next"),
        )
        assert seen == [(None, None), (None, app.known("B1"))]
        assert app.stored().cursor == "next"
        assert (run.status, run.pages) == (SyncStatus.COMPLETED, 2)
        assert run.counts == SyncCounts(seen=4, created=4)
        assert app.stored().last_synced_at == app.clock.now()

    def test_publishes_its_outcome(self, app: App) -> None:
        run = app.run(SyncKind.DELTA, app.page(booked(), cursor="next"))
        [event] = app.events("pms.sync.completed")
        assert event["subject"] == str(run.id)
        assert event["data"]["status"] == "COMPLETED"
        assert event["data"]["counts"]["created"] == 1

    def test_of_an_unchanged_hotel_writes_and_publishes_no_booking(self, app: App) -> None:
        snapshots = booked(), guest(first_name="Ada"), cell(available=1, version_is_ours=True)
        app.run(SyncKind.FULL, app.page(*snapshots))
        before = app.known()
        count = len(app.events())
        later = replace(snapshots[2], version=booked(number=9).version)
        run = app.run(SyncKind.FULL, app.page(*snapshots[:2], later))
        assert app.known() == before
        assert [e["type"] for e in app.events()[count:]] == ["pms.sync.completed"]
        assert run.counts == SyncCounts(seen=3, unchanged=3)

    def test_is_partial_when_anything_was_quarantined(self, app: App) -> None:
        run = app.run(SyncKind.DELTA, app.page(booked(), BAD, booked("B2"), cursor="next"))
        assert run.status is SyncStatus.PARTIAL
        assert app.booking("B2")
        assert app.stored().last_error_code == "items_quarantined"
        assert app.stored().cursor == "next"
        assert len(app.quarantined()) == 1
        again = app.run(SyncKind.DELTA, app.page(BAD, cursor="next"))
        assert again.status is SyncStatus.PARTIAL
        assert len(app.quarantined()) == 1
        assert len(app.events("pms.item.quarantined")) == 1

    def test_in_which_every_item_failed_is_no_success(self, app: App) -> None:
        assert app.run(SyncKind.DELTA, app.page(BAD)).status is SyncStatus.PARTIAL

    def test_with_a_failed_page_fails_and_keeps_earlier_pages(self, app: App) -> None:
        run = app.run(
            SyncKind.DELTA,
            app.page(booked(), checkpoint="1"),
            ProviderUnavailable(),
        )
        assert (run.status, run.error_code) == (SyncStatus.FAILED, "provider_unavailable")
        assert app.booking()
        assert app.stored().cursor is None
        [event] = app.events("pms.sync.failed")
        assert event["data"]["errorCode"] == "provider_unavailable"
        assert app.events("pms.sync.completed") == []

    def first_syncs(self, app: App, *errors: PortError) -> list[str | None]:
        """The checkpoints from which runs start: a first one that fails after a page, more that
        fail before their first page, and the last one."""
        app.run(SyncKind.FULL, app.page(booked(), checkpoint="1"), errors[0])
        started = []
        pages = app.page(booked(), checkpoint="1"), app.page(booked("B2"), cursor="next")
        for error in errors[1:]:
            app.run(SyncKind.FULL, pages[0], error)
            started.append(app.provider.requests[-1].checkpoint)
        app.run(SyncKind.FULL, *pages)
        return [*started, app.provider.requests[-1].checkpoint]

    @pytest.mark.parametrize("error", [ProviderUnavailable(), UnreadableAnswer()])
    def test_after_a_failed_first_one_goes_on_from_its_checkpoint(
        self, app: App, error: PortError
    ) -> None:
        assert self.first_syncs(app, error) == ["1"]
        assert app.booking("B2")
        app.run(SyncKind.FULL, app.page(cursor="later"))
        assert app.provider.requests[-1].checkpoint is None

    def test_goes_on_from_a_checkpoint_after_any_number_of_outages(self, app: App) -> None:
        assert self.first_syncs(app, *[ProviderUnavailable()] * 3) == ["1"] * 3

    def test_starts_again_where_the_provider_rejects_the_checkpoint(self, app: App) -> None:
        assert self.first_syncs(app, ProviderUnavailable(), ProviderRejected()) == ["1", None]

    def test_starts_again_from_an_old_checkpoint(self, app: App) -> None:
        app.run(SyncKind.FULL, app.page(booked(), checkpoint="1"), ProviderUnavailable())
        app.clock.advance(CHECKPOINT_VALIDITY + SECOND)
        app.run(SyncKind.FULL, app.page(cursor="next"))
        assert app.provider.requests[-1].checkpoint is None

    def test_starts_again_after_the_connection_was_changed(self, app: App) -> None:
        app.run(SyncKind.FULL, app.page(booked(), checkpoint="1"), ProviderUnavailable())
        update = UpdateConnection(app.unit_of_work, app.providers, app.clock, app.audit)
        update(app.connection.id, {})
        app.run(SyncKind.FULL, app.page(cursor="next"))
        assert app.provider.requests[-1].checkpoint is None

    def test_takes_the_hotels_records(self, app: App) -> None:
        records = HotelRecords(room_types=(RoomTypeRecord(external_id="DBL", name="Double"),))
        app.run(SyncKind.FULL, app.page(records=records))
        held = app.store.queries.records(app.hotel.id)["scripted"]
        assert [r.name for r in held.room_types] == ["Double"]

    def test_that_is_unknown_is_not_found(self, app: App) -> None:
        with pytest.raises(NotFound):
            app.sync(UUID(int=1), holder="w")

    def test_that_has_ended_is_returned_unchanged(self, app: App) -> None:
        run = app.run(SyncKind.DELTA, app.page())
        asked = len(app.provider.accounts)
        assert app.sync(run.id, holder="late") == run
        assert len(app.provider.accounts) == asked

    def test_requests_the_window_of_the_hotels_local_day(self, app: App) -> None:
        app.edit(settings={"time_zone": "Pacific/Kiritimati"})
        run = app.run(SyncKind.RECONCILE)
        [request] = app.provider.requests
        assert run.status is SyncStatus.COMPLETED
        assert (request.stay_to - request.stay_from).days == 7 + 365
        assert request.stay_from.isoformat() == "2026-02-23"  # there it is 2 March already

    def test_that_is_full_requests_every_retained_stay(self, app: App) -> None:
        app.run(SyncKind.FULL)
        [request] = app.provider.requests
        today = app.clock.now().date()
        assert (today - request.stay_from).days == 400
        assert (request.stay_to - today).days == 1100

    def test_whose_worker_died_after_the_last_page_still_moves_the_cursor(self, app: App) -> None:
        pages = app.page(booked(), checkpoint="1"), app.page(cursor="next")
        run = app.queued()
        killed_after_commit(app, run, 2, *pages)
        app.script_pull(*pages)
        ended = app.sync(run.id, holder="second")
        assert app.provider.requests[-1].checkpoint == "1"
        assert (ended.status, ended.counts.seen) == (SyncStatus.COMPLETED, 1)
        assert app.stored().cursor == "next"


class TestLease:
    def test_of_another_worker_is_respected(self, app: App) -> None:
        run = app.queued()
        app.script_pull(app.page(booked()))
        others = []
        app.during_next_request(lambda: others.append(app.sync(run.id, holder="second")))
        first = app.sync(run.id, holder="first")
        assert [r.status for r in others] == [SyncStatus.RUNNING]
        assert first.status is SyncStatus.COMPLETED
        assert len(app.provider.accounts) == 1

    def test_of_a_killed_worker_expires_and_the_run_resumes_after_its_last_page(
        self, app: App
    ) -> None:
        pages = [app.page(booked(f"B{n}"), checkpoint=f"{n}") for n in range(3)]
        pages.append(app.page(booked("B3"), cursor="next"))
        run = app.queued()
        app.script_pull(*pages)
        with app.killed(2, after=True):
            app.sync(run.id, holder="first")
        assert app.sync(run.id, holder="second").status is SyncStatus.RUNNING
        app.clock.advance(LEASE_TTL + SECOND)
        app.script_pull(*pages)
        ended = app.sync(run.id, holder="second")
        assert app.provider.requests[-1].checkpoint == "1"
        assert (ended.status, ended.pages, ended.attempts) == (SyncStatus.COMPLETED, 4, 2)
        assert ended.counts == SyncCounts(seen=4, created=4)
        assert app.stored().cursor == "next"

    def test_that_was_lost_fences_off_the_late_holder(self, app: App) -> None:
        run = app.queued()
        app.script_pull(app.page(booked(notes="late"), cursor="late"))

        def other_worker() -> None:
            app.clock.advance(LEASE_TTL + SECOND)
            app.script_pull(app.page(booked("B2"), cursor="theirs"))
            assert app.sync(run.id, holder="second").status is SyncStatus.COMPLETED

        app.during_next_request(other_worker)
        app.sync(run.id, holder="first")
        assert app.booking("B1") is None
        assert app.stored().cursor == "theirs"
        assert app.sync_run(run.id).status is SyncStatus.COMPLETED
        assert len(app.events("pms.sync.completed")) == 1

    def test_that_was_lost_fences_off_a_late_failure(self, app: App) -> None:
        run = app.queued()
        app.script_pull(ProviderUnavailable())

        def other_worker() -> None:
            app.clock.advance(LEASE_TTL + SECOND)
            app.sync(run.id, holder="second")

        app.during_next_request(other_worker)
        app.sync(run.id, holder="first")
        assert app.sync_run(run.id).status is SyncStatus.COMPLETED
        assert app.events("pms.sync.failed") == []
        assert app.stored().breaker.failures == 0

    def test_is_renewed_by_every_page(self, app: App) -> None:
        """Each request takes nearly as long as a lease; another worker tries at its end."""
        run = app.queued()
        app.script_pull(*[app.page(booked(f"B{n}"), checkpoint=f"{n}") for n in range(4)])
        others: list[SyncRun] = []

        def long_request() -> None:
            app.clock.advance(LEASE_TTL - SECOND)
            others.append(app.sync(run.id, holder="second"))

        app.during_each_request(long_request)
        assert app.sync(run.id, holder="first").status is SyncStatus.COMPLETED
        assert [each.pages for each in others] == [0, 1, 2, 3]
        assert len(app.provider.accounts) == 1

    @pytest.mark.parametrize("seconds", [-31, 31])
    def test_is_not_taken_under_a_wrong_clock(self, app: App, seconds: int) -> None:
        run = app.queued()
        app.clock.own_skew = seconds * SECOND
        with pytest.raises(ClockWrong, match="clock is 31 s") as caught:
            app.sync(run.id, holder="w")
        assert caught.value.details == {"skew_seconds": seconds}
        with pytest.raises(ClockWrong):
            app.fail(run.id, holder="w", bug="KeyError")
        assert app.provider.accounts == []
        assert app.sync_run(run.id) == run
        app.clock.own_skew = 30 * SECOND
        assert app.sync(run.id, holder="w").status is SyncStatus.COMPLETED

    def test_is_free_after_the_run(self, app: App) -> None:
        app.run(SyncKind.DELTA, ProviderUnavailable(), holder="first")
        assert app.run(SyncKind.DELTA, holder="second").status is SyncStatus.COMPLETED


class TestFailingProvider:
    def test_that_is_unavailable_opens_the_breaker(self, app: App) -> None:
        for _ in range(BREAKER_THRESHOLD):
            run = app.run(SyncKind.DELTA, ProviderUnavailable())
            assert run.status is SyncStatus.FAILED
        breaker = app.stored().breaker
        assert breaker.state(app.clock.now()) is BreakerState.OPEN
        assert app.stored().state is ConnectionState.ACTIVE
        app.run(SyncKind.DELTA)
        assert app.stored().breaker.failures == 0

    @pytest.mark.parametrize(
        "error", [RateLimited(), ProviderRejected(), UnreadableAnswer(), ProviderUnavailable()]
    )
    def test_fails_the_run_with_the_errors_code(self, app: App, error: PortError) -> None:
        run = app.run(SyncKind.DELTA, error)
        assert (run.status, run.error_code) == (SyncStatus.FAILED, error.code)
        assert app.stored().last_error_code == error.code

    @pytest.mark.parametrize("error", [CredentialsRefused(), AccessForbidden()])
    def test_of_refused_credentials_stops_the_connection_and_is_published(
        self, app: App, error: PortError
    ) -> None:
        app.run(SyncKind.DELTA, error)
        assert app.stored().state is ConnectionState.STOPPED
        [event] = app.events("pms.sync.failed")
        assert event["data"]["errorCode"] == error.code
        [suspended] = app.events("pms.connection.suspended")
        assert suspended["data"]["errorCode"] == error.code
        assert suspended["data"]["externalId"] == str(app.connection.id)
        assert app.stored().stopped_at == app.clock.now()

    def test_of_credentials_replaced_meanwhile_stops_nothing_until_the_new_ones_are_refused(
        self, app: App
    ) -> None:
        token = SettingSpec(name="token", help="the access token", secret=True)
        app.provider.capabilities = replace(app.provider.capabilities, settings=(token,))
        update = UpdateConnection(app.unit_of_work, app.providers, app.clock, app.audit)
        app.during_each_request(lambda: update(app.connection.id, {"token": "new"}))
        run = app.run(SyncKind.DELTA, CredentialsRefused())
        assert (run.status, run.error_code) == (SyncStatus.FAILED, "provider_credentials_refused")
        assert app.stored().state is ConnectionState.ACTIVE
        assert app.events("pms.connection.suspended") == []
        app.during_each_request(lambda: None)
        app.run(SyncKind.DELTA, CredentialsRefused())
        assert app.provider.accounts[-1].secrets["token"] == "new"
        assert app.stored().state is ConnectionState.STOPPED

    def test_of_credentials_that_the_client_itself_rotated_stops_the_connection(
        self, app: App
    ) -> None:
        rotate = StoreRotatedSecrets(app.unit_of_work)
        app.during_each_request(lambda: rotate.update(app.connection.id, {"trust": "rotated"}))
        app.run(SyncKind.DELTA, CredentialsRefused())
        assert app.stored().state is ConnectionState.STOPPED

    def test_keeps_where_it_was_and_what_the_provider_says(self, app: App) -> None:
        error = ProviderRejected("it is rejected", path="/bookings")
        error.vendor_error = VendorError("HTTP 422, code E7", "Ada Aalto: no such guest")
        run = app.run(SyncKind.DELTA, error)
        assert (run.error_code, run.error_detail) == ("provider_rejected", "it is rejected")
        assert (run.error_path, run.vendor_message) == ("/bookings", "HTTP 422, code E7")
        [event] = app.events("pms.sync.failed")
        assert event["data"]["errorPath"] == "/bookings"
        assert event["data"]["vendorMessage"] == "HTTP 422, code E7"
        assert app.stored().last_error_detail == (
            "/bookings: it is rejected (the provider: HTTP 422, code E7)"
        )
        with app.unit_of_work() as uow:
            kept = uow.vendor_error_texts.get(app.hotel.id, run.id)
        assert kept is not None
        assert kept.text == "Ada Aalto: no such guest"

    def test_that_does_not_want_the_request_leaves_the_connection_as_it_is(self, app: App) -> None:
        app.run(SyncKind.DELTA, ProviderRejected())
        assert app.stored().state is ConnectionState.ACTIVE

    def test_that_is_not_installed_any_more_fails_the_run(self, app: App) -> None:
        app.providers = FixedProviders()
        assert app.run().error_code == "unknown_provider"

    def test_whose_secrets_can_not_be_opened_fails_the_run(self, app: App) -> None:
        app.store._committed.secrets.clear()
        run = app.run()
        assert (run.status, run.error_code) == (SyncStatus.FAILED, Unsealable.code)
        assert len(app.events("pms.sync.failed")) == 1

    def test_that_kills_every_worker_fails(self, app: App) -> None:
        class Deadly(ScriptedProvider):
            def open(self, account: object) -> object:  # type: ignore[override]
                raise Killed

        app.providers = FixedProviders(Deadly(app.clock))
        run = app.queued()
        for _ in range(MAX_FRUITLESS_ATTEMPTS):
            with suppress(Killed):
                app.sync(run.id, holder="w")
            app.restart()
        assert app.sync_run(run.id).status is SyncStatus.RUNNING
        ended = app.sync(run.id, holder="w")
        assert (ended.status, ended.error_code) == (SyncStatus.FAILED, "no_progress")

    def test_that_kills_its_workers_after_a_page_continues(self, app: App) -> None:
        deaths = MAX_FRUITLESS_ATTEMPTS + 2
        pages = [app.page(booked(f"B{n}"), checkpoint=f"{n}") for n in range(deaths)]
        pages.append(app.page(cursor="next"))
        run = app.queued()
        for _ in range(deaths):
            killed_after_commit(app, run, 1, *pages)
        app.script_pull(*pages)
        ended = app.sync(run.id, holder="w")
        assert (ended.status, ended.attempts) == (SyncStatus.COMPLETED, deaths + 1)

    def test_that_kills_every_reconcile_after_its_first_page_fails(self, app: App) -> None:
        run = app.queued(SyncKind.RECONCILE)
        for _ in range(MAX_FRUITLESS_ATTEMPTS):
            pages = app.page(booked(), checkpoint="1"), app.page(booked("B2"))
            killed_after_commit(app, run, 1, *pages)
        assert app.sync(run.id, holder="w").error_code == "no_progress"

    @pytest.mark.parametrize("error", [RateLimited, ProviderUnavailable])
    def test_with_a_wait_gets_no_request_before_it_is_over(
        self, app: App, error: type[PortError]
    ) -> None:
        now = app.clock.now()
        app.edit(cursor="c", next_sync_at=now, next_reconcile_at=now)
        app.run(SyncKind.DELTA, error(wait_seconds=1800))
        half_an_hour = timedelta(minutes=30)
        assert app.stored().next_sync_at == app.stored().next_reconcile_at == now + half_an_hour
        later = now + 2 * half_an_hour
        app.edit(next_sync_at=later, next_reconcile_at=later)
        app.run(SyncKind.DELTA, error(wait_seconds=1800))
        assert app.stored().next_sync_at == app.stored().next_reconcile_at == later

    def test_with_a_wait_of_a_century_gets_a_request_the_next_day(self, app: App) -> None:
        now = app.clock.now()
        app.edit(next_sync_at=now)
        app.run(SyncKind.DELTA, RateLimited(wait_seconds=10**12))
        assert app.stored().next_sync_at == now + timedelta(days=1)

    def test_does_not_touch_another_connection(self, app: App) -> None:
        other = app.connect(app.hotel)
        app.run(SyncKind.DELTA, CredentialsRefused())
        assert app.stored(other).state is ConnectionState.ACTIVE
        assert app.run(of=other).status is SyncStatus.COMPLETED


class TestOurOwnBug:
    def test_ends_the_run_and_counts_as_a_failure(self, app: App) -> None:
        run = app.queued()
        failed = app.fail(run.id, holder="w", bug="ZeroDivisionError")
        assert failed == app.sync_run(run.id)
        assert (failed.status, failed.error_code) == (SyncStatus.FAILED, "bug")
        assert failed.error_detail == "ZeroDivisionError"
        assert app.stored().breaker.failures == 1
        assert app.stored().last_error_code == "bug"
        [event] = app.events("pms.sync.failed")
        assert event["data"]["errorCode"] == "bug"
        assert app.run(holder="other").status is SyncStatus.COMPLETED

    def test_in_a_run_that_has_ended_changes_nothing(self, app: App) -> None:
        run = app.run()
        assert app.fail(run.id, holder="w", bug="KeyError") == run
        assert app.events("pms.sync.failed") == []
        assert app.run(holder="other").status is SyncStatus.COMPLETED

    def test_does_not_change_a_run_of_another_worker(self, app: App) -> None:
        run = app.queued()
        app.during_next_request(lambda: app.fail(run.id, holder="late", bug="KeyError"))
        assert app.sync(run.id, holder="w").status is SyncStatus.COMPLETED


class TestAStoppedOrPausedConnection:
    @pytest.mark.parametrize("state", [ConnectionState.STOPPED, ConnectionState.PAUSED])
    def test_does_not_execute_runs_queued_before(self, app: App, state: ConnectionState) -> None:
        run = app.queued()
        before = app.edit(state=state, last_error_code="why")
        ended = app.sync(run.id, holder="w")
        assert ended == app.sync_run(run.id)
        assert (ended.status, ended.error_code) == (SyncStatus.FAILED, "connection_stopped")
        assert app.provider.accounts == []
        assert app.stored() == before
        assert len(app.events("pms.sync.failed")) == 1
        app.edit(state=ConnectionState.ACTIVE)
        assert app.run(holder="other").status is SyncStatus.COMPLETED

    def test_executes_manual_runs_while_paused(self, app: App) -> None:
        app.edit(state=ConnectionState.PAUSED)
        for cursor in (None, "c"):
            app.edit(cursor=cursor)
            run = app.request(app.connection.id, SyncKind.DELTA, correlation_id="c")
            assert app.sync(run.id, holder="w").status is SyncStatus.COMPLETED
        assert app.stored().state is ConnectionState.PAUSED

    def test_does_not_run_manual_requests_while_stopped(self, app: App) -> None:
        run = app.request(app.connection.id, SyncKind.DELTA, correlation_id="c")
        app.edit(state=ConnectionState.STOPPED)
        assert app.sync(run.id, holder="w").error_code == "connection_stopped"


class TestFailingStore:
    def test_does_not_count_as_a_failed_attempt(self, app: App) -> None:
        run = app.queued()
        for _ in range(MAX_FRUITLESS_ATTEMPTS + 1):
            app.interruptions = {2: lambda: app.store.fail_next_commit(StoreUnavailable())}
            with pytest.raises(StoreUnavailable):
                app.sync(run.id, holder="w")
            app.clock.advance(timedelta(minutes=5))
        assert app.sync(run.id, holder="w").status is SyncStatus.COMPLETED

    @pytest.mark.parametrize("at", range(4))
    def test_leaves_the_run_to_be_resumed(self, app: App, at: int) -> None:
        provider = changing(app)
        for n in range(4):
            provider.change(f"B{n}", BookingStatus.CONFIRMED)
        run = app.queued(SyncKind.FULL)
        app.interruptions = {
            at: lambda: app.store.fail_next_commit(StoreUnavailable()),
        }
        with pytest.raises(StoreUnavailable):
            app.sync(run.id, holder="first")
        assert not app.sync_run(run.id).status.is_final
        app.clock.advance(timedelta(minutes=5))
        app.tick()
        app.run_jobs()
        assert app.sync_run(run.id).status is SyncStatus.COMPLETED
        assert differences(app, provider) == []
        assert all(app.changes(f"B{n}") == ["created"] for n in range(4))


class TestReconcile:
    def test_marks_bookings_missing_at_the_provider(self, app: App) -> None:
        provider = synced_provider(app, bookings=5)
        provider.forget("B1")
        provider.forget("B4")
        run = app.run(SyncKind.RECONCILE)
        assert differences(app, provider) == []
        assert run.counts.deleted == 2
        assert app.changes("B1") == ["created", "updated"]
        again = app.run(SyncKind.RECONCILE)
        assert again.counts.deleted == 0
        assert app.changes("B1") == ["created", "updated"]

    def test_fetches_by_id_bookings_that_left_the_window(self, app: App) -> None:
        provider = changing(app)
        provider.change("B1", BookingStatus.CONFIRMED)
        app.run(SyncKind.FULL)
        far = Stay(JUNE.arrival.replace(year=2030), JUNE.departure.replace(year=2030))
        provider.change("B1", BookingStatus.CONFIRMED, stay=far, at=app.clock.now() + SECOND)
        run = app.run(SyncKind.RECONCILE)
        assert run.counts.deleted == 0
        assert app.known().details.stay == far
        assert app.known().details.deleted_at_source is None

    def test_detects_no_deletions_if_the_provider_does_not_report_them(self, app: App) -> None:
        app.provider.capabilities = replace(app.provider.capabilities, reports_deletions=False)
        app.run(SyncKind.FULL, app.page(booked()))
        run = app.run(SyncKind.RECONCILE, app.page())
        assert (run.counts.deleted, app.known().details.deleted_at_source) == (0, None)

    def test_fetches_nothing_by_id_if_the_provider_does_not_support_it(self, app: App) -> None:
        app.provider.capabilities = replace(app.provider.capabilities, fetches_by_id=False)
        app.run(SyncKind.FULL, app.page(booked()))
        app.run(SyncKind.RECONCILE, app.page())
        assert app.provider.fetched == []
        assert app.known().details.deleted_at_source is None

    def test_detects_no_deletions_if_an_item_has_no_readable_id(self, app: App) -> None:
        app.run(SyncKind.FULL, app.page(booked()))
        app.provider.answers.append(app.page(BAD))
        run = app.run(SyncKind.RECONCILE, app.page())
        assert run.status is SyncStatus.PARTIAL
        assert app.known().details.deleted_at_source is None

    def test_does_not_fetch_an_unreadable_booking_again(self, app: App) -> None:
        app.run(SyncKind.FULL, app.page(booked()))
        refused = replace(BAD, external_id="B1")
        run = app.run(SyncKind.RECONCILE, app.page(refused))
        assert (run.counts.seen, run.counts.quarantined) == (1, 1)
        assert app.provider.fetched == []

    def test_loses_to_data_received_after_its_request(self, app: App) -> None:
        provider = changing(app)
        provider.change("B1", BookingStatus.CONFIRMED)
        app.run(SyncKind.FULL)
        provider.forget("B1")
        snapshots = booked("B1", number=1_441, notes="just made again")

        def pushed_meanwhile() -> None:
            app.clock.advance(SECOND)
            app.push(snapshots)

        run = app.queued(SyncKind.RECONCILE)
        app.provider.answers.append(app.page())
        app.interruptions = {3: pushed_meanwhile}
        app.sync(run.id, holder="w")
        assert app.known().details.deleted_at_source is None
        assert app.known().details.notes == "just made again"

    def test_corrects_a_provider_whose_clock_went_back(self, app: App) -> None:
        provider = changing(app)
        provider.change("B1", BookingStatus.CHECKED_OUT)
        app.run(SyncKind.FULL)
        app.clock.advance(SECOND)
        provider.change("B1", BookingStatus.PENDING, at=app.clock.now() - timedelta(days=1))
        app.run(SyncKind.RECONCILE)
        assert differences(app, provider) == []
        assert app.changes("B1") == ["created", "corrected"]
        [event] = [e for e in app.events("pms.booking.synced") if e["data"]["reason"]]
        assert event["data"]["transition"] == "correction"

    def test_does_not_move_the_cursor_of_the_delta(self, app: App) -> None:
        app.edit(cursor="delta")
        app.run(SyncKind.RECONCILE, app.page(booked(), cursor="of the window"))
        assert app.stored().cursor == "delta"

    def test_that_was_interrupted_starts_again(self, app: App) -> None:
        provider = changing(app)
        for n in range(5):
            provider.change(f"B{n}", BookingStatus.CONFIRMED)
        app.run(SyncKind.FULL)
        provider.forget("B3")
        run = app.queued(SyncKind.RECONCILE)
        with app.killed(2, after=True):
            app.sync(run.id, holder="first")
        app.restart()
        ended = app.sync(run.id, holder="second")
        assert app.provider.requests[-1].checkpoint is None
        assert ended.counts.deleted == 1
        assert differences(app, provider) == []
        assert [app.changes(f"B{n}") for n in (0, 1, 2, 4)] == [["created"]] * 4
