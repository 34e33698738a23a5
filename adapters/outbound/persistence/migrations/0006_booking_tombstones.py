"""Deletions and cancellations that arrived before their booking; quarantined items by entity."""

from typing import Any

COLUMNS = """
    hotel_id {uuid} NOT NULL,
    provider text NOT NULL,
    external_id text NOT NULL,
    version_at bigint NOT NULL,
    version_sequence bigint NOT NULL,
    channel text NOT NULL,
    observed_at bigint NOT NULL,
    overridden_at bigint,
    overridden_sequence bigint,
    synced_at bigint NOT NULL,
    revision bigint NOT NULL,
    connection_id {uuid} NOT NULL,
    content_version_at bigint,
    content_version_sequence bigint,
    document text NOT NULL,
    PRIMARY KEY (hotel_id, provider, external_id)
"""
INDEXES = (
    "CREATE INDEX booking_tombstones_age ON booking_tombstones (synced_at)",
    "CREATE INDEX inbox_quarantined_entity ON inbox (hotel_id, provider, external_id)"
    " WHERE state = 'quarantined' AND external_id IS NOT NULL",
)


def up(_migrator: Any, db: Any) -> None:
    uuid = "text" if "sqlite" in type(db).__name__.lower() else "uuid"
    db.execute_sql(f"CREATE TABLE booking_tombstones ({COLUMNS.format(uuid=uuid)})")
    for statement in INDEXES:
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("DROP INDEX inbox_quarantined_entity")
    db.execute_sql("DROP TABLE booking_tombstones")
