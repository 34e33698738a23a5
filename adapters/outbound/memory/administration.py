"""Hotels, connections with their secrets and leases, and sync runs in dictionaries."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from adapters.outbound.memory.tables import (
    LeaseRow,
    RetentionRow,
    Tables,
    is_due,
    purge_each,
)
from domain.connection import Connection
from domain.hotel import Hotel
from domain.retention import DEFAULT_RETENTION, PURGE_EVERY
from domain.sync_run import Lease, SyncRun, SyncStatus
from domain.values import ConnectionId, HotelId
from ports.administration import DueConnection, StuckRun
from ports.errors import AlreadyExists, ConcurrentChange, LeaseLost, Unsealable
from ports.system import Secrets

_INBOUND_TOUCH_INTERVAL: Final = timedelta(seconds=10)


class InMemoryHotels:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, hotel: Hotel) -> None:
        if hotel.id in self._tables.hotels or self.by_slug(hotel.slug):
            raise AlreadyExists(slug=hotel.slug)
        self._tables.hotels[hotel.id] = hotel
        first_purge_at = hotel.created_at + PURGE_EVERY
        self._tables.retentions[hotel.id] = RetentionRow(DEFAULT_RETENTION, first_purge_at)

    def get(self, hotel_id: HotelId) -> Hotel | None:
        return self._tables.hotels.get(hotel_id)

    def by_slug(self, slug: str) -> Hotel | None:
        return next((h for h in self._tables.hotels.values() if h.slug == slug), None)

    def all(self) -> Sequence[Hotel]:
        return sorted(self._tables.hotels.values(), key=lambda hotel: hotel.slug)

    def set_enabled(self, hotel_id: HotelId, *, enabled: bool) -> None:
        held = self._tables.hotels.get(hotel_id)
        if held is not None:
            self._tables.hotels[hotel_id] = replace(held, enabled=enabled)

    def lock(self, hotel_id: HotelId) -> None:
        """Units of work are serialized here."""


class InMemoryConnections:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, connection: Connection, secrets: Secrets) -> None:
        self._require_unique(connection)
        if connection.id in self._tables.connections:
            raise AlreadyExists
        self._tables.connections[connection.id] = _copy_connection(connection)
        self._tables.secrets[connection.id] = dict(secrets)

    def get(self, connection_id: ConnectionId) -> Connection | None:
        found = self._tables.connections.get(connection_id)
        return _copy_connection(found) if found else None

    def by_key_hash(self, key_hash: str) -> Connection | None:
        return next(iter(self._select(lambda c: c.key_hash == key_hash)), None)

    def of_hotel(self, hotel_id: HotelId) -> Sequence[Connection]:
        return self._select(lambda c: c.hotel_id == hotel_id)

    def of_provider(self, provider: str) -> Sequence[Connection]:
        return self._select(lambda c: c.provider == provider)

    def lock_due(
        self, *, now: datetime, limit: int, after: ConnectionId | None = None
    ) -> Sequence[DueConnection]:
        first = after or UUID(int=0)
        due = self._select(lambda c: c.id > first and c.due_kind(now) is not None)
        by_id = sorted(due, key=lambda connection: connection.id)
        return [DueConnection(each, self._is_hotel_enabled(each)) for each in by_id[:limit]]

    def reschedule(self, connections: Sequence[Connection]) -> None:
        for connection in connections:
            held = self._held(connection)
            self.save(
                replace(
                    held,
                    next_sync_at=connection.next_sync_at,
                    next_reconcile_at=connection.next_reconcile_at,
                    gap_seen_at=connection.gap_seen_at,
                )
            )

    def save(self, connection: Connection) -> Connection:
        held = self._held(connection)
        self._require_unique(connection)
        saved = replace(
            _copy_connection(connection),
            revision=held.revision + 1,
            last_inbound_at=held.last_inbound_at,
            control_applied_at=held.control_applied_at,
        )
        self._tables.connections[connection.id] = saved
        return _copy_connection(saved)

    def secrets(self, connection_id: ConnectionId) -> Secrets:
        if connection_id not in self._tables.secrets:
            raise Unsealable("There are no secrets of this connection.")
        return dict(self._tables.secrets[connection_id])

    def replace_secrets(self, connection_id: ConnectionId, secrets: Secrets) -> None:
        if connection_id in self._tables.connections:
            self._tables.secrets[connection_id] = dict(secrets)

    def apply_control(self, connection_id: ConnectionId, *, at: datetime) -> bool:
        held = self._tables.connections.get(connection_id)
        if held is None or (held.control_applied_at and at < held.control_applied_at):
            return False
        self._tables.connections[connection_id] = replace(held, control_applied_at=at)
        return True

    def touch_inbound(self, connection_id: ConnectionId, *, at: datetime) -> None:
        held = self._tables.connections.get(connection_id)
        if held is not None and is_due(held.last_inbound_at, _INBOUND_TOUCH_INTERVAL, at=at):
            self._tables.connections[connection_id] = replace(held, last_inbound_at=at)

    def acquire_lease(
        self, connection_id: ConnectionId, holder: str, *, now: datetime, until: datetime
    ) -> Lease | None:
        row = self._tables.leases.get(connection_id, LeaseRow(0, None))
        is_active = row.lease is not None and row.lease.expires_at > now
        if row.lease and is_active and row.lease.holder != holder:
            return None
        lease = Lease(connection_id, holder, row.fencing_number + 1, until)
        self._tables.leases[connection_id] = LeaseRow(lease.fencing_number, lease)
        return lease

    def renew_lease(self, lease: Lease, *, until: datetime) -> Lease:
        if not self._holds(lease):
            raise LeaseLost
        renewed = replace(lease, expires_at=until)
        self._tables.leases[lease.connection_id] = LeaseRow(lease.fencing_number, renewed)
        return renewed

    def release_lease(self, lease: Lease) -> None:
        if self._holds(lease):
            self._tables.leases[lease.connection_id] = LeaseRow(lease.fencing_number, None)

    def _held(self, connection: Connection) -> Connection:
        """The stored one, of the same revision."""
        held = self._tables.connections.get(connection.id)
        if held is None or held.revision != connection.revision:
            raise ConcurrentChange
        return held

    def _is_hotel_enabled(self, connection: Connection) -> bool:
        hotel = self._tables.hotels.get(connection.hotel_id)
        return hotel is not None and hotel.enabled

    def _select(self, condition: Callable[[Connection], bool]) -> Sequence[Connection]:
        every = self._tables.connections.values()
        return [_copy_connection(connection) for connection in every if condition(connection)]

    def _holds(self, lease: Lease) -> bool:
        row = self._tables.leases.get(lease.connection_id)
        held = row.lease if row else None
        return held is not None and held.fencing_number == lease.fencing_number

    def _require_unique(self, connection: Connection) -> None:
        for other in self._tables.connections.values():
            same_name = (other.hotel_id, other.name) == (connection.hotel_id, connection.name)
            if other.id != connection.id and (same_name or other.key_hash == connection.key_hash):
                raise AlreadyExists(name=connection.name)


class InMemorySyncRuns:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add(self, run: SyncRun) -> None:
        has_unfinished = not run.status.is_final and self.unfinished(run.connection_id)
        if has_unfinished or run.id in self._tables.sync_runs:
            raise AlreadyExists
        self._tables.sync_runs[run.id] = run

    def add_where_idle(self, runs: Sequence[SyncRun]) -> frozenset[UUID]:
        idle = [run for run in runs if not self.unfinished(run.connection_id)]
        for run in idle:
            self.add(run)
        return frozenset(run.id for run in idle)

    def get(self, run_id: UUID) -> SyncRun | None:
        return self._tables.sync_runs.get(run_id)

    def save(self, run: SyncRun) -> None:
        held = self._tables.sync_runs.get(run.id)
        if held is None or held.fencing_number > run.fencing_number:
            raise LeaseLost
        self._tables.sync_runs[run.id] = run

    def delete(self, run: SyncRun) -> None:
        self._tables.sync_runs.pop(run.id, None)

    def purge(self, limits: Mapping[HotelId, datetime], *, each: int) -> Mapping[HotelId, int]:
        return purge_each(
            self._tables.sync_runs,
            limits,
            lambda run: (run.hotel_id, run.queued_at) if run.status.is_final else None,
            each=each,
        )

    def unfinished(self, connection_id: ConnectionId) -> Sequence[SyncRun]:
        return [r for r in self._open_runs() if r.connection_id == connection_id]

    def last_ended(self, connection: Connection) -> SyncRun | None:
        ended = [
            run
            for run in self._tables.sync_runs.values()
            if run.connection_id == connection.id and run.status.is_final
        ]
        return max(ended, key=lambda run: (run.queued_at, run.id), default=None)

    def stuck(self, *, queued_before: datetime) -> Sequence[StuckRun]:
        return [
            StuckRun(run.hotel_id, run.id, run.correlation_id)
            for run in self._open_runs()
            if self._is_stuck(run, queued_before)
        ]

    def _open_runs(self) -> Sequence[SyncRun]:
        unfinished = [r for r in self._tables.sync_runs.values() if not r.status.is_final]
        return sorted(unfinished, key=lambda run: (run.queued_at, run.id))

    def _is_stuck(self, run: SyncRun, before: datetime) -> bool:
        if run.status is SyncStatus.QUEUED:
            return run.queued_at < before
        row = self._tables.leases.get(run.connection_id, LeaseRow(0, None))
        expired = row.lease is None or row.lease.expires_at < before
        return expired or row.fencing_number > run.fencing_number


def _copy_connection(connection: Connection) -> Connection:
    """Copies `settings`, which may be a dictionary of the caller."""
    return replace(connection, settings=dict(connection.settings))
