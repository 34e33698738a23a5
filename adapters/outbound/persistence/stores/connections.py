"""Connections with their sealed credentials and sync leases."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import (
    json_row,
    json_text,
    micros_from_instant,
    optional_instant,
)
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.models import ConnectionRow
from domain.breaker import Breaker
from domain.connection import Connection, ConnectionState
from domain.schedule import Schedule
from domain.sync_run import Lease
from domain.values import ConnectionId, HotelId
from ports.administration import DueConnection
from ports.errors import ConcurrentChange, LeaseLost, Unsealable
from ports.system import Sealer, Secrets

INBOUND_TOUCH_INTERVAL: Final = timedelta(seconds=10)

_FIELDS_NOT_SAVED: Final = ("hotel_id", "id", "last_inbound_at", "control_applied_at", "revision")
_PLAIN_FIELDS: Final = (
    "provider",
    "name",
    "key_hash",
    "cursor",
    "next_sync_at",
    "next_reconcile_at",
    "last_synced_at",
    "gap_seen_at",
    "last_error_code",
    "last_error_detail",
    "stopped_at",
)
_INTERVALS: Final = ("delta_every", "reconcile_every")

_SAME_FIELDS: Final = (*_FIELDS_NOT_SAVED, *_PLAIN_FIELDS)
_COLUMNS: Final = (
    *_SAME_FIELDS,
    *("settings", "schedule", "state", "breaker_failures", "breaker_retry_at"),
)
_INSTANTS: Final = tuple(name for name in _COLUMNS if name.endswith("_at"))

# No reconcile before the first sync; an open breaker waits for its time. The hotel is not locked.
_DUE_SQL = f"""
    SELECT {", ".join(_COLUMNS)},
        (SELECT h.enabled FROM hotels h WHERE h.id = connections.hotel_id)
    FROM connections
    WHERE id > %s
    AND state = 'active' AND (breaker_retry_at IS NULL OR breaker_retry_at <= %s)
    AND (next_sync_at <= %s OR (cursor IS NOT NULL AND next_reconcile_at <= %s))
    ORDER BY id LIMIT %s
"""  # noqa: S608  # constant

_RESCHEDULED: Final = (
    "hotel_id",
    "id",
    "next_sync_at",
    "next_reconcile_at",
    "gap_seen_at",
    "revision",
)
_RESCHEDULE_SQL = """
    UPDATE connections SET next_sync_at = given.next_sync_at,
        next_reconcile_at = given.next_reconcile_at, gap_seen_at = given.gap_seen_at,
        revision = given.revision + 1
    FROM {given} WHERE connections.hotel_id = given.hotel_id AND connections.id = given.id
    AND connections.revision = given.revision
"""

_ACQUIRE_LEASE_SQL = """
    UPDATE connections SET lease_holder = %s, lease_expires_at = %s,
        fencing_number = fencing_number + 1
    WHERE id = %s AND (lease_holder IS NULL OR lease_holder = %s OR lease_expires_at <= %s)
"""


@dataclass(frozen=True, slots=True)
class StoredConnections:
    session: Session
    sealer: Sealer

    def add(self, connection: Connection, secrets: Secrets) -> None:
        row = {name: getattr(connection, name) for name in _FIELDS_NOT_SAVED}
        row["sealed_secrets"] = self._seal(connection.hotel_id, connection.id, secrets)
        row["fencing_number"] = 0
        self.session.write(ConnectionRow.insert(row | _columns(connection)))

    def get(self, connection_id: ConnectionId) -> Connection | None:
        return next(iter(self._select(ConnectionRow.id == connection_id)), None)

    def by_key_hash(self, key_hash: str) -> Connection | None:
        return next(iter(self._select(ConnectionRow.key_hash == key_hash)), None)

    def of_hotel(self, hotel_id: HotelId) -> Sequence[Connection]:
        return self._select(ConnectionRow.hotel_id == hotel_id)

    def of_provider(self, provider: str) -> Sequence[Connection]:
        return self._select(ConnectionRow.provider == provider)

    def lock_due(
        self, *, now: datetime, limit: int, after: ConnectionId | None = None
    ) -> Sequence[DueConnection]:
        first, instant = (after or UUID(int=0)).hex, micros_from_instant(now)
        found = self.session.search(
            f"{_DUE_SQL} {self.session.for_update_skip_locked}",
            (first, instant, instant, instant, limit),
        )
        return [
            DueConnection(_connection_from_columns(columns), bool(enabled))
            for *columns, enabled in found
        ]

    def reschedule(self, connections: Sequence[Connection]) -> None:
        rows = [
            json_row({name: getattr(each, name) for name in _RESCHEDULED}) for each in connections
        ]
        given = self.session.given("connections", _RESCHEDULED)
        saved = self.session.run(_RESCHEDULE_SQL.format(given=given), (json_text(rows),))
        if saved != len(rows):
            raise ConcurrentChange

    def save(self, connection: Connection) -> Connection:
        saved = replace(connection, revision=connection.revision + 1)
        query = ConnectionRow.update(_columns(connection) | {"revision": saved.revision}).where(
            ConnectionRow.id == connection.id, ConnectionRow.revision == connection.revision
        )
        if not self.session.write(query):
            raise ConcurrentChange
        return saved

    def secrets(self, connection_id: ConnectionId) -> Secrets:
        found = self.session.rows(
            "SELECT hotel_id, sealed_secrets FROM connections WHERE id = %s", (connection_id.hex,)
        )
        if not found:
            raise Unsealable
        ((hotel_id, sealed),) = found
        context = seal_context(UUID(hotel_id), connection_id)
        plaintext = self.sealer.open(sealed, bound_to=context)
        secrets: dict[str, str] = json.loads(plaintext)
        return secrets

    def replace_secrets(self, connection_id: ConnectionId, secrets: Secrets) -> None:
        connection = self.get(connection_id)
        if connection is None:
            return
        sealed = self._seal(connection.hotel_id, connection_id, secrets)
        self.session.write(
            ConnectionRow.update(sealed_secrets=sealed).where(ConnectionRow.id == connection_id)
        )

    def apply_control(self, connection_id: ConnectionId, *, at: datetime) -> bool:
        instant = micros_from_instant(at)
        applied = self.session.run(
            "UPDATE connections SET control_applied_at = %s "
            "WHERE id = %s AND (control_applied_at IS NULL OR control_applied_at <= %s)",
            (instant, connection_id.hex, instant),
        )
        return applied == 1

    def touch_inbound(self, connection_id: ConnectionId, *, at: datetime) -> None:
        outdated = micros_from_instant(at - INBOUND_TOUCH_INTERVAL)
        self.session.defer(
            "UPDATE connections SET last_inbound_at = %s WHERE id IN ("  # noqa: S608
            "SELECT id FROM connections WHERE id = %s "
            "AND (last_inbound_at IS NULL OR last_inbound_at <= %s) "
            f"{self.session.for_update_skip_locked})",
            [(micros_from_instant(at), connection_id.hex, outdated)],
        )

    def acquire_lease(
        self, connection_id: ConnectionId, holder: str, *, now: datetime, until: datetime
    ) -> Lease | None:
        expiry, instant = micros_from_instant(until), micros_from_instant(now)
        acquired = self.session.run(
            _ACQUIRE_LEASE_SQL, (holder, expiry, connection_id.hex, holder, instant)
        )
        if not acquired:
            return None
        number = self.session.rows(
            "SELECT fencing_number FROM connections WHERE id = %s", (connection_id.hex,)
        )[0][0]
        return Lease(connection_id, holder, number, until)

    def renew_lease(self, lease: Lease, *, until: datetime) -> Lease:
        if not self._update_held(lease, "lease_expires_at = %s", micros_from_instant(until)):
            raise LeaseLost
        return replace(lease, expires_at=until)

    def release_lease(self, lease: Lease) -> None:
        self._update_held(lease, "lease_holder = NULL, lease_expires_at = NULL")

    def _update_held(self, lease: Lease, assignments: str, *values: int) -> int:
        """Updates nothing if the lease was lost."""
        return self.session.run(
            f"UPDATE connections SET {assignments} "  # noqa: S608  # constants of this class
            "WHERE id = %s AND fencing_number = %s AND lease_holder = %s",
            (*values, lease.connection_id.hex, lease.fencing_number, lease.holder),
        )

    def _select(self, condition: Any) -> list[Connection]:
        query = ConnectionRow.select().where(condition).order_by(ConnectionRow.id)
        return [_connection_from_row(row) for row in self.session.select(query)]

    def _seal(self, hotel_id: HotelId, connection_id: ConnectionId, secrets: Secrets) -> bytes:
        plaintext = json.dumps(dict(secrets)).encode()
        return self.sealer.seal(plaintext, bound_to=seal_context(hotel_id, connection_id))


def seal_context(hotel_id: HotelId, connection_id: ConnectionId) -> str:
    return f"connection/{hotel_id}/{connection_id}"


def _columns(connection: Connection) -> dict[str, Any]:
    """The columns that `save` writes."""
    return {name: getattr(connection, name) for name in _PLAIN_FIELDS} | {
        "settings": json.dumps(dict(connection.settings)),
        "schedule": _format_schedule(connection.schedule),
        "state": str(connection.state),
        "breaker_failures": connection.breaker.failures,
        "breaker_retry_at": connection.breaker.retry_at,
    }


def _connection_from_columns(columns: Sequence[Any]) -> Connection:
    """From the values of `_COLUMNS`."""
    row = dict(zip(_COLUMNS, columns, strict=True))
    for name in ("hotel_id", "id"):
        row[name] = UUID(row[name])
    for name in _INSTANTS:
        row[name] = optional_instant(row[name])
    return _connection_from_row(row)


def _connection_from_row(row: dict[str, Any]) -> Connection:
    return Connection(
        **{name: row[name] for name in _SAME_FIELDS},
        settings=json.loads(row["settings"]),
        schedule=_parse_schedule(row["schedule"]),
        state=ConnectionState(row["state"]),
        breaker=Breaker(failures=row["breaker_failures"], retry_at=row["breaker_retry_at"]),
    )


def _format_schedule(schedule: Schedule) -> str:
    document = asdict(schedule)
    for name in _INTERVALS:
        document[f"{name}_us"] = document.pop(name) // timedelta(microseconds=1)
    return json.dumps(document)


@lru_cache(maxsize=1_024)
def _parse_schedule(text: str) -> Schedule:
    document = json.loads(text)
    for name in _INTERVALS:
        document[name] = timedelta(microseconds=document.pop(f"{name}_us"))
    return Schedule(**document)
