"""One worker's state while it executes a run, and the end of its turn."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from application.turns import JobTurn, vendor_of
from domain.connection import Connection
from domain.hotel import Hotel
from domain.messages import ItemKind
from domain.snapshots import BookingSnapshot
from domain.sync_run import Lease, SyncRun
from ports.errors import QueueUnavailable
from ports.job_queue import JobName, JobQueue, VendorTurns
from ports.providers import Page, ReadItem
from ports.system import Clock

TURN_SECONDS: Final = 2.0
BEGINNING_SHARE: Final = 4
"""A turn lasts at least this many times what its first page took, with opening the client."""


@dataclass(slots=True)
class SyncSession:
    """One worker's state while it executes a run. `seen`: bookings that the provider returned,
    readable or not. `has_notifications`: whether a page had some, or may have had, as it was stored
    before. `began` and `until`, of the monotonic clock: the turn's begin and end; the end
    is known once a page was stored from which the run can go on."""

    run: SyncRun
    connection: Connection
    hotel: Hotel
    lease: Lease
    turn: JobTurn
    has_notifications: bool = False
    cursor: str | None = None
    seen: set[str] = field(default_factory=set)
    began: float = 0.0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """Decides when a turn is over."""

    turns: VendorTurns
    queue: JobQueue
    clock: Clock

    def __call__(self, session: SyncSession) -> bool:
        """After a stored page with a checkpoint. The turn of one that was slow to begin is longer,
        as it begins anew the next time."""
        if session.turn.job is None:
            return False
        now = self.clock.monotonic()
        if session.until is None:
            length = max(TURN_SECONDS, BEGINNING_SHARE * (now - session.began))
            session.until = session.began + length
            session.turn.limit_waits()
        return now >= session.until and self._is_place_wanted(session)

    def _is_place_wanted(self, session: SyncSession) -> bool:
        if self.turns.is_wanted(vendor_of(session.connection)):
            return True
        try:
            return self.queue.is_waiting(JobName.SYNC)
        except QueueUnavailable:
            return False


def timed(turn: JobTurn, pages: Iterator[Page]) -> Iterator[Page]:
    while True:
        with turn.calling():
            page = next(pages, None)
        if page is None:
            return
        yield page


def format_paused(session: SyncSession) -> str:
    return json.dumps({"checkpoint": session.run.checkpoint, "seen": sorted(session.seen)})


def parse_paused(state: str | None) -> tuple[str | None, set[str]]:
    if state is None:
        return None, set()
    content = json.loads(state)
    return content["checkpoint"], set(content["seen"])


def is_booking(item: ReadItem, property_id: str | None) -> bool:
    """Refused bookings included: fetched by id they would only be refused again. Not those of
    another property, whose ids may be the same."""
    if item.is_foreign(property_id):
        return False
    refused = item.snapshot is None and item.kind is ItemKind.BOOKING
    return refused or isinstance(item.snapshot, BookingSnapshot)
