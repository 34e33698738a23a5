"""How a hotel is read.

The API has no filter by modification. A delta takes the business events that are waiting, each page
before any other request, and reads what was created, cancelled, arrives or departs on the business
days since the last one. The window reconcile finds the rest. It takes no events, since its pages
may be compared only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Final

from adapters.outbound.provider_kit.parsing.json_fields import list_at, value_at
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.pull.capped_lists import read_within_cap
from adapters.outbound.provider_kit.pull.checkpoint import Checkpoint
from adapters.outbound.provider_kit.pull.engine import DELTA_ONLY, WINDOW_ONLY, Phase, PullPlan
from adapters.outbound.provider_kit.pull.reading import (
    CheckpointedPages,
    HotelPull,
    SeenItems,
    day_windows,
)
from adapters.outbound.providers.ohip.capabilities import (
    EVENT_CALLS_PER_RUN,
    LIST_CAP,
    LOOKBACK_DAYS,
    STATISTICS_DAYS,
)
from adapters.outbound.providers.ohip.client.api import Query
from adapters.outbound.providers.ohip.client.hotel import OhipHotel
from adapters.outbound.providers.ohip.client.lists import (
    ONE_DAY,
    OhipList,
    lists_by_day,
    lists_by_window,
)
from domain.snapshots import BookingSnapshot, Party
from domain.sync_run import SyncKind
from ports.errors import UnreadableAnswer
from ports.providers import Page, ReadItem

MAX_RESTARTS: Final = 3
_STATISTICS_WINDOW: Final = STATISTICS_DAYS * ONE_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class OhipCheckpoint(Checkpoint):
    """`today`: the business date at the start of the run, and the next delta's cursor. `since`: the
    date of the last delta. `step`: the number of the phase's query, or of calls that took events.
    `offset`: in the query's list. `last`: the id of the last reservation read there."""

    today: date
    since: date
    step: int = 0
    offset: int = 0
    last: str | None = None

    def next_step(self) -> "OhipCheckpoint":
        return replace(self, step=self.step + 1, offset=0, last=None)

    @property
    def records(self) -> int:
        """How many records of the list were read."""
        return self.offset + (self.last is not None)


@dataclass(slots=True, kw_only=True)
class OhipPull(HotelPull[OhipHotel]):
    """Without an `external_system` there are no events."""

    external_system: str | None
    pulls_profiles: bool
    seen: SeenItems = field(default_factory=SeenItems)
    profiles: set[str] = field(default_factory=set)

    def plan(self) -> PullPlan[OhipCheckpoint]:
        return PullPlan(
            checkpoint_type=OhipCheckpoint,
            phases=(
                Phase("events", self._events, DELTA_ONLY),
                Phase("days", self._days, DELTA_ONLY),
                Phase("stays", self._stays, WINDOW_ONLY),
                Phase("availability", self._availability),
            ),
            initial=self._initial_checkpoint,
            cursor=lambda checkpoint: checkpoint.today.isoformat(),
        )

    def _initial_checkpoint(self, phase: str) -> OhipCheckpoint:
        """If the business date went back (a restored system), `since` is today."""
        today = self.hotel.business_date()
        cursor = parse_cursor(self.request.cursor) or today
        since = min(max(cursor, today - LOOKBACK_DAYS * ONE_DAY), today)
        return OhipCheckpoint(phase=phase, today=today, since=since)

    def _days(self, resume_from: OhipCheckpoint) -> CheckpointedPages[OhipCheckpoint]:
        return self._read_lists(resume_from, lists_by_day(resume_from.since, resume_from.today))

    def _stays(self, resume_from: OhipCheckpoint) -> CheckpointedPages[OhipCheckpoint]:
        return self._read_lists(resume_from, lists_by_window(self.request.window))

    def _events(self, resume_from: OhipCheckpoint) -> CheckpointedPages[OhipCheckpoint]:
        """Until the queue is empty; bounded, so that the run ends."""
        checkpoint = resume_from
        while self.external_system and checkpoint.step < EVENT_CALLS_PER_RUN:
            observed_at = self.clock.now()
            taken = self.hotel.next_events(self.external_system)
            if not taken:
                return
            checkpoint = checkpoint.next_step()
            yield Page(items=(), observed_at=observed_at, notifications=taken), checkpoint

    def _read_lists(
        self, resume_from: OhipCheckpoint, lists: list[OhipList]
    ) -> CheckpointedPages[OhipCheckpoint]:
        checkpoint = resume_from
        while checkpoint.step < len(lists):
            yield from self._read_divided(checkpoint, lists[checkpoint.step])
            checkpoint = checkpoint.next_step()

    def _read_divided(
        self, resume_from: OhipCheckpoint, listed: OhipList
    ) -> CheckpointedPages[OhipCheckpoint]:
        """A run that is interrupted in a part of a full list resumes with the whole list."""
        start = replace(resume_from, offset=0, last=None)

        def read(part: OhipList) -> Iterator[tuple[int, tuple[Page, OhipCheckpoint]]]:
            is_whole = part is listed
            for page, after in self._read_list(resume_from if is_whole else start, part.query()):
                yield after.records, (page, after if is_whole else start)

        def halve(part: OhipList) -> tuple[OhipList, OhipList]:
            return part.halves(resume_from.today)

        return read_within_cap(listed, read, halve, cap=LIST_CAP)

    def _read_list(
        self, resume_from: OhipCheckpoint, query: Query
    ) -> CheckpointedPages[OhipCheckpoint]:
        """Each page starts with the last reservation of the one before. If it does not, the list
        moved while it was read, and is read again from its start."""
        checkpoint, restarts, has_more = resume_from, 0, True
        while has_more:
            observed_at = self.clock.now()
            values, has_more = self.hotel.fetch_reservations(query, offset=checkpoint.offset)
            if _has_moved(values, checkpoint) and restarts < MAX_RESTARTS:
                checkpoint = replace(checkpoint, offset=0, last=None)
                restarts, has_more = restarts + 1, True
                continue
            if not values and checkpoint.last is not None:
                raise UnreadableAnswer(reason="the page does not move", path="offset")
            has_more = has_more and len(values) > (checkpoint.last is not None)
            if values:
                offset = checkpoint.offset + len(values) - 1
                checkpoint = replace(checkpoint, offset=offset, last=_reservation_id(values[-1]))
                items = self._with_guests(self._unseen(values, observed_at))
                yield Page(items=items, observed_at=observed_at), checkpoint

    def _with_guests(self, items: list[ReadItem]) -> list[ReadItem]:
        if not self.pulls_profiles or self.request.kind is SyncKind.DELTA:
            return items
        new_ids = [one for one in dict.fromkeys(_guest_ids(items)) if one not in self.profiles]
        self.profiles.update(new_ids)
        return [*items, *self.hotel.guests(new_ids, self.clock.now())]

    def _availability(self, resume_from: OhipCheckpoint) -> CheckpointedPages[OhipCheckpoint]:
        first = max(resume_from.today, self.request.stay_from)
        checkpoint = resume_from
        windows = day_windows(first, self.request.stay_to, _STATISTICS_WINDOW)
        for day, until in islice(windows, resume_from.step, None):
            observed_at = self.clock.now()
            items, records = self.hotel.inventory(day, until - ONE_DAY, observed_at)
            checkpoint = checkpoint.next_step()
            yield Page(items=items, observed_at=observed_at, records=records), checkpoint

    def _unseen(self, values: Sequence[Json], observed_at: datetime) -> list[ReadItem]:
        return self.hotel.bookings(self.seen.unseen(values, _reservation_id), observed_at)


def _has_moved(values: list[Json], checkpoint: OhipCheckpoint) -> bool:
    return checkpoint.last is not None and (
        not values or _reservation_id(values[0]) != checkpoint.last
    )


def _guest_ids(items: list[ReadItem]) -> Iterator[str]:
    for item in items:
        if isinstance(item.snapshot, BookingSnapshot):
            primary = item.snapshot.primary_guest
            if isinstance(primary, Party) and primary.guest_id:
                yield primary.guest_id


def _reservation_id(value: Json) -> str | None:
    """None for an unreadable one: the mapper rejects that reservation."""
    for each in list_at(value, "reservationIdList"):
        if value_at(each, "type") == "Reservation":
            return str(value_at(each, "id"))
    return None


def parse_cursor(text: str | None) -> date | None:
    """None for no cursor and for an unreadable one: everything is read."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
