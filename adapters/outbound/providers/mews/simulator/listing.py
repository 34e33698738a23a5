"""A paged `getAll` operation of the vendor."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, Generic, Protocol, TypeVar

import orjson

from adapters.outbound.providers.mews.simulator.catalog import Json
from adapters.outbound.providers.mews.simulator.requests import (
    MAX_IDS,
    ApiRequest,
    Interval,
    invalid,
)

_NO_FILTER: Final = frozenset({"ClientToken", "AccessToken", "Client", "Limitation"})
_CACHED_RESULTS: Final = 8


class Record(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def created(self) -> int: ...

    @property
    def updated(self) -> int: ...


T = TypeVar("T", bound=Record)


@dataclass(frozen=True, slots=True)
class MewsListing(Generic[T]):
    """One paged `getAll`: newest first by UpdatedUtc, ties by id.

    `filters`: list parameters to (dotted) attributes; `times`: interval parameters to attributes.
    `select`: the records that can match, fewer than all where a request names them by id.
    """

    response_key: str
    revision: Callable[[], int]
    select: Callable[[ApiRequest], Iterable[T]]
    render: Callable[[T, ApiRequest], Json]
    filters: Mapping[str, str]
    times: Mapping[str, str] = field(default_factory=lambda: {"UpdatedUtc": "updated"})
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    max_ids: Mapping[str, int] = field(default_factory=dict)
    constant_fields: Mapping[str, object] = field(default_factory=dict)
    _results: dict[str, tuple[int, list[T]]] = field(default_factory=dict)

    def answer(self, request: ApiRequest) -> Json:
        self._check(request)
        count, cursor = request.limitation()
        found = self._find(request)
        if request.list_cap is not None and self.response_key == "Reservations":
            found = found[-request.list_cap :]
        end = len(found) if cursor is None else self._position_of(cursor, found)
        page = found[max(0, end - count) : end][::-1]
        # A full page has a cursor even when nothing follows: the vendor cannot know better.
        return {
            self.response_key: [self.render(item, request) for item in page],
            **self.constant_fields,
            "Cursor": page[-1].id if len(page) == count else None,
        }

    def _check(self, request: ApiRequest) -> None:
        request.require(*self.required)
        if self.one_of and not request.has(*self.one_of):
            raise invalid("filter")
        for name, allowed in self.allowed.items():
            if not (request.texts(name) or {}).keys() <= allowed:
                raise invalid(name)

    def _find(self, request: ApiRequest) -> list[T]:
        """Oldest first; cached until the hotel changes."""
        signature, revision = _signature(request), self.revision()
        cached = self._results.get(signature)
        if cached is not None and cached[0] == revision:
            return cached[1]
        tests = list(self._tests(request))
        found = [item for item in self.select(request) if all(test(item) for test in tests)]
        found.sort(key=_order)
        if len(self._results) >= _CACHED_RESULTS:
            self._results.clear()
        self._results[signature] = revision, found
        return found

    def _tests(self, request: ApiRequest) -> Iterator[Callable[[T], bool]]:
        for name, attribute in self.filters.items():
            wanted = request.texts(name, self.max_ids.get(name, MAX_IDS))
            if wanted is not None:
                yield _is_one_of(attribute, wanted)
        for name, attribute in self.times.items():
            interval = request.interval(name)
            if interval is not None:
                yield _is_within(attribute, interval)
        colliding = request.interval("CollidingUtc")
        if colliding is not None:
            yield _collides(colliding)

    def _position_of(self, cursor: str, found: list[T]) -> int:
        """The cursor's item may have moved out of the selection since it was sent."""
        for items in (found, self.select(ApiRequest({}))):
            for item in items:
                if item.id == cursor:
                    return bisect_left(found, _order(item), key=_order)
        raise invalid("Cursor")


def _order(item: Record) -> tuple[int, str]:
    return item.updated, item.id


def _signature(request: ApiRequest) -> str:
    filters = {name: value for name, value in request.body.items() if name not in _NO_FILTER}
    return orjson.dumps(filters, option=orjson.OPT_SORT_KEYS).decode()


def _is_one_of(attribute: str, wanted: Mapping[str, None]) -> Callable[[Record], bool]:
    value_of = attrgetter(attribute)
    return lambda item: value_of(item) in wanted


def _is_within(attribute: str, interval: Interval) -> Callable[[Record], bool]:
    low, high = interval
    value_of = attrgetter(attribute)

    def test(item: Record) -> bool:
        instant = value_of(item)
        return instant is not None and low <= instant <= high

    return test


def _collides(interval: Interval) -> Callable[[Record], bool]:
    low, high = interval
    times = attrgetter("start", "end")

    def test(item: Record) -> bool:
        start, end = times(item)
        return bool(start <= high and end >= low)

    return test
