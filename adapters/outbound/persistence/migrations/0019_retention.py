"""How long each hotel's data is kept, and when the hotel is purged next; indexes by hotel and age.

What has been kept for ever until now, and is not for the hotel to decide: sync runs, 90 days.
"""

from typing import Any

TABLE = """
    CREATE TABLE hotel_retention (
        hotel_id {uuid} NOT NULL PRIMARY KEY,
        bookings_days integer,
        history_days integer,
        runs_days integer,
        inbox_days integer,
        outbox_days integer,
        next_purge_at bigint NOT NULL
    )
"""
STATEMENTS = (
    "CREATE INDEX hotel_retention_due ON hotel_retention (next_purge_at, hotel_id)",
    "INSERT INTO hotel_retention (hotel_id, runs_days, inbox_days, outbox_days, next_purge_at)"
    " SELECT id, 90, 30, 7, 0 FROM hotels",
)
INDEXES = {
    "inbox_done": ("inbox", "received_at", " WHERE state = 'done'"),
    "outbox_delivered": ("outbox", "delivered_at", " WHERE delivered_at IS NOT NULL"),
}


def up(_migrator: Any, db: Any) -> None:
    uuid = "text" if "sqlite" in type(db).__name__.lower() else "uuid"
    for statement in (TABLE.format(uuid=uuid), *STATEMENTS):
        db.execute_sql(statement)
    _replace_indexes(db, "hotel_id, ")
    db.execute_sql("CREATE INDEX status_history_age ON status_history (hotel_id, at)")


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("DROP INDEX status_history_age")
    _replace_indexes(db, "")
    db.execute_sql("DROP TABLE hotel_retention")


def _replace_indexes(db: Any, first: str) -> None:
    for name, (table, column, condition) in INDEXES.items():
        db.execute_sql(f"DROP INDEX {name}")
        db.execute_sql(f"CREATE INDEX {name} ON {table} ({first}{column}){condition}")
