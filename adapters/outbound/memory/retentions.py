"""The hotels' retention in a dictionary."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from adapters.outbound.memory.tables import RetentionRow, Tables
from domain.retention import DEFAULT_RETENTION, Retention
from domain.values import HotelId


class InMemoryRetentions:
    def __init__(self, tables: Tables) -> None:
        self._rows = tables.retentions

    def get(self, hotel_id: HotelId) -> Retention:
        held = self._rows.get(hotel_id)
        return held.retention if held else DEFAULT_RETENTION

    def save(self, hotel_id: HotelId, retention: Retention, *, purge_at: datetime) -> None:
        self._rows[hotel_id] = RetentionRow(retention, purge_at)

    def due(self, *, now: datetime, limit: int) -> Mapping[HotelId, Retention]:
        waiting = [
            (row.next_purge_at, hotel_id)
            for hotel_id, row in self._rows.items()
            if row.next_purge_at <= now
        ]
        return {hotel_id: self._rows[hotel_id].retention for _, hotel_id in sorted(waiting)[:limit]}

    def purge_again(self, hotel_ids: Collection[HotelId], *, at: datetime) -> None:
        for hotel_id in hotel_ids:
            self._rows[hotel_id] = replace(self._rows[hotel_id], next_purge_at=at)
