"""Columns and indexes under the field's standard names, and a column for deduplication keys.

Until now a processed notification had its deduplication key, a SHA-256 in hex, in `external_id`.
"""

from typing import Any

RENAMED_COLUMNS = (
    ("connections", "last_heard_at", "last_inbound_at"),
    ("connections", "obeyed_at", "control_applied_at"),
    ("idempotency_keys", "taken_at", "acquired_at"),
    ("bookings", "origin", "channel"),
    ("guests", "origin", "channel"),
    ("availability", "origin", "channel"),
    ("inbox", "origin", "channel"),
)

UP = (
    "DROP INDEX inbox_carried_out",
    "DROP INDEX inbox_known_bad",
    "ALTER TABLE inbox ADD COLUMN dedup_key text",
    "UPDATE inbox SET dedup_key = external_id, external_id = NULL"
    " WHERE state = 'done' AND kind = 'notification' AND length(external_id) = 64",
    "CREATE INDEX inbox_dedup_key ON inbox (hotel_id, dedup_key)"
    " WHERE state = 'done' AND dedup_key IS NOT NULL",
    "CREATE INDEX inbox_quarantined_fingerprint ON inbox (hotel_id, fingerprint)"
    " WHERE state = 'quarantined'",
)

DOWN = (
    "DROP INDEX inbox_quarantined_fingerprint",
    "DROP INDEX inbox_dedup_key",
    "UPDATE inbox SET external_id = dedup_key WHERE dedup_key IS NOT NULL",
    "ALTER TABLE inbox DROP COLUMN dedup_key",
    "CREATE INDEX inbox_known_bad ON inbox (hotel_id, fingerprint) WHERE state = 'quarantined'",
    "CREATE INDEX inbox_carried_out ON inbox (hotel_id, external_id)"
    " WHERE state = 'done' AND kind = 'notification' AND external_id IS NOT NULL",
)


def up(_migrator: Any, db: Any) -> None:
    for statement in UP:
        db.execute_sql(statement)
    for table, old, new in RENAMED_COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


def down(_migrator: Any, db: Any) -> None:
    for table, old, new in RENAMED_COLUMNS:
        db.execute_sql(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
    for statement in DOWN:
        db.execute_sql(statement)
