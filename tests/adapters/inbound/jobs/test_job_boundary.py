"""Whatever happens in a job ends at the boundary, as one log line and in the row."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from adapters.inbound.jobs.job_boundary import JobBoundary
from adapters.outbound.memory.clock import START
from adapters.outbound.provider_kit.card_scrubber import scrub_bytes
from application import log_context
from application.caller_ids import CorrelationIds
from domain.sync_run import SyncKind, SyncRun, SyncStatus
from ports.errors import (
    AccessForbidden,
    CredentialsRefused,
    ListCapReached,
    ProviderError,
    ProviderUnavailable,
    RateLimited,
    StoreUnavailable,
)
from ports.providers import Ref, RefKind
from tests.application.use_case_harness import App, booked


@pytest.fixture
def app() -> App:
    return App()


def boundary(app: App) -> JobBoundary:
    correlation_ids = CorrelationIds(uuid4, scrub_bytes)
    return JobBoundary(
        app.sync, app.fail, app.work_off, app.process, app.tick, uuid4, correlation_ids
    )


def carried(app: App, run: SyncRun) -> SyncRun:
    boundary(app).run("sync", str(run.hotel_id), str(run.id), "c")
    return app.sync_run(run.id)


def raising(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


class TestCorrelationId:
    @pytest.mark.parametrize("sent", ["4111111111111111", "Ada Aalto", f"pmsk_{'a' * 32}_x"])
    def test_of_a_job_is_replaced_if_it_is_no_id(
        self, app: App, caplog: pytest.LogCaptureFixture, sent: str
    ) -> None:
        caplog.set_level("INFO")
        app.provider.holds(booked())
        app.notify(Ref(RefKind.BOOKING, "B1"))
        hotel, connection = str(app.hotel.id), str(app.connection.id)
        boundary(app).run("connection_inbox", hotel, connection, sent)
        assert app.booking()
        assert log_context.correlation_id.get() not in ("", sent)
        assert sent not in f"{app.inbox()} {app.events()} {[vars(r) for r in caplog.records]}"


class TestRunLog:
    @pytest.mark.parametrize(
        ("error", "level"),
        [
            (ProviderUnavailable(), "WARNING"),
            (RateLimited(), "WARNING"),
            (CredentialsRefused(), "ERROR"),
            (AccessForbidden(), "ERROR"),
            (ListCapReached(path="reservations"), "ERROR"),
        ],
    )
    def test_of_a_failed_run_has_the_level_of_its_error(
        self, app: App, caplog: pytest.LogCaptureFixture, error: ProviderError, level: str
    ) -> None:
        caplog.set_level("INFO")
        app.script_pull(error)
        carried(app, app.queued(SyncKind.FULL))
        [record] = [each for each in caplog.records if each.message == "sync_run"]
        assert record.levelname == level
        assert vars(record)["error_path"] == error.path

    def test_of_a_completed_run_is_an_info(
        self, app: App, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO")
        carried(app, app.queued(SyncKind.FULL))
        levels = [each.levelname for each in caplog.records if each.message == "sync_run"]
        assert levels == ["INFO"]


class TestABugDuringASync:
    def test_ends_the_run_with_its_class_and_without_its_text(
        self, app: App, caplog: pytest.LogCaptureFixture
    ) -> None:
        app.script_pull(app.page(booked(), checkpoint="1"), app.page())
        run = app.queued(SyncKind.FULL)
        app.during_each_request(
            lambda: app.booking() and raising(ZeroDivisionError("Ada Lovelace"))()
        )
        ended = carried(app, run)
        assert (ended.status, ended.error_code) == (SyncStatus.FAILED, "bug")
        assert (ended.error_detail, ended.finished_at) == ("ZeroDivisionError", START)
        assert ended.pages == 1
        assert app.stored().breaker.failures == 1
        assert len(app.events("pms.sync.failed")) == 1
        assert "Ada" not in caplog.text
        assert [r.message for r in caplog.records if r.levelname == "ERROR"] == ["job_failed"]

    def test_frees_the_connection(self, app: App) -> None:
        app.during_next_request(raising(KeyError("x")))
        carried(app, app.queued())
        assert app.run(holder="other").status is SyncStatus.COMPLETED

    def test_that_can_not_be_stored_is_left_to_the_next_worker(
        self, app: App, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken() -> None:
            app.interruptions = {1: raising(StoreUnavailable())}
            raise KeyError

        app.during_next_request(broken)
        run = carried(app, app.queued())
        assert run.status is SyncStatus.RUNNING
        assert [getattr(r, "code", None) for r in caplog.records] == ["bug", "store_unavailable"]
