"""Where a sync run failed and what the vendor's response says; since when a connection is stopped.

Connections that are stopped already have no time of it.
"""

from typing import Any

COLUMNS = (
    ("sync_runs", "error_path", "text"),
    ("sync_runs", "vendor_message", "text"),
    ("connections", "last_error_detail", "text"),
    ("connections", "stopped_at", "bigint"),
)


def up(_migrator: Any, db: Any) -> None:
    for table, column, kind in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")


def down(_migrator: Any, db: Any) -> None:
    for table, column, _ in COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
