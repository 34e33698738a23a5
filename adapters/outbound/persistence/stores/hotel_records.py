"""Room types, rooms and rate plans: small tables, written only where they differ."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from adapters.outbound.persistence.engine.column_values import (
    Row,
    from_json_text,
    json_text,
    micros_from_instant,
    money_columns,
    optional_money,
    optional_text,
    sanitize_text,
)
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.engine.tables import Table
from adapters.outbound.persistence.schema.tables import RATE_PLANS, ROOM_TYPES, ROOMS
from domain.snapshots import HotelRecords, RatePlanRecord, RoomRecord, RoomTypeRecord
from domain.values import HotelId
from ports.queries import RecordsSize

_CONVERTED_FIELDS: Final = frozenset({"base_price", "amenities"})


@dataclass(frozen=True, slots=True)
class StoredRecords:
    session: Session

    def save(
        self, hotel_id: HotelId, provider: str, records: HotelRecords, *, now: datetime
    ) -> int:
        owner, written_at = (hotel_id.hex, provider), micros_from_instant(now)
        return sum(
            self._save(table, owner, map(to_row, getattr(records, name)), written_at)
            for name, (table, to_row, _) in _TABLES.items()
        )

    def _save(self, table: Table, owner: Row, rows: Iterable[Row], now: int) -> int:
        """Of several rows with one id the last counts."""
        new_rows = {external_id: (external_id, *rest) for external_id, *rest in rows}
        if not new_rows:
            return 0
        stored_rows = {
            external_id: (external_id, *rest)
            for _, _, external_id, *rest, _ in _load_rows(self.session, table, owner)
        }
        changed = [
            new_rows[key] for key in sorted(new_rows) if stored_rows.get(key) != new_rows[key]
        ]
        if changed:
            self.session.run_many(_upsert(table), [(*owner, *row, now) for row in changed])
        return len(changed)


def load_records(session: Session, hotel_id: HotelId) -> Mapping[str, HotelRecords]:
    """By provider."""
    by_provider: dict[str, dict[str, list[Any]]] = {}
    for name, (table, _, from_record) in _TABLES.items():
        for record in map(table.record, _load_rows(session, table, (hotel_id.hex,))):
            lists = by_provider.setdefault(record.provider, {each: [] for each in _TABLES})
            lists[name].append(from_record(record))
    return {
        provider: HotelRecords(**{name: tuple(records) for name, records in lists.items()})
        for provider, lists in sorted(by_provider.items())
    }


def count_records(session: Session, hotel_id: HotelId) -> RecordsSize:
    lengths = [session.byte_length(column) for column in ("amenities", "description")]
    counted = session.rows(
        "SELECT (SELECT COUNT(*) FROM room_types WHERE hotel_id = %s), "  # noqa: S608  # constants
        "(SELECT COUNT(*) FROM rooms WHERE hotel_id = %s), "
        "(SELECT COUNT(*) FROM rate_plans WHERE hotel_id = %s), "
        f"(SELECT COALESCE(SUM({lengths[0]} + COALESCE({lengths[1]}, 0)), 0) "
        "FROM room_types WHERE hotel_id = %s)",
        (hotel_id.hex,) * 4,
    )
    room_types, rooms, rate_plans, text_bytes = map(int, counted[0])
    return RecordsSize(
        room_types=room_types, rooms=rooms, rate_plans=rate_plans, text_bytes=text_bytes
    )


def _load_rows(session: Session, table: Table, owner: Row) -> list[Row]:
    """`owner`: a hotel, or a hotel and a provider. By provider and id."""
    key_condition = " AND ".join(f"{column} = %s" for column in table.key[: len(owner)])
    return session.rows(
        f"SELECT {table.column_list} FROM {table.name} WHERE {key_condition} "  # noqa: S608
        "ORDER BY provider, external_id",
        owner,
    )


def _room_type(record: Any) -> RoomTypeRecord:
    return RoomTypeRecord(
        **_plain_fields(RoomTypeRecord, record),
        base_price=optional_money(record.base_price_minor, record.base_price_currency),
        amenities=tuple(from_json_text(record.amenities)),
    )


def _room(record: Any) -> RoomRecord:
    return RoomRecord(**_plain_fields(RoomRecord, record))


def _rate_plan(record: Any) -> RatePlanRecord:
    return RatePlanRecord(**_plain_fields(RatePlanRecord, record))


def _plain_fields(kind: type[Any], record: Any) -> dict[str, Any]:
    """The fields that have a column of the same name and value."""
    names = [f.name for f in fields(kind) if f.name not in _CONVERTED_FIELDS]
    return {name: getattr(record, name) for name in names}


def _room_type_row(record: RoomTypeRecord) -> Row:
    return (
        record.external_id,
        sanitize_text(record.name),
        optional_text(record.description),
        *money_columns(record.base_price),
        record.max_occupancy,
        json_text(record.amenities),
    )


def _room_row(record: RoomRecord) -> Row:
    texts = (record.number, record.floor, record.room_type_id, record.status)
    return record.external_id, *map(optional_text, texts)


def _rate_plan_row(record: RatePlanRecord) -> Row:
    return record.external_id, sanitize_text(record.name)


def _upsert(table: Table) -> str:
    assigned = ", ".join(
        f"{column} = excluded.{column}" for column in table.columns if column not in table.key
    )
    return f"{table.insert} ON CONFLICT ({', '.join(table.key)}) DO UPDATE SET {assigned}"


_TABLES: Final[Mapping[str, tuple[Table, Callable[[Any], Row], Callable[[Any], Any]]]] = {
    "room_types": (ROOM_TYPES, _room_type_row, _room_type),
    "rooms": (ROOMS, _room_row, _room),
    "rate_plans": (RATE_PLANS, _rate_plan_row, _rate_plan),
}
"""By field of HotelRecords: its table, and the conversions to a row and from a named row."""
