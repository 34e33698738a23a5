"""The read side over committed data."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar
from uuid import UUID

from adapters.outbound.memory.messages import is_quarantined_match
from adapters.outbound.memory.tables import Record, Tables
from domain.booking import Booking, BookingDetails
from domain.guest import Guest
from domain.messages import InboxState, ListedItem
from domain.snapshots import HotelRecords, RatePlanRecord, RoomRecord, RoomTypeRecord
from domain.status import IN_HOUSE_STATUSES
from domain.sync_run import SyncRun
from domain.values import HotelId
from ports import queries
from ports.bookings import StatusChange

R = TypeVar("R")


class InMemoryQueries:
    def __init__(self, committed: Callable[[], Tables]) -> None:
        self._committed = committed

    def bookings(
        self,
        wanted: queries.BookingFilter,
        *,
        order: queries.BookingOrder,
        limit: int,
        after: queries.Keyset | None = None,
        inspect: queries.Inspect = queries.read_everything,
    ) -> queries.Slice[Booking]:
        tables = self._committed()
        rows = {_sort_key(b, order): b for b in tables.bookings.values() if _matches(b, wanted)}
        if wanted.guest_email is not None:
            rows = {
                p: b
                for p, b in rows.items()
                if _email_key(wanted.guest_email) in _guest_emails(b, tables)
            }
        descending = order in (queries.BookingOrder.ARRIVAL_DESC, queries.BookingOrder.UPDATED_DESC)
        found = _slice(rows, limit=limit, after=after, descending=descending)
        inspect([_booking_size(booking) for booking in found.rows])
        return found

    def booking(
        self,
        hotel_id: HotelId,
        provider: str,
        external_id: str,
        *,
        inspect: queries.Inspect = queries.read_everything,
    ) -> Booking | None:
        found = self._committed().bookings.get((hotel_id, provider, external_id))
        inspect([] if found is None else [_booking_size(found)])
        return found

    def count_bookings(self, hotel_id: HotelId) -> int:
        count = sum(b.hotel_id == hotel_id for b in self._committed().bookings.values())
        return min(count, queries.MAX_COUNT)

    def status_history(
        self, hotel_id: HotelId, booking_ids: Collection[UUID], *, limit: int | None = None
    ) -> Mapping[UUID, Sequence[StatusChange]]:
        found: dict[UUID, list[StatusChange]] = {}
        changes = [
            change
            for change in self._committed().history.values()
            if change.hotel_id == hotel_id and change.booking_id in booking_ids
        ]
        for change in changes[:limit]:
            found.setdefault(change.booking_id, []).append(change)
        return found

    def guests(
        self,
        wanted: queries.GuestFilter,
        *,
        limit: int,
        after: queries.Keyset | None = None,
        inspect: queries.Inspect = queries.read_everything,
    ) -> queries.Slice[Guest]:
        every = self._committed().guests.values()
        rows = {("", str(guest.id)): guest for guest in every if _is_wanted(guest, wanted)}
        found = _slice(rows, limit=limit, after=after, descending=False)
        inspect([_guest_size(guest) for guest in found.rows])
        return found

    def availability(
        self, wanted: queries.AvailabilityFilter, *, limit: int
    ) -> Sequence[queries.ListedCell]:
        cells = [
            cell
            for cell in self._committed().cells.values()
            if cell.hotel_id == wanted.hotel_id
            and wanted.start <= cell.day < wanted.end
            and wanted.provider in (None, cell.provider)
            and (not wanted.room_types or cell.room_type_id in wanted.room_types)
        ]
        cells.sort(key=lambda cell: (cell.day, cell.provider, cell.room_type_id))
        return cells[:limit]

    def records(self, hotel_id: HotelId) -> Mapping[str, HotelRecords]:
        rows = self._committed().records
        by_provider: dict[str, list[Record]] = {}
        for key in sorted(rows, key=lambda k: (k[1], k[3])):
            if key[0] == hotel_id:
                by_provider.setdefault(key[1], []).append(rows[key])
        return {provider: _hotel_records(records) for provider, records in by_provider.items()}

    def count_records(self, hotel_id: HotelId) -> queries.RecordsSize:
        by_provider = self.records(hotel_id).values()
        room_types = [each for records in by_provider for each in records.room_types]
        return queries.RecordsSize(
            room_types=len(room_types),
            rooms=sum(len(records.rooms) for records in by_provider),
            rate_plans=sum(len(records.rate_plans) for records in by_provider),
            text_bytes=sum(len(f"{t.description}{t.amenities}".encode()) for t in room_types),
        )

    def sync_runs(
        self,
        hotel_id: HotelId,
        *,
        limit: int,
        after: queries.Keyset | None = None,
        provider: str | None = None,
    ) -> queries.Slice[SyncRun]:
        runs = {
            (_instant(run.queued_at), str(run.id)): run
            for run in self._committed().sync_runs.values()
            if run.hotel_id == hotel_id and provider in (None, run.provider)
        }
        return _slice(runs, limit=limit, after=after, descending=True)

    def sync_run(self, hotel_id: HotelId, run_id: UUID) -> SyncRun | None:
        run = self._committed().sync_runs.get(run_id)
        return run if run and run.hotel_id == hotel_id else None

    def quarantine(self, wanted: queries.QuarantineFilter, *, limit: int) -> Sequence[ListedItem]:
        items = [
            item.listed()
            for item in self._committed().inbox.values()
            if is_quarantined_match(item, wanted)
        ]
        return sorted(items, key=lambda item: item.id)[:limit]

    def batch(self, hotel_id: HotelId, batch_id: UUID) -> Sequence[ListedItem]:
        items = [
            item.listed()
            for item in self._committed().inbox.values()
            if (item.hotel_id, item.batch_id) == (hotel_id, batch_id)
        ]
        return sorted(items, key=lambda item: (item.position, item.id))

    def backlog(self) -> Mapping[str, int]:
        tables = self._committed()
        states = [item.state for item in tables.inbox.values()]
        return {
            "outbox": sum(row.delivered_at is None for row in tables.outbox.values()),
            "inbox": states.count(InboxState.RECEIVED),
            "quarantine": states.count(InboxState.QUARANTINED),
            "postponed": len(tables.postponed),
        }

    def ping(self) -> None:
        """Always available."""


def _slice(
    rows: dict[queries.Keyset, R], *, limit: int, after: queries.Keyset | None, descending: bool
) -> queries.Slice[R]:
    sort_keys = sorted(rows, reverse=descending)
    if after is not None:
        sort_keys = [p for p in sort_keys if (p < after if descending else p > after)]
    shown = sort_keys[:limit]
    return queries.Slice([rows[p] for p in shown], shown, more=len(sort_keys) > limit)


def _sort_key(booking: Booking, order: queries.BookingOrder) -> queries.Keyset:
    if order in (queries.BookingOrder.ARRIVAL_ASC, queries.BookingOrder.ARRIVAL_DESC):
        return booking.details.stay.arrival.isoformat(), str(booking.id)
    return _instant(booking.synced_at), str(booking.id)


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _hotel_records(records: Sequence[Record]) -> HotelRecords:
    return HotelRecords(
        room_types=[r for r in records if isinstance(r, RoomTypeRecord)],
        rooms=[r for r in records if isinstance(r, RoomRecord)],
        rate_plans=[r for r in records if isinstance(r, RatePlanRecord)],
    )


def _booking_size(booking: Booking) -> queries.ContentSize:
    details = booking.details
    return queries.ContentSize(
        external_id=booking.external_id,
        rooms=len(details.rooms),
        nightly_prices=sum(len(room.nightly_prices) for room in details.rooms),
        occupancy=sum(len(room.occupancy) for room in details.rooms),
        further_guests=len(details.further_guests),
        extras=len(details.extras),
        document_bytes=len(repr(details)),
    )


def _guest_size(guest: Guest) -> queries.ContentSize:
    details = guest.details
    return queries.ContentSize(
        external_id=guest.external_id,
        extras=len(details.extras),
        document_bytes=len(repr(details)),
    )


def _matches(booking: Booking, wanted: queries.BookingFilter) -> bool:
    details = booking.details
    return (
        booking.hotel_id == wanted.hotel_id
        and wanted.provider in (None, booking.provider)
        and (not wanted.statuses or details.status in wanted.statuses)
        and (wanted.updated_since is None or booking.synced_at >= wanted.updated_since)
        and wanted.confirmation_number in (None, details.confirmation_number)
        and (wanted.include_deleted or details.deleted_at_source is None)
        and _matches_stay(details, wanted)
    )


def _matches_stay(details: BookingDetails, wanted: queries.BookingFilter) -> bool:
    stay = details.stay
    return (
        wanted.arrival in (None, stay.arrival)
        and wanted.departure in (None, stay.departure)
        and (wanted.arrival_range is None or stay.arrival in wanted.arrival_range)
        and (wanted.departure_range is None or stay.departure in wanted.departure_range)
        and (wanted.stay is None or stay.dates.overlaps(wanted.stay))
        and (wanted.in_house_on is None or _is_in_house(details, wanted.in_house_on))
    )


def _is_in_house(details: BookingDetails, day: date) -> bool:
    return details.status in IN_HOUSE_STATUSES and day in details.stay.dates


def _guest_emails(booking: Booking, tables: Tables) -> set[str]:
    """Case-folded addresses of the primary guest, on the booking and on the guest it refers to."""
    party = booking.details.primary_guest
    if party is None:
        return set()
    guest = tables.guests.get((booking.hotel_id, booking.provider, party.guest_id or ""))
    emails = (party.email, guest.details.email if guest else None)
    return {_email_key(email) for email in emails if email is not None}


def _is_wanted(guest: Guest, wanted: queries.GuestFilter) -> bool:
    email = guest.details.email
    return (
        guest.hotel_id == wanted.hotel_id
        and wanted.provider in (None, guest.provider)
        and (not wanted.external_ids or guest.external_id in wanted.external_ids)
        and (wanted.email is None or (email is not None and _is_same_email(email, wanted.email)))
    )


def _is_same_email(email: str, other: str) -> bool:
    return _email_key(email) == _email_key(other)


def _email_key(email: str) -> str:
    return email.strip().casefold()
