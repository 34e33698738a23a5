from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from domain.breaker import Breaker
from domain.connection import Connection, ConnectionState
from domain.sync_run import Lease, SyncRun, SyncStatus
from ports.administration import StuckRun
from ports.errors import AlreadyExists, ConcurrentChange, LeaseLost
from ports.system import Secrets
from tests import builders
from tests.builders import DAY, HOUR, MINUTE, T0
from tests.contracts.conftest import HotelFixture, Store


def stored(site: HotelFixture) -> Connection:
    with site.store.unit_of_work() as uow:
        found = uow.connections.get(site.connection.id)
    assert found is not None
    return found


class TestHotels:
    def test_store_every_field(self, store: Store) -> None:
        hotel = builders.hotel(name=builders.EDGE_TEXT, currency="KWD", enabled=False)
        with store.unit_of_work() as uow:
            uow.hotels.add(hotel)
            uow.commit()
        with store.unit_of_work() as uow:
            assert uow.hotels.get(hotel.id) == hotel
            assert uow.hotels.by_slug(hotel.slug) == hotel
            assert uow.hotels.get(builders.new_id()) is None
            assert uow.hotels.by_slug("nobody") is None

    def test_are_listed_by_slug(self, store: Store) -> None:
        with store.unit_of_work() as uow:
            for slug in ("b", "a-1", "a", "c"):
                uow.hotels.add(builders.hotel(slug=slug))
            uow.commit()
        with store.unit_of_work() as uow:
            assert [h.slug for h in uow.hotels.all()] == ["a", "a-1", "b", "c"]

    def test_are_enabled_and_disabled_individually(self, site: HotelFixture, store: Store) -> None:
        other = builders.hotel(slug="other")
        with store.unit_of_work() as uow:
            uow.hotels.add(other)
            uow.hotels.set_enabled(site.hotel.id, enabled=False)
            uow.hotels.set_enabled(builders.new_id(), enabled=False)
            uow.commit()
        with store.unit_of_work() as uow:
            assert uow.hotels.get(site.hotel.id) == replace(site.hotel, enabled=False)
            assert uow.hotels.get(other.id) == other
            uow.hotels.set_enabled(site.hotel.id, enabled=True)
            assert uow.hotels.get(site.hotel.id) == site.hotel

    def test_reject_a_duplicate_slug(self, site: HotelFixture) -> None:
        with site.store.unit_of_work() as uow, pytest.raises(AlreadyExists):
            uow.hotels.add(builders.hotel(slug=site.hotel.slug))


class TestConnections:
    def test_store_every_field(self, site: HotelFixture) -> None:
        full = builders.full_connection(site.hotel)
        assert builders.left_at_default(full) == []
        with site.store.unit_of_work() as uow:
            uow.connections.add(full, {})
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.connections.get(full.id) == full
            assert uow.connections.by_key_hash(full.key_hash) == full
            assert uow.connections.by_key_hash("0" * 64) is None
            assert uow.connections.get(builders.new_id()) is None
            assert uow.connections.of_hotel(site.hotel.id) == [site.connection, full]

    def test_of_one_provider_are_found_in_every_hotel(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        there = other_site.add_connection(name="there", provider="vendor")
        here = site.add_connection(name="here", provider="vendor")
        site.add_connection(name="other", provider="another")
        with site.store.unit_of_work() as uow:
            assert uow.connections.of_provider("vendor") == [there, here]

    def test_reject_a_duplicate_name_within_a_hotel(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        other_site.add_connection(name=site.connection.name)
        with pytest.raises(AlreadyExists):
            site.add_connection(name=site.connection.name)

    def test_store_secrets_separately(self, site: HotelFixture) -> None:
        secrets: Secrets = {"token": builders.EDGE_TEXT, "": "empty name"}
        entity = builders.connection(site.hotel)
        with site.store.unit_of_work() as uow:
            uow.connections.add(entity, secrets)
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.connections.secrets(entity.id) == secrets
            assert uow.connections.secrets(site.connection.id) == {}
            uow.connections.replace_secrets(entity.id, {"token": "new"})
            uow.connections.save(entity)
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.connections.secrets(entity.id) == {"token": "new"}

    def test_save_every_field_under_the_next_revision(self, site: HotelFixture) -> None:
        full = builders.full_connection(site.hotel)
        changed = replace(
            full,
            id=site.connection.id,
            name=site.connection.name,
            key_hash=site.connection.key_hash,
            last_inbound_at=None,
            control_applied_at=None,
            revision=1,
        )
        with site.store.unit_of_work() as uow:
            saved = uow.connections.save(changed)
            uow.commit()
        assert saved.revision == 2
        assert stored(site) == saved == replace(changed, revision=2)

    def test_reject_a_save_of_an_outdated_revision(self, site: HotelFixture) -> None:
        with site.store.unit_of_work() as uow:
            uow.connections.save(replace(site.connection, cursor="first"))
            uow.commit()
        for stale in (site.connection, replace(site.connection, revision=3)):
            with site.store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
                uow.connections.save(stale)
        assert stored(site).cursor == "first"

    def test_reject_a_save_of_an_unknown_entity(self, site: HotelFixture) -> None:
        with site.store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
            uow.connections.save(builders.connection(site.hotel))

    def test_touch_inbound_is_ten_seconds_exact_and_keeps_the_revision(
        self, site: HotelFixture
    ) -> None:
        latest = T0
        for seconds in (0, 3, 9, 11, 60, 50, 59, 65):
            at = T0 + timedelta(seconds=seconds)
            latest = max(latest, at)
            with site.store.unit_of_work() as uow:
                uow.connections.touch_inbound(site.connection.id, at=at)
                uow.commit()
            touched_at = stored(site).last_inbound_at
            assert touched_at is not None
            assert timedelta(0) <= latest - touched_at <= timedelta(seconds=10)
        with site.store.unit_of_work() as uow:
            uow.connections.save(site.connection)
            uow.commit()
        assert stored(site).last_inbound_at == touched_at

    def test_apply_only_newer_control_messages(self, site: HotelFixture) -> None:
        def apply_control(at: datetime) -> bool:
            with site.store.unit_of_work() as uow:
                counts = uow.connections.apply_control(site.connection.id, at=at)
                uow.commit()
            return counts

        assert [
            apply_control(T0),
            apply_control(T0),
            apply_control(T0 - MINUTE),
            apply_control(T0 + MINUTE),
            apply_control(T0),
        ] == [
            True,
            True,
            False,
            True,
            False,
        ]
        with site.store.unit_of_work() as uow:
            assert not uow.connections.apply_control(builders.new_id(), at=T0)
            uow.connections.save(site.connection)
            uow.commit()
        assert stored(site).control_applied_at == T0 + MINUTE

    def test_due_are_listed_by_id_after_one(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        def add(of: HotelFixture, **overrides: object) -> Connection:
            return of.add_connection(state=ConnectionState.ACTIVE, **overrides)

        late = add(site, next_sync_at=T0 - HOUR)
        first = add(other_site, next_sync_at=T0 - 2 * HOUR)
        now = add(site, cursor="c", next_sync_at=T0)
        reconcile = add(
            site, cursor="c", next_sync_at=T0 + DAY, next_reconcile_at=T0 - timedelta(minutes=90)
        )
        add(site, next_sync_at=T0 + MINUTE)
        add(site)
        tripped = Breaker(failures=3, retry_at=T0 + MINUTE)
        add(site, next_sync_at=T0 - DAY, breaker=tripped)
        half_open = add(site, next_sync_at=T0 - DAY, breaker=replace(tripped, retry_at=T0))
        for state in (ConnectionState.NEW, ConnectionState.PAUSED, ConnectionState.STOPPED):
            site.add_connection(state=state, next_sync_at=T0 - DAY)
        with site.store.unit_of_work() as uow:
            due = [each.connection for each in uow.connections.lock_due(now=T0, limit=9)]
            expected = sorted((half_open, first, reconcile, late, now), key=lambda each: each.id)
            assert due == expected
            assert all(each.due_kind(T0) is not None for each in due)
            after = expected[1].id
            page = uow.connections.lock_due(now=T0, limit=2, after=after)
            assert [each.connection for each in page] == expected[2:4]
            assert not uow.connections.lock_due(now=T0, limit=9, after=expected[-1].id)

    def test_due_are_listed_with_every_field(self, site: HotelFixture) -> None:
        full = builders.full_connection(site.hotel)
        full = replace(full, state=ConnectionState.ACTIVE, next_sync_at=T0, breaker=Breaker())
        with site.store.unit_of_work() as uow:
            uow.connections.add(full, {})
            uow.commit()
        with site.store.unit_of_work() as uow:
            [due] = uow.connections.lock_due(now=T0, limit=9)
            assert due.connection == uow.connections.get(full.id)

    def test_due_are_listed_with_whether_their_hotel_is_enabled(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        for of in (site, other_site):
            of.add_connection(state=ConnectionState.ACTIVE, next_sync_at=T0)
        with site.store.unit_of_work() as uow:
            uow.hotels.set_enabled(other_site.hotel.id, enabled=False)
            uow.commit()
        with site.store.unit_of_work() as uow:
            due = uow.connections.lock_due(now=T0, limit=9)
        assert {each.connection.hotel_id: each.is_hotel_enabled for each in due} == {
            site.hotel.id: True,
            other_site.hotel.id: False,
        }

    def test_are_rescheduled_together(self, site: HotelFixture) -> None:
        first, second = site.connection, site.add_connection()
        due = {"next_sync_at": T0 + HOUR, "next_reconcile_at": T0 + DAY, "gap_seen_at": T0}
        changed = replace(first, **due, name="not saved")
        with site.store.unit_of_work() as uow:
            uow.connections.reschedule([changed, replace(second, next_reconcile_at=T0)])
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.connections.get(first.id) == replace(first, **due, revision=2)
            rescheduled = replace(second, next_reconcile_at=T0, revision=2)
            assert uow.connections.get(second.id) == rescheduled
            uow.connections.reschedule([replace(rescheduled, next_reconcile_at=None)])
            unscheduled = uow.connections.get(second.id)
        assert unscheduled is not None
        assert unscheduled.next_reconcile_at is None

    def test_are_not_rescheduled_over_another_change(self, site: HotelFixture) -> None:
        second = site.add_connection()
        with site.store.unit_of_work() as uow:
            uow.connections.save(second)
            uow.commit()
        with site.store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
            uow.connections.reschedule(
                [replace(each, next_sync_at=T0) for each in (site.connection, second)]
            )
        assert stored(site).next_sync_at is None

    def test_never_synced_are_not_due_for_a_reconcile(self, site: HotelFixture) -> None:
        site.add_connection(
            state=ConnectionState.ACTIVE,
            cursor=None,
            next_sync_at=T0 + HOUR,
            next_reconcile_at=T0 - HOUR,
        )
        with site.store.unit_of_work() as uow:
            assert uow.connections.lock_due(now=T0, limit=9) == []

    def test_due_are_queued_once_by_concurrent_schedulers(self, site: HotelFixture) -> None:
        due = [
            site.add_connection(state=ConnectionState.ACTIVE, next_sync_at=T0) for _ in range(20)
        ]
        start = Barrier(4)

        def queue(_: int) -> list[SyncRun]:
            start.wait()
            with site.store.unit_of_work() as uow:
                found = [each.connection for each in uow.connections.lock_due(now=T0, limit=99)]
                runs = [builders.sync_run(each) for each in found]
                added = uow.sync_runs.add_where_idle(runs)
                uow.connections.reschedule([replace(each, next_sync_at=T0 + DAY) for each in found])
                uow.commit()
            return [run for run in runs if run.id in added]

        with ThreadPoolExecutor(4) as pool:
            queued = [run for runs in pool.map(queue, range(4)) for run in runs]
        assert sorted(run.connection_id for run in queued) == [each.id for each in due]
        with site.store.unit_of_work() as uow:
            assert not uow.connections.lock_due(now=T0, limit=9)


class TestLease:
    def acquire(self, site: HotelFixture, holder: str, minutes: int = 0) -> Lease | None:
        now = T0 + minutes * MINUTE
        with site.store.unit_of_work() as uow:
            lease = uow.connections.acquire_lease(
                site.connection.id, holder, now=now, until=now + 5 * MINUTE
            )
            uow.commit()
        return lease

    def renew(self, site: HotelFixture, lease: Lease, minutes: int) -> Lease:
        with site.store.unit_of_work() as uow:
            renewed = uow.connections.renew_lease(lease, until=T0 + minutes * MINUTE)
            uow.commit()
        return renewed

    def release(self, site: HotelFixture, lease: Lease) -> None:
        with site.store.unit_of_work() as uow:
            uow.connections.release_lease(lease)
            uow.commit()

    def test_has_one_holder_at_a_time(self, site: HotelFixture) -> None:
        lease = self.acquire(site, "one")
        assert lease is not None
        assert (lease.holder, lease.connection_id) == ("one", site.connection.id)
        assert lease.expires_at == T0 + 5 * MINUTE
        assert self.acquire(site, "two", 4) is None

    def test_expired_is_acquired_under_a_higher_number(self, site: HotelFixture) -> None:
        late, taken = self.acquire(site, "one"), self.acquire(site, "two", 6)
        assert late is not None
        assert taken is not None
        assert taken.fencing_number > late.fencing_number
        with pytest.raises(LeaseLost):
            self.renew(site, late, 10)
        self.release(site, late)
        assert self.acquire(site, "three", 7) is None

    def test_expired_can_be_renewed_by_its_holder(self, site: HotelFixture) -> None:
        lease = self.acquire(site, "one")
        assert lease is not None
        renewed = self.renew(site, lease, 20)
        assert renewed == replace(lease, expires_at=T0 + 20 * MINUTE)
        assert self.acquire(site, "two", 19) is None

    def test_released_is_acquired_under_a_higher_number(self, site: HotelFixture) -> None:
        lease = self.acquire(site, "one")
        assert lease is not None
        self.release(site, lease)
        taken = self.acquire(site, "two", 1)
        assert taken is not None
        assert taken.fencing_number > lease.fencing_number

    def test_survives_a_save_of_its_connection(self, site: HotelFixture) -> None:
        self.acquire(site, "one")
        with site.store.unit_of_work() as uow:
            uow.connections.save(site.connection)
            uow.commit()
        assert self.acquire(site, "two", 1) is None

    def test_rejects_writes_of_a_former_holder(self, site: HotelFixture) -> None:
        late = self.acquire(site, "one")
        assert late is not None
        self.acquire(site, "two", 6)
        with site.store.unit_of_work() as uow:
            uow.bookings.save([builders.booking(site.connection)])
            with pytest.raises(LeaseLost):
                uow.connections.renew_lease(late, until=T0 + HOUR)
        assert site.store.queries.count_bookings(site.hotel.id) == 0

    def test_belongs_to_one_connection(self, site: HotelFixture, other_site: HotelFixture) -> None:
        assert self.acquire(site, "one") is not None
        assert self.acquire(other_site, "two") is not None

    def test_is_granted_to_one_of_ten_concurrent_requests(self, site: HotelFixture) -> None:
        start = Barrier(10)

        def ask(number: int) -> Lease | None:
            start.wait()
            return self.acquire(site, f"holder {number}")

        with ThreadPoolExecutor(10) as pool:
            assert sum(lease is not None for lease in pool.map(ask, range(10))) == 1


class TestSyncRuns:
    def add(self, site: HotelFixture, *runs: SyncRun) -> None:
        with site.store.unit_of_work() as uow:
            for run in runs:
                uow.sync_runs.add(run)
            uow.commit()

    def test_store_every_field(self, site: HotelFixture, other_site: HotelFixture) -> None:
        full, minimal = (
            builders.full_sync_run(site.connection),
            builders.sync_run(site.connection),
        )
        assert builders.left_at_default(full) == []
        self.add(site, full, minimal)
        with site.store.unit_of_work() as uow:
            assert uow.sync_runs.get(full.id) == full
            assert uow.sync_runs.get(minimal.id) == minimal
            assert uow.sync_runs.get(builders.new_id()) is None
        assert site.store.queries.sync_run(site.hotel.id, full.id) == full
        assert site.store.queries.sync_run(other_site.hotel.id, full.id) is None

    def test_save_every_field(self, site: HotelFixture) -> None:
        full, minimal = (
            builders.full_sync_run(site.connection),
            builders.sync_run(site.connection),
        )
        self.add(site, minimal)
        for state in (replace(full, id=minimal.id), replace(minimal, fencing_number=6)):
            with site.store.unit_of_work() as uow:
                uow.sync_runs.save(state)
                uow.commit()
            assert site.store.queries.sync_run(site.hotel.id, minimal.id) == state

    def test_reject_a_save_under_a_lower_fencing_number(self, site: HotelFixture) -> None:
        run = builders.sync_run(site.connection, fencing_number=2, status=SyncStatus.COMPLETED)
        self.add(site, run)
        late = replace(run, fencing_number=1, status=SyncStatus.RUNNING)
        with site.store.unit_of_work() as uow, pytest.raises(LeaseLost):
            uow.sync_runs.save(late)
        assert site.store.queries.sync_run(site.hotel.id, run.id) == run
        again = replace(run, pages=1)
        with site.store.unit_of_work() as uow:
            uow.sync_runs.save(again)
            uow.commit()
        assert site.store.queries.sync_run(site.hotel.id, run.id) == again

    def test_reject_a_save_of_an_unknown_entity(self, site: HotelFixture) -> None:
        with site.store.unit_of_work() as uow, pytest.raises(LeaseLost):
            uow.sync_runs.save(builders.sync_run(site.connection))

    @pytest.mark.parametrize("status", [SyncStatus.QUEUED, SyncStatus.RUNNING])
    def test_allow_one_unfinished_run_per_connection(
        self, site: HotelFixture, status: SyncStatus
    ) -> None:
        of = site.connection
        first = builders.sync_run(of, status=status)
        self.add(site, first, builders.sync_run(site.add_connection()))
        for other in (SyncStatus.QUEUED, SyncStatus.RUNNING):
            with pytest.raises(AlreadyExists):
                self.add(site, builders.sync_run(of, status=other))
        with site.store.unit_of_work() as uow:
            uow.sync_runs.save(replace(first, status=SyncStatus.COMPLETED))
            uow.sync_runs.add(builders.sync_run(of))
            uow.commit()

    def test_are_added_by_one_of_two_concurrent_requests(self, site: HotelFixture) -> None:
        start = Barrier(2)

        def add(_: int) -> bool:
            start.wait()
            try:
                self.add(site, builders.sync_run(site.connection))
            except (AlreadyExists, ConcurrentChange):
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(add, range(2))) == [False, True]

    def test_are_added_where_no_other_is_unfinished(self, site: HotelFixture) -> None:
        busy, idle, other = (site.add_connection() for _ in range(3))
        self.add(
            site,
            builders.sync_run(busy, status=SyncStatus.RUNNING),
            builders.sync_run(idle, status=SyncStatus.COMPLETED),
        )
        full = replace(builders.full_sync_run(other), status=SyncStatus.QUEUED)
        runs = [builders.sync_run(busy), builders.sync_run(idle), full]
        with site.store.unit_of_work() as uow:
            assert uow.sync_runs.add_where_idle([]) == frozenset()
            assert uow.sync_runs.add_where_idle(runs) == {each.id for each in runs[1:]}
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert [uow.sync_runs.get(each.id) for each in runs] == [None, *runs[1:]]

    def test_find_unfinished_runs_of_a_connection(self, site: HotelFixture) -> None:
        of = site.connection
        for unfinished in (SyncStatus.QUEUED, SyncStatus.RUNNING):
            run = builders.sync_run(of, status=unfinished)
            final = [builders.sync_run(of, status=s) for s in SyncStatus if s.is_final]
            self.add(site, run, *final, builders.sync_run(site.add_connection()))
            with site.store.unit_of_work() as uow:
                assert uow.sync_runs.unfinished(of.id) == [run]
                uow.sync_runs.save(replace(run, status=SyncStatus.FAILED))
                uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.sync_runs.unfinished(of.id) == []

    def test_find_the_last_run_that_ended(self, site: HotelFixture) -> None:
        of = site.connection
        with site.store.unit_of_work() as uow:
            assert uow.sync_runs.last_ended(of) is None
        hour = timedelta(hours=1)
        first = builders.sync_run(of, status=SyncStatus.COMPLETED)
        second = replace(
            first, id=builders.new_id(), status=SyncStatus.FAILED, queued_at=first.queued_at + hour
        )
        queued = replace(
            first,
            id=builders.new_id(),
            status=SyncStatus.QUEUED,
            queued_at=first.queued_at + 2 * hour,
        )
        other = builders.sync_run(
            site.add_connection(), status=SyncStatus.FAILED, queued_at=first.queued_at + 3 * hour
        )
        self.add(site, second, first, queued, other)
        with site.store.unit_of_work() as uow:
            assert uow.sync_runs.last_ended(of) == second

    def test_find_stuck_runs(self, site: HotelFixture) -> None:
        def run(of: Connection, status: SyncStatus, minutes: int, fencing: int = 0) -> SyncRun:
            return builders.sync_run(
                of, status=status, queued_at=T0 + minutes * MINUTE, fencing_number=fencing
            )

        def leased(minutes: int) -> tuple[Connection, int]:
            of = site.add_connection()
            with site.store.unit_of_work() as uow:
                for _ in range(2):
                    lease = uow.connections.acquire_lease(
                        of.id, "h", now=T0, until=T0 + minutes * MINUTE
                    )
                uow.commit()
            assert lease is not None
            return of, lease.fencing_number

        def idle() -> Connection:
            return site.add_connection()

        queued, running = SyncStatus.QUEUED, SyncStatus.RUNNING
        (held, number), (taken, higher), (expired, last) = leased(60), leased(60), leased(1)
        stuck = [
            run(idle(), queued, -9),
            run(idle(), running, -8, 1),
            run(taken, running, -7, higher - 1),
            run(expired, running, -6, last),
        ]
        alive = [
            run(held, running, -9, number),
            run(idle(), queued, 10),
            run(idle(), SyncStatus.COMPLETED, -9),
            run(idle(), SyncStatus.FAILED, -9),
        ]
        self.add(site, *alive, *reversed(stuck))
        with site.store.unit_of_work() as uow:
            found = uow.sync_runs.stuck(queued_before=T0 + 5 * MINUTE)
        assert found == [StuckRun(each.hotel_id, each.id, each.correlation_id) for each in stuck]

    def test_are_deleted_one_by_one(self, site: HotelFixture) -> None:
        runs = [builders.sync_run(site.connection, status=SyncStatus.COMPLETED) for _ in range(2)]
        self.add(site, *runs)
        with site.store.unit_of_work() as uow:
            uow.sync_runs.delete(runs[0])
            uow.sync_runs.delete(builders.sync_run(site.connection))
            uow.commit()
        assert list(site.store.queries.sync_runs(site.hotel.id, limit=9).rows) == runs[1:]

    def test_are_listed_newest_first_in_pages(
        self, site: HotelFixture, other_site: HotelFixture
    ) -> None:
        second = site.add_connection()
        done = SyncStatus.COMPLETED
        runs = [
            builders.sync_run(site.connection, queued_at=T0 + n * MINUTE, status=done)
            for n in range(4)
        ]
        other = builders.sync_run(second, queued_at=T0 + HOUR)
        self.add(site, *runs, other, builders.sync_run(other_site.connection))
        find = site.store.queries.sync_runs
        page = find(site.hotel.id, limit=2)
        assert (list(page.rows), page.more) == ([other, runs[3]], True)
        newer = builders.sync_run(site.connection, queued_at=T0 + 2 * HOUR, status=done)
        self.add(site, newer)
        page = find(site.hotel.id, limit=3, after=page.positions[-1])
        assert (list(page.rows), page.more) == (runs[2::-1], False)
        assert list(find(site.hotel.id, limit=9, after=page.positions[-1]).rows) == []

    def test_that_were_queued_together_are_all_listed(self, site: HotelFixture) -> None:
        runs = [builders.sync_run(site.connection, status=SyncStatus.COMPLETED) for _ in range(5)]
        self.add(site, *runs)
        found, after = [], None
        for _ in runs:
            page = site.store.queries.sync_runs(site.hotel.id, limit=1, after=after)
            found += page.rows
            after = page.positions[-1]
        assert found == sorted(runs, key=lambda run: run.id, reverse=True)
        assert not page.more
