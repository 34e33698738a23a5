"""Each hotel's retention, and the purges that it limits."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.audit import RETENTION, AuditAction
from domain.messages import InboxState
from domain.retention import DEFAULT_RETENTION, PURGE_EVERY, DataKind, Retention
from domain.snapshots import BookingSnapshot
from domain.sync_run import SyncCounts, SyncKind, SyncRun, SyncStatus
from domain.values import HotelId, Stay
from ports.providers import Page
from tests import builders
from tests.application.use_case_harness import booked
from tests.builders import DAY, MINUTE, T0
from tests.contracts.conftest import HotelFixture, Store
from tests.contracts.test_audited_acts import Installation

HISTORY = Retention(history=400, runs=None, inbox=None, outbox=None)
NEVER = Retention(runs=None, inbox=None, outbox=None)


def write(store: Store, use: Callable[[Any], Any]) -> Any:
    with store.unit_of_work() as uow:
        found = use(uow)
        uow.commit()
    return found


class TestRetention:
    def test_is_the_default_at_first(self, site: HotelFixture) -> None:
        assert write(site.store, lambda uow: uow.retention.get(site.hotel.id)) == DEFAULT_RETENTION

    @pytest.mark.parametrize("retention", [HISTORY, NEVER, Retention()])
    def test_is_stored(self, site: HotelFixture, retention: Retention) -> None:
        write(site.store, lambda uow: uow.retention.save(site.hotel.id, retention, purge_at=T0))
        assert write(site.store, lambda uow: uow.retention.get(site.hotel.id)) == retention

    def test_is_applied_a_day_after_the_hotel_was_added(self, site: HotelFixture) -> None:
        def due(now: datetime) -> Mapping[HotelId, Retention]:
            found: Mapping[HotelId, Retention] = write(
                site.store, lambda uow: uow.retention.due(now=now, limit=9)
            )
            return found

        first = site.hotel.created_at + PURGE_EVERY
        assert due(first - MINUTE) == {}
        assert due(first) == {site.hotel.id: DEFAULT_RETENTION}

    def test_is_due_by_how_long_hotels_wait(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        def due(now: datetime, limit: int = 9) -> list[HotelId]:
            return list(write(site.store, lambda uow: uow.retention.due(now=now, limit=limit)))

        mine, theirs = site.hotel.id, other_site.hotel.id
        write(site.store, lambda uow: uow.retention.purge_again([mine], at=T0 + MINUTE))
        write(site.store, lambda uow: uow.retention.save(theirs, HISTORY, purge_at=T0))
        assert due(T0 - MINUTE) == []
        assert due(T0) == [theirs]
        assert due(T0 + MINUTE) == [theirs, mine]
        assert due(T0 + MINUTE, limit=1) == [theirs]
        write(site.store, lambda uow: uow.retention.purge_again([], at=T0))
        write(site.store, lambda uow: uow.retention.purge_again([theirs], at=T0 + 2 * MINUTE))
        assert due(T0 + 2 * MINUTE) == [mine, theirs]


class Purge:
    """Rows of one kind at two hotels: old, older and recent ones, and such as are never purged."""

    def __init__(self, site: HotelFixture, other: HotelFixture, kind: str) -> None:
        self.store, self.site, self.other, self.kind = site.store, site, other, kind
        add = getattr(self, f"_add_{kind}")
        for of in (site, other):
            write(self.store, lambda uow, of=of: add(uow, of))

    def _add_runs(self, uow: Any, of: HotelFixture) -> None:
        for age in (1, 2, 3, -1):
            ended = {"status": SyncStatus.FAILED, "queued_at": T0 - age * DAY}
            uow.sync_runs.add(builders.sync_run(of.connection, **ended))
        uow.sync_runs.add(builders.sync_run(of.connection, queued_at=T0 - 9 * DAY))

    def _add_bookings(self, uow: Any, of: HotelFixture) -> None:
        """One of them arrived long before, and one leaves on the day of the limit."""
        today = T0.date()
        stays = [
            Stay(today - DAY - nights * DAY, today - DAY * age)
            for nights, age in ((1, 1), (2, 2), (3, 3), (0, -1))
        ]
        stays.append(Stay(today - 99 * DAY, today + 900 * DAY))
        bookings = [
            builders.booking(of.connection, f"{stay.departure}", stay=stay) for stay in stays
        ]
        uow.bookings.save(bookings)
        uow.bookings.record([builders.status_change(booking) for booking in bookings])

    def _add_history(self, uow: Any, of: HotelFixture) -> None:
        booking = builders.booking(of.connection)
        uow.bookings.save([booking])
        changes = [builders.status_change(booking, at=T0 - age * DAY) for age in (1, 2, 3, -1)]
        uow.bookings.record(changes)

    def _add_inbox(self, uow: Any, of: HotelFixture) -> None:
        done = [
            builders.inbox_item(of.connection, state=InboxState.DONE, received_at=T0 - age * DAY)
            for age in (1, 2, 3, -1)
        ]
        others = [
            builders.inbox_item(of.connection, state=state, received_at=T0 - 9 * DAY)
            for state in (InboxState.RECEIVED, InboxState.QUARANTINED)
        ]
        uow.inbox.add(done + others)

    def _add_outbox(self, uow: Any, of: HotelFixture) -> None:
        messages = [builders.outbox_message(of.hotel, f"{of.hotel.id} {n}") for n in range(6)]
        uow.outbox.add(messages)
        *delivered, postponed, _waiting = messages
        uow.outbox.postpone(postponed, "crm", error_code="down", retry_at=T0)
        for age, message in zip((1, 2, 3, -1), delivered, strict=True):
            uow.outbox.mark_delivered([message.id], now=T0 - age * DAY)
        uow.outbox.mark_delivered([postponed.id], now=T0 - 9 * DAY)

    def __call__(self, *, each: int, **limits: datetime) -> dict[str, int]:
        hotels = {"site": self.site.hotel.id, "other": self.other.hotel.id}
        names = {hotel_id: name for name, hotel_id in hotels.items()}

        def purge(uow: Any) -> Mapping[HotelId, int]:
            stores = {"history": uow.bookings, "runs": uow.sync_runs}
            store = stores.get(self.kind) or getattr(uow, self.kind)
            method = store.purge_history if self.kind == "history" else store.purge
            found: Mapping[HotelId, int] = method(
                {hotels[name]: limit for name, limit in limits.items()}, each=each
            )
            return found

        purged: Mapping[HotelId, int] = write(self.store, purge)
        return {names[hotel_id]: count for hotel_id, count in purged.items()}


@pytest.fixture(params=["bookings", "runs", "history", "inbox", "outbox"])
def purge(request: pytest.FixtureRequest, site: HotelFixture, other_site: HotelFixture) -> Purge:
    return Purge(site, other_site, request.param)


class TestPurge:
    def test_deletes_what_is_before_the_limit_of_its_hotel(self, purge: Purge) -> None:
        assert purge(each=9, site=T0, other=T0 - 2 * DAY) == {"site": 3, "other": 1}
        assert purge(each=9, site=T0, other=T0 - 2 * DAY) == {}
        assert purge(each=9, other=T0) == {"other": 2}

    def test_is_limited_for_each_hotel(self, purge: Purge) -> None:
        found = [purge(each=2, site=T0, other=T0) for _ in range(3)]
        assert found == [{"site": 2, "other": 2}, {"site": 1, "other": 1}, {}]

    def test_begins_with_the_oldest(self, purge: Purge) -> None:
        assert purge(each=1, site=T0) == {"site": 1}
        assert purge(each=9, site=T0 - 2 * DAY) == {}
        assert purge(each=9, site=T0 - DAY) == {"site": 1}

    def test_of_no_hotel_does_nothing(self, purge: Purge) -> None:
        assert purge(each=9) == {}

    def test_leaves_what_is_not_finished(self, purge: Purge) -> None:
        """Unfinished runs, waiting or quarantined items, undelivered events."""
        later = T0 + timedelta(days=99)
        assert purge(each=99, site=later) == {"site": 4}


class TestPurgedBooking:
    def test_takes_its_history_along(self, site: HotelFixture, other_site: HotelFixture) -> None:
        """And no other's."""
        stays = [Stay(T0.date() - 9 * DAY, T0.date() + days * DAY) for days in (-5, 5)]
        bookings = [
            builders.booking(of.connection, str(stay.departure), stay=stay)
            for of in (site, other_site)
            for stay in stays
        ]
        write(site.store, lambda uow: uow.bookings.save(bookings))
        changes = [builders.status_change(booking) for booking in bookings for _ in range(2)]
        write(site.store, lambda uow: uow.bookings.record(changes))
        assert write(site.store, lambda uow: uow.bookings.purge({site.hotel.id: T0}, each=9)) == {
            site.hotel.id: 1
        }
        for of, expected in ((site, bookings[1:2]), (other_site, bookings[2:])):
            history = site.store.queries.status_history(of.hotel.id, [b.id for b in bookings])
            assert set(history) == {booking.id for booking in expected}
            assert site.store.queries.count_bookings(of.hotel.id) == len(expected)

    def test_is_one_of_any_provider(self, site: HotelFixture) -> None:
        other = site.add_connection(provider="other")
        old = Stay(T0.date() - 9 * DAY, T0.date() - 5 * DAY)
        site.save(*(builders.booking(of, stay=old) for of in (site.connection, other)))
        assert write(site.store, lambda uow: uow.bookings.purge({site.hotel.id: T0}, each=9)) == {
            site.hotel.id: 2
        }


def pulled(at: Installation, *snapshots: BookingSnapshot) -> None:
    """The next pull returns these."""
    items = [at.provider.item(snapshot) for snapshot in snapshots]
    at.provider.pulls.append((Page(items=items, observed_at=at.clock.now(), cursor="c"),))


def full_sync(at: Installation, *snapshots: BookingSnapshot) -> SyncRun:
    pulled(at, *snapshots)
    queued = at.use.request_sync(at.connected, SyncKind.FULL, correlation_id="c")
    return at.use.sync_connection(queued.id, holder="worker")


class TestWholeWay:
    def test_a_purged_booking_is_neither_restored_nor_drift(self, store: Store) -> None:
        """Sync, purge by the tick, full sync, verification."""
        at = Installation(store)
        today = at.clock.now().date()
        old = booked("OLD", stay=Stay(today - 5 * DAY, today - 2 * DAY))
        recent = booked("RECENT", stay=Stay(today, today + 40 * DAY))
        assert full_sync(at, old, recent).counts.created == 2
        at.use.set_retention(at.hotel.slug, {DataKind.BOOKINGS: 30})
        at.use.pause_connection(at.connected)  # the tick queues no syncs
        at.clock.advance(28 * DAY)
        assert at.use.schedule_syncs().purged == 0
        at.clock.advance(DAY + MINUTE)
        at.use.schedule_syncs()

        [entry] = at.entries(hotel_id=at.hotel.id, action=AuditAction.DATA_PURGED)
        assert (entry.actor, entry.details["bookings"]) == (RETENTION, 1)
        assert full_sync(at, old, recent).counts == SyncCounts(seen=2, unchanged=2)
        assert store.queries.booking(at.hotel.id, "scripted", "OLD") is None
        assert store.queries.booking(at.hotel.id, "scripted", "RECENT") is not None
        pulled(at, old, recent)
        report = at.use.verify_hotel(at.connected, correlation_id="c")
        assert (report.compared, report.drift) == (1, 0)
