"""Purges what hotels no longer keep, in the caller's unit of work: some hotels, some rows of each.

A hotel that has more is due again behind all others, so that none waits for a large one.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from application.audit.audit_trail import AuditTrail, acting_as
from domain.audit import RETENTION, AuditAction
from domain.retention import PURGE_EVERY, DataKind, Retention
from domain.values import HotelId
from ports.unit_of_work import UnitOfWork

HOTELS_PER_ROUND: Final = 100

Purged = Mapping[DataKind, Mapping[HotelId, int]]


@dataclass(frozen=True, slots=True)
class PurgeRound:
    """`counts`: rows by kind. `has_more`: whether hotels may be due."""

    counts: Counter[DataKind]
    has_more: bool


def apply_retention(uow: UnitOfWork, audit: AuditTrail, *, now: datetime, batch: int) -> PurgeRound:
    """Deletes up to `batch` rows of each kind."""
    due = uow.retention.due(now=now, limit=min(HOTELS_PER_ROUND, batch))
    if not due:
        return PurgeRound(Counter(), has_more=False)
    each = batch // len(due)
    purged = {kind: _purge(uow, kind, due, now=now, each=each) for kind in DataKind}
    unfinished = {h for counts in purged.values() for h, count in counts.items() if count >= each}
    uow.retention.purge_again(due.keys() - unfinished, at=now + PURGE_EVERY)
    uow.retention.purge_again(unfinished, at=now)
    _record(uow, audit, purged)
    counts = Counter({kind: sum(by_hotel.values()) for kind, by_hotel in purged.items()})
    return PurgeRound(+counts, has_more=True)


def _purge(
    uow: UnitOfWork,
    kind: DataKind,
    due: Mapping[HotelId, Retention],
    *,
    now: datetime,
    each: int,
) -> Mapping[HotelId, int]:
    limits = {
        hotel_id: limit
        for hotel_id, retention in due.items()
        if (limit := retention.limit(kind, now)) is not None
    }
    match kind:
        case DataKind.BOOKINGS:
            return uow.bookings.purge(limits, each=each)
        case DataKind.HISTORY:
            return uow.bookings.purge_history(limits, each=each)
        case DataKind.RUNS:
            return uow.sync_runs.purge(limits, each=each)
        case DataKind.INBOX:
            return uow.inbox.purge(limits, each=each)
        case DataKind.OUTBOX:
            return uow.outbox.purge(limits, each=each)


def _record(uow: UnitOfWork, audit: AuditTrail, purged: Purged) -> None:
    hotels = sorted({hotel_id for by_hotel in purged.values() for hotel_id in by_hotel})
    with acting_as(RETENTION):
        uow.audit_log.add(
            [
                audit.entry(
                    AuditAction.DATA_PURGED,
                    "retention",
                    hotel_id=hotel_id,
                    details=_counts_of(hotel_id, purged),
                )
                for hotel_id in hotels
            ]
        )


def _counts_of(hotel_id: HotelId, purged: Purged) -> dict[str, int]:
    return {
        str(kind): by_hotel[hotel_id] for kind, by_hotel in purged.items() if hotel_id in by_hotel
    }
