"""Hotels: few, read often, written by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.models import HotelRow
from domain.hotel import Hotel
from domain.values import HotelId


@dataclass(frozen=True, slots=True)
class StoredHotels:
    session: Session

    def add(self, hotel: Hotel) -> None:
        self.session.write(
            HotelRow.insert(
                id=hotel.id,
                slug=hotel.slug,
                name=hotel.name,
                time_zone=hotel.time_zone,
                currency=hotel.currency,
                created_at=hotel.created_at,
                enabled=hotel.enabled,
            )
        )

    def get(self, hotel_id: HotelId) -> Hotel | None:
        return self._one(HotelRow.id == hotel_id)

    def by_slug(self, slug: str) -> Hotel | None:
        return self._one(HotelRow.slug == slug)

    def all(self) -> Sequence[Hotel]:
        found = self.session.select(HotelRow.select())
        return sorted(map(_hotel, found), key=lambda hotel: hotel.slug)

    def set_enabled(self, hotel_id: HotelId, *, enabled: bool) -> None:
        self.session.write(HotelRow.update(enabled=enabled).where(HotelRow.id == hotel_id))

    def _one(self, condition: Any) -> Hotel | None:
        found = self.session.select(HotelRow.select().where(condition))
        return _hotel(found[0]) if found else None


def _hotel(row: HotelRow) -> Hotel:
    return Hotel(
        id=row.id,
        slug=row.slug,
        name=row.name,
        time_zone=row.time_zone,
        currency=row.currency,
        created_at=row.created_at,
        enabled=row.enabled,
    )
