"""Tombstones of bookings."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapters.outbound.persistence.engine.column_values import micros_from_instant
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.tables import TOMBSTONES
from adapters.outbound.persistence.schema.tombstone_rows import tombstone_of, tombstone_row
from adapters.outbound.persistence.stores.bookings import (
    delete_by_external_id,
    load_by_external_id,
    rows_containing,
)
from domain.erasure import names_guest
from domain.tombstone import Tombstone
from domain.values import HotelId

_OLD = "FROM booking_tombstones WHERE synced_at < %s ORDER BY synced_at LIMIT %s"


@dataclass(frozen=True, slots=True)
class StoredTombstones:
    session: Session

    def load(
        self, hotel_id: HotelId, provider: str, external_ids: Collection[str], *, exclusive: bool
    ) -> Mapping[str, Tombstone]:
        self.session.lock(f"tombstones/{hotel_id.hex}/{provider}", exclusive=exclusive)
        found = load_by_external_id(self.session, TOMBSTONES, hotel_id, provider, external_ids)
        tombstones = (tombstone_of(row, hotel_id) for row in found)
        return {tombstone.external_id: tombstone for tombstone in tombstones}

    def of_guests(
        self, hotel_id: HotelId, provider: str, guest_ids: Collection[str]
    ) -> Sequence[Tombstone]:
        found = rows_containing(self.session, TOMBSTONES, hotel_id, provider, guest_ids)
        tombstones = [tombstone_of(row, hotel_id) for row in found]
        return [each for each in tombstones if names_guest(each.snapshot, guest_ids)]

    def save(self, tombstones: Sequence[Tombstone]) -> None:
        rows = sorted(map(tombstone_row, tombstones), key=TOMBSTONES.sort_key)
        self.session.run_many(TOMBSTONES.upsert, rows)

    def remove(self, hotel_id: HotelId, provider: str, external_ids: Collection[str]) -> None:
        delete_by_external_id(self.session, TOMBSTONES, hotel_id, provider, external_ids)

    def purge(self, *, recorded_before: datetime, limit: int) -> int:
        return self.session.run(
            f"DELETE FROM booking_tombstones WHERE {self.session.among(_OLD)}",  # noqa: S608  # constant
            (micros_from_instant(recorded_before), limit),
        )
