"""Pages below and above the size from which PostgreSQL uses COPY, and concurrent writes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from threading import Barrier

import pytest

from adapters.outbound.persistence.engine.postgres import BATCH_THRESHOLD
from adapters.outbound.persistence.store import Store
from domain.booking import Booking
from domain.connection import Connection
from ports.errors import ConcurrentChange, StoreUnavailable
from ports.queries import BookingFilter, BookingOrder
from tests import builders

SIZES = [1, BATCH_THRESHOLD, BATCH_THRESHOLD + 1, 300]


def page(connection: Connection, size: int) -> list[Booking]:
    return [builders.booking(connection, f"B{number:04}") for number in range(size)]


def rewritten(bookings: list[Booking], notes: str, revision: int = 2) -> list[Booking]:
    return [
        replace(each, details=replace(each.details, notes=notes), revision=revision)
        for each in bookings
    ]


def save(store: Store, bookings: list[Booking]) -> None:
    with store.unit_of_work() as uow:
        uow.bookings.save(bookings)
        uow.commit()


def held(store: Store, connection: Connection, size: int) -> list[Booking]:
    found = store.queries.bookings(
        BookingFilter(hotel_id=connection.hotel_id), order=BookingOrder.ARRIVAL_ASC, limit=size + 9
    )
    return sorted(found.rows, key=lambda booking: booking.external_id)


@pytest.mark.parametrize("size", SIZES)
class TestPage:
    def test_is_inserted_and_overwritten(
        self, store: Store, connection: Connection, size: int
    ) -> None:
        new = page(connection, size)
        save(store, new)
        assert held(store, connection, size) == new
        save(store, rewritten(new, "second"))
        assert held(store, connection, size) == rewritten(new, "second")

    def test_may_mix_inserts_and_overwrites_and_repeat_in_one_unit_of_work(
        self, store: Store, connection: Connection, size: int
    ) -> None:
        new = page(connection, size * 2)
        save(store, new[:size])
        with store.unit_of_work() as uow:
            uow.bookings.save([*new[size:], *rewritten(new[:size], "second")])
            uow.bookings.save(rewritten(new[:size], "third", revision=3))
            uow.commit()
        expected = [*rewritten(new[:size], "third", revision=3), *new[size:]]
        assert held(store, connection, size * 2) == expected

    def test_with_an_existing_row_is_rejected(
        self, store: Store, connection: Connection, size: int
    ) -> None:
        new = page(connection, size)
        save(store, new[-1:])
        with store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
            uow.bookings.save(new)
        assert held(store, connection, size) == new[-1:]

    @pytest.mark.parametrize("revision", [1, 3])
    def test_with_an_outdated_row_is_rejected(
        self, store: Store, connection: Connection, size: int, revision: int
    ) -> None:
        new = page(connection, size)
        save(store, new)
        wrong = [*rewritten(new[:-1], "x"), *rewritten(new[-1:], "x", revision=revision)]
        with store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
            uow.bookings.save(wrong)
        assert held(store, connection, size) == new

    def test_with_a_missing_row_is_rejected(
        self, store: Store, connection: Connection, size: int
    ) -> None:
        missing = rewritten(page(connection, size), "x")
        with store.unit_of_work() as uow, pytest.raises(ConcurrentChange):
            uow.bookings.save(missing)
        assert held(store, connection, size) == []


@pytest.mark.parametrize("size", [BATCH_THRESHOLD, 60])
class TestConcurrentWriters:
    def test_neither_deadlock_nor_lose_a_change(
        self, store: Store, connection: Connection, size: int
    ) -> None:
        """Each adds a mark to every booking ten times, and retries on a conflict."""
        save(store, page(connection, size))
        start = Barrier(2)
        overtaken: list[ConcurrentChange] = []

        def write(mark: str) -> None:
            start.wait(timeout=30)
            shuffled = Random(mark)
            for _ in range(10):
                while (error := self._append(store, connection, mark, shuffled)) is not None:
                    overtaken.append(error)

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(write, mark) for mark in "ab"]:
                done.result(timeout=120)
        assert [error for error in overtaken if error.__cause__ is not None] == []
        for booking in held(store, connection, size):
            assert sorted(booking.details.notes or "") == sorted("ab" * 10)
            assert booking.revision == 21

    @staticmethod
    def _append(
        store: Store, connection: Connection, mark: str, shuffled: Random
    ) -> ConcurrentChange | None:
        ids = [f"B{number:04}" for number in range(300)]
        shuffled.shuffle(ids)
        try:
            with store.unit_of_work() as uow:
                known = uow.bookings.load(connection.hotel_id, connection.provider, ids)
                changed = [
                    replace(
                        each,
                        details=replace(each.details, notes=(each.details.notes or "") + mark),
                        revision=each.revision + 1,
                    )
                    for each in known.values()
                ]
                shuffled.shuffle(changed)
                uow.bookings.save(changed)
                uow.commit()
        except ConcurrentChange as error:
            return error
        return None


class TestUnstorableText:
    """PostgreSQL has no NUL and UTF-8 no lone surrogate; JSON of a provider may have both."""

    TEXT = "a\0b\ud800c"

    def test_is_loaded_unchanged(self, store: Store, connection: Connection) -> None:
        party = replace(builders.full_party(), email=self.TEXT, guest_id=self.TEXT)
        stored = builders.booking(
            connection,
            confirmation_number=self.TEXT,
            notes=self.TEXT,
            primary_guest=party,
            extras=((self.TEXT, self.TEXT),),
        )
        guest = builders.guest(
            connection, email=self.TEXT, last_name=self.TEXT, id_document_number=self.TEXT
        )
        with store.unit_of_work() as uow:
            uow.bookings.save([stored])
            uow.guests.save([guest])
            uow.commit()
        found = store.queries.bookings(
            BookingFilter(
                hotel_id=connection.hotel_id,
                confirmation_number=self.TEXT,
                guest_email=self.TEXT.upper(),
            ),
            order=BookingOrder.ARRIVAL_ASC,
            limit=9,
        )
        assert found.rows == [stored]
        with store.unit_of_work() as uow:
            loaded = uow.guests.load(connection.hotel_id, connection.provider, ["G1"])
        assert loaded == {"G1": guest}

    def test_is_found_by_its_full_length(self, store: Store, connection: Connection) -> None:
        long = "x" * 5_000
        save(
            store,
            [
                builders.booking(connection, f"B{end}", confirmation_number=long + end)
                for end in "ab"
            ],
        )
        found = store.queries.bookings(
            BookingFilter(hotel_id=connection.hotel_id, confirmation_number=long + "b"),
            order=BookingOrder.ARRIVAL_ASC,
            limit=9,
        )
        assert [each.external_id for each in found.rows] == ["Bb"]


class TestPostgres:
    def test_cancels_a_long_statement(self, postgres: Store) -> None:
        session = postgres._reading.take()
        session.run("SET statement_timeout = 20")
        with pytest.raises(StoreUnavailable):
            session.rows("SELECT pg_sleep(5)")
        postgres._reading.discard(session)
