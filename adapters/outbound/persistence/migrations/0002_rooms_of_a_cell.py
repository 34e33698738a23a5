"""Availability from per-room messages stores the room counts behind its totals."""

from typing import Any


def up(_migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE availability ADD COLUMN counted_rooms text")


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE availability DROP COLUMN counted_rooms")
