"""Indexes for lists of one provider, the last run of a connection, and reconciles that are due."""

from typing import Any

INDEXES = {
    "guests_provider": "guests (hotel_id, provider, id)",
    "inbox_quarantine_provider": "inbox (hotel_id, provider, id) WHERE state = 'quarantined'",
    "sync_runs_provider": "sync_runs (hotel_id, provider, queued_at, id)",
    "sync_runs_connection": "sync_runs (connection_id, queued_at, id)",
    "connections_reconcile_due": "connections (state, next_reconcile_at)",
}


def up(_migrator: Any, db: Any) -> None:
    for name, columns in INDEXES.items():
        db.execute_sql(f"CREATE INDEX {name} ON {columns}")


def down(_migrator: Any, db: Any) -> None:
    for name in INDEXES:
        db.execute_sql(f"DROP INDEX {name}")
