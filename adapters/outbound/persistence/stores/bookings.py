"""Bookings with their status history, guests and availability, loaded and saved by the page."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    Row,
    instant_from_micros,
    json_text,
    micros_from_instant,
)
from adapters.outbound.persistence.engine.conditions import Conditions
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.engine.tables import Table
from adapters.outbound.persistence.schema.availability_rows import cell_of, cell_row
from adapters.outbound.persistence.schema.booking_rows import booking_of, booking_row
from adapters.outbound.persistence.schema.guest_rows import guest_of, guest_row
from adapters.outbound.persistence.schema.tables import (
    AVAILABILITY,
    BOOKINGS,
    GUESTS,
    STATUS_HISTORY,
)
from adapters.outbound.persistence.stores.purges import purge_before, purge_bookings
from adapters.outbound.persistence.stores.stay_bounds import StayBounds
from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.erasure import names_guest
from domain.guest import Guest
from domain.status import BookingStatus, StatusTransition, TransitionKind
from domain.values import ConnectionId, DateRange, HotelId, SourceVersion
from ports.bookings import StatusChange
from ports.errors import AlreadyExists, ConcurrentChange
from ports.system import Sealer

_LIKE_SPECIAL: Final = re.compile(r"[%_!]")
_ESCAPED: Final = r"!\g<0>"


def save_with_revision_check(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Inserts, then overwrites, each in the order of the key. Raises ConcurrentChange."""
    rows = sorted(rows, key=table.sort_key)
    new = [row for row in rows if row[table.revision_index] == 1]
    known = [row for row in rows if row[table.revision_index] != 1]
    try:
        if new:
            session.insert(table, new)
    except AlreadyExists as error:
        raise ConcurrentChange from error
    if known and session.overwrite(table, known) != len(known):
        raise ConcurrentChange


def load_by_external_id(
    session: Session, table: Table, hotel_id: HotelId, provider: str, external_ids: Collection[str]
) -> list[Row]:
    if not external_ids:
        return []
    return session.rows(
        f"SELECT {table.column_list} FROM {table.name} {_of_external_ids(session)}",  # noqa: S608  # constant
        (hotel_id.hex, provider, session.in_parameter(external_ids)),
    )


def delete_by_external_id(
    session: Session, table: Table, hotel_id: HotelId, provider: str, external_ids: Collection[str]
) -> int:
    if not external_ids:
        return 0
    return session.run(
        f"DELETE FROM {table.name} {_of_external_ids(session)}",  # noqa: S608  # constant
        (hotel_id.hex, provider, session.in_parameter(external_ids)),
    )


def _of_external_ids(session: Session) -> str:
    condition = session.in_condition("external_id", "text")
    return f"WHERE hotel_id = %s AND provider = %s AND {condition}"


def rows_containing(
    session: Session, table: Table, hotel_id: HotelId, provider: str, texts: Collection[str]
) -> list[Row]:
    """Rows of the provider whose document contains one of these texts as a JSON string."""
    forms = {form for text in texts for form in (json_text(text), json.dumps(text))}
    patterns = [f"%{_LIKE_SPECIAL.sub(_ESCAPED, form)}%" for form in sorted(forms)]
    if not patterns:
        return []
    condition = " OR ".join(["document LIKE %s ESCAPE '!'"] * len(patterns))
    return session.rows(
        f"SELECT {table.column_list} FROM {table.name} "  # noqa: S608  # constant
        f"WHERE hotel_id = %s AND provider = %s AND ({condition}) ORDER BY external_id",
        (hotel_id.hex, provider, *patterns),
    )


@dataclass(frozen=True, slots=True)
class StoredBookings:
    session: Session

    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Mapping[str, Booking]:
        found = load_by_external_id(self.session, BOOKINGS, hotel_id, provider, external_ids)
        bookings = (booking_of(row, hotel_id) for row in found)
        return {booking.external_id: booking for booking in bookings}

    def save(self, bookings: Sequence[Booking]) -> None:
        save_with_revision_check(
            self.session, BOOKINGS, [booking_row(booking) for booking in bookings]
        )

    def record(self, changes: Sequence[StatusChange]) -> None:
        if changes:
            self.session.defer_insert(STATUS_HISTORY, [_change_row(change) for change in changes])

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        return purge_bookings(self.session, limits, each=each)

    def purge_history(
        self, limits: Mapping[HotelId, datetime], *, each: int
    ) -> Mapping[HotelId, int]:
        return purge_before(self.session, "status_history", "at", limits, each=each)

    def of_guests(
        self, hotel_id: HotelId, provider: str, guest_ids: Collection[str]
    ) -> Sequence[Booking]:
        found = rows_containing(self.session, BOOKINGS, hotel_id, provider, guest_ids)
        bookings = [booking_of(row, hotel_id) for row in found]
        return [each for each in bookings if names_guest(each.details, guest_ids)]

    def ids_overlapping(
        self, hotel_id: HotelId, connection_id: ConnectionId, window: DateRange
    ) -> Sequence[str]:
        where, bounds = Conditions(), StayBounds()
        where.require("hotel_id = %s AND connection_id = %s", hotel_id.hex, connection_id.hex)
        where.require("deleted_at_source IS NULL")
        # For the index, which has providers and no connections.
        where.require(
            "provider = (SELECT provider FROM connections WHERE id = %s)", connection_id.hex
        )
        bounds.overlap(window)
        branches = [where.joined(span.where) for span in bounds.spans(self.session)]
        selections = [f"SELECT external_id FROM bookings WHERE {each}" for each in branches]  # noqa: S608
        parameters = [parameter for branch in branches for parameter in branch.parameters]
        found = self.session.search(" UNION ALL ".join(selections), parameters)
        return [external_id for (external_id,) in found]


def _change_row(change: StatusChange) -> Row:
    """In the order of STATUS_HISTORY's columns."""
    source = change.transition.source
    return (
        change.hotel_id.hex,
        change.booking_id.hex,
        change.id.hex,
        None if source is None else str(source),
        str(change.transition.target),
        str(change.transition.kind),
        micros_from_instant(change.version.updated_at),
        change.version.sequence,
        change.reference,
        micros_from_instant(change.at),
    )


def change_of(row: Row) -> StatusChange:
    """From all of STATUS_HISTORY's columns."""
    record = STATUS_HISTORY.record(row)
    source = None if record.from_status is None else BookingStatus(record.from_status)
    target, kind = BookingStatus(record.to_status), TransitionKind(record.kind)
    return StatusChange(
        id=UUID(record.id),
        hotel_id=UUID(record.hotel_id),
        booking_id=UUID(record.booking_id),
        transition=StatusTransition(source, target, kind),
        version=SourceVersion(instant_from_micros(record.version_at), record.version_sequence),
        reference=record.reference,
        at=instant_from_micros(record.at),
    )


@dataclass(frozen=True, slots=True)
class StoredGuests:
    session: Session
    sealer: Sealer

    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Mapping[str, Guest]:
        found = load_by_external_id(self.session, GUESTS, hotel_id, provider, external_ids)
        guests = (guest_of(row, hotel_id, self.sealer) for row in found)
        return {guest.external_id: guest for guest in guests}

    def save(self, guests: Sequence[Guest]) -> None:
        save_with_revision_check(
            self.session, GUESTS, [guest_row(guest, self.sealer) for guest in guests]
        )

    def merged_into(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Sequence[Guest]:
        found = rows_containing(self.session, GUESTS, hotel_id, provider, external_ids)
        guests = [guest_of(row, hotel_id, self.sealer) for row in found]
        return [guest for guest in guests if guest.details.merged_into in external_ids]

    def delete(self, hotel_id: HotelId, provider: str, external_ids: Collection[str]) -> int:
        return delete_by_external_id(self.session, GUESTS, hotel_id, provider, external_ids)


@dataclass(frozen=True, slots=True)
class StoredAvailability:
    session: Session

    def load(
        self, hotel_id: HotelId, provider: str, keys: Collection[tuple[str, date]]
    ) -> Mapping[tuple[str, date], AvailabilityCell]:
        """Loads the whole rectangle of room types and days, which is what a page has."""
        if not keys:
            return {}
        wanted = set(keys)
        days = [day.isoformat() for _, day in wanted]
        found = self.session.rows(
            f"SELECT {AVAILABILITY.column_list} FROM availability WHERE hotel_id = %s "  # noqa: S608
            f"AND provider = %s AND {self.session.in_condition('room_type_id', 'text')} "
            "AND day BETWEEN %s AND %s",
            (
                hotel_id.hex,
                provider,
                self.session.in_parameter({room_type for room_type, _ in wanted}),
                min(days),
                max(days),
            ),
        )
        cells = (cell_of(row, hotel_id) for row in found)
        return {key: cell for cell in cells if (key := (cell.room_type_id, cell.day)) in wanted}

    def held_from(
        self, hotel_id: HotelId, provider: str, day: date
    ) -> Collection[tuple[str, date]]:
        found = self.session.rows(
            "SELECT room_type_id, day FROM availability "
            "WHERE hotel_id = %s AND provider = %s AND day >= %s",
            (hotel_id.hex, provider, day.isoformat()),
        )
        return {(room_type_id, date.fromisoformat(text)) for room_type_id, text in found}

    def save(self, cells: Sequence[AvailabilityCell]) -> None:
        save_with_revision_check(self.session, AVAILABILITY, [cell_row(cell) for cell in cells])
