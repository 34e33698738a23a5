"""Queries over committed rows, without locks; each statement has its own snapshot."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from peewee import Tuple, Value

from adapters.outbound.persistence.engine.column_values import (
    Row,
    email_search_key,
    micros_from_instant,
)
from adapters.outbound.persistence.engine.conditions import Conditions
from adapters.outbound.persistence.engine.driver_errors import StatementRejected
from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.migrations import newest
from adapters.outbound.persistence.queries import booking_search
from adapters.outbound.persistence.queries.contents import columns_without_content, read_contents
from adapters.outbound.persistence.queries.listed_cells import CELL_COLUMNS, StoredCell
from adapters.outbound.persistence.queries.positions import (
    parse_position_id,
    parse_position_micros,
)
from adapters.outbound.persistence.schema.booking_rows import booking_of
from adapters.outbound.persistence.schema.guest_rows import guest_of
from adapters.outbound.persistence.schema.models import SyncRunRow
from adapters.outbound.persistence.schema.tables import (
    BOOKINGS,
    GUESTS,
    STATUS_HISTORY,
)
from adapters.outbound.persistence.stores import inbox
from adapters.outbound.persistence.stores.bookings import change_of
from adapters.outbound.persistence.stores.hotel_records import count_records, load_records
from adapters.outbound.persistence.stores.sync_runs import run_from_row
from domain.booking import Booking
from domain.guest import Guest
from domain.messages import ListedItem
from domain.snapshots import HotelRecords
from domain.sync_run import SyncRun
from domain.values import HotelId
from ports.bookings import StatusChange
from ports.errors import StoreUnavailable
from ports.messages import QuarantineFilter
from ports.queries import (
    MAX_COUNT,
    AvailabilityFilter,
    BookingFilter,
    BookingOrder,
    GuestFilter,
    Inspect,
    Keyset,
    ListedCell,
    RecordsSize,
    Slice,
    read_everything,
)
from ports.system import Sealer

_NO_LIMIT = 2**62
_BACKLOG_SQL = """
    SELECT (SELECT COUNT(*) FROM outbox WHERE delivered_at IS NULL),
        (SELECT COUNT(*) FROM inbox WHERE state = 'received'),
        (SELECT COUNT(*) FROM inbox WHERE state = 'quarantined'),
        (SELECT COUNT(*) FROM postponed_deliveries)
"""

_TEST_WRITE_SQL = """
    INSERT INTO relay_leases AS l (name, holder, expires_at) VALUES ('ping', '', 1)
    ON CONFLICT (name) DO UPDATE SET expires_at = l.expires_at + 1
"""
"""Of a row that nothing reads. A standby or a full disk answers reads only."""


@dataclass(frozen=True, slots=True)
class StoredQueries:
    pool: Pool
    sealer: Sealer

    def bookings(
        self,
        wanted: BookingFilter,
        *,
        order: BookingOrder,
        limit: int,
        after: Keyset | None = None,
        inspect: Inspect = read_everything,
    ) -> Slice[Booking]:
        with self.pool.reading() as session:
            found = booking_search.search_bookings(session, wanted, order, limit=limit, after=after)
        records = read_contents(self.pool, BOOKINGS, wanted.hotel_id, found[:limit], inspect)
        return Slice(
            rows=[booking_of(record, wanted.hotel_id) for record in records],
            positions=[booking_search.cursor_position(record, order) for record in records],
            more=len(found) > limit,
        )

    def booking(
        self,
        hotel_id: HotelId,
        provider: str,
        external_id: str,
        *,
        inspect: Inspect = read_everything,
    ) -> Booking | None:
        with self.pool.reading() as session:
            found = session.rows(
                f"SELECT {columns_without_content(session, BOOKINGS)} FROM bookings "  # noqa: S608
                "WHERE hotel_id = %s AND provider = %s AND external_id = %s",
                (hotel_id.hex, provider, external_id),
            )
        records = read_contents(self.pool, BOOKINGS, hotel_id, found, inspect)
        return booking_of(records[0], hotel_id) if records else None

    def count_bookings(self, hotel_id: HotelId) -> int:
        [(count,)] = self._rows(
            "SELECT COUNT(*) FROM (SELECT 1 FROM bookings WHERE hotel_id = %s LIMIT %s) counted",
            (hotel_id.hex, MAX_COUNT),
        )
        return int(count)

    def status_history(
        self, hotel_id: HotelId, booking_ids: Collection[UUID], *, limit: int | None = None
    ) -> Mapping[UUID, Sequence[StatusChange]]:
        history: dict[UUID, list[StatusChange]] = {}
        ids = [booking_id.hex for booking_id in booking_ids]
        with self.pool.reading() as session:
            found = session.rows(
                f"SELECT {STATUS_HISTORY.column_list} FROM status_history "  # noqa: S608
                f"WHERE hotel_id = %s AND {session.in_condition('booking_id', 'uuid')} "
                "ORDER BY at, id LIMIT %s",
                (hotel_id.hex, session.in_parameter(ids), _NO_LIMIT if limit is None else limit),
            )
        for change in map(change_of, found):
            history.setdefault(change.booking_id, []).append(change)
        return history

    def guests(
        self,
        wanted: GuestFilter,
        *,
        limit: int,
        after: Keyset | None = None,
        inspect: Inspect = read_everything,
    ) -> Slice[Guest]:
        where = _hotel_conditions(wanted.hotel_id, wanted.provider)
        where.require_equal("email", email_search_key(wanted.email))
        if after is not None:
            where.require("id > %s", parse_position_id(after[0]))
        with self.pool.reading() as session:
            where.require_one_of(session, "external_id", "text", wanted.external_ids)
            columns = columns_without_content(session, GUESTS)
            found = session.rows(
                f"SELECT {columns} FROM guests WHERE {where} ORDER BY id LIMIT %s",  # noqa: S608
                (*where.parameters, limit + 1),
            )
        records = read_contents(self.pool, GUESTS, wanted.hotel_id, found[:limit], inspect)
        guests = [guest_of(record, wanted.hotel_id, self.sealer) for record in records]
        return Slice(guests, [(guest.id.hex, "") for guest in guests], len(found) > limit)

    def availability(self, wanted: AvailabilityFilter, *, limit: int) -> Sequence[ListedCell]:
        days = (wanted.start.isoformat(), wanted.end.isoformat())
        where = _hotel_conditions(wanted.hotel_id, wanted.provider)
        where.require("day >= %s AND day < %s", *days)
        with self.pool.reading() as session:
            where.require_one_of(session, "room_type_id", "text", wanted.room_types)
            found = session.rows(
                f"SELECT {CELL_COLUMNS} FROM availability WHERE {where} "  # noqa: S608
                "ORDER BY day, provider, room_type_id LIMIT %s",
                (*where.parameters, limit),
            )
        return list(map(StoredCell._make, found))

    def records(self, hotel_id: HotelId) -> Mapping[str, HotelRecords]:
        with self.pool.reading() as session:
            return load_records(session, hotel_id)

    def count_records(self, hotel_id: HotelId) -> RecordsSize:
        with self.pool.reading() as session:
            return count_records(session, hotel_id)

    def sync_runs(
        self,
        hotel_id: HotelId,
        *,
        limit: int,
        after: Keyset | None = None,
        provider: str | None = None,
    ) -> Slice[SyncRun]:
        condition: Any = SyncRunRow.hotel_id == hotel_id
        if provider is not None:
            condition &= SyncRunRow.provider == provider
        if after is not None:
            condition &= Tuple(SyncRunRow.queued_at, SyncRunRow.id) < Tuple(
                Value(parse_position_micros(after[0])), Value(parse_position_id(after[1]))
            )
        newest_first = (SyncRunRow.queued_at.desc(), SyncRunRow.id.desc())
        query = SyncRunRow.select().where(condition).order_by(*newest_first)
        with self.pool.reading() as session:
            found = session.select(query.limit(limit + 1))
        runs = [run_from_row(row) for row in found[:limit]]
        positions = [(str(micros_from_instant(run.queued_at)), run.id.hex) for run in runs]
        return Slice(runs, positions, more=len(found) > limit)

    def sync_run(self, hotel_id: HotelId, run_id: UUID) -> SyncRun | None:
        query = SyncRunRow.select().where(SyncRunRow.hotel_id == hotel_id, SyncRunRow.id == run_id)
        with self.pool.reading() as session:
            found = session.select(query)
        return run_from_row(found[0]) if found else None

    def quarantine(self, wanted: QuarantineFilter, *, limit: int) -> Sequence[ListedItem]:
        where = inbox.quarantine_conditions(wanted)
        found = self._rows(
            f"{inbox.CHECKED_LIST} WHERE {where} ORDER BY id LIMIT %s", (*where.parameters, limit)
        )
        return [inbox.checked_item(row, self.sealer) for row in found]

    def batch(self, hotel_id: HotelId, batch_id: UUID) -> Sequence[ListedItem]:
        found = self._rows(
            f"{inbox.LIST} WHERE hotel_id = %s AND batch_id = %s ORDER BY position, id",
            (hotel_id.hex, batch_id.hex),
        )
        return [inbox.listed_item(row) for row in found]

    def backlog(self) -> Mapping[str, int]:
        counts = self._rows(_BACKLOG_SQL)[0]
        return dict(zip(("outbox", "inbox", "quarantine", "postponed"), counts, strict=True))

    def ping(self) -> None:
        try:
            with self.pool.reading() as session:
                applied = session.rows("SELECT COUNT(*) FROM schema_version")[0][0]
                session.run(_TEST_WRITE_SQL)
        except StatementRejected as error:
            raise StoreUnavailable(reason="schema_missing") from error
        if applied < newest():
            raise StoreUnavailable(reason="schema_outdated")

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        with self.pool.reading() as session:
            return session.rows(sql, parameters)


def _hotel_conditions(hotel_id: HotelId, provider: str | None) -> Conditions:
    where = Conditions()
    where.require("hotel_id = %s", hotel_id.hex)
    where.require_equal("provider", provider)
    return where
