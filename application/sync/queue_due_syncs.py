"""Stores the runs that are due: three statements per chunk of connections."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.connection import Connection
from domain.sync_run import SyncKind, SyncRun, SyncTrigger
from domain.values import ConnectionId
from ports.administration import DueConnection
from ports.errors import ConcurrentChange, UnknownProvider
from ports.providers import Capabilities, Providers
from ports.system import IdGenerator, Randomness
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory

CHUNK: Final = 7_000
"""Connections that one transaction locks, for about a second."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """`rescheduled`: with the times when it is due next. `run`: None if none is wanted."""

    due_since: datetime
    rescheduled: Connection
    run: SyncRun | None

    def is_queued(self, added: frozenset[UUID]) -> bool:
        return self.run is not None and self.run.id in added

    def connection(self, added: frozenset[UUID]) -> Connection:
        """A gap counts as seen once its reconcile is queued."""
        has_gap = self.run is not None and self.run.trigger is SyncTrigger.GAP
        return (
            self.rescheduled.gap_found() if has_gap and self.is_queued(added) else self.rescheduled
        )


@dataclass(frozen=True, slots=True)
class QueueDueSyncs:
    unit_of_work: UnitOfWorkFactory
    providers: Providers
    ids: IdGenerator
    randomness: Randomness
    chunk: int = CHUNK

    def __call__(self, now: datetime) -> list[SyncRun]:
        """The runs, of the longest overdue connection first. Looks at each connection once; what
        another transaction has locked is left to the next tick."""
        queued: list[_Plan] = []
        after: ConnectionId | None = None
        is_full = True
        with suppress(ConcurrentChange):  # the next tick does the rest
            while is_full:
                with self.unit_of_work() as uow:
                    due = uow.connections.lock_due(now=now, limit=self.chunk, after=after)
                    stored = self._store(uow, due, now)
                    if due:
                        uow.commit()
                queued += stored
                is_full = len(due) == self.chunk
                after = due[-1].connection.id if due else None
        queued.sort(key=lambda plan: plan.due_since)
        return [plan.run for plan in queued if plan.run is not None]

    def _store(self, uow: UnitOfWork, due: Sequence[DueConnection], now: datetime) -> list[_Plan]:
        """Those whose run was added: their connections had no unfinished one, such as a manual
        request's. All connections are rescheduled."""
        if not due:
            return []
        plans = [plan for each in due if (plan := self._plan(each, now)) is not None]
        added = uow.sync_runs.add_where_idle([plan.run for plan in plans if plan.run is not None])
        uow.connections.reschedule([plan.connection(added) for plan in plans])
        return [plan for plan in plans if plan.is_queued(added)]

    def _plan(self, due: DueConnection, now: datetime) -> _Plan | None:
        connection, due_since = due.connection, due.connection.due_since
        kind = connection.due_kind(now)
        if kind is None or due_since is None:
            return None
        capabilities = self._capabilities(connection)
        if capabilities is not None and not capabilities.pulls_with(connection.settings):
            return _Plan(due_since, connection.unscheduled(), None)
        jitter = connection.schedule.jitter(self.randomness.fraction())
        rescheduled = connection.scheduled(kind, now=now, jitter=jitter)
        if not due.is_hotel_enabled:
            return _Plan(due_since, rescheduled, None)
        gap = _has_gap(connection, capabilities, now)
        return _Plan(due_since, rescheduled, self._run(connection, kind, now=now, gap=gap))

    def _capabilities(self, connection: Connection) -> Capabilities | None:
        """None if the provider is not installed or its plug-in is broken: its runs fail visibly,
        other connections are not affected."""
        try:
            return self.providers.get(connection.provider).capabilities
        except UnknownProvider:
            return None

    def _run(self, connection: Connection, kind: SyncKind, *, now: datetime, gap: bool) -> SyncRun:
        """After a gap a reconcile replaces the run that was due."""
        trigger = SyncTrigger.GAP if gap else SyncTrigger.SCHEDULE
        kind = SyncKind.RECONCILE if gap else kind
        run_id = self.ids.new()
        return connection.new_run(run_id, kind, trigger, f"sync-{run_id}", now)


def _has_gap(connection: Connection, capabilities: Capabilities | None, now: datetime) -> bool:
    """False before the first full sync, which covers the gap."""
    silence = capabilities.retry_window if capabilities else None
    if silence is None or connection.cursor is None:
        return False
    return connection.has_gap(silence=silence, now=now)
