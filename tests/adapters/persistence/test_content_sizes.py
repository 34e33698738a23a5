"""Sizes of contents in columns, and which contents are read."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any, cast

from adapters.outbound.persistence import migrations
from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.queries.stored_queries import StoredQueries
from adapters.outbound.persistence.store import Store, open_store
from domain.connection import Connection
from domain.hotel import Hotel
from domain.messages import InboxState
from ports.queries import (
    BookingFilter,
    BookingOrder,
    ContentSize,
    GuestFilter,
    Part,
    QuarantineFilter,
    Slice,
)
from ports.system import Sealer
from tests import builders, raw_sql

SECRET = "a text of the content"
SIZES = "room_count, price_count, occupancy_count, party_count, extra_count"


class ReadingPool:
    """Of the store; records the rows that are read."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.statements: list[list[Any]] = []

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._pool.reading() as session:
            originals = session.rows, session.search
            recorded: list[Any] = [self._recording(original) for original in originals]
            session.rows, session.search = recorded  # type: ignore[method-assign]
            yield session
            session.rows, session.search = originals  # type: ignore[method-assign]

    def _recording(self, read: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
        def recorded(sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
            self.statements.append(read(sql, parameters))
            return self.statements[-1]

        return recorded

    def contents_read(self) -> int:
        return sum(SECRET in str(row) for rows in self.statements for row in rows)


def recording(store: Store, sealer: Sealer) -> tuple[StoredQueries, ReadingPool]:
    pool = ReadingPool(store.queries.pool)
    return StoredQueries(cast("Pool", pool), sealer), pool


def fill(store: Store, hotel: Hotel, connection: Connection, *, number: int = 3) -> None:
    with store.unit_of_work() as uow:
        uow.hotels.add(hotel)
        uow.connections.add(connection, {})
        uow.bookings.save(
            [builders.booking(connection, f"B{n}", notes=SECRET) for n in range(number)]
        )
        guest = builders.full_guest(connection)
        uow.guests.save([replace(guest, details=replace(guest.details, notes=SECRET))])
        uow.inbox.add([builders.full_inbox_item(connection)])
        uow.commit()


def find(
    queries: StoredQueries, hotel: Hotel, part: Part, *, limit: int = 9
) -> tuple[Slice[Any], list[ContentSize]]:
    sizes: list[ContentSize] = []

    def inspect(found: Sequence[ContentSize]) -> Part:
        sizes.extend(found)
        return part

    wanted, order = BookingFilter(hotel_id=hotel.id), BookingOrder.ARRIVAL_ASC
    return queries.bookings(wanted, order=order, limit=limit, inspect=inspect), sizes


class TestContents:
    def test_are_read_for_selected_parts_only(
        self, store: Store, sealer: Sealer, hotel: Hotel, connection: Connection
    ) -> None:
        """The first statement lists the hotel's providers."""
        fill(store, hotel, connection)
        for part, statements, contents in ((Part.NONE, 2, 0), (Part.CONTENT, 3, 2)):
            queries, pool = recording(store, sealer)
            found, _ = find(queries, hotel, part, limit=2)
            assert (len(found.rows), found.more) == (2, True)
            assert (len(pool.statements), pool.contents_read()) == (statements, contents)

    def test_of_a_guest_do_not_include_identity_documents_unless_selected(
        self, store: Store, sealer: Sealer, hotel: Hotel, connection: Connection
    ) -> None:
        fill(store, hotel, connection)
        for part in (Part.CONTENT, Part.CONTENT | Part.IDENTITY):
            wanted = GuestFilter(hotel_id=hotel.id)
            [guest] = store.queries.guests(wanted, limit=9, inspect=lambda _: part).rows  # noqa: B023
            assert guest.details.notes == SECRET
            assert (guest.details.id_document_number is not None) is (Part.IDENTITY in part)

    def test_of_the_inbox_are_not_read_by_lists(
        self, store: Store, sealer: Sealer, hotel: Hotel, connection: Connection
    ) -> None:
        """Those of usual size are, by the list of the quarantine."""
        fill(store, hotel, connection)
        large = builders.inbox_item(
            connection, state=InboxState.QUARANTINED, body=random.Random(1).randbytes(2**16)
        )
        with store.unit_of_work() as uow:
            [usual] = uow.inbox.page(hotel.id, connection.provider, after=None, limit=9)
            uow.inbox.add([large])
            uow.commit()
        queries, pool = recording(store, sealer)
        wanted = QuarantineFilter(hotel_id=hotel.id)
        listed = {item.id: item.is_readable for item in queries.quarantine(wanted, limit=9)}
        assert listed == {usual.id: True, large.id: None}
        queries, pool = recording(store, sealer)
        queries.quarantine(replace(wanted, item_id=large.id), limit=9)
        assert [each.id for each in queries.batch(hotel.id, usual.batch_id)] == [usual.id]
        assert not [v for rows in pool.statements for row in rows for v in row if type(v) is bytes]


class TestSizes:
    def test_of_stored_rows_are_counted_by_the_migration(
        self, url: str, sealer: Sealer, hotel: Hotel, connection: Connection
    ) -> None:
        migrations.upgrade(url)
        full = builders.full_booking(connection, "F1")
        with closing(open_store(url, sealer=sealer)) as store:
            fill(store, hotel, connection, number=2)
            with store.unit_of_work() as uow:
                uow.bookings.save([full])
                uow.commit()
        kept = "document_bytes, size_revision, extra_count"
        reads = [
            f"SELECT external_id, {kept}, {SIZES} FROM bookings ORDER BY 1",
            f"SELECT external_id, {kept} FROM guests ORDER BY 1",
        ]
        written = [raw_sql.read(url, each) for each in reads]
        assert all(value is not None for rows in written for row in rows for value in row)
        migrations.downgrade(url, 9)
        migrations.upgrade(url)
        assert [raw_sql.read(url, each) for each in reads] == written

    def test_of_rows_that_an_earlier_version_wrote_are_estimated_from_their_length(
        self, store: Store, sealer: Sealer, hotel: Hotel, connection: Connection, upgraded_url: str
    ) -> None:
        fill(store, hotel, connection, number=1)
        _, [counted] = find(store.queries, hotel, Part.NONE)
        raw_sql.write(upgraded_url, "UPDATE bookings SET revision = revision + 1, room_count = 0")
        _, [estimated] = find(store.queries, hotel, Part.NONE)
        assert estimated.document_bytes == counted.document_bytes > 0
        for name in ("rooms", "nightly_prices", "occupancy", "further_guests", "extras"):
            assert getattr(estimated, name) >= getattr(counted, name)
