"""Index for finding redelivered notifications by their event key."""

from typing import Any


def up(_migrator: Any, db: Any) -> None:
    db.execute_sql(
        "CREATE INDEX inbox_carried_out ON inbox (hotel_id, external_id)"
        " WHERE state = 'done' AND kind = 'notification' AND external_id IS NOT NULL"
    )


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("DROP INDEX inbox_carried_out")
