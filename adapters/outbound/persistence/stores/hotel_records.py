"""Room types, rooms, rate plans: small tables, read whole, written where they differ."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from adapters.outbound.persistence.engine.column_values import (
    Row,
    from_json_text,
    json_text,
    micros_from_instant,
    optional_money,
    optional_text,
    sanitize_text,
)
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.engine.tables import Table
from adapters.outbound.persistence.schema.tables import RATE_PLANS, ROOM_TYPES, ROOMS
from domain.snapshots import HotelRecords, RatePlanRecord, RoomRecord, RoomTypeRecord
from domain.values import HotelId


@dataclass(frozen=True, slots=True)
class StoredRecords:
    session: Session

    def save(
        self, hotel_id: HotelId, provider: str, records: HotelRecords, *, now: datetime
    ) -> int:
        tables = (
            (ROOM_TYPES, map(_room_type_row, records.room_types)),
            (ROOMS, map(_room_row, records.rooms)),
            (RATE_PLANS, map(_rate_plan_row, records.rate_plans)),
        )
        owner = (hotel_id.hex, provider)
        return sum(
            self._save(table, owner, rows, micros_from_instant(now)) for table, rows in tables
        )

    def _save(self, table: Table, owner: Row, rows: Iterable[Row], now: int) -> int:
        """The last of several rows with one id counts."""
        new_rows = {row[0]: row for row in rows}
        if not new_rows:
            return 0
        stored_rows = {row[2]: row[2:-1] for row in load_record_rows(self.session, table, owner)}
        changed = [
            new_rows[key] for key in sorted(new_rows) if stored_rows.get(key) != new_rows[key]
        ]
        if changed:
            self.session.run_many(_upsert(table), [(*owner, *row, now) for row in changed])
        return len(changed)


def load_record_rows(session: Session, table: Table, owner: Row) -> list[Row]:
    """Of one hotel, or of one hotel's provider; by provider and id."""
    key_condition = " AND ".join(f"{column} = %s" for column in table.key[: len(owner)])
    return session.rows(
        f"SELECT {table.column_list} FROM {table.name} WHERE {key_condition} "  # noqa: S608
        "ORDER BY provider, external_id",
        owner,
    )


def room_type_of(row: Row) -> RoomTypeRecord:
    return RoomTypeRecord(
        external_id=row[2],
        name=row[3],
        description=row[4],
        base_price=optional_money(row[5], row[6]),
        max_occupancy=row[7],
        amenities=tuple(from_json_text(row[8])),
    )


def room_of(row: Row) -> RoomRecord:
    return RoomRecord(
        external_id=row[2], number=row[3], floor=row[4], room_type_id=row[5], status=row[6]
    )


def rate_plan_of(row: Row) -> RatePlanRecord:
    return RatePlanRecord(external_id=row[2], name=row[3])


def _room_type_row(record: RoomTypeRecord) -> Row:
    price = record.base_price
    return (
        record.external_id,
        sanitize_text(record.name),
        optional_text(record.description),
        price.minor if price else None,
        price.currency if price else None,
        record.max_occupancy,
        json_text(record.amenities),
    )


def _room_row(record: RoomRecord) -> Row:
    return (
        record.external_id,
        sanitize_text(record.number),
        optional_text(record.floor),
        optional_text(record.room_type_id),
        optional_text(record.status),
    )


def _rate_plan_row(record: RatePlanRecord) -> Row:
    return record.external_id, sanitize_text(record.name)


def _upsert(table: Table) -> str:
    assigned = ", ".join(
        f"{column} = excluded.{column}" for column in table.columns if column not in table.key
    )
    return f"{table.insert} ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {assigned}"
