"""What a reconcile saw before its worker went on with other jobs.

Earlier versions ignore the column: they begin a paused reconcile anew.
"""

from typing import Any


def up(_migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE sync_runs ADD COLUMN paused_state text")


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE sync_runs DROP COLUMN paused_state")
