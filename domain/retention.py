"""How long a hotel's data is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.errors import InvalidField

PURGE_EVERY: Final = timedelta(days=1)
MAX_DAYS: Final = 36_500
MIN_INBOX_DAYS: Final = 7
"""Processed notifications are known by their rows when a vendor sends them again."""


class DataKind(StrEnum):
    BOOKINGS = "bookings"
    HISTORY = "history"
    RUNS = "runs"
    INBOX = "inbox"
    OUTBOX = "outbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Days by kind; None: for ever. `bookings`: after the departure, with their history; `history`:
    after the status changed; `runs`: after the sync run was queued; `inbox`: after a processed item
    was received; `outbox`: after an event was delivered to all subscribers."""

    bookings: int | None = None
    history: int | None = None
    runs: int | None = 90
    inbox: int | None = 30
    outbox: int | None = 7

    def __post_init__(self) -> None:
        """Raises InvalidField."""
        for kind, days in self.days_by_kind.items():
            least = MIN_INBOX_DAYS if kind is DataKind.INBOX else 1
            if days is not None and not least <= days <= MAX_DAYS:
                raise InvalidField(str(kind), f"use {least} to {MAX_DAYS:,} days")

    @property
    def days_by_kind(self) -> Mapping[DataKind, int | None]:
        return {DataKind(each.name): getattr(self, each.name) for each in fields(self)}

    def limit(self, kind: DataKind, now: datetime) -> datetime | None:
        """What is older is purged; None: nothing is."""
        days = self.days_by_kind[kind]
        return None if days is None else now - timedelta(days=days)

    def oldest_departure(self, now: datetime) -> date | None:
        """Bookings that departed before this day are not kept; None: all are. The day is that of
        UTC for all hotels: what is purged must not be stored again an hour later."""
        limit = self.limit(DataKind.BOOKINGS, now)
        return None if limit is None else limit.date()


DEFAULT_RETENTION: Final = Retention()
