"""`pms up --check` per simulated hotel: it syncs without drift, its webhooks arrive."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from domain.errors import ErrorKind, PmsError
from domain.sync_run import SyncRun, SyncStatus
from entrypoints.local.demo import DemoHotel
from entrypoints.local.installation import (
    LocalInstallation,
    request_initial_sync,
    simulator_client_for,
)
from entrypoints.local.polling import wait_until

SYNC_TIMEOUT_SECONDS: Final = 240
WEBHOOK_TIMEOUT_SECONDS: Final = 120
ACTIVITY_EVENTS: Final = 20
"""Enough that the vendor sends notifications of some."""


class SelfCheckFailed(PmsError, code="check_failed", kind=ErrorKind.BUG):
    """The self check failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotelCheckResult:
    """`compared` and `drift`: our copy against the provider's data right after the first sync; zero
    if the provider is not pulled. `webhooks_received`: None if the provider sends none."""

    provider: str
    hotel: str
    bookings: int
    webhooks_received: bool | None
    sync_status: SyncStatus | None = None
    sync_seconds: float = 0.0
    seen: int = 0
    quarantined: int = 0
    calls: int = 0
    compared: int = 0
    drift: int = 0


def check_hotels(up: LocalInstallation) -> Sequence[HotelCheckResult]:
    """Raises SelfCheckFailed, WaitTimedOut, ChildProcessExited."""
    queued = {
        hotel.slug: _initial_run(up, hotel) for hotel in up.demo.hotels if up.is_pulled(hotel)
    }
    return [_check_hotel(up, hotel, queued.get(hotel.slug)) for hotel in up.demo.hotels]


def _check_hotel(
    up: LocalInstallation, hotel: DemoHotel, queued: SyncRun | None
) -> HotelCheckResult:
    figures = _check_first_sync(up, hotel, queued) if queued else {}
    return HotelCheckResult(
        provider=hotel.provider,
        hotel=hotel.slug,
        webhooks_received=_check_webhooks(up, hotel),
        bookings=up.container.store.queries.count_bookings(up.connection(hotel).hotel_id),
        **figures,
    )


def _check_first_sync(up: LocalInstallation, hotel: DemoHotel, queued: SyncRun) -> dict[str, Any]:
    """Fields of HotelCheckResult."""
    run = _wait_for_sync(up, hotel, queued)
    report = up.container.verify_hotel(run.connection_id, correlation_id=run.correlation_id)
    if report.drift:
        raise SelfCheckFailed(f"{hotel.slug}: drift after the first sync: {report.examples}")
    return {
        "sync_status": run.status,
        "sync_seconds": _run_seconds(run),
        "seen": run.counts.seen,
        "quarantined": run.counts.quarantined,
        "calls": run.transport.calls,
        "compared": report.compared,
    }


def _initial_run(up: LocalInstallation, hotel: DemoHotel) -> SyncRun:
    """The first run; the schedule may have completed it already."""
    queued = request_initial_sync(up, hotel)
    if queued is not None:
        return queued
    runs = up.container.store.queries.sync_runs(up.connection(hotel).hotel_id, limit=50)
    return runs.rows[-1]


def _wait_for_sync(up: LocalInstallation, hotel: DemoHotel, queued: SyncRun) -> SyncRun:
    queries = up.container.store.queries

    def current() -> SyncRun:
        return queries.sync_run(queued.hotel_id, queued.id) or queued

    description = f"the first sync of {hotel.slug}"
    wait_until(
        lambda: current().status.is_final,
        up.children,
        seconds=SYNC_TIMEOUT_SECONDS,
        description=description,
    )
    run = current()
    if run.status is not SyncStatus.COMPLETED:
        raise SelfCheckFailed(
            f"{description} ended as {run.status}: {run.error_code or run.counts}"
        )
    return run


def _check_webhooks(up: LocalInstallation, hotel: DemoHotel) -> bool | None:
    """Changes bookings in the simulator and waits for its webhooks."""
    capabilities = up.capabilities(hotel)
    if not capabilities.webhooks and capabilities.push_path is None:
        return None
    simulator_client_for(hotel).advance(events=ACTIVITY_EVENTS)

    def is_drained() -> bool:
        waiting = up.container.store.queries.backlog()["inbox"]
        return up.connection(hotel).last_inbound_at is not None and waiting == 0

    description = f"webhooks of {hotel.slug}"
    wait_until(is_drained, up.children, seconds=WEBHOOK_TIMEOUT_SECONDS, description=description)
    return True


def _run_seconds(run: SyncRun) -> float:
    duration = run.finished_at - run.started_at if run.started_at and run.finished_at else None
    return round(duration.total_seconds(), 2) if duration else 0.0
