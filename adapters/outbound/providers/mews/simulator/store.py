"""Indexed collections with the vendor's paging: newest first by UpdatedUtc, ties by id."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

CACHED_RESULTS = 8
_AFTER_ANY_ID = "g"


class Stored(Protocol):
    id: str
    created: int
    updated: int


T = TypeVar("T", bound=Stored)


class CursorUnknown(LookupError):
    """The cursor names no item."""


@dataclass(frozen=True, slots=True)
class Query(Generic[T]):
    """Which items, and which page of them.

    `links` and `times` name indexes of the collection; time ranges include both ends.
    `signature` identifies the filters (not the page), so that a sorted result can be kept.
    """

    count: int
    cursor: str | None = None
    ids: tuple[str, ...] | None = None
    links: Mapping[str, Mapping[str, None]] = field(default_factory=dict)
    times: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    keep: Callable[[T], bool] | None = None
    signature: str = ""


class Collection(Generic[T]):
    """Items by id, by link (a foreign key) and by time. Change an item only through `change`."""

    def __init__(
        self,
        *,
        links: Mapping[str, Callable[[T], str | None]] | None = None,
        times: Iterable[str] = (),
    ) -> None:
        self.items: dict[str, T] = {}
        self.revision = 0
        self._key_of = dict(links or {})
        self._linked: dict[str, dict[str, list[T]]] = {name: {} for name in self._key_of}
        self._times: dict[str, list[tuple[int, str]]] = {name: [] for name in ("updated", *times)}
        self._results: dict[str, tuple[int, list[T]]] = {}

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[T]:
        return iter(self.items.values())

    def __getitem__(self, item_id: str) -> T:
        return self.items[item_id]

    def load(self, items: Iterable[T]) -> None:
        """Add many at once; sorts each time index once."""
        for item in items:
            self.items[item.id] = item
            self._link(item)
            for name, index in self._times.items():
                index.append((getattr(item, name), item.id))
        for index in self._times.values():
            index.sort()
        self.revision += 1

    def add(self, item: T) -> None:
        self.items[item.id] = item
        self._index(item)
        self.revision += 1

    def change(self, item: T, **values: object) -> None:
        self._forget(item)
        for name, value in values.items():
            setattr(item, name, value)
        self._index(item)
        self.revision += 1

    def linked(self, link: str, key: str) -> list[T]:
        return self._linked[link].get(key, [])

    def between(self, time: str, low: int, high: int) -> list[T]:
        """Items whose indexed time lies in [low, high], oldest first."""
        return [self.at(time, position) for position in self.span(time, low, high)]

    def span(self, time: str, low: int, high: int) -> range:
        """The positions in a time index that `between` would read; see `at`."""
        index = self._times[time]
        return range(bisect_left(index, (low, "")), bisect_right(index, (high, _AFTER_ANY_ID)))

    def at(self, time: str, position: int) -> T:
        return self.items[self._times[time][position][1]]

    def before(self, item: T) -> T | None:
        """The next older item, in paging order."""
        index = self._times["updated"]
        position = bisect_left(index, _order(item))
        return self.items[index[position - 1][1]] if position else None

    def page(self, query: Query[T]) -> list[T]:
        """The next `count` items after the cursor, newest first. Raises CursorUnknown."""
        if query.cursor is not None and query.cursor not in self.items:
            raise CursorUnknown
        if query.ids is None and not query.links and query.times.keys() <= {"updated"}:
            return self._page_by_update(query)
        found = self._found(query)
        end = len(found)
        if query.cursor is not None:
            end = bisect_left(found, _order(self.items[query.cursor]), key=_order)
        return found[max(0, end - query.count) : end][::-1]

    def _page_by_update(self, query: Query[T]) -> list[T]:
        index = self._times["updated"]
        low, high = query.times.get("updated", (index[0][0], index[-1][0]) if index else (0, 0))
        position = bisect_right(index, (high, _AFTER_ANY_ID))
        if query.cursor is not None:
            position = min(position, bisect_left(index, _order(self.items[query.cursor])))
        page: list[T] = []
        while position > 0 and len(page) < query.count:
            position -= 1
            updated, item_id = index[position]
            if updated < low:
                break
            item = self.items[item_id]
            if query.keep is None or query.keep(item):
                page.append(item)
        return page

    def _found(self, query: Query[T]) -> list[T]:
        kept = self._results.get(query.signature)
        if kept is not None and kept[0] == self.revision:
            return kept[1]
        found = [item for item in self._candidates(query) if self._matches(item, query)]
        found.sort(key=_order)
        if len(self._results) >= CACHED_RESULTS:
            self._results.clear()
        self._results[query.signature] = (self.revision, found)
        return found

    def _candidates(self, query: Query[T]) -> Iterable[T]:
        if query.ids is not None:
            unique = dict.fromkeys(query.ids)
            return [self.items[item_id] for item_id in unique if item_id in self.items]
        if query.links:
            link, keys = next(iter(query.links.items()))
            return [item for key in keys for item in self.linked(link, key)]
        for time, (low, high) in query.times.items():
            if time != "updated" and time in self._times:
                return self.between(time, low, high)
        return self.items.values()

    def _matches(self, item: T, query: Query[T]) -> bool:
        for link, keys in query.links.items():
            if self._key_of[link](item) not in keys:
                return False
        for time, (low, high) in query.times.items():
            instant = getattr(item, time)
            if instant is None or not low <= instant <= high:
                return False
        return query.keep is None or query.keep(item)

    def _link(self, item: T) -> None:
        for link, key_of in self._key_of.items():
            key = key_of(item)
            if key is not None:
                self._linked[link].setdefault(key, []).append(item)

    def _index(self, item: T) -> None:
        self._link(item)
        for name, index in self._times.items():
            insort(index, (getattr(item, name), item.id))

    def _forget(self, item: T) -> None:
        for link, key_of in self._key_of.items():
            key = key_of(item)
            if key is not None:
                self._linked[link][key].remove(item)
        for name, index in self._times.items():
            del index[bisect_left(index, (getattr(item, name), item.id))]


def _order(item: Stored) -> tuple[int, str]:
    return item.updated, item.id
