"""Lists that change while they are read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.pull.checkpoint import ChangesCheckpoint, Checkpoint
from ports.providers import Page, ReadItem
from ports.system import Clock

C = TypeVar("C", bound=Checkpoint)
D = TypeVar("D", bound=ChangesCheckpoint)


def repeat_until_stable(
    read_pass: Callable[[C, int], Iterator[tuple[int, Page, C]]], checkpoint: C, *, max_passes: int
) -> Iterator[tuple[Page, C]]:
    """Reads a list again until a pass of several pages brings nothing new: the next pass finds what
    moved to a page that had been read. `read_pass` gets the checkpoint and the number of passes
    before it; it yields the page's number, the page and the checkpoint after it."""
    for number in range(max_passes):
        pages = new = 0
        for page_number, page, after in read_pass(checkpoint, number):
            checkpoint, pages, new = after, page_number, new + len(page.items)
            if page.items:
                yield page, after
        if pages <= 1 or not new:
            return


class ListedChanges(NamedTuple):
    """The first page of a list, and its further pages; None where the first is the last."""

    values: Sequence[Json]
    further: Iterator[Sequence[Json]] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeReader(Generic[D]):
    """Reads a list of changes that is requested from an instant on, oldest first, with open end.

    Where a page shows that the vendor sorts by its timestamps, the next request starts at its
    newest: no change in the meantime can shift a page. Where it does not show that, or where more
    changes tie than a page holds, the list is paged to its end, until a pass brings nothing new.

    `fetch`: the changes since an instant (None for all), that instant included. `to_items`: the
    items of those values that the run has not read yet.
    """

    fetch: Callable[[datetime | None], ListedChanges]
    modified_at: Callable[[Json], datetime | None]
    to_items: Callable[[Sequence[Json], datetime], Sequence[ReadItem]]
    clock: Clock
    max_passes: int

    def pages(self, resume_from: D) -> Iterator[tuple[Page, D]]:
        checkpoint = resume_from
        while True:
            observed_at = self.clock.now()
            listed = self.fetch(checkpoint.since)
            end = _last_sorted(self._timestamps(listed.values))
            if listed.further is None or end is None or not _is_later(end, checkpoint.since):
                break
            page, checkpoint = self._page(listed.values, observed_at, checkpoint)
            checkpoint = replace(checkpoint, since=end)
            yield page, checkpoint

        def read_pass(checkpoint: D, number: int) -> Iterator[tuple[int, Page, D]]:
            if number == 0:
                return self._list_pages(checkpoint, listed, observed_at)
            now = self.clock.now()
            return self._list_pages(checkpoint, self.fetch(checkpoint.since), now)

        yield from repeat_until_stable(read_pass, checkpoint, max_passes=self.max_passes)

    def _list_pages(
        self, checkpoint: D, listed: ListedChanges, observed_at: datetime
    ) -> Iterator[tuple[int, Page, D]]:
        page, checkpoint = self._page(listed.values, observed_at, checkpoint)
        number = int(bool(listed.values))
        yield number, page, checkpoint
        observed_at = self.clock.now()
        for values in listed.further or ():
            page, checkpoint = self._page(values, observed_at, checkpoint)
            number += bool(values)
            yield number, page, checkpoint
            observed_at = self.clock.now()

    def _page(self, values: Sequence[Json], observed_at: datetime, checkpoint: D) -> tuple[Page, D]:
        # Never after our own clock: one change with a future timestamp would hide all until then.
        newest = [min(stamp, observed_at) for stamp in self._timestamps(values)]
        newest += [checkpoint.newest] if checkpoint.newest else []
        page = Page(items=self.to_items(values, observed_at), observed_at=observed_at)
        return page, replace(checkpoint, newest=max(newest, default=None))

    def _timestamps(self, values: Sequence[Json]) -> list[datetime]:
        """Unreadable ones are left out: the mapper rejects those items."""
        return [stamp for value in values if (stamp := self.modified_at(value)) is not None]


def _last_sorted(timestamps: list[datetime]) -> datetime | None:
    """The newest, in whole seconds; None where they are unsorted, or all tie and show no order."""
    if len(set(timestamps)) < 2 or timestamps != sorted(timestamps):
        return None
    return timestamps[-1].replace(microsecond=0)


def _is_later(end: datetime, since: datetime | None) -> bool:
    return since is None or end > since
