"""The cap of quarantined items per hotel."""

import pytest

from application.errors import QuarantineFull
from domain.messages import ItemOutcome
from domain.sync_run import SyncKind
from tests.application.inbox.test_replay_quarantine import bad_item
from tests.application.use_case_harness import App, booked


@pytest.fixture
def full(app: App) -> App:
    app.quarantine_cap = 2
    app.push(b"bad 1", b"bad 2")
    return app


def require_unchanged(app: App, rows: int, events: int) -> None:
    assert (len(app.inbox()), len(app.events())) == (rows, events)


class TestFullQuarantine:
    def test_refuses_a_push_that_would_add_to_it(self, full: App) -> None:
        before = len(full.inbox()), len(full.events())
        with pytest.raises(QuarantineFull, match="discard"):
            full.push(b"bad 3")
        with pytest.raises(QuarantineFull):
            full.push(booked(), b"bad 3")
        require_unchanged(full, *before)
        assert full.booking() is None

    def test_takes_what_adds_nothing(self, full: App) -> None:
        [item] = full.push(booked()).items
        [repeat] = full.push(b"bad 1").items
        assert (item.outcome, repeat.outcome) == (ItemOutcome.APPLIED, ItemOutcome.QUARANTINED)
        assert len(full.quarantined()) == 2

    def test_refuses_what_is_decided_later(self, full: App) -> None:
        before = len(full.inbox()), len(full.events())
        with pytest.raises(QuarantineFull):
            full.push(booked(), deferred=True)
        with pytest.raises(QuarantineFull):
            full.notify("B1")
        require_unchanged(full, *before)
        assert full.queue.take() == []

    def test_keeps_what_was_accepted_or_pulled(self, app: App) -> None:
        app.quarantine_cap = 1
        app.push(b"bad 1", b"bad 2", deferred=True)
        app.run_jobs()
        app.run(SyncKind.DELTA, app.page(bad_item(b"bad 3")))
        assert len(app.quarantined()) == 3

    def test_of_one_hotel_does_not_affect_others(self, full: App) -> None:
        other = full.connect(full.add_hotel(), key="other")
        assert full.push(b"bad 1", to=other).items

    def test_takes_pushes_again_after_a_discard(self, full: App) -> None:
        full.discard.one(full.hotel.id, full.quarantined()[0].id)
        full.push(b"bad 3")
        assert len(full.quarantined()) == 2
