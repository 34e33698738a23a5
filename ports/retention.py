"""Store of the hotels' retention, and of when each is purged."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from domain.retention import Retention
from domain.values import HotelId


class Retentions(Protocol):
    """Each hotel has one from its beginning, the default."""

    def get(self, hotel_id: HotelId) -> Retention:
        """The default for an unknown hotel."""
        ...

    def save(self, hotel_id: HotelId, retention: Retention, *, purge_at: datetime) -> None: ...

    def due(self, *, now: datetime, limit: int) -> Mapping[HotelId, Retention]:
        """Of hotels whose time to be purged has come, longest waiting first; locked. Those that
        another unit of work has locked are left out."""
        ...

    def purge_again(self, hotel_ids: Collection[HotelId], *, at: datetime) -> None: ...
