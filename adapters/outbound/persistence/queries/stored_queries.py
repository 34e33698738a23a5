"""The read side: committed rows, nothing locked, each statement its own snapshot."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    email_search_key,
    instant_from_micros,
)
from adapters.outbound.persistence.engine.driver_errors import StatementRejected
from adapters.outbound.persistence.engine.pool import Pool
from adapters.outbound.persistence.migrations import newest
from adapters.outbound.persistence.queries import booking_search
from adapters.outbound.persistence.queries.booking_search import Conditions
from adapters.outbound.persistence.schema.availability_rows import cell_of
from adapters.outbound.persistence.schema.booking_rows import booking_of
from adapters.outbound.persistence.schema.guest_rows import guest_of
from adapters.outbound.persistence.schema.models import SyncRunRow
from adapters.outbound.persistence.schema.tables import (
    AVAILABILITY,
    BOOKINGS,
    GUESTS,
    RATE_PLANS,
    ROOM_TYPES,
    ROOMS,
)
from adapters.outbound.persistence.stores import inbox
from adapters.outbound.persistence.stores.bookings import load_by_external_id
from adapters.outbound.persistence.stores.hotel_records import (
    load_record_rows,
    rate_plan_of,
    room_of,
    room_type_of,
)
from adapters.outbound.persistence.stores.sync_runs import run_from_row
from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.errors import InvalidField
from domain.guest import Guest
from domain.messages import InboxItem
from domain.snapshots import HotelRecords
from domain.status import BookingStatus, StatusTransition, TransitionKind
from domain.sync_run import SyncRun
from domain.values import ConnectionId, HotelId, SourceVersion
from ports.errors import StoreUnavailable
from ports.queries import (
    AvailabilityFilter,
    BookingFilter,
    BookingOrder,
    GuestFilter,
    Slice,
    StatusHistoryRow,
)
from ports.system import Sealer

_BACKLOG_SQL = """
    SELECT (SELECT COUNT(*) FROM outbox WHERE delivered_at IS NULL),
        (SELECT COUNT(*) FROM inbox WHERE state = 'received'),
        (SELECT COUNT(*) FROM inbox WHERE state = 'quarantined'),
        (SELECT COUNT(*) FROM postponed_deliveries)
"""


@dataclass(frozen=True, slots=True)
class StoredQueries:
    pool: Pool
    sealer: Sealer

    def bookings(
        self,
        query_filter: BookingFilter,
        *,
        order: BookingOrder,
        limit: int,
        after: tuple[str, str] | None = None,
    ) -> Slice[Booking]:
        with self.pool.reading() as session:
            found = booking_search.search_bookings(
                session, query_filter, order, limit=limit, after=after
            )
        rows = found[:limit]
        return Slice(
            rows=[booking_of(row, query_filter.hotel_id) for row in rows],
            positions=[booking_search.cursor_position(row, order) for row in rows],
            more=len(found) > limit,
        )

    def booking(self, hotel_id: HotelId, provider: str, external_id: str) -> Booking | None:
        with self.pool.reading() as session:
            found = load_by_external_id(session, BOOKINGS, hotel_id, provider, [external_id])
        return booking_of(found[0], hotel_id) if found else None

    def count_bookings(self, hotel_id: HotelId) -> int:
        count: int = self._rows(
            "SELECT COUNT(*) FROM bookings WHERE hotel_id = %s", (hotel_id.hex,)
        )[0][0]
        return count

    def status_history(
        self, hotel_id: HotelId, booking_ids: Collection[UUID]
    ) -> Mapping[UUID, Sequence[StatusHistoryRow]]:
        history: dict[UUID, list[StatusHistoryRow]] = {}
        with self.pool.reading() as session:
            found = session.rows(
                "SELECT booking_id, from_status, to_status, kind, version_at, "  # noqa: S608
                "version_sequence, reference, at FROM status_history "
                f"WHERE hotel_id = %s AND {session.in_condition('booking_id', 'uuid')} "
                "ORDER BY at, id",
                (hotel_id.hex, session.in_parameter([each.hex for each in booking_ids])),
            )
        for row in found:
            history.setdefault(UUID(row[0]), []).append(_history_row(row))
        return history

    def guests(
        self, query_filter: GuestFilter, *, limit: int, after: tuple[str, str] | None = None
    ) -> Slice[Guest]:
        where = Conditions()
        where.require("hotel_id = %s", query_filter.hotel_id.hex)
        if query_filter.provider is not None:
            where.require("provider = %s", query_filter.provider)
        if query_filter.email is not None:
            where.require("email = %s", email_search_key(query_filter.email))
        if after is not None:
            where.require("id > %s", _parse_guest_position(after))
        with self.pool.reading() as session:
            if query_filter.external_ids:
                ids = session.in_parameter(sorted(query_filter.external_ids))
                where.require(session.in_condition("external_id", "text"), ids)
            found = session.rows(
                f"SELECT {GUESTS.column_list} FROM guests WHERE {where} ORDER BY id LIMIT %s",  # noqa: S608
                (*where.parameters, limit + 1),
            )
        guests = [guest_of(row, query_filter.hotel_id, self.sealer) for row in found[:limit]]
        return Slice(guests, [(guest.id.hex, "") for guest in guests], len(found) > limit)

    def availability(
        self, query_filter: AvailabilityFilter, *, limit: int
    ) -> Sequence[AvailabilityCell]:
        where = Conditions()
        where.require("hotel_id = %s", query_filter.hotel_id.hex)
        where.require(
            "day >= %s AND day < %s", query_filter.start.isoformat(), query_filter.end.isoformat()
        )
        if query_filter.provider is not None:
            where.require("provider = %s", query_filter.provider)
        with self.pool.reading() as session:
            if query_filter.room_types:
                room_types = session.in_parameter(sorted(query_filter.room_types))
                where.require(session.in_condition("room_type_id", "text"), room_types)
            found = session.rows(
                f"SELECT {AVAILABILITY.column_list} FROM availability WHERE {where} "  # noqa: S608
                "ORDER BY day, provider, room_type_id LIMIT %s",
                (*where.parameters, limit),
            )
        return [cell_of(row, query_filter.hotel_id) for row in found]

    def records(self, hotel_id: HotelId) -> Mapping[str, HotelRecords]:
        owner = (hotel_id.hex,)
        with self.pool.reading() as session:
            room_types = load_record_rows(session, ROOM_TYPES, owner)
            rooms = load_record_rows(session, ROOMS, owner)
            rate_plans = load_record_rows(session, RATE_PLANS, owner)
        providers = sorted({row[1] for row in (*room_types, *rooms, *rate_plans)})
        return {
            provider: HotelRecords(
                room_types=tuple([room_type_of(row) for row in room_types if row[1] == provider]),
                rooms=tuple([room_of(row) for row in rooms if row[1] == provider]),
                rate_plans=tuple([rate_plan_of(row) for row in rate_plans if row[1] == provider]),
            )
            for provider in providers
        }

    def sync_runs(
        self,
        hotel_id: HotelId,
        *,
        limit: int,
        offset: int = 0,
        connection_id: ConnectionId | None = None,
        provider: str | None = None,
    ) -> tuple[Sequence[SyncRun], int]:
        where = Conditions()
        where.require("hotel_id = %s", hotel_id.hex)
        condition: Any = SyncRunRow.hotel_id == hotel_id
        if connection_id is not None:
            where.require("connection_id = %s", connection_id.hex)
            condition &= SyncRunRow.connection_id == connection_id
        if provider is not None:
            where.require("provider = %s", provider)
            condition &= SyncRunRow.provider == provider
        newest_first = (SyncRunRow.queued_at.desc(), SyncRunRow.id.desc())
        query = SyncRunRow.select().where(condition).order_by(*newest_first)
        with self.pool.reading() as session:
            found = session.select(query.limit(limit).offset(offset))
            count: int = session.rows(
                f"SELECT COUNT(*) FROM sync_runs WHERE {where}",  # noqa: S608
                where.parameters,
            )[0][0]
        return [run_from_row(row) for row in found], count

    def sync_run(self, hotel_id: HotelId, run_id: UUID) -> SyncRun | None:
        query = SyncRunRow.select().where(SyncRunRow.hotel_id == hotel_id, SyncRunRow.id == run_id)
        with self.pool.reading() as session:
            found = session.select(query)
        return run_from_row(found[0]) if found else None

    def quarantine(
        self,
        hotel_id: HotelId,
        *,
        limit: int,
        after: UUID | None = None,
        provider: str | None = None,
    ) -> Sequence[InboxItem]:
        where = Conditions()
        where.require("hotel_id = %s AND state = 'quarantined'", hotel_id.hex)
        if provider is not None:
            where.require("provider = %s", provider)
        if after is not None:
            where.require("id > %s", after.hex)
        found = self._rows(
            f"{inbox.SELECT} WHERE {where} ORDER BY id LIMIT %s", (*where.parameters, limit)
        )
        return [inbox.item_of(row, self.sealer) for row in found]

    def backlog(self) -> Mapping[str, int]:
        counts = self._rows(_BACKLOG_SQL)[0]
        return dict(zip(("outbox", "inbox", "quarantine", "postponed"), counts, strict=True))

    def ping(self) -> None:
        try:
            applied = self._rows("SELECT COUNT(*) FROM schema_version")[0][0]
        except StatementRejected as error:
            raise StoreUnavailable(reason="schema_missing") from error
        if applied < newest():
            raise StoreUnavailable(reason="schema_outdated")

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        with self.pool.reading() as session:
            return session.rows(sql, parameters)


def _history_row(row: Row) -> StatusHistoryRow:
    source = None if row[1] is None else BookingStatus(row[1])
    return StatusHistoryRow(
        transition=StatusTransition(source, BookingStatus(row[2]), TransitionKind(row[3])),
        version=SourceVersion(instant_from_micros(row[4]), row[5]),
        reference=row[6],
        at=instant_from_micros(row[7]),
    )


def _parse_guest_position(after: tuple[str, str]) -> str:
    try:
        return UUID(after[0]).hex
    except ValueError as error:
        raise InvalidField("after", "send a position as it was given", code="bad_cursor") from error
