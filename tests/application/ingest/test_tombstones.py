"""Deletions and cancellations that arrive before their booking."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.booking import BookingDetails
from domain.precedence import Channel
from domain.snapshots import BookingSnapshot, RoomStay
from domain.status import BookingStatus
from domain.tombstone import Tombstone
from domain.values import Money
from tests.application.ingest.test_apply_items import (
    APPLIED,
    QUARANTINED,
    STALE,
    UNCHANGED,
    apply,
    outcomes,
)
from tests.application.use_case_harness import App, booked, version

CANCELED, CONFIRMED = BookingStatus.CANCELED, BookingStatus.CONFIRMED


def canceled(number: int, **content: Any) -> BookingSnapshot:
    """Without a stay."""
    return BookingSnapshot(external_id="B1", version=version(number), status=CANCELED, **content)


def deleted(number: int, **content: Any) -> BookingSnapshot:
    return BookingSnapshot(external_id="B1", version=version(number), deleted=True, **content)


def tombstone(app: App) -> Tombstone | None:
    with app.store.unit_of_work() as uow:
        found = uow.tombstones.load(app.hotel.id, "scripted", ["B1"], exclusive=False)
    return found.get("B1")


@pytest.mark.parametrize("channel", Channel)
class TestDeletionOfAnUnknownBooking:
    def test_makes_the_older_creation_stale(self, app: App, channel: Channel) -> None:
        assert outcomes(apply(app, deleted(2), channel=channel)) == [UNCHANGED]
        assert outcomes(apply(app, booked(number=1))) == [STALE]
        assert (app.booking(), app.changes()) == (None, [])

    def test_yields_to_a_newer_creation(self, app: App, channel: Channel) -> None:
        apply(app, deleted(2), channel=channel)
        assert outcomes(apply(app, booked(number=3))) == [APPLIED]
        assert app.known().details.deleted_at_source is None
        assert tombstone(app) is None

    def test_and_creation_in_one_page(self, app: App, channel: Channel) -> None:
        results = apply(app, deleted(2), booked(number=1), channel=channel)
        assert outcomes(results) == [UNCHANGED, STALE]
        assert app.booking() is None


@pytest.mark.parametrize("channel", Channel)
class TestCancellationOfAnUnknownBooking:
    def test_cancels_the_older_creation_in_one_change(self, app: App, channel: Channel) -> None:
        at = app.clock.now()
        ended = canceled(2, canceled_at=at, cancel_reason="ill", total=Money(0, "EUR"))
        assert outcomes(apply(app, ended, channel=channel)) == [UNCHANGED]
        created = booked(
            number=1,
            total=Money(500, "EUR"),
            notes="late",
            holds_inventory=True,
            rooms=(RoomStay(status=CONFIRMED),),
        )
        assert outcomes(apply(app, created)) == [APPLIED]
        held = app.known()
        assert (held.version, held.revision) == (version(2), 1)
        details = held.details
        assert (details.status, details.canceled_at, details.cancel_reason) == (CANCELED, at, "ill")
        assert (details.total, details.notes) == (Money(0, "EUR"), "late")
        assert (details.holds_inventory, details.rooms[0].status) == (False, CANCELED)
        assert app.changes() == ["created"]

    def test_yields_to_a_newer_creation(self, app: App, channel: Channel) -> None:
        apply(app, canceled(2), channel=channel)
        assert outcomes(apply(app, booked(number=3))) == [APPLIED]
        assert (app.known().details.status, tombstone(app)) == (CONFIRMED, None)

    def test_is_followed_by_newer_states(self, app: App, channel: Channel) -> None:
        apply(app, canceled(2), channel=channel)
        apply(app, booked(number=1), booked(number=3))
        assert app.changes() == ["created", "corrected"]
        assert app.known().details.status is CONFIRMED

    def test_and_creation_in_one_page(self, app: App, channel: Channel) -> None:
        results = apply(app, canceled(2), booked(number=1), channel=channel)
        assert outcomes(results) == [UNCHANGED, APPLIED]
        assert (app.known().details.status, app.changes()) == (CANCELED, ["created"])

    def test_of_the_same_version_as_the_creation_wins(self, app: App, channel: Channel) -> None:
        apply(app, canceled(1), channel=channel)
        apply(app, booked(number=1))
        assert app.known().details.status is CANCELED


class TestTombstone:
    def test_is_left_once(self, app: App) -> None:
        apply(app, canceled(2))
        before = tombstone(app)
        assert outcomes(apply(app, canceled(2), canceled(1))) == [UNCHANGED, STALE]
        assert tombstone(app) == before

    def test_takes_the_fields_of_newer_ones(self, app: App) -> None:
        apply(app, canceled(2, cancel_reason="ill"), canceled(3, notes="no refund"))
        apply(app, booked(number=1))
        details = app.known().details
        assert (details.cancel_reason, details.notes) == ("ill", "no refund")
        assert app.known().version == version(3)

    def test_makes_older_partial_states_stale(self, app: App) -> None:
        apply(app, canceled(2))
        older = BookingSnapshot(external_id="B1", version=version(1), notes="x")
        newer = BookingSnapshot(external_id="B1", version=version(3), notes="x")
        assert outcomes(apply(app, older, newer)) == [STALE, QUARANTINED]

    def test_yields_to_a_reconcile_that_was_requested_later(self, app: App) -> None:
        apply(app, deleted(2))
        app.clock.advance(timedelta(minutes=5))
        results = apply(app, booked(number=1), channel=Channel.RECONCILED)
        assert outcomes(results) == [APPLIED]
        assert tombstone(app) is None

    def test_holds_against_a_page_that_was_requested_before(self, app: App) -> None:
        requested_at = app.clock.now()
        app.clock.advance(timedelta(minutes=5))
        apply(app, deleted(2))
        results = apply(app, booked(number=1), channel=Channel.RECONCILED, observed_at=requested_at)
        assert outcomes(results) == [STALE]

    def test_is_purged_after_its_retention(self, app: App) -> None:
        apply(app, deleted(2))
        app.clock.advance(timedelta(days=401))
        app.tick()
        assert tombstone(app) is None


def content_of(app: App) -> BookingDetails | None:
    """None also for a booking that is deleted: the reader sees neither."""
    held = app.booking()
    return None if held is None or held.details.deleted_at_source else held.details


class TestAnyOrderOfArrival:
    @given(st.data(), st.integers(1, 3), st.sampled_from([canceled, deleted]), st.booleans())
    def test_ends_in_the_same_state(
        self, data: st.DataObject, count: int, end: Any, reinstated: bool
    ) -> None:
        """Full states, the end, and perhaps a newer full state; each pushed once or twice."""
        sent = [booked(number=n, notes=f"note {n}") for n in range(1, count + 1)]
        sent.append(end(count + 1))
        if reinstated:
            sent.append(booked(number=count + 2, notes="reinstated"))
        expected = App()
        apply(expected, *sent)
        arrived = data.draw(st.permutations([*sent, data.draw(st.sampled_from(sent))]))
        app = App()
        for each in arrived:
            apply(app, each)
        assert content_of(app) == content_of(expected)
        assert [s for s in app.changes() if s == "created"] == ["created"] * bool(app.booking())
