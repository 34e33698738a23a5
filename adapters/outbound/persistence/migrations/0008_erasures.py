"""Erased identities as keyed hashes, their sealed keys, and privacy requests."""

from typing import Any

TABLES = {
    "erasure_keys": """
        hotel_id {uuid} NOT NULL PRIMARY KEY REFERENCES hotels (id),
        sealed_key {bytes} NOT NULL
    """,
    "erased_identities": """
        hotel_id {uuid} NOT NULL,
        identity_hash text NOT NULL,
        erased_at bigint NOT NULL,
        PRIMARY KEY (hotel_id, identity_hash)
    """,
    "privacy_requests": """
        hotel_id {uuid} NOT NULL,
        id {uuid} NOT NULL,
        at bigint NOT NULL,
        action text NOT NULL,
        actor text NOT NULL,
        identity_hash text NOT NULL,
        PRIMARY KEY (hotel_id, id)
    """,
}
POSTGRES = {"uuid": "uuid", "bytes": "bytea"}
SQLITE = {"uuid": "text", "bytes": "blob"}


def up(_migrator: Any, db: Any) -> None:
    types = SQLITE if "sqlite" in type(db).__name__.lower() else POSTGRES
    for name, columns in TABLES.items():
        db.execute_sql(f"CREATE TABLE {name} ({columns.format(**types)})")


def down(_migrator: Any, db: Any) -> None:
    for name in reversed(TABLES):
        db.execute_sql(f"DROP TABLE {name}")
