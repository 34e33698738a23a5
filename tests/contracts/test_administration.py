from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from domain.breaker import Breaker
from domain.connection import Connection, ConnectionState
from domain.sync_run import Lease, SyncRun, SyncStatus
from ports.errors import AlreadyExists, ConcurrentChange, LeaseLost
from ports.system import Secrets
from tests import builders
from tests.builders import DAY, HOUR, MINUTE, T0
from tests.contracts.conftest import HotelFixture, Store


def stored(place: HotelFixture) -> Connection:
    with place.store.unit_of_work() as uow:
        found = uow.connections.get(place.connection.id)
    assert found is not None
    return found


class TestHotels:
    def test_come_back_with_every_field_by_id_and_slug(self, store: Store) -> None:
        hotel = builders.hotel(name=builders.EDGE_TEXT, currency="KWD", enabled=False)
        with store.unit_of_work() as uow:
            uow.hotels.add(hotel)
            uow.commit()
        with store.unit_of_work() as uow:
            assert uow.hotels.get(hotel.id) == hotel
            assert uow.hotels.by_slug(hotel.slug) == hotel
            assert uow.hotels.get(builders.new_id()) is None
            assert uow.hotels.by_slug("nobody") is None

    def test_come_by_slug(self, store: Store) -> None:
        with store.unit_of_work() as uow:
            for slug in ("b", "a-1", "a", "c"):
                uow.hotels.add(builders.hotel(slug=slug))
            uow.commit()
        with store.unit_of_work() as uow:
            assert [h.slug for h in uow.hotels.all()] == ["a", "a-1", "b", "c"]

    def test_are_switched_off_and_on_one_by_one(self, place: HotelFixture, store: Store) -> None:
        other = builders.hotel(slug="other")
        with store.unit_of_work() as uow:
            uow.hotels.add(other)
            uow.hotels.set_enabled(place.hotel.id, enabled=False)
            uow.hotels.set_enabled(builders.new_id(), enabled=False)
            uow.commit()
        with store.unit_of_work() as uow:
            assert uow.hotels.get(place.hotel.id) == replace(place.hotel, enabled=False)
            assert uow.hotels.get(other.id) == other
            uow.hotels.set_enabled(place.hotel.id, enabled=True)
            assert uow.hotels.get(place.hotel.id) == place.hotel

    def test_share_no_slug(self, place: HotelFixture) -> None:
        with place.store.unit_of_work() as uow, pytest.raises(AlreadyExists):
            uow.hotels.add(builders.hotel(slug=place.hotel.slug))


class TestConnections:
    def test_come_back_with_every_field(self, place: HotelFixture) -> None:
        full = builders.full_connection(place.hotel)
        assert builders.left_at_default(full) == []
        with place.store.unit_of_work() as uow:
            uow.connections.add(full, {})
            uow.commit()
        with place.store.unit_of_work() as uow:
            assert uow.connections.get(full.id) == full
            assert uow.connections.by_key_hash(full.key_hash) == full
            assert uow.connections.by_key_hash("0" * 64) is None
            assert uow.connections.get(builders.new_id()) is None
            assert uow.connections.of_hotel(place.hotel.id) == [place.connection, full]

    def test_of_one_provider_are_found_in_every_hotel(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        there = elsewhere.add_connection(name="there", provider="vendor")
        here = place.add_connection(name="here", provider="vendor")
        place.add_connection(name="other", provider="another")
        with place.store.unit_of_work() as uow:
            assert uow.connections.of_provider("vendor") == [there, here]

    def test_share_no_name_within_a_hotel(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        elsewhere.add_connection(name=place.connection.name)
        with pytest.raises(AlreadyExists):
            place.add_connection(name=place.connection.name)

    def test_keep_secrets_apart_from_the_connection(self, place: HotelFixture) -> None:
        secrets: Secrets = {"token": builders.EDGE_TEXT, "": "empty name"}
        entity = builders.connection(place.hotel)
        with place.store.unit_of_work() as uow:
            uow.connections.add(entity, secrets)
            uow.commit()
        with place.store.unit_of_work() as uow:
            assert uow.connections.secrets(entity.id) == secrets
            assert uow.connections.secrets(place.connection.id) == {}
            uow.connections.replace_secrets(entity.id, {"token": "new"})
            uow.connections.save(entity)
            uow.commit()
        with place.store.unit_of_work() as uow:
            assert uow.connections.secrets(entity.id) == {"token": "new"}

    def test_are_saved_whole_under_the_next_revision(self, place: HotelFixture) -> None:
        full = builders.full_connection(place.hotel)
        changed = replace(
            full,
            id=place.connection.id,
            name=place.connection.name,
            key_hash=place.connection.key_hash,
            last_inbound_at=None,
            revision=1,
        )
        with place.store.unit_of_work() as uow:
            saved = uow.connections.save(changed)
            uow.commit()
        assert saved.revision == 2
        assert stored(place) == saved == replace(changed, revision=2)

    def test_are_not_saved_over_a_change_in_between(self, place: HotelFixture) -> None:
        with place.store.unit_of_work() as uow:
            uow.connections.save(replace(place.connection, cursor="first"))
            uow.commit()
        for stale in (place.connection, replace(place.connection, revision=3)):
            with place.store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
                uow.connections.save(stale)
        assert stored(place).cursor == "first"

    def test_that_are_unknown_are_not_saved(self, place: HotelFixture) -> None:
        with place.store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
            uow.connections.save(builders.connection(place.hotel))

    def test_remember_the_latest_push_within_ten_seconds_beside_the_revision(
        self, place: HotelFixture
    ) -> None:
        latest = T0
        for seconds in (0, 3, 9, 11, 60, 50, 59, 65):
            at = T0 + timedelta(seconds=seconds)
            latest = max(latest, at)
            with place.store.unit_of_work() as uow:
                uow.connections.touch_inbound(place.connection.id, at=at)
                uow.commit()
            heard = stored(place).last_inbound_at
            assert heard is not None
            assert timedelta(0) <= latest - heard <= timedelta(seconds=10)
        with place.store.unit_of_work() as uow:
            uow.connections.save(place.connection)
            uow.commit()
        assert stored(place).last_inbound_at == heard

    def test_apply_only_newer_control_messages(self, place: HotelFixture) -> None:
        def apply_control(at: datetime) -> bool:
            with place.store.unit_of_work() as uow:
                counts = uow.connections.apply_control(place.connection.id, at=at)
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
        with place.store.unit_of_work() as uow:
            assert not uow.connections.apply_control(builders.new_id(), at=T0)

    def test_that_are_due_come_longest_overdue_first(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        def add(of: HotelFixture, **overrides: object) -> Connection:
            return of.add_connection(state=ConnectionState.ACTIVE, **overrides)

        late = add(place, next_sync_at=T0 - HOUR)
        first = add(elsewhere, next_sync_at=T0 - 2 * HOUR)
        now = add(place, cursor="c", next_sync_at=T0)
        reconcile = add(
            place, cursor="c", next_sync_at=T0 + DAY, next_reconcile_at=T0 - timedelta(minutes=90)
        )
        add(place, next_sync_at=T0 + MINUTE)
        add(place)
        tripped = Breaker(failures=3, retry_at=T0 + MINUTE)
        add(place, next_sync_at=T0 - DAY, breaker=tripped)
        half_open = add(place, next_sync_at=T0 - DAY, breaker=replace(tripped, retry_at=T0))
        for state in (ConnectionState.NEW, ConnectionState.PAUSED, ConnectionState.STOPPED):
            place.add_connection(state=state, next_sync_at=T0 - DAY)
        with place.store.unit_of_work() as uow:
            due = uow.connections.due(now=T0, limit=9)
            assert [c.id for c in due] == [c.id for c in (half_open, first, reconcile, late, now)]
            assert [c.id for c in uow.connections.due(now=T0, limit=2)] == [half_open.id, first.id]
            assert all(c.due_kind(T0) is not None for c in due)

    def test_never_synced_are_not_due_for_a_reconcile_alone(self, place: HotelFixture) -> None:
        place.add_connection(
            state=ConnectionState.ACTIVE,
            cursor=None,
            next_sync_at=T0 + HOUR,
            next_reconcile_at=T0 - HOUR,
        )
        with place.store.unit_of_work() as uow:
            assert uow.connections.due(now=T0, limit=9) == []


class TestLease:
    def acquire(self, place: HotelFixture, holder: str, minutes: int = 0) -> Lease | None:
        now = T0 + minutes * MINUTE
        with place.store.unit_of_work() as uow:
            lease = uow.connections.acquire_lease(
                place.connection.id, holder, now=now, until=now + 5 * MINUTE
            )
            uow.commit()
        return lease

    def renew(self, place: HotelFixture, lease: Lease, minutes: int) -> Lease:
        with place.store.unit_of_work() as uow:
            renewed = uow.connections.renew_lease(lease, until=T0 + minutes * MINUTE)
            uow.commit()
        return renewed

    def release(self, place: HotelFixture, lease: Lease) -> None:
        with place.store.unit_of_work() as uow:
            uow.connections.release_lease(lease)
            uow.commit()

    def test_goes_to_one_holder_at_a_time(self, place: HotelFixture) -> None:
        lease = self.acquire(place, "one")
        assert lease is not None
        assert (lease.holder, lease.connection_id) == ("one", place.connection.id)
        assert lease.expires_at == T0 + 5 * MINUTE
        assert self.acquire(place, "two", 4) is None

    def test_that_expired_goes_to_another_under_a_higher_number(self, place: HotelFixture) -> None:
        late, taken = self.acquire(place, "one"), self.acquire(place, "two", 6)
        assert late is not None
        assert taken is not None
        assert taken.fencing_number > late.fencing_number
        with pytest.raises(LeaseLost):
            self.renew(place, late, 10)
        self.release(place, late)
        assert self.acquire(place, "three", 7) is None

    def test_that_expired_but_was_not_taken_can_be_renewed(self, place: HotelFixture) -> None:
        lease = self.acquire(place, "one")
        assert lease is not None
        renewed = self.renew(place, lease, 20)
        assert renewed == replace(lease, expires_at=T0 + 20 * MINUTE)
        assert self.acquire(place, "two", 19) is None

    def test_that_was_released_goes_to_another_at_once_under_a_higher_number(
        self, place: HotelFixture
    ) -> None:
        lease = self.acquire(place, "one")
        assert lease is not None
        self.release(place, lease)
        taken = self.acquire(place, "two", 1)
        assert taken is not None
        assert taken.fencing_number > lease.fencing_number

    def test_survives_a_save_of_its_connection(self, place: HotelFixture) -> None:
        self.acquire(place, "one")
        with place.store.unit_of_work() as uow:
            uow.connections.save(place.connection)
            uow.commit()
        assert self.acquire(place, "two", 1) is None

    def test_fences_off_the_writes_of_a_late_holder(self, place: HotelFixture) -> None:
        late = self.acquire(place, "one")
        assert late is not None
        self.acquire(place, "two", 6)
        with place.store.unit_of_work() as uow:
            uow.bookings.save([builders.booking(place.connection)])
            with pytest.raises(LeaseLost):
                uow.connections.renew_lease(late, until=T0 + HOUR)
        assert place.store.queries.count_bookings(place.hotel.id) == 0

    def test_is_of_one_connection_only(self, place: HotelFixture, elsewhere: HotelFixture) -> None:
        assert self.acquire(place, "one") is not None
        assert self.acquire(elsewhere, "two") is not None

    def test_is_granted_to_one_of_ten_concurrent_requests(self, place: HotelFixture) -> None:
        start = Barrier(10)

        def ask(number: int) -> Lease | None:
            start.wait()
            return self.acquire(place, f"holder {number}")

        with ThreadPoolExecutor(10) as pool:
            assert sum(lease is not None for lease in pool.map(ask, range(10))) == 1


class TestSyncRuns:
    def add(self, place: HotelFixture, *runs: SyncRun) -> None:
        with place.store.unit_of_work() as uow:
            for run in runs:
                uow.sync_runs.add(run)
            uow.commit()

    def test_come_back_with_every_field(self, place: HotelFixture, elsewhere: HotelFixture) -> None:
        full, minimal = (
            builders.full_sync_run(place.connection),
            builders.sync_run(place.connection),
        )
        assert builders.left_at_default(full) == []
        self.add(place, full, minimal)
        with place.store.unit_of_work() as uow:
            assert uow.sync_runs.get(full.id) == full
            assert uow.sync_runs.get(minimal.id) == minimal
            assert uow.sync_runs.get(builders.new_id()) is None
        assert place.store.queries.sync_run(place.hotel.id, full.id) == full
        assert place.store.queries.sync_run(elsewhere.hotel.id, full.id) is None

    def test_are_saved_whole(self, place: HotelFixture) -> None:
        full, minimal = (
            builders.full_sync_run(place.connection),
            builders.sync_run(place.connection),
        )
        self.add(place, minimal)
        for state in (replace(full, id=minimal.id), replace(minimal, fencing_number=6)):
            with place.store.unit_of_work() as uow:
                uow.sync_runs.save(state)
                uow.commit()
            assert place.store.queries.sync_run(place.hotel.id, minimal.id) == state

    def test_are_not_saved_under_a_lower_fencing_number(self, place: HotelFixture) -> None:
        run = builders.sync_run(place.connection, fencing_number=2, status=SyncStatus.COMPLETED)
        self.add(place, run)
        late = replace(run, fencing_number=1, status=SyncStatus.RUNNING)
        with place.store.unit_of_work() as uow, pytest.raises(LeaseLost):
            uow.sync_runs.save(late)
        assert place.store.queries.sync_run(place.hotel.id, run.id) == run
        again = replace(run, pages=1)
        with place.store.unit_of_work() as uow:
            uow.sync_runs.save(again)
            uow.commit()
        assert place.store.queries.sync_run(place.hotel.id, run.id) == again

    def test_that_are_unknown_are_not_saved(self, place: HotelFixture) -> None:
        with place.store.unit_of_work() as uow, pytest.raises(LeaseLost):
            uow.sync_runs.save(builders.sync_run(place.connection))

    @pytest.mark.parametrize("status", [SyncStatus.QUEUED, SyncStatus.RUNNING])
    def test_are_unfinished_one_at_a_time_for_each_connection(
        self, place: HotelFixture, status: SyncStatus
    ) -> None:
        of = place.connection
        first = builders.sync_run(of, status=status)
        self.add(place, first, builders.sync_run(place.add_connection()))
        for other in (SyncStatus.QUEUED, SyncStatus.RUNNING):
            with pytest.raises(AlreadyExists):
                self.add(place, builders.sync_run(of, status=other))
        with place.store.unit_of_work() as uow:
            uow.sync_runs.save(replace(first, status=SyncStatus.COMPLETED))
            uow.sync_runs.add(builders.sync_run(of))
            uow.commit()

    def test_are_added_by_one_of_two_that_add_at_once(self, place: HotelFixture) -> None:
        start = Barrier(2)

        def add(_: int) -> bool:
            start.wait()
            try:
                self.add(place, builders.sync_run(place.connection))
            except (AlreadyExists, ConcurrentChange):
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(add, range(2))) == [False, True]

    def test_that_are_unfinished_are_found_by_their_connection(self, place: HotelFixture) -> None:
        of = place.connection
        for unfinished in (SyncStatus.QUEUED, SyncStatus.RUNNING):
            run = builders.sync_run(of, status=unfinished)
            final = [builders.sync_run(of, status=s) for s in SyncStatus if s.is_final]
            self.add(place, run, *final, builders.sync_run(place.add_connection()))
            with place.store.unit_of_work() as uow:
                assert uow.sync_runs.unfinished(of.id) == [run]
                uow.sync_runs.save(replace(run, status=SyncStatus.FAILED))
                uow.commit()
        with place.store.unit_of_work() as uow:
            assert uow.sync_runs.unfinished(of.id) == []

    def test_finds_stuck_runs(self, place: HotelFixture) -> None:
        def run(of: Connection, status: SyncStatus, minutes: int, fencing: int = 0) -> SyncRun:
            return builders.sync_run(
                of, status=status, queued_at=T0 + minutes * MINUTE, fencing_number=fencing
            )

        def leased(minutes: int) -> tuple[Connection, int]:
            of = place.add_connection()
            with place.store.unit_of_work() as uow:
                for _ in range(2):
                    lease = uow.connections.acquire_lease(
                        of.id, "h", now=T0, until=T0 + minutes * MINUTE
                    )
                uow.commit()
            assert lease is not None
            return of, lease.fencing_number

        def idle() -> Connection:
            return place.add_connection()

        queued, running = SyncStatus.QUEUED, SyncStatus.RUNNING
        (held, number), (taken, higher), (gone, last) = leased(60), leased(60), leased(1)
        stuck = [
            run(idle(), queued, -9),
            run(idle(), running, -8, 1),
            run(taken, running, -7, higher - 1),
            run(gone, running, -6, last),
        ]
        alive = [
            run(held, running, -9, number),
            run(idle(), queued, 10),
            run(idle(), SyncStatus.COMPLETED, -9),
            run(idle(), SyncStatus.FAILED, -9),
        ]
        self.add(place, *alive, *reversed(stuck))
        with place.store.unit_of_work() as uow:
            assert uow.sync_runs.stuck(queued_before=T0 + 5 * MINUTE, limit=9) == stuck
            assert uow.sync_runs.stuck(queued_before=T0 + 5 * MINUTE, limit=2) == stuck[:2]

    def test_come_newest_first_in_pages_with_their_number(
        self, place: HotelFixture, elsewhere: HotelFixture
    ) -> None:
        second = place.add_connection()
        done = SyncStatus.COMPLETED
        runs = [
            builders.sync_run(place.connection, queued_at=T0 + n * MINUTE, status=done)
            for n in range(4)
        ]
        other = builders.sync_run(second, queued_at=T0 + HOUR)
        self.add(place, *runs, other, builders.sync_run(elsewhere.connection))
        queries = place.store.queries
        found, number = queries.sync_runs(place.hotel.id, limit=2, offset=1)
        assert (list(found), number) == ([runs[3], runs[2]], 5)
        found, number = queries.sync_runs(place.hotel.id, limit=9, connection_id=second.id)
        assert (list(found), number) == ([other], 1)
        found, number = queries.sync_runs(place.hotel.id, limit=9, offset=5)
        assert (list(found), number) == ([], 5)
