"""What the phases of several vendors share: windows of days, numbered pages, items seen."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Generic, TypeAlias, TypeVar

from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.pull.checkpoint import (
    ChangesCheckpoint,
    Checkpoint,
    PagedCheckpoint,
)
from adapters.outbound.provider_kit.pull.engine import Phase
from domain.snapshots import HotelRecords
from ports.providers import Page, PullRequest, ReadItem, Ref, RefKind
from ports.system import Clock

C = TypeVar("C", bound=Checkpoint)
D = TypeVar("D", bound=ChangesCheckpoint)
H = TypeVar("H")
T = TypeVar("T")
W = TypeVar("W", bound=date | None)

CheckpointedPages: TypeAlias = Iterator[tuple[Page, C]]
"""Each page with the checkpoint after it."""

NumberedPages: TypeAlias = Iterator[tuple[int, list[Json]]]


@dataclass(slots=True, kw_only=True)
class HotelPull(Generic[H]):
    hotel: H
    request: PullRequest
    clock: Clock


def records_phase(fetch: Callable[[], HotelRecords], clock: Clock) -> Phase[D]:
    def read(resume_from: D) -> CheckpointedPages[D]:
        observed_at = clock.now()
        yield Page(items=(), observed_at=observed_at, records=fetch()), resume_from

    return Phase("records", read, is_single_page=True)


@dataclass(slots=True)
class SeenItems:
    """What a run has read. An item read again unchanged is left out."""

    _content_by_id: dict[Hashable, int] = field(default_factory=dict)

    def unseen(
        self, values: Iterable[Json], id_of: Callable[[Json], Hashable | None]
    ) -> list[Json]:
        """Values without a readable id are always kept: their mapper rejects them."""
        return [value for value in values if self._is_new(id_of(value), value)]

    def _is_new(self, item_id: Hashable | None, value: Json) -> bool:
        if item_id is None:
            return True
        content = hash(dumps(value))
        is_new = self._content_by_id.get(item_id) != content
        self._content_by_id[item_id] = content
        return is_new


def day_windows(first: date, until: date, length: timedelta) -> Iterator[tuple[date, date]]:
    """Consecutive half-open windows of [first, until)."""
    while first < until:
        end = min(first + length, until)
        yield first, end
        first = end


def availability_pages(
    resume_from: D,
    request: PullRequest,
    today: date,
    length: timedelta,
    fetch: Callable[[date, date], Page],
) -> CheckpointedPages[D]:
    """One page per window, from today on. `fetch` gets a half-open window."""
    first = max(resume_from.day or today, request.stay_from, today)
    for day, until in day_windows(first, request.stay_to, length):
        yield fetch(day, until), replace(resume_from, day=until)


def read_windows(
    resume_from: PagedCheckpoint,
    windows: Iterable[tuple[date, W]],
    fetch_pages: Callable[[date, W, int], NumberedPages],
    to_items: Callable[[list[Json]], Sequence[ReadItem]],
    clock: Clock,
) -> Iterator[tuple[Page, PagedCheckpoint]]:
    """`windows`: from the one to resume in. `fetch_pages` gets a window and its first page."""
    page = resume_from.page
    for first, until in windows:
        checkpoint = replace(resume_from, day=first, page=page)
        pages = fetch_pages(first, until, page)
        yield from numbered_pages(checkpoint, pages, to_items, clock)
        page = 1


def numbered_pages(
    checkpoint: PagedCheckpoint,
    pages: NumberedPages,
    to_items: Callable[[list[Json]], Sequence[ReadItem]],
    clock: Clock,
) -> Iterator[tuple[Page, PagedCheckpoint]]:
    observed_at = clock.now()
    for number, values in pages:
        after = replace(checkpoint, page=number + 1)
        yield Page(items=to_items(values), observed_at=observed_at), after
        observed_at = clock.now()


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Of at most `size`; none of no items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def external_ids(refs: Sequence[Ref], kind: RefKind) -> list[str]:
    """Each once, in order."""
    return list(dict.fromkeys(ref.external_id for ref in refs if ref.kind is kind))
