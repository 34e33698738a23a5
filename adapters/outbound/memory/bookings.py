"""Bookings, guests, availability and hotel records in dictionaries."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Generic, TypeVar

from adapters.outbound.memory.tables import (
    Identity,
    Record,
    Tables,
    delete,
    insert,
    overwrite,
    purge_each,
    rows_by_external_id,
    rows_of_provider,
)
from domain.availability import AvailabilityCell
from domain.booking import Booking
from domain.erasure import names_guest
from domain.guest import Guest
from domain.snapshots import HotelRecords
from domain.tombstone import Tombstone
from domain.values import ConnectionId, DateRange, HotelId
from ports.bookings import StatusChange

E = TypeVar("E", bound=Booking | Guest)


class _InMemoryEntities(Generic[E]):
    def __init__(self, rows: dict[Identity, E]) -> None:
        self._rows = rows

    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Mapping[str, E]:
        return rows_by_external_id(self._rows, hotel_id, provider, external_ids)

    def save(self, entities: Sequence[E]) -> None:
        overwrite(self._rows, [((e.hotel_id, e.provider, e.external_id), e) for e in entities])


class InMemoryBookings(_InMemoryEntities[Booking]):
    def __init__(self, tables: Tables) -> None:
        super().__init__(tables.bookings)
        self._tables = tables

    def record(self, changes: Sequence[StatusChange]) -> None:
        insert(self._tables.history, {c.id: c for c in changes})

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        days = {hotel_id: limit.date() for hotel_id, limit in limits.items()}
        rows, history = self._tables.bookings, self._tables.history
        purged = purge_each(rows, days, lambda b: (b.hotel_id, b.details.stay.departure), each=each)
        kept = {booking.id for booking in rows.values()}
        delete(history, [c.id for c in history.values() if c.booking_id not in kept])
        return purged

    def purge_history(
        self, limits: Mapping[HotelId, datetime], *, each: int
    ) -> Mapping[HotelId, int]:
        return purge_each(
            self._tables.history, limits, lambda change: (change.hotel_id, change.at), each=each
        )

    def of_guests(
        self, hotel_id: HotelId, provider: str, guest_ids: Collection[str]
    ) -> Sequence[Booking]:
        found = rows_of_provider(self._tables.bookings, hotel_id, provider)
        return [each for each in found if names_guest(each.details, guest_ids)]

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


class InMemoryTombstones:
    def __init__(self, tables: Tables) -> None:
        self._rows = tables.tombstones

    def load(
        self,
        hotel_id: HotelId,
        provider: str,
        external_ids: Collection[str],
        *,
        exclusive: bool,  # noqa: ARG002  one transaction at a time
    ) -> Mapping[str, Tombstone]:
        return rows_by_external_id(self._rows, hotel_id, provider, external_ids)

    def of_guests(
        self, hotel_id: HotelId, provider: str, guest_ids: Collection[str]
    ) -> Sequence[Tombstone]:
        found = rows_of_provider(self._rows, hotel_id, provider)
        return [each for each in found if names_guest(each.snapshot, guest_ids)]

    def save(self, tombstones: Sequence[Tombstone]) -> None:
        self._rows.update({(t.hotel_id, t.provider, t.external_id): t for t in tombstones})

    def remove(self, hotel_id: HotelId, provider: str, external_ids: Collection[str]) -> None:
        for each in external_ids:
            self._rows.pop((hotel_id, provider, each), None)

    def purge(self, *, recorded_before: datetime, limit: int) -> int:
        old = [key for key, row in self._rows.items() if row.recorded_at < recorded_before]
        return delete(self._rows, old[:limit])


class InMemoryGuests(_InMemoryEntities[Guest]):
    def __init__(self, tables: Tables) -> None:
        super().__init__(tables.guests)

    def merged_into(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str]
    ) -> Sequence[Guest]:
        found = rows_of_provider(self._rows, hotel_id, provider)
        return [guest for guest in found if guest.details.merged_into in external_ids]

    def delete(self, hotel_id: HotelId, provider: str, external_ids: Collection[str]) -> int:
        keys = [(hotel_id, provider, each) for each in external_ids]
        return sum(self._rows.pop(key, None) is not None for key in keys)


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
