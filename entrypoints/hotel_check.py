"""`pms up --check`, for each simulated hotel: it comes in, it is the provider's, it is heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from domain.errors import ErrorKind, PmsError
from domain.sync import SyncRun, SyncStatus
from entrypoints.demo import DemoHotel
from entrypoints.up import Running, first_sync, simulated
from entrypoints.waiting import wait_until

SYNC_SECONDS: Final = 240
HEARD_SECONDS: Final = 120
HAPPENINGS: Final = 20
"""Enough that some are of a kind that the vendor tells."""


class CheckFailed(PmsError):
    """The installation does not do what it should."""

    code = "check_failed"
    kind = ErrorKind.BUG


@dataclass(frozen=True, slots=True, kw_only=True)
class HotelFigures:
    """`compared` and `drift`: ours against the provider's after the first sync, before anything
    happened; `heard`: whether the provider's messages arrived by themselves, None where it sends
    none. Zeros for a provider that is not pulled."""

    provider: str
    hotel: str
    bookings: int
    heard: bool | None
    sync_status: SyncStatus | None = None
    sync_seconds: float = 0.0
    seen: int = 0
    quarantined: int = 0
    calls: int = 0
    compared: int = 0
    drift: int = 0


def check_hotels(up: Running) -> Sequence[HotelFigures]:
    """Raises CheckFailed, NotInTime, ChildEnded with the reason."""
    queued = {hotel.slug: _queued(up, hotel) for hotel in up.demo.hotels if up.is_pulled(hotel)}
    return [_figures(up, hotel, queued.get(hotel.slug)) for hotel in up.demo.hotels]


def _figures(up: Running, hotel: DemoHotel, queued: SyncRun | None) -> HotelFigures:
    if queued is None:
        heard = _heard(up, hotel)
        return HotelFigures(
            provider=hotel.provider, hotel=hotel.slug, bookings=_count(up, hotel), heard=heard
        )
    run = _synced(up, hotel, queued)
    report = up.container.verify_hotel(run.connection_id, correlation_id=run.correlation_id)
    if report.drift:
        raise CheckFailed(f"{hotel.slug}: not the provider's after a sync: {report.examples}")
    return HotelFigures(
        provider=hotel.provider,
        hotel=hotel.slug,
        heard=_heard(up, hotel),
        bookings=_count(up, hotel),
        sync_status=run.status,
        sync_seconds=_seconds(run),
        seen=run.counts.seen,
        quarantined=run.counts.quarantined,
        calls=run.transport.calls,
        compared=report.compared,
    )


def _queued(up: Running, hotel: DemoHotel) -> SyncRun:
    """The first run, which the schedule may have ended already."""
    queued = first_sync(up, hotel)
    if queued is not None:
        return queued
    runs, _ = up.container.store.queries.sync_runs(up.connection(hotel).hotel_id, limit=50)
    return runs[-1]


def _synced(up: Running, hotel: DemoHotel, queued: SyncRun) -> SyncRun:
    queries = up.container.store.queries

    def current() -> SyncRun:
        return queries.sync_run(queued.hotel_id, queued.id) or queued

    what = f"the first sync of {hotel.slug}"
    wait_until(lambda: current().status.is_final, up.children, seconds=SYNC_SECONDS, what=what)
    run = current()
    if run.status is not SyncStatus.COMPLETED:
        raise CheckFailed(f"{what} ended as {run.status}: {run.error_code or run.counts}")
    return run


def _heard(up: Running, hotel: DemoHotel) -> bool | None:
    """Things happen there, and the provider tells us."""
    capabilities = up.capabilities(hotel)
    if not capabilities.webhooks and capabilities.push_path is None:
        return None
    simulated(hotel).advance(events=HAPPENINGS)

    def settled() -> bool:
        waiting = up.container.store.queries.backlog()["inbox"]
        return up.connection(hotel).last_heard_at is not None and waiting == 0

    what = f"what the provider of {hotel.slug} tells"
    wait_until(settled, up.children, seconds=HEARD_SECONDS, what=what)
    return True


def _count(up: Running, hotel: DemoHotel) -> int:
    return up.container.store.queries.count_bookings(up.connection(hotel).hotel_id)


def _seconds(run: SyncRun) -> float:
    took = run.finished_at - run.started_at if run.started_at and run.finished_at else None
    return round(took.total_seconds(), 2) if took else 0.0
