"""Bookings, guests, availability and hotel records in dictionaries."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar

from adapters.outbound.memory.tables import Identity, Record, Tables, overwrite
from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.guest import Guest
from domain.snapshots import HotelRecords
from domain.values import ConnectionId, DateRange, HotelId
from ports.bookings import StatusChange
from ports.errors import AlreadyExists

E = TypeVar("E", Booking, Guest)


class InMemoryBookings:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Mapping[str, Booking]:
        return _load(self._tables.bookings, hotel_id, provider, external_ids)

    def save(self, bookings: Sequence[Booking]) -> None:
        overwrite(self._tables.bookings, [(_identity(b), b) for b in bookings])

    def record(self, changes: Sequence[StatusChange]) -> None:
        if self._tables.history.keys() & {c.id for c in changes}:
            raise AlreadyExists
        self._tables.history.update({c.id: c for c in changes})

    def ids_overlapping(
        self, hotel_id: HotelId, connection_id: ConnectionId, window: DateRange
    ) -> Sequence[str]:
        return [
            b.external_id
            for b in self._tables.bookings.values()
            if (b.hotel_id, b.connection_id) == (hotel_id, connection_id)
            and b.details.deleted_at_source is None
            and b.details.stay.dates.overlaps(window)
        ]


class InMemoryGuests:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Mapping[str, Guest]:
        return _load(self._tables.guests, hotel_id, provider, external_ids)

    def save(self, guests: Sequence[Guest]) -> None:
        overwrite(self._tables.guests, [(_identity(g), g) for g in guests])


class InMemoryAvailability:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def load(
        self, hotel_id: HotelId, provider: str, keys: Collection[tuple[str, date]]
    ) -> Mapping[tuple[str, date], AvailabilityCell]:
        rows = self._tables.cells
        wanted = dict.fromkeys(keys)
        return {k: rows[key] for k in wanted if (key := (hotel_id, provider, *k)) in rows}

    def held_from(
        self, hotel_id: HotelId, provider: str, day: date
    ) -> Collection[tuple[str, date]]:
        place = (hotel_id, provider)
        return {key[2:] for key in self._tables.cells if key[:2] == place and key[3] >= day}

    def save(self, cells: Sequence[AvailabilityCell]) -> None:
        keyed = [((c.hotel_id, c.provider, c.room_type_id, c.day), c) for c in cells]
        overwrite(self._tables.cells, keyed)


class InMemoryRecords:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def save(
        self,
        hotel_id: HotelId,
        provider: str,
        records: HotelRecords,
        *,
        now: datetime,  # noqa: ARG002  no port shows when a record was written
    ) -> int:
        every: Sequence[Record] = (*records.room_types, *records.rooms, *records.rate_plans)
        rows = {(hotel_id, provider, type(r), r.external_id): r for r in every}
        different = {k: r for k, r in rows.items() if self._tables.records.get(k) != r}
        self._tables.records.update(different)
        return len(different)


def _identity(entity: Booking | Guest) -> Identity:
    return entity.hotel_id, entity.provider, entity.external_id


def _load(
    rows: Mapping[Identity, E], hotel_id: HotelId, provider: str, external_ids: Collection[str]
) -> Mapping[str, E]:
    wanted = dict.fromkeys(external_ids)
    return {x: rows[key] for x in wanted if (key := (hotel_id, provider, x)) in rows}
