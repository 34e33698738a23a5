from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from domain.errors import PmsError
from ports.errors import ConcurrentChange
from ports.unit_of_work import UnitOfWork
from tests import builders
from tests.contracts.conftest import HotelFixture

WORKERS = 20


class TestUnitOfWork:
    def test_keeps_everything_of_a_commit(self, place: HotelFixture) -> None:
        booking, guest = builders.booking(place.connection), builders.guest(place.connection)
        message = builders.outbox_message(place.hotel)
        with place.store.unit_of_work() as uow:
            uow.bookings.save([booking])
            uow.guests.save([guest])
            uow.outbox.add([message])
            uow.commit()
        with place.store.unit_of_work() as uow:
            assert uow.bookings.load(place.hotel.id, "scripted", ["B1"]) == {"B1": booking}
            assert uow.guests.load(place.hotel.id, "scripted", ["G1"]) == {"G1": guest}
            assert uow.outbox.next_batch(limit=9) == [message]

    def test_keeps_nothing_without_a_commit(self, place: HotelFixture) -> None:
        with place.store.unit_of_work() as uow:
            write_everywhere(place, uow)
        assert is_untouched(place)

    def test_keeps_nothing_when_the_block_raises(self, place: HotelFixture) -> None:
        def write_and_fail() -> None:
            with place.store.unit_of_work() as uow:
                write_everywhere(place, uow)
                raise KeyError

        with pytest.raises(KeyError):
            write_and_fail()
        assert is_untouched(place)

    def test_keeps_nothing_of_the_good_rows_beside_a_stale_one(self, place: HotelFixture) -> None:
        held = builders.booking(place.connection, "B1")
        place.save(held)
        with place.store.unit_of_work() as uow:
            uow.outbox.add([builders.outbox_message(place.hotel)])
            with pytest.raises(ConcurrentChange):
                uow.bookings.save([builders.booking(place.connection, "B2"), held])
        with place.store.unit_of_work() as uow:
            assert uow.bookings.load(place.hotel.id, "scripted", ["B1", "B2"]) == {"B1": held}
            assert uow.outbox.next_batch(limit=9) == []

    def test_shows_its_own_writes_before_the_commit_and_others_nothing(
        self, place: HotelFixture
    ) -> None:
        with place.store.unit_of_work() as uow:
            uow.bookings.save([builders.booking(place.connection)])
            assert uow.bookings.load(place.hotel.id, "scripted", ["B1"]).keys() == {"B1"}
            with ThreadPoolExecutor(1) as other:
                seen = other.submit(place.store.queries.count_bookings, place.hotel.id).result()
            assert seen == 0
            uow.commit()
        assert place.store.queries.count_bookings(place.hotel.id) == 1

    def test_is_over_after_its_commit(self, place: HotelFixture) -> None:
        with place.store.unit_of_work() as uow:
            uow.commit()
            with pytest.raises(PmsError):
                uow.commit()
            with pytest.raises(PmsError):
                uow.hotels.all()
            place.save(builders.booking(place.connection))
        with pytest.raises(PmsError):
            uow.hotels.all()
        assert place.store.queries.count_bookings(place.hotel.id) == 1

    def test_is_fresh_each_time(self, place: HotelFixture) -> None:
        for number in range(3):
            with place.store.unit_of_work() as uow:
                uow.bookings.save([builders.booking(place.connection, f"B{number}")])
                uow.commit()
        assert place.store.queries.count_bookings(place.hotel.id) == 3

    def test_loses_no_update_when_twenty_workers_race_for_one_booking(
        self, place: HotelFixture
    ) -> None:
        place.save(builders.booking(place.connection, notes=""))
        start = Barrier(WORKERS)

        def work(number: int) -> None:
            start.wait()
            while not append_note(place, number):
                pass

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(work, range(WORKERS)))
        final = place.store.queries.booking(place.hotel.id, "scripted", "B1")
        assert final is not None
        assert final.revision == WORKERS + 1
        noted = (final.details.notes or "").split()
        assert sorted(noted, key=int) == [str(n) for n in range(WORKERS)]

    def test_lets_only_one_of_twenty_create_a_booking(self, place: HotelFixture) -> None:
        start = Barrier(WORKERS)

        def create(_: int) -> bool:
            start.wait()
            try:
                place.save(builders.booking(place.connection))
            except ConcurrentChange:
                return False
            return True

        with ThreadPoolExecutor(WORKERS) as pool:
            assert sum(pool.map(create, range(WORKERS))) == 1
        assert place.store.queries.count_bookings(place.hotel.id) == 1


def append_note(place: HotelFixture, number: int) -> bool:
    """Reads in one unit of work and writes in the next, so that others come in between."""
    with place.store.unit_of_work() as uow:
        held = uow.bookings.load(place.hotel.id, "scripted", ["B1"])["B1"]
    noted = replace(held.details, notes=f"{held.details.notes} {number}")
    try:
        place.save(replace(held, details=noted, revision=held.revision + 1))
    except ConcurrentChange:
        return False
    return True


def write_everywhere(place: HotelFixture, unit: UnitOfWork) -> None:
    booking = builders.booking(place.connection)
    unit.bookings.save([booking])
    unit.bookings.record([builders.status_change(booking)])
    unit.guests.save([builders.guest(place.connection)])
    unit.availability.save([builders.cell(place.connection, total=1)])
    unit.records.save(place.hotel.id, "scripted", builders.full_records(), now=builders.T0)
    unit.inbox.add([builders.inbox_item(place.connection)])
    unit.outbox.add([builders.outbox_message(place.hotel)])
    unit.sync_runs.add(builders.sync_run(place.connection))
    unit.connections.save(replace(place.connection, cursor="moved"))
    unit.connections.replace_secrets(place.connection.id, {"a": "b"})
    unit.connections.touch_inbound(place.connection.id, at=builders.T0)
    unit.hotels.add(builders.hotel())
    key = builders.provider_key()
    unit.credentials.add_key(key)
    unit.credentials.add_token(builders.access_token(key, place.hotel))


def is_untouched(place: HotelFixture) -> bool:
    with place.store.unit_of_work() as uow:
        return (
            [h.id for h in uow.hotels.all()] == [place.hotel.id]
            and uow.connections.get(place.connection.id) == place.connection
            and uow.connections.secrets(place.connection.id) == {}
            and uow.sync_runs.unfinished(place.connection.id) == []
            and uow.bookings.load(place.hotel.id, "scripted", ["B1"]) == {}
            and uow.guests.load(place.hotel.id, "scripted", ["G1"]) == {}
            and uow.availability.load(place.hotel.id, "scripted", [("DBL", builders.JUNE.arrival)])
            == {}
            and place.store.queries.records(place.hotel.id) == {}
            and set(place.store.queries.backlog().values()) == {0}
            and uow.credentials.tokens_of_hotel(place.hotel.id) == []
        )
