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
    def test_stores_everything_on_commit(self, site: HotelFixture) -> None:
        booking, guest = builders.booking(site.connection), builders.guest(site.connection)
        message = builders.outbox_message(site.hotel)
        with site.store.unit_of_work() as uow:
            uow.bookings.save([booking])
            uow.guests.save([guest])
            uow.outbox.add([message])
            uow.commit()
        with site.store.unit_of_work() as uow:
            assert uow.bookings.load(site.hotel.id, "scripted", ["B1"]) == {"B1": booking}
            assert uow.guests.load(site.hotel.id, "scripted", ["G1"]) == {"G1": guest}
            assert uow.outbox.next_batch(limit=9) == [message]

    def test_stores_nothing_without_a_commit(self, site: HotelFixture) -> None:
        with site.store.unit_of_work() as uow:
            write_everywhere(site, uow)
        assert is_untouched(site)

    def test_stores_nothing_when_the_block_raises(self, site: HotelFixture) -> None:
        def write_and_fail() -> None:
            with site.store.unit_of_work() as uow:
                write_everywhere(site, uow)
                raise KeyError

        with pytest.raises(KeyError):
            write_and_fail()
        assert is_untouched(site)

    def test_stores_no_row_of_a_page_with_a_stale_one(self, site: HotelFixture) -> None:
        held = builders.booking(site.connection, "B1")
        site.save(held)
        with site.store.unit_of_work() as uow:
            uow.outbox.add([builders.outbox_message(site.hotel)])
            with pytest.raises(ConcurrentChange):
                uow.bookings.save([builders.booking(site.connection, "B2"), held])
        with site.store.unit_of_work() as uow:
            assert uow.bookings.load(site.hotel.id, "scripted", ["B1", "B2"]) == {"B1": held}
            assert uow.outbox.next_batch(limit=9) == []

    def test_reads_its_own_writes_and_hides_them_until_the_commit(self, site: HotelFixture) -> None:
        with site.store.unit_of_work() as uow:
            uow.bookings.save([builders.booking(site.connection)])
            assert uow.bookings.load(site.hotel.id, "scripted", ["B1"]).keys() == {"B1"}
            with ThreadPoolExecutor(1) as other:
                seen = other.submit(site.store.queries.count_bookings, site.hotel.id).result()
            assert seen == 0
            uow.commit()
        assert site.store.queries.count_bookings(site.hotel.id) == 1

    def test_is_closed_after_its_commit(self, site: HotelFixture) -> None:
        with site.store.unit_of_work() as uow:
            uow.commit()
            with pytest.raises(PmsError):
                uow.commit()
            with pytest.raises(PmsError):
                uow.hotels.all()
            site.save(builders.booking(site.connection))
        with pytest.raises(PmsError):
            uow.hotels.all()
        assert site.store.queries.count_bookings(site.hotel.id) == 1

    def test_is_new_on_each_call(self, site: HotelFixture) -> None:
        for number in range(3):
            with site.store.unit_of_work() as uow:
                uow.bookings.save([builders.booking(site.connection, f"B{number}")])
                uow.commit()
        assert site.store.queries.count_bookings(site.hotel.id) == 3

    def test_loses_no_update_when_twenty_workers_race_for_one_booking(
        self, site: HotelFixture
    ) -> None:
        site.save(builders.booking(site.connection, notes=""))
        start = Barrier(WORKERS)

        def work(number: int) -> None:
            start.wait()
            while not append_note(site, number):
                pass

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(work, range(WORKERS)))
        final = site.store.queries.booking(site.hotel.id, "scripted", "B1")
        assert final is not None
        assert final.revision == WORKERS + 1
        noted = (final.details.notes or "").split()
        assert sorted(noted, key=int) == [str(n) for n in range(WORKERS)]

    def test_lets_only_one_of_twenty_create_a_booking(self, site: HotelFixture) -> None:
        start = Barrier(WORKERS)

        def create(_: int) -> bool:
            start.wait()
            try:
                site.save(builders.booking(site.connection))
            except ConcurrentChange:
                return False
            return True

        with ThreadPoolExecutor(WORKERS) as pool:
            assert sum(pool.map(create, range(WORKERS))) == 1
        assert site.store.queries.count_bookings(site.hotel.id) == 1


def append_note(site: HotelFixture, number: int) -> bool:
    """Reads in one unit of work and writes in the next, so that others can write in between."""
    with site.store.unit_of_work() as uow:
        held = uow.bookings.load(site.hotel.id, "scripted", ["B1"])["B1"]
    noted = replace(held.details, notes=f"{held.details.notes} {number}")
    try:
        site.save(replace(held, details=noted, revision=held.revision + 1))
    except ConcurrentChange:
        return False
    return True


def write_everywhere(site: HotelFixture, unit: UnitOfWork) -> None:
    booking = builders.booking(site.connection)
    unit.bookings.save([booking])
    unit.bookings.record([builders.status_change(booking)])
    unit.guests.save([builders.guest(site.connection)])
    unit.availability.save([builders.cell(site.connection, total=1)])
    unit.records.save(site.hotel.id, "scripted", builders.full_records(), now=builders.T0)
    unit.inbox.add([builders.inbox_item(site.connection)])
    unit.outbox.add([builders.outbox_message(site.hotel)])
    unit.sync_runs.add(builders.sync_run(site.connection))
    unit.connections.save(replace(site.connection, cursor="moved"))
    unit.connections.replace_secrets(site.connection.id, {"a": "b"})
    unit.connections.touch_inbound(site.connection.id, at=builders.T0)
    unit.hotels.add(builders.hotel())
    key = builders.provider_key()
    unit.credentials.add_key(key)
    unit.credentials.add_token(builders.access_token(key, site.hotel))


def is_untouched(site: HotelFixture) -> bool:
    with site.store.unit_of_work() as uow:
        return (
            [h.id for h in uow.hotels.all()] == [site.hotel.id]
            and uow.connections.get(site.connection.id) == site.connection
            and uow.connections.secrets(site.connection.id) == {}
            and uow.sync_runs.unfinished(site.connection.id) == []
            and uow.bookings.load(site.hotel.id, "scripted", ["B1"]) == {}
            and uow.guests.load(site.hotel.id, "scripted", ["G1"]) == {}
            and uow.availability.load(site.hotel.id, "scripted", [("DBL", builders.JUNE.arrival)])
            == {}
            and site.store.queries.records(site.hotel.id) == {}
            and set(site.store.queries.backlog().values()) == {0}
            and uow.credentials.tokens_of_hotel(site.hotel.id) == []
        )
