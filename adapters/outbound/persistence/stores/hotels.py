"""Hotels."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.models import HotelRow
from adapters.outbound.persistence.stores.retentions import StoredRetentions
from domain.hotel import Hotel
from domain.retention import DEFAULT_RETENTION, PURGE_EVERY
from domain.values import HotelId


@dataclass(frozen=True, slots=True)
class StoredHotels:
    session: Session

    def add(self, hotel: Hotel) -> None:
        self.session.write(HotelRow.insert(asdict(hotel)))
        first_purge_at = hotel.created_at + PURGE_EVERY
        StoredRetentions(self.session).save(hotel.id, DEFAULT_RETENTION, purge_at=first_purge_at)

    def get(self, hotel_id: HotelId) -> Hotel | None:
        return self._one(HotelRow.id == hotel_id)

    def by_slug(self, slug: str) -> Hotel | None:
        return self._one(HotelRow.slug == slug)

    def all(self) -> Sequence[Hotel]:
        query = HotelRow.select().order_by(HotelRow.slug)
        return [Hotel(**row) for row in self.session.select(query)]

    def set_enabled(self, hotel_id: HotelId, *, enabled: bool) -> None:
        self.session.write(HotelRow.update(enabled=enabled).where(HotelRow.id == hotel_id))

    def lock(self, hotel_id: HotelId) -> None:
        self.session.run("UPDATE hotels SET enabled = enabled WHERE id = %s", (hotel_id.hex,))

    def _one(self, condition: Any) -> Hotel | None:
        found = self.session.select(HotelRow.select().where(condition))
        return Hotel(**found[0]) if found else None
