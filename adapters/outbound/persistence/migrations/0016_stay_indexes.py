"""Indexes that hold what a list of bookings is filtered and ordered by, so that it reads the rows
of its page only: by provider, by provider and status, and of the stays over 31 nights apart.

Without the latter, a search for stays on a day would have to begin with the longest possible one.
"""

from typing import Any

NIGHTS = {
    "postgres": "(departure - arrival)",
    "sqlite": "(julianday(departure) - julianday(arrival))",
}
OLD = (
    ("bookings_arrival", "(hotel_id, arrival, id)"),
    ("bookings_departure", "(hotel_id, departure)"),
    ("bookings_synced", "(hotel_id, synced_at, id)"),
)
NEW = (
    ("bookings_arrival", "(hotel_id, provider, arrival, id, departure)"),
    ("bookings_synced", "(hotel_id, provider, synced_at, id)"),
    ("bookings_status_arrival", "(hotel_id, provider, status, arrival, id, departure)"),
    ("bookings_status_synced", "(hotel_id, provider, status, synced_at, id)"),
    ("bookings_long", "(hotel_id, provider, arrival, id, departure) WHERE {nights} > 31"),
)


def up(_migrator: Any, db: Any) -> None:
    _replace(db, OLD, NEW)


def down(_migrator: Any, db: Any) -> None:
    _replace(db, NEW, OLD)


def _replace(db: Any, old: tuple[tuple[str, str], ...], new: tuple[tuple[str, str], ...]) -> None:
    nights = NIGHTS["sqlite" if "sqlite" in type(db).__name__.lower() else "postgres"]
    for name, _ in old:
        db.execute_sql(f"DROP INDEX {name}")
    for name, columns in new:
        db.execute_sql(f"CREATE INDEX {name} ON bookings {columns.format(nights=nights)}")
