"""Works off what waits in a connection's inbox, for a slice of time."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from application.enqueue_jobs import inbox_job
from application.inbox.coalescing import split_tried
from application.inbox.process_inbox import ProcessInbox
from application.turns import JobTurn
from domain.messages import InboxItem, InboxState, ItemKind
from domain.values import ConnectionId, HotelId
from ports.errors import QueueUnavailable, Unsealable
from ports.job_queue import JobQueue, VendorTurns
from ports.messages import DueItem
from ports.providers import Patience
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory

_LOG: Final = logging.getLogger("pms.inbox")

SLICE_SECONDS: Final = 1.0
PAUSE_AFTER_FAILURE_SECONDS: Final = 5.0
FLOOD_ITEMS: Final = 20
GATHERING_SECONDS: Final = 4.0
"""While a flood goes on, so that more of its notifications share the next fetch."""
MAX_ITEMS: Final = 5_000
PORTION_BYTES: Final = 16 * 1024 * 1024
"""Of items that are processed together."""
_LEAST_BYTES: Final = PORTION_BYTES // 250
_LEAST_BYTES_OF_NOTIFICATION: Final = PORTION_BYTES // MAX_ITEMS
"""What an item counts at least: 250 pushed items are applied in one transaction, while thousands of
notifications often name the same few bookings."""


@dataclass(frozen=True, slots=True)
class WorkOffInbox:
    """New items in the order of their arrival, then those whose next attempt is due. The job runs
    again after those of other connections if anything is left."""

    unit_of_work: UnitOfWorkFactory
    process_inbox: ProcessInbox
    queue: JobQueue
    clock: Clock
    turns: VendorTurns
    patience: Patience
    slice_seconds: float = SLICE_SECONDS

    def __call__(
        self, hotel_id: HotelId, connection_id: ConnectionId, *, correlation_id: str
    ) -> int:
        """The number of decided items. Raises like ProcessInbox; items of later arrival are not
        held up by what failed."""
        job = inbox_job(hotel_id, connection_id, correlation_id)
        pause: float | None = PAUSE_AFTER_FAILURE_SECONDS
        try:
            turn = JobTurn(self.clock, self.turns, job, patience=self.patience)
            decided, pause = self._work_off(hotel_id, connection_id, turn)
        finally:
            if pause is not None:
                with suppress(QueueUnavailable):
                    self.queue.run_again(job, after_seconds=pause)
        return decided

    def _work_off(
        self, hotel_id: HotelId, connection_id: ConnectionId, turn: JobTurn
    ) -> tuple[int, float | None]:
        """How many were decided, and the pause before the next turn: None if nothing is left that
        is due, or it waits for a turn at the vendor."""
        until, decided = self.clock.monotonic() + self.slice_seconds, 0
        due = self._find_due(hotel_id, connection_id)
        while due:
            decided += self._process_portions(hotel_id, due, until, turn)
            if turn.has_ended:
                return decided, turn.resume_after
            left = self._find_due(hotel_id, connection_id)
            if not left:
                break
            if decided >= FLOOD_ITEMS and turn.has_called and _are_disjoint(due, left):
                return decided, GATHERING_SECONDS
            if self.clock.monotonic() >= until:
                return decided, 0.0
            due = left
        return decided, None

    def _find_due(self, hotel_id: HotelId, connection_id: ConnectionId) -> Sequence[DueItem]:
        with self.unit_of_work() as uow:
            return uow.inbox.due(hotel_id, connection_id, now=self.clock.now(), limit=MAX_ITEMS)

    def _process_portions(
        self, hotel_id: HotelId, due: Sequence[DueItem], until: float, turn: JobTurn
    ) -> int:
        decided = 0
        for portion in split_into_portions(due):
            decided += self._process(hotel_id, portion, until, turn)
            if turn.has_ended or self.clock.monotonic() >= until:
                break
        return decided

    def _process(
        self, hotel_id: HotelId, portion: Sequence[UUID], until: float, turn: JobTurn
    ) -> int:
        found = self._load(hotel_id, portion)
        rows = [found[each] for each in portion if each in found]
        waiting = [row for row in rows if row.state is InboxState.RECEIVED]
        if not waiting:
            return 0
        return len(self.process_inbox.process_rows(waiting, until=until, turn=turn))

    def _load(self, hotel_id: HotelId, portion: Sequence[UUID]) -> Mapping[UUID, InboxItem]:
        try:
            with self.unit_of_work() as uow:
                return uow.inbox.load(hotel_id, portion)
        except Unsealable:
            return self._load_one_by_one(hotel_id, portion)

    def _load_one_by_one(
        self, hotel_id: HotelId, portion: Sequence[UUID]
    ) -> Mapping[UUID, InboxItem]:
        """Without items whose payload can't be opened: they wait for another attempt, so that they
        hold up no others."""
        found: dict[UUID, InboxItem] = {}
        unreadable: list[UUID] = []
        for item_id in portion:
            try:
                with self.unit_of_work() as uow:
                    found.update(uow.inbox.load(hotel_id, [item_id]))
            except Unsealable:
                unreadable.append(item_id)
        with self.unit_of_work() as uow:
            uow.inbox.count_attempts(hotel_id, unreadable)
            uow.commit()
        _LOG.error("payloads_unreadable", extra={"count": len(unreadable)})
        return found


def split_into_portions(due: Sequence[DueItem]) -> Iterator[list[UUID]]:
    for part in split_tried(due):
        portion: list[UUID] = []
        room = PORTION_BYTES
        for item in part:
            room -= _cost(item)
            if portion and room < 0:
                yield portion
                portion, room = [], PORTION_BYTES - _cost(item)
            portion.append(item.id)
        yield portion


def _are_disjoint(some: Sequence[DueItem], others: Sequence[DueItem]) -> bool:
    return {each.id for each in some}.isdisjoint(each.id for each in others)


def _cost(item: DueItem) -> int:
    is_notification = item.kind is ItemKind.NOTIFICATION
    return max(item.size, _LEAST_BYTES_OF_NOTIFICATION if is_notification else _LEAST_BYTES)
