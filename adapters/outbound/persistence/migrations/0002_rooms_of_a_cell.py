"""Availability that is told room by room keeps the rooms that its sums are of."""

from typing import Any


def up(_migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE availability ADD COLUMN rooms text")


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE availability DROP COLUMN rooms")
