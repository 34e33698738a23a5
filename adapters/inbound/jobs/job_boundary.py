"""The job boundary: every failure of a job ends here, as one log line with a code.

The queue never retries a job: the database holds what is due, and the next tick enqueues it. So
nothing is raised to RQ, whose failure records would contain the exception's text.
"""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from application import log_context
from application.caller_ids import CorrelationIds
from application.inbox.process_inbox import ProcessInbox
from application.inbox.work_off_inbox import WorkOffInbox
from application.sync.fail_sync import FailSync
from application.sync.schedule_syncs import ScheduleSyncs
from application.sync.sync_connection import SyncConnection
from domain.errors import ErrorKind, PmsError, kinds_by_code
from domain.sync_run import SyncRun, SyncStatus

log = logging.getLogger(__name__)

_INTERNAL_KINDS: Final = frozenset({ErrorKind.BUG, ErrorKind.MISCONFIGURED})
"""Kinds that need an engineer; all others are transient or reported elsewhere."""

_LASTING_KINDS: Final = _INTERNAL_KINDS | {ErrorKind.FORBIDDEN, ErrorKind.REJECTED}


@dataclass(frozen=True, slots=True)
class JobBoundary:
    sync_connection: SyncConnection
    fail_sync: FailSync
    work_off_inbox: WorkOffInbox
    process_inbox: ProcessInbox
    schedule_syncs: ScheduleSyncs
    new_id: Callable[[], UUID]
    correlation_ids: CorrelationIds

    def run(self, name: str, hotel_id: str, subject_id: str, correlation_id: str) -> None:
        """Takes the payload as enqueued, ids as text. Logs an unknown name as an error."""
        correlation_id = self.correlation_ids.accept(correlation_id)
        log_context.begin(correlation_id)
        log_context.hotel.set(hotel_id)
        with _log_failures(name, subject_id):
            match name:
                case "sync":
                    self._sync_or_record_failure(UUID(subject_id))
                case "connection_inbox":
                    count = self.work_off_inbox(
                        UUID(hotel_id), UUID(subject_id), correlation_id=correlation_id
                    )
                    log.info("inbox_processed", extra={"inbox_of": subject_id, "items": count})
                case "inbox":
                    outcomes = self.process_inbox(UUID(hotel_id), UUID(subject_id))
                    log.info("inbox_processed", extra={"batch": subject_id, "items": len(outcomes)})
                case _:
                    log.error("unknown_job", extra={"job": name})

    def tick(self) -> None:
        with _log_failures("tick", "tick"):
            tick_result = self.schedule_syncs()
            log.info("tick_completed", extra=asdict(tick_result))

    def _sync_or_record_failure(self, run_id: UUID) -> None:
        holder = str(self.new_id())
        with _log_failures(
            "sync", str(run_id), lambda bug: self.fail_sync(run_id, holder=holder, bug=bug)
        ):
            self._run_sync(run_id, holder)

    def _run_sync(self, run_id: UUID, holder: str) -> None:
        run = self.sync_connection(run_id, holder=holder, in_turns=True)
        log_context.provider.set(run.provider)
        log_context.connection.set(str(run.connection_id))
        log.log(
            _level_of(run),
            "sync_run",
            extra={
                "run": str(run.id),
                "sync_kind": run.kind,
                "outcome": run.status,
                "error_code": run.error_code,
                "error_path": run.error_path,
                "error_detail": run.error_detail,
                "vendor_message": run.vendor_message,
                "pages": run.pages,
                "counts": asdict(run.counts),
            },
        )


def _level_of(run: SyncRun) -> int:
    """A failure is an error if it remains until somebody acts, else a warning."""
    if run.status is SyncStatus.FAILED:
        kind = kinds_by_code().get(run.error_code or "", ErrorKind.BUG)
        return logging.ERROR if kind in _LASTING_KINDS else logging.WARNING
    return logging.WARNING if run.status is SyncStatus.PARTIAL else logging.INFO


@contextmanager
def _log_failures(
    job: str, subject: str, on_bug: Callable[[str], object] | None = None
) -> Iterator[None]:
    """`on_bug` gets the class name of an exception that is not a PmsError."""
    try:
        yield
    except PmsError as error:
        level = logging.ERROR if error.kind in _INTERNAL_KINDS else logging.WARNING
        log.log(level, "job_failed", extra={"job": job, "subject": subject, "code": error.code})
    except Exception as error:  # noqa: BLE001  # the boundary: a bug must not reach RQ's records
        locations = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        log.error(  # noqa: TRY400  # the exception's text may hold a guest's data
            "job_failed",
            extra={
                "job": job,
                "subject": subject,
                "code": "bug",
                "error_type": type(error).__name__,
                "traceback": locations[-8:],
            },
        )
        if on_bug:
            on_bug(type(error).__name__)
