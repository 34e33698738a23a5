"""Sync runs: one row per run, overwritten after every page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from peewee import SQL

from adapters.outbound.persistence.engine.column_values import (
    json_row,
    json_text,
    micros_from_instant,
    optional_text,
)
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.models import SyncRunRow
from adapters.outbound.persistence.stores.purges import purge_before
from domain.connection import Connection
from domain.sync_run import SyncCounts, SyncKind, SyncRun, SyncStatus, SyncTrigger, TransportCounts
from domain.values import ConnectionId, HotelId
from ports.administration import StuckRun
from ports.errors import LeaseLost

_FIELDS = tuple(each.name for each in fields(SyncRun))
_UNFINISHED = (SyncStatus.QUEUED, SyncStatus.RUNNING)
# Without parameters, as a prepared statement with them does not use the index of unfinished runs.
_IS_UNFINISHED = SyncRunRow.status.in_([SQL(f"'{status}'") for status in _UNFINISHED])

# A lease belongs to the run with its fencing number; without a valid lease no worker has the run.
_STUCK_SQL = """
    SELECT r.hotel_id, r.id, r.correlation_id
    FROM sync_runs r JOIN connections c ON c.id = r.connection_id
    WHERE r.status IN ('QUEUED', 'RUNNING') AND (
        (r.status = 'QUEUED' AND r.queued_at < %s) OR
        (r.status = 'RUNNING' AND (c.lease_expires_at IS NULL OR c.lease_expires_at < %s
            OR c.fencing_number > r.fencing_number)))
    ORDER BY r.queued_at, r.id
"""

_ADD_SQL = """
    INSERT INTO sync_runs ({columns}) SELECT {columns} FROM {given} WHERE true
    ON CONFLICT (connection_id) WHERE status IN ('QUEUED', 'RUNNING') DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True)
class StoredSyncRuns:
    session: Session

    def add(self, run: SyncRun) -> None:
        self.session.write(SyncRunRow.insert(_columns(run)))

    def add_where_idle(self, runs: Sequence[SyncRun]) -> frozenset[UUID]:
        if not runs:
            return frozenset()
        given = self.session.given("sync_runs", _FIELDS)
        added = self.session.rows(
            _ADD_SQL.format(columns=", ".join(_FIELDS), given=given),
            (json_text([json_row(_columns(run)) for run in runs]),),
        )
        return frozenset(UUID(run_id) for (run_id,) in added)

    def get(self, run_id: UUID) -> SyncRun | None:
        found = self._select(SyncRunRow.id == run_id)
        return found[0] if found else None

    def save(self, run: SyncRun) -> None:
        saved = self.session.write(
            SyncRunRow.update(_columns(run)).where(
                SyncRunRow.hotel_id == run.hotel_id,
                SyncRunRow.id == run.id,
                SyncRunRow.fencing_number <= run.fencing_number,
            )
        )
        if not saved:
            raise LeaseLost

    def delete(self, run: SyncRun) -> None:
        self.session.run(
            "DELETE FROM sync_runs WHERE hotel_id = %s AND id = %s", (run.hotel_id.hex, run.id.hex)
        )

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        ended = "m.status NOT IN ('QUEUED', 'RUNNING')"
        return purge_before(
            self.session, "sync_runs", "queued_at", limits, each=each, condition=ended
        )

    def unfinished(self, connection_id: ConnectionId) -> Sequence[SyncRun]:
        return self._select((SyncRunRow.connection_id == connection_id) & _IS_UNFINISHED)

    def last_ended(self, connection: Connection) -> SyncRun | None:
        query = SyncRunRow.select().where(
            SyncRunRow.hotel_id == connection.hotel_id,
            SyncRunRow.connection_id == connection.id,
            ~_IS_UNFINISHED,
        )
        newest = query.order_by(SyncRunRow.queued_at.desc(), SyncRunRow.id.desc()).limit(1)
        rows = self.session.select(newest)
        return run_from_row(rows[0]) if rows else None

    def stuck(self, *, queued_before: datetime) -> Sequence[StuckRun]:
        before = micros_from_instant(queued_before)
        found = self.session.rows(_STUCK_SQL, (before, before))
        return [
            StuckRun(UUID(hotel_id), UUID(run_id), correlation_id)
            for hotel_id, run_id, correlation_id in found
        ]

    def _select(self, condition: Any) -> list[SyncRun]:
        query = SyncRunRow.select().where(condition)
        rows = self.session.select(query.order_by(SyncRunRow.queued_at, SyncRunRow.id))
        return [run_from_row(row) for row in rows]


def run_from_row(row: dict[str, Any]) -> SyncRun:
    converted = {
        "kind": SyncKind(row["kind"]),
        "trigger": SyncTrigger(row["trigger"]),
        "status": SyncStatus(row["status"]),
        "counts": SyncCounts(**json.loads(row["counts"])),
        "transport": TransportCounts(**json.loads(row["transport"])),
    }
    return SyncRun(**row | converted)


def _columns(run: SyncRun) -> dict[str, Any]:
    return {name: getattr(run, name) for name in _FIELDS} | {
        "kind": str(run.kind),
        "trigger": str(run.trigger),
        "status": str(run.status),
        "counts": _format_counts(run.counts),
        "transport": _format_counts(run.transport),
        "error_detail": optional_text(run.error_detail),
        "error_path": optional_text(run.error_path),
        "vendor_message": optional_text(run.vendor_message),
    }


@lru_cache(maxsize=256)
def _format_counts(counts: SyncCounts | TransportCounts) -> str:
    """Runs that are queued together have the same: none."""
    return json.dumps(asdict(counts))
