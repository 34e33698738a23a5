"""Idle deltas in a row are one stored run, which counts them."""

from domain.connection import Connection
from domain.sync_run import SyncRun
from ports.unit_of_work import UnitOfWork


def fold_idle_runs(uow: UnitOfWork, connection: Connection, run: SyncRun) -> SyncRun:
    """A finished run that is not yet saved as such. If it and the connection's run before it are
    idle, it takes the place of that one; the newer id is the one of the last event."""
    previous = uow.sync_runs.last_ended(connection) if run.is_idle else None
    if previous is None or not previous.is_idle:
        return run
    uow.sync_runs.delete(previous)
    return run.folding(previous)
