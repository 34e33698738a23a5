"""The audit log stores from where an act was done and what it changed; it also refuses TRUNCATE,
and SQLite's INSERT OR REPLACE, which deletes without calling the delete trigger."""

from typing import Any

COLUMNS = (
    ("actor_label", "text NOT NULL DEFAULT ''"),
    ("channel", "text NOT NULL DEFAULT 'unknown'"),
    ("address", "text"),
    ("state_before", "text NOT NULL DEFAULT '{}'"),
    ("state_after", "text NOT NULL DEFAULT '{}'"),
)
GUARDS = {
    "postgres": (
        "CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()",
    ),
    "sqlite": (
        "CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log"
        " WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)"
        " BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: audit_log.id'); END",
    ),
}
INDEX = "CREATE INDEX audit_log_at ON audit_log (at, id)"


def up(_migrator: Any, db: Any) -> None:
    for name, kind in COLUMNS:
        db.execute_sql(f"ALTER TABLE audit_log ADD COLUMN {name} {kind}")
    for statement in (*GUARDS[_engine(db)], INDEX):
        db.execute_sql(statement)


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("DROP INDEX audit_log_at")
    if _engine(db) == "sqlite":
        db.execute_sql("DROP TRIGGER audit_log_no_replace")
    else:
        db.execute_sql("DROP TRIGGER audit_log_no_truncate ON audit_log")
    for name, _ in reversed(COLUMNS):
        db.execute_sql(f"ALTER TABLE audit_log DROP COLUMN {name}")


def _engine(db: Any) -> str:
    return "sqlite" if "sqlite" in type(db).__name__.lower() else "postgres"
