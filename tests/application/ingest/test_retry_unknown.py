"""States of unknown bookings wait in quarantine until the booking is known."""

from datetime import timedelta
from typing import Any

import pytest

from domain.messages import InboxItem, InboxState, ItemOutcome
from domain.snapshots import BookingSnapshot
from domain.status import BookingStatus
from domain.sync_run import SyncKind
from tests.application.use_case_harness import App, booked, version

CHECKED_IN, CHECKED_OUT = BookingStatus.CHECKED_IN, BookingStatus.CHECKED_OUT


def state(number: int, **content: Any) -> BookingSnapshot:
    """Without a stay."""
    return BookingSnapshot(external_id="B1", version=version(number), **content)


def rows_by_outcome(app: App) -> dict[ItemOutcome | None, list[InboxItem]]:
    found: dict[ItemOutcome | None, list[InboxItem]] = {}
    for row in app.inbox():
        found.setdefault(row.outcome, []).append(row)
    return found


@pytest.mark.parametrize("deferred", [False, True])
class TestBookingThatBecomesKnown:
    def test_takes_the_states_that_waited_for_it(self, app: App, deferred: bool) -> None:
        app.push(state(2, status=CHECKED_IN))
        assert [row.reason.code for row in app.quarantined() if row.reason] == ["missing_field"]
        app.push(booked(number=1), deferred=deferred)
        app.run_jobs()
        assert app.known().details.status is CHECKED_IN
        assert app.changes() == ["created", "status_changed"]
        assert app.quarantined() == []
        assert rows_by_outcome(app).keys() == {ItemOutcome.APPLIED}

    def test_takes_them_in_the_order_of_versions(self, app: App, deferred: bool) -> None:
        app.push(state(4, status=CHECKED_OUT))
        app.push(state(3, notes="late", status=CHECKED_IN))
        app.push(state(2, notes="early", special_requests="cot"))
        app.push(booked(number=1), deferred=deferred)
        app.run_jobs()
        details = app.known().details
        assert (details.status, details.notes) == (CHECKED_OUT, "late")
        assert details.special_requests == "cot"
        assert app.changes() == ["created", "updated", "status_changed", "status_changed"]

    def test_makes_older_states_stale(self, app: App, deferred: bool) -> None:
        app.push(state(1, status=CHECKED_IN))
        app.push(booked(number=2), deferred=deferred)
        app.run_jobs()
        assert len(rows_by_outcome(app)[ItemOutcome.STALE]) == 1
        assert app.quarantined() == []

    def test_shows_why_a_state_still_cannot_be_applied(self, app: App, deferred: bool) -> None:
        app.push(state(2, status=BookingStatus.PENDING))
        app.push(booked(number=1, status=CHECKED_OUT), deferred=deferred)
        app.run_jobs()
        (row,) = app.quarantined()
        assert row.reason is not None
        assert row.reason.code == "illegal_transition"


class TestStateInOneMessageWithItsBooking:
    def test_is_applied_in_any_order(self, app: App) -> None:
        result = app.push(
            state(3, status=CHECKED_OUT), state(2, status=CHECKED_IN), booked(number=1)
        )
        assert {item.outcome for item in result.items} == {ItemOutcome.APPLIED}
        assert app.known().details.status is CHECKED_OUT
        assert app.quarantined() == []


class TestPulledBooking:
    def test_takes_states_pushed_after_its_request(self, app: App) -> None:
        requested_at = app.clock.now()
        app.clock.advance(timedelta(minutes=5))
        app.push(state(2, status=CHECKED_IN))
        app.script_pull(app.page(booked(number=1), observed_at=requested_at))
        app.run(SyncKind.DELTA)
        assert app.known().details.status is CHECKED_IN
        assert app.quarantined() == []


class TestOtherRowsInQuarantine:
    def test_stay_there(self, app: App) -> None:
        app.push(b"?")
        app.push(
            BookingSnapshot(external_id="B2", version=version(2), status=CHECKED_IN),
            state(2, status=CHECKED_IN),
        )
        other = app.connect(app.add_hotel())
        app.push(state(2, status=CHECKED_IN), to=other)
        app.push(booked(number=1))
        waiting = [(row.hotel_id, row.external_id) for row in app.quarantined()]
        assert sorted(waiting, key=str) == sorted(
            [(app.hotel.id, None), (app.hotel.id, "B2"), (other.hotel_id, "B1")], key=str
        )
        assert all(row.state is InboxState.QUARANTINED for row in app.quarantined())
