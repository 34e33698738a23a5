"""Records the end of a sync run, with its event, in the caller's unit of work."""

from datetime import datetime
from uuid import UUID

from application.events.cloud_events import outbox_message
from domain.events import EventHeader, SyncCompleted, SyncFailed
from domain.sync_run import SyncRun
from ports.unit_of_work import UnitOfWork


def record_run_finished(
    uow: UnitOfWork,
    run: SyncRun,
    event: type[SyncCompleted] | type[SyncFailed],
    *,
    now: datetime,
    event_id: UUID,
) -> None:
    uow.sync_runs.save(run)
    header = EventHeader(
        hotel_id=run.hotel_id,
        provider=run.provider,
        connection_id=run.connection_id,
        external_id=str(run.id),
        version=None,
        correlation_id=run.correlation_id,
        at=now,
    )
    uow.outbox.add([outbox_message(event(header=header, run=run), event_id)])
