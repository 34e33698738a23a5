"""Discarding of quarantined items."""

import logging
from dataclasses import replace

import pytest

from application.audit.audit_trail import acting_as
from application.errors import NotFound
from domain.audit import Actor, AuditAction, AuditChannel, AuditEntry
from domain.messages import InboxState, ItemOutcome
from ports.audit import AuditFilter
from ports.messages import QuarantineFilter
from tests.application.use_case_harness import App, booked

SOMEONE = Actor(channel=AuditChannel.CLI, name="someone", label="machine")


def entries(app: App) -> list[AuditEntry]:
    with app.store.unit_of_work() as uow:
        return list(uow.audit_log.find(AuditFilter(hotel_id=app.hotel.id), limit=99))


class TestOne:
    def test_leaves_the_quarantine_and_is_recorded(self, app: App) -> None:
        one, two = app.push(b"bad 1", b"bad 2").items
        with acting_as(SOMEONE):
            app.discard.one(app.hotel.id, one.inbox_id)
        assert [row.id for row in app.quarantined()] == [two.inbox_id]
        row = app.row(one.inbox_id)
        assert (row.state, row.outcome) == (InboxState.DONE, ItemOutcome.QUARANTINED)
        [entry] = entries(app)
        assert (entry.at, entry.actor, entry.action) == (
            app.clock.now(),
            SOMEONE,
            AuditAction.QUARANTINE_DISCARDED,
        )
        assert entry.subject == str(one.inbox_id)
        assert entry.details == {"count": 1, "item_id": str(one.inbox_id)}

    def test_is_not_found_unless_quarantined_at_this_hotel_and_provider(self, app: App) -> None:
        [good] = app.push(booked()).items
        [bad] = app.push(b"bad").items
        for hotel_id, item_id, provider in (
            (app.hotel.id, good.inbox_id, None),
            (app.hotel.id, app.ids.new(), None),
            (app.add_hotel().id, bad.inbox_id, None),
            (app.hotel.id, bad.inbox_id, "push_only"),
        ):
            with pytest.raises(NotFound):
                app.discard.one(hotel_id, item_id, provider=provider)
        assert entries(app) == []
        app.discard.one(app.hotel.id, bad.inbox_id)
        with pytest.raises(NotFound):
            app.discard.one(app.hotel.id, bad.inbox_id)

    def test_is_not_replayed(self, app: App) -> None:
        [bad] = app.push(b"bad").items
        app.discard.one(app.hotel.id, bad.inbox_id)
        with pytest.raises(NotFound):
            app.replay(app.hotel.id, bad.inbox_id)

    def test_that_comes_again_is_quarantined_again(self, app: App) -> None:
        [bad] = app.push(b"bad").items
        app.discard.one(app.hotel.id, bad.inbox_id)
        [again] = app.push(b"bad").items
        assert [row.id for row in app.quarantined()] == [again.inbox_id]


class TestAllMatching:
    def test_are_discarded_in_batches_each_with_its_entry(
        self, app: App, caplog: pytest.LogCaptureFixture
    ) -> None:
        app.push(*(b"bad %d" % n for n in range(5)))
        code = app.quarantined()[0].reason
        assert code is not None
        wanted = QuarantineFilter(hotel_id=app.hotel.id, code=code.code)
        with caplog.at_level(logging.INFO, "pms.quarantine"), acting_as(SOMEONE):
            assert app.discard(wanted, batch=2) == 5
        assert app.quarantined() == []
        assert sorted(int(each.details["count"]) for each in entries(app)) == [1, 2, 2]
        assert {each.details["code"] for each in entries(app)} == {code.code}
        [line] = [r for r in caplog.records if r.message == "quarantine_discarded"]
        assert (line.__dict__["actor"], line.__dict__["count"]) == (str(SOMEONE), 5)

    def test_of_one_guest_is_recorded_without_its_id(self, app: App) -> None:
        app.push(b"bad")
        [row] = app.quarantined()
        wanted = QuarantineFilter(hotel_id=app.hotel.id, item_id=row.id, external_id="G1")
        app.write(
            lambda uow: uow.inbox.record_outcomes(app.hotel.id, [replace(row, external_id="G1")])
        )
        assert app.discard(wanted) == 1
        [entry] = entries(app)
        assert entry.details["external_id"] == "set"
        assert "G1" not in repr(entry)

    def test_of_nothing_is_not_recorded(self, app: App) -> None:
        wanted = QuarantineFilter(hotel_id=app.hotel.id, code="none")
        app.push(b"bad")
        assert app.discard(wanted) == 0
        assert entries(app) == []
        assert len(app.quarantined()) == 1
