"""Through a long list, window by window, page by page, while the hotel keeps changing it.

Pages come newest first. In windows of UpdatedUtc the end follows the oldest item read, so that a
cursor whose item was changed meanwhile (it is the newest then) or is gone loses nothing and repeats
little. In windows of stays there is no such order: a window whose pages bring nothing new is cut in
half, until it fits on one page. Ends are asked a second late: the vendor's own pages disagree on
whether an interval contains its end (guidelines/serialization.md, operations/_objects.md).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.checkpoint import utc_text
from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.providers.mews.api import ConnectorApi, Listed, Listing, Parameters
from adapters.outbound.providers.mews.capabilities import LONGEST_INTERVAL
from adapters.outbound.providers.mews.position import Position, half_way
from adapters.outbound.providers.mews.vendor_object import VendorObject
from ports.errors import ProviderRejected, TooHeavy
from ports.system import Clock

UPDATED: Final = "UpdatedUtc"
COLLIDING: Final = "CollidingUtc"
_SECOND: Final = timedelta(seconds=1)


class Step(NamedTuple):
    """One page: our clock before it was asked for, and where the list goes on after it."""

    values: list[Json]
    observed_at: datetime
    after: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """`interval`: the filter that the windows are of. `seen`: ids that earlier pages brought."""

    api: ConnectorApi
    clock: Clock
    listing: Listing
    interval: str
    parameters: Parameters = field(default_factory=dict)
    seen: Collection[str] = ()

    def steps(self, begin: Position, first: datetime, last: datetime) -> Iterator[Step]:
        """Every item of [first, last], from where `begin` stands."""
        position = begin
        while (start := position.start or first) < last:
            position = _opened(position, start, last)
            observed_at = self.clock.now()
            listed = self._ask(position)
            if isinstance(listed, Position):
                position = listed
                continue
            position = self._after(position, listed)
            yield Step(listed.values, observed_at, position)

    def _ask(self, position: Position) -> Listed | Position:
        """The page, or the position to ask from instead."""
        start, end = _window(position)
        asked: dict[str, Json] = {
            "StartUtc": utc_text(start),
            "EndUtc": utc_text((position.below or end) + _SECOND),
        }
        try:
            listed = self.api.page(
                self.listing, {**self.parameters, self.interval: asked}, position.cursor
            )
        except TooHeavy:
            return _halved(position) or _give_up()
        except ProviderRejected:
            if position.cursor is None:
                raise
            # The item that the cursor named is gone.
            return position.further(position.below, None)
        return self._unless_circling(position, listed)

    def _unless_circling(self, position: Position, listed: Listed) -> Listed | Position:
        if self.interval == UPDATED or listed.cursor is None or position.cursor is None:
            return listed
        if any(_id(value) not in self.seen for value in listed.values):
            return listed
        return _halved(position) or listed

    def _after(self, position: Position, listed: Listed) -> Position:
        _, end = _window(position)
        if listed.cursor is None:
            return position.opened(end, None)
        below = _oldest(listed.values) if self.interval == UPDATED else None
        return position.further(below or position.below, listed.cursor)


def _opened(position: Position, start: datetime, last: datetime) -> Position:
    if position.start is not None and position.end is not None:
        return position
    return position.opened(start, min(start + LONGEST_INTERVAL, last))


def _window(position: Position) -> tuple[datetime, datetime]:
    if position.start is None or position.end is None:
        raise ValueError("no window is open")
    return position.start, position.end


def _halved(position: Position) -> Position | None:
    start, end = _window(position)
    middle = half_way(start, end)
    return None if middle is None else position.opened(start, middle)


def _give_up() -> Position:
    raise TooHeavy(reason="the shortest window is too heavy")


def _oldest(values: Sequence[Json]) -> datetime | None:
    """None where the last item has no readable instant; the cursor alone leads on then."""
    try:
        return VendorObject(values[-1]).instant(UPDATED)
    except UnreadableField:
        return None


def _id(value: Json) -> str | None:
    found = value.get("Id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None
