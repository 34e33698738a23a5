"""Providers' error responses in their own words, sealed. The masked ones stored before are removed:
a name or a document number may have been left in them."""

from typing import Any

TABLE = """
    CREATE TABLE vendor_error_texts (
        hotel_id {uuid} NOT NULL,
        subject_id {uuid} NOT NULL,
        connection_id {uuid} NOT NULL,
        received_at bigint NOT NULL,
        sealed_text {bytes} NOT NULL,
        PRIMARY KEY (hotel_id, subject_id)
    )
"""
POSTGRES = {"uuid": "uuid", "bytes": "bytea"}
SQLITE = {"uuid": "text", "bytes": "blob"}
STATEMENTS = (
    "CREATE INDEX vendor_error_texts_age ON vendor_error_texts (received_at)",
    "UPDATE sync_runs SET vendor_message = NULL WHERE vendor_message IS NOT NULL",
    "UPDATE connections SET last_error_detail = NULL"
    " WHERE replace(last_error_detail, '(the provider: ', '') <> last_error_detail",
)


def up(_migrator: Any, db: Any) -> None:
    types = SQLITE if "sqlite" in type(db).__name__.lower() else POSTGRES
    for statement in (TABLE.format(**types), *STATEMENTS):
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("DROP TABLE vendor_error_texts")
