"""The hotels' retention."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import micros_from_instant
from adapters.outbound.persistence.engine.session import Session
from domain.retention import DEFAULT_RETENTION, DataKind, Retention
from domain.values import HotelId

_DAYS: Final = ", ".join(f"{kind}_days" for kind in DataKind)
_SAVE: Final = f"""
    INSERT INTO hotel_retention (hotel_id, next_purge_at, {_DAYS})
    VALUES (%s, %s{", %s" * len(DataKind)}) ON CONFLICT (hotel_id) DO UPDATE SET
    next_purge_at = excluded.next_purge_at,
    {", ".join(f"{kind}_days = excluded.{kind}_days" for kind in DataKind)}
"""  # noqa: S608  # constant
_DUE: Final = f"""
    SELECT hotel_id, {_DAYS} FROM hotel_retention WHERE next_purge_at <= %s
    ORDER BY next_purge_at, hotel_id LIMIT %s
"""  # noqa: S608  # constant


@dataclass(frozen=True, slots=True)
class StoredRetentions:
    session: Session

    def get(self, hotel_id: HotelId) -> Retention:
        found = self.session.rows(
            f"SELECT {_DAYS} FROM hotel_retention WHERE hotel_id = %s",  # noqa: S608  # constant
            (hotel_id.hex,),
        )
        return _retention(*found[0]) if found else DEFAULT_RETENTION

    def save(self, hotel_id: HotelId, retention: Retention, *, purge_at: datetime) -> None:
        days = retention.days_by_kind
        self.session.run(
            _SAVE,
            (hotel_id.hex, micros_from_instant(purge_at), *[days[kind] for kind in DataKind]),
        )

    def due(self, *, now: datetime, limit: int) -> Mapping[HotelId, Retention]:
        found = self.session.rows(
            f"{_DUE} {self.session.for_update_skip_locked}", (micros_from_instant(now), limit)
        )
        return {UUID(hotel_id): _retention(*days) for hotel_id, *days in found}

    def purge_again(self, hotel_ids: Collection[HotelId], *, at: datetime) -> None:
        if hotel_ids:
            ids = self.session.in_parameter([each.hex for each in hotel_ids])
            self.session.run(
                "UPDATE hotel_retention SET next_purge_at = %s "  # noqa: S608
                f"WHERE {self.session.in_condition('hotel_id', 'uuid')}",
                (micros_from_instant(at), ids),
            )


def _retention(*days: int | None) -> Retention:
    """`days`: in the order of the kinds."""
    return Retention(**{str(kind): each for kind, each in zip(DataKind, days, strict=True)})
