"""Connections with their sealed credentials and the lease on their sync."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import micros_from_instant
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.models import ConnectionRow
from domain.breaker import Breaker
from domain.connection import Connection, ConnectionState
from domain.schedule import Schedule
from domain.sync_run import Lease
from domain.values import ConnectionId, HotelId
from ports.errors import ConcurrentChange, LeaseLost, Unsealable
from ports.system import Sealer, Secrets

INBOUND_TOUCH_INTERVAL: Final = timedelta(seconds=10)

# The longest overdue first; a reconcile waits for the first sync, an open breaker for its time.
_DUE_SQL = """
    SELECT id FROM connections
    WHERE state = 'active' AND (breaker_retry_at IS NULL OR breaker_retry_at <= %s)
    AND (next_sync_at <= %s OR (cursor IS NOT NULL AND next_reconcile_at <= %s))
    ORDER BY CASE WHEN cursor IS NULL OR next_reconcile_at IS NULL
        OR next_sync_at <= next_reconcile_at THEN next_sync_at ELSE next_reconcile_at END, id
    LIMIT %s
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
        row = _columns(connection) | {
            "hotel_id": connection.hotel_id,
            "id": connection.id,
            "sealed_secrets": self._seal(connection.hotel_id, connection.id, secrets),
            "last_inbound_at": connection.last_inbound_at,
            "revision": connection.revision,
            "fencing_number": 0,
        }
        self.session.write(ConnectionRow.insert(row))

    def get(self, connection_id: ConnectionId) -> Connection | None:
        return self._one(ConnectionRow.id == connection_id)

    def by_key_hash(self, key_hash: str) -> Connection | None:
        return self._one(ConnectionRow.key_hash == key_hash)

    def of_hotel(self, hotel_id: HotelId) -> Sequence[Connection]:
        query = ConnectionRow.select().where(ConnectionRow.hotel_id == hotel_id)
        return [
            _connection_from_row(row)
            for row in self.session.select(query.order_by(ConnectionRow.id))
        ]

    def of_provider(self, provider: str) -> Sequence[Connection]:
        query = ConnectionRow.select().where(ConnectionRow.provider == provider)
        return [
            _connection_from_row(row)
            for row in self.session.select(query.order_by(ConnectionRow.id))
        ]

    def due(self, *, now: datetime, limit: int) -> Sequence[Connection]:
        instant = micros_from_instant(now)
        found = self.session.rows(_DUE_SQL, (instant, instant, instant, limit))
        ids = [UUID(row[0]) for row in found]
        query = ConnectionRow.select().where(ConnectionRow.id.in_(ids))
        by_id = {row.id: _connection_from_row(row) for row in self.session.select(query)}
        return [by_id[connection_id] for connection_id in ids]

    def save(self, connection: Connection) -> Connection:
        saved = replace(connection, revision=connection.revision + 1)
        query = ConnectionRow.update(_columns(connection) | {"revision": saved.revision}).where(
            ConnectionRow.id == connection.id, ConnectionRow.revision == connection.revision
        )
        if not self.session.write(query):
            raise ConcurrentChange
        return saved

    def secrets(self, connection_id: ConnectionId) -> Secrets:
        row = self._row(ConnectionRow.id == connection_id)
        if row is None:
            raise Unsealable
        plaintext = self.sealer.open(
            bytes(row.sealed_secrets), bound_to=_seal_context(row.hotel_id, connection_id)
        )
        secrets: dict[str, str] = json.loads(plaintext)
        return secrets

    def replace_secrets(self, connection_id: ConnectionId, secrets: Secrets) -> None:
        row = self._row(ConnectionRow.id == connection_id)
        if row is None:
            return
        sealed = self._seal(row.hotel_id, connection_id, secrets)
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
        self.session.defer(
            "UPDATE connections SET last_inbound_at = %s WHERE id IN ("  # noqa: S608
            "SELECT id FROM connections WHERE id = %s "
            "AND (last_inbound_at IS NULL OR last_inbound_at <= %s) "
            f"{self.session.for_update_skip_locked})",
            [
                (
                    micros_from_instant(at),
                    connection_id.hex,
                    micros_from_instant(at - INBOUND_TOUCH_INTERVAL),
                )
            ],
        )

    def acquire_lease(
        self, connection_id: ConnectionId, holder: str, *, now: datetime, until: datetime
    ) -> Lease | None:
        acquired = self.session.run(
            _ACQUIRE_LEASE_SQL,
            (
                holder,
                micros_from_instant(until),
                connection_id.hex,
                holder,
                micros_from_instant(now),
            ),
        )
        if not acquired:
            return None
        number = self.session.rows(
            "SELECT fencing_number FROM connections WHERE id = %s", (connection_id.hex,)
        )[0][0]
        return Lease(connection_id, holder, number, until)

    def renew_lease(self, lease: Lease, *, until: datetime) -> Lease:
        renewed = self.session.run(
            "UPDATE connections SET lease_expires_at = %s "
            "WHERE id = %s AND fencing_number = %s AND lease_holder = %s",
            (
                micros_from_instant(until),
                lease.connection_id.hex,
                lease.fencing_number,
                lease.holder,
            ),
        )
        if not renewed:
            raise LeaseLost
        return replace(lease, expires_at=until)

    def release_lease(self, lease: Lease) -> None:
        self.session.run(
            "UPDATE connections SET lease_holder = NULL, lease_expires_at = NULL "
            "WHERE id = %s AND fencing_number = %s AND lease_holder = %s",
            (lease.connection_id.hex, lease.fencing_number, lease.holder),
        )

    def _one(self, condition: Any) -> Connection | None:
        row = self._row(condition)
        return None if row is None else _connection_from_row(row)

    def _row(self, condition: Any) -> ConnectionRow | None:
        found = self.session.select(ConnectionRow.select().where(condition))
        return found[0] if found else None

    def _seal(self, hotel_id: HotelId, connection_id: ConnectionId, secrets: Secrets) -> bytes:
        plaintext = json.dumps(dict(secrets)).encode()
        return self.sealer.seal(plaintext, bound_to=_seal_context(hotel_id, connection_id))


def _seal_context(hotel_id: HotelId, connection_id: ConnectionId) -> str:
    return f"connection/{hotel_id}/{connection_id}"


def _columns(connection: Connection) -> dict[str, Any]:
    """What `save` writes."""
    return {
        "provider": connection.provider,
        "name": connection.name,
        "settings": json.dumps(dict(connection.settings)),
        "key_hash": connection.key_hash,
        "schedule": _format_schedule(connection.schedule),
        "state": str(connection.state),
        "cursor": connection.cursor,
        "breaker_failures": connection.breaker.failures,
        "breaker_retry_at": connection.breaker.retry_at,
        "next_sync_at": connection.next_sync_at,
        "next_reconcile_at": connection.next_reconcile_at,
        "last_synced_at": connection.last_synced_at,
        "gap_seen_at": connection.gap_seen_at,
        "last_error_code": connection.last_error_code,
    }


def _connection_from_row(row: ConnectionRow) -> Connection:
    return Connection(
        id=row.id,
        hotel_id=row.hotel_id,
        provider=row.provider,
        name=row.name,
        settings=json.loads(row.settings),
        key_hash=row.key_hash,
        schedule=_parse_schedule(row.schedule),
        state=ConnectionState(row.state),
        cursor=row.cursor,
        breaker=Breaker(failures=row.breaker_failures, retry_at=row.breaker_retry_at),
        next_sync_at=row.next_sync_at,
        next_reconcile_at=row.next_reconcile_at,
        last_synced_at=row.last_synced_at,
        last_inbound_at=row.last_inbound_at,
        gap_seen_at=row.gap_seen_at,
        last_error_code=row.last_error_code,
        revision=row.revision,
    )


def _format_schedule(schedule: Schedule) -> str:
    return json.dumps(
        {
            "delta_every_us": schedule.delta_every // timedelta(microseconds=1),
            "reconcile_every_us": schedule.reconcile_every // timedelta(microseconds=1),
            "reconcile_days_back": schedule.reconcile_days_back,
            "reconcile_days_ahead": schedule.reconcile_days_ahead,
            "keep_days_back": schedule.keep_days_back,
            "keep_days_ahead": schedule.keep_days_ahead,
        }
    )


def _parse_schedule(text: str) -> Schedule:
    document = json.loads(text)
    return Schedule(
        delta_every=timedelta(microseconds=document["delta_every_us"]),
        reconcile_every=timedelta(microseconds=document["reconcile_every_us"]),
        reconcile_days_back=document["reconcile_days_back"],
        reconcile_days_ahead=document["reconcile_days_ahead"],
        keep_days_back=document["keep_days_back"],
        keep_days_ahead=document["keep_days_ahead"],
    )
