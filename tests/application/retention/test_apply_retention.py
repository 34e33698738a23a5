"""The tick purges what hotels no longer keep."""

from dataclasses import replace
from datetime import timedelta

import pytest

from application.errors import HotelNotFound
from application.retention.find_retention import FindRetention
from application.retention.set_retention import SetRetention
from application.sync.schedule_syncs import PURGE_FOR
from domain.audit import RETENTION, AuditAction, AuditEntry
from domain.connection import Connection
from domain.errors import InvalidField
from domain.hotel import Hotel
from domain.retention import DEFAULT_RETENTION, PURGE_EVERY, DataKind, Retention
from domain.sync_run import SyncStatus
from ports.audit import AuditFilter
from tests import builders
from tests.application.use_case_harness import MINUTE, App, booked

DAY = timedelta(days=1)


def keep(app: App, hotel: Hotel, **days: int | None) -> Retention:
    setter = SetRetention(app.unit_of_work, app.clock, app.audit)
    return setter(hotel.slug, {DataKind(kind): value for kind, value in days.items()})


def add_runs(app: App, of: Connection, number: int) -> None:
    ended = {"status": SyncStatus.FAILED, "queued_at": app.clock.now()}
    runs = [builders.sync_run(of, **ended) for _ in range(number)]
    app.write(lambda uow: [uow.sync_runs.add(run) for run in runs])


def runs_left(app: App, *hotels: Hotel) -> list[int]:
    return [len(app.store.queries.sync_runs(each.id, limit=999).rows) for each in hotels]


def purges(app: App, hotel: Hotel) -> list[AuditEntry]:
    with app.store.unit_of_work() as uow:
        wanted = AuditFilter(hotel_id=hotel.id, action=AuditAction.DATA_PURGED)
        return list(uow.audit_log.find(wanted, limit=99))


class TestSetRetention:
    def test_changes_the_given_kinds(self, app: App) -> None:
        keep(app, app.hotel, runs=9)
        keep(app, app.hotel, inbox=None, outbox=1)
        found = FindRetention(app.unit_of_work)(app.hotel.id)
        assert found == replace(DEFAULT_RETENTION, runs=9, inbox=None, outbox=1)

    @pytest.mark.parametrize(("kind", "days"), [("runs", 0), ("inbox", 6), ("outbox", 36_501)])
    def test_rejects_days_out_of_range(self, app: App, kind: str, days: int) -> None:
        with pytest.raises(InvalidField, match=kind):
            keep(app, app.hotel, **{kind: days})
        assert FindRetention(app.unit_of_work)(app.hotel.id) == DEFAULT_RETENTION

    def test_rejects_an_unknown_hotel(self, app: App) -> None:
        with pytest.raises(HotelNotFound):
            SetRetention(app.unit_of_work, app.clock, app.audit)("nowhere", {})

    def test_is_applied_by_the_next_tick(self, app: App) -> None:
        add_runs(app, app.connection, 2)
        app.clock.advance(9 * DAY + MINUTE)
        assert app.tick().purged == 0
        keep(app, app.hotel, runs=9)
        assert app.tick().purged == 2


class TestApplyRetention:
    def test_purges_each_hotel_by_its_own_days(self, app: App) -> None:
        other, third = app.add_hotel(), app.add_hotel()
        for hotel in (app.hotel, other, third):
            add_runs(app, app.connection if hotel is app.hotel else app.connect(hotel), 3)
        keep(app, other, runs=200)
        keep(app, third, runs=None)
        app.clock.advance(timedelta(days=DEFAULT_RETENTION.runs or 0) + MINUTE)
        app.tick()
        assert runs_left(app, app.hotel, other, third) == [0, 3, 3]
        app.clock.advance(200 * DAY)
        app.tick()
        assert runs_left(app, app.hotel, other, third) == [0, 0, 3]

    def test_keeps_bookings_and_history_by_default(self, app: App) -> None:
        app.push(booked())
        app.clock.advance(5_000 * DAY)
        app.tick()
        assert app.booking()
        assert app.store._committed.history

    def test_purges_the_status_history_if_told_to(self, app: App) -> None:
        app.push(booked())
        keep(app, app.hotel, history=30)
        app.clock.advance(30 * DAY + MINUTE)
        app.tick()
        assert app.booking()
        assert not app.store._committed.history

    def test_never_purges_undelivered_events(self, app: App) -> None:
        app.push(booked())
        waiting = len(app.events())
        keep(app, app.hotel, outbox=1)
        app.clock.advance(5_000 * DAY)
        app.tick()
        assert len(app.events()) == waiting > 0

    def test_is_done_once_a_day(self, app: App) -> None:
        app.clock.advance(PURGE_EVERY)
        app.tick()
        keep_from = app.clock.now()
        add_runs(app, app.connection, 1)
        app.write(
            lambda uow: uow.retention.save(
                app.hotel.id, Retention(runs=1), purge_at=keep_from + 2 * DAY
            )
        )
        app.clock.advance(2 * DAY - MINUTE)
        assert app.tick().purged == 0
        app.clock.advance(MINUTE)
        assert app.tick().purged == 1
        assert app.store._committed.retentions[app.hotel.id].next_purge_at >= app.clock.now()

    def test_does_not_let_a_large_hotel_delay_the_others(self, app: App) -> None:
        """Each tick has time for one round here."""
        others = [app.add_hotel() for _ in range(3)]
        add_runs(app, app.connection, 50)
        for other in others:
            add_runs(app, app.connect(other), 2)
        app.clock.advance(timedelta(days=DEFAULT_RETENTION.runs or 0) + MINUTE)
        tick = replace(app.tick, purge_batch=2)
        for _ in range(7):
            app.interruptions = {n: lambda: app.clock.advance(PURGE_FOR) for n in range(99)}
            tick()
        large, *small = runs_left(app, app.hotel, *others)
        assert small == [0, 0, 0]
        assert large > 30

    def test_records_the_counts(self, app: App, caplog: pytest.LogCaptureFixture) -> None:
        other = app.add_hotel()
        add_runs(app, app.connection, 3)
        app.push(booked())
        app.clock.advance(timedelta(days=DEFAULT_RETENTION.runs or 0) + MINUTE)
        with caplog.at_level("INFO", logger="pms.retention"):
            app.tick()
        [entry] = purges(app, app.hotel)
        assert entry.actor == RETENTION
        assert entry.details == {"runs": 3, "inbox": 1}
        assert purges(app, other) == []
        [record] = [each for each in caplog.records if each.message == "data_purged"]
        assert record.__dict__["counts"] == {"runs": 3, "inbox": 1}

    @pytest.mark.parametrize("after", [False, True])
    def test_that_is_killed_is_continued(self, app: App, after: bool) -> None:
        add_runs(app, app.connection, 3)
        app.clock.advance(timedelta(days=DEFAULT_RETENTION.runs or 0) + MINUTE)
        with app.killed(0, after=after):
            replace(app.tick, purge_batch=2)()
        app.restart()
        app.tick()
        assert runs_left(app, app.hotel) == [0]
        assert sum(int(str(entry.details["runs"])) for entry in purges(app, app.hotel)) == 3
