"""The audit log, to which rows are only added, and an index to purge the quarantine by age."""

from typing import Any

TABLE = {
    "postgres": """
        CREATE TABLE audit_log (
            id uuid NOT NULL PRIMARY KEY,
            at bigint NOT NULL,
            actor text NOT NULL,
            action text NOT NULL,
            hotel_id uuid,
            subject text NOT NULL,
            details text NOT NULL
        )
    """,
    "sqlite": """
        CREATE TABLE audit_log (
            id text NOT NULL PRIMARY KEY,
            at bigint NOT NULL,
            actor text NOT NULL,
            action text NOT NULL,
            hotel_id text,
            subject text NOT NULL,
            details text NOT NULL
        )
    """,
}
GUARDS = {
    "postgres": (
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'audit_log is append-only'; END $$",
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log"
        " FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()",
    ),
    "sqlite": (
        "CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log"
        " BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END",
        "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log"
        " BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END",
    ),
}
INDEXES = (
    "CREATE INDEX audit_log_of_hotel ON audit_log (hotel_id, at, id)",
    "CREATE INDEX inbox_quarantined_age ON inbox (received_at) WHERE state = 'quarantined'",
)


def up(_migrator: Any, db: Any) -> None:
    engine = _engine(db)
    for statement in (TABLE[engine], *GUARDS[engine], *INDEXES):
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("DROP INDEX inbox_quarantined_age")
    db.execute_sql("DROP TABLE audit_log")
    if _engine(db) == "postgres":
        db.execute_sql("DROP FUNCTION refuse_audit_change()")


def _engine(db: Any) -> str:
    return "sqlite" if "sqlite" in type(db).__name__.lower() else "postgres"
