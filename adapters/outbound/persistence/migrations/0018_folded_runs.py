"""Idle delta runs that a later one stands for. Earlier versions store each run on its own."""

from typing import Any


def up(_migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE sync_runs ADD COLUMN folded_runs integer NOT NULL DEFAULT 0")
    db.execute_sql("ALTER TABLE sync_runs ADD COLUMN idle_since bigint")


def down(_migrator: Any, db: Any) -> None:
    db.execute_sql("ALTER TABLE sync_runs DROP COLUMN folded_runs")
    db.execute_sql("ALTER TABLE sync_runs DROP COLUMN idle_since")
