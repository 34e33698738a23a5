"""Indexes: what waits in the inbox of a connection, and deliveries that are due again, with the
position of their message in the outbox."""

from typing import Any

UP = (
    "CREATE INDEX inbox_due ON inbox (hotel_id, connection_id, received_at)"
    " WHERE state = 'received'",
    "ALTER TABLE postponed_deliveries ADD COLUMN position bigint",
    "UPDATE postponed_deliveries SET position = (SELECT m.position FROM outbox m"
    " WHERE m.hotel_id = postponed_deliveries.hotel_id"
    " AND m.id = postponed_deliveries.message_id)",
    "DROP INDEX postponed_keys",
    "CREATE INDEX postponed_keys ON postponed_deliveries (subscriber, ordering_key, position)",
    "CREATE INDEX postponed_due ON postponed_deliveries (retry_at)",
    "CREATE INDEX postponed_order ON postponed_deliveries (position)",
    "CREATE INDEX postponed_messages ON postponed_deliveries (message_id)",
)
DOWN = (
    "DROP INDEX postponed_messages",
    "DROP INDEX postponed_order",
    "DROP INDEX postponed_due",
    "DROP INDEX postponed_keys",
    "CREATE INDEX postponed_keys ON postponed_deliveries (subscriber, ordering_key)",
    "ALTER TABLE postponed_deliveries DROP COLUMN position",
    "DROP INDEX inbox_due",
)


def up(_migrator: Any, db: Any) -> None:
    for statement in UP:
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    for statement in DOWN:
        db.execute_sql(statement)
