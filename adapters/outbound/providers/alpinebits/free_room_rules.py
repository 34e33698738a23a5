"""What the lines of one message of free rooms must be together; a message that breaks a rule is
refused as a whole, as the standard has it (AlpineBits, FreeRooms)."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.providers.alpinebits.free_room_lines import Line


def check(lines: Sequence[Line], *, is_complete: bool) -> None:
    """Raises UnreadableField with the path of the first line that can't stand."""
    _closing_seasons_come_first(lines, is_complete=is_complete)
    _never_mixed(lines)
    _no_overlaps(lines)
    _closed_is_closed(lines)


def _closing_seasons_come_first(lines: Sequence[Line], *, is_complete: bool) -> None:
    rooms_came = False
    for line in lines:
        rooms_came = rooms_came or not line.is_closing
        if line.is_closing and not is_complete:
            raise UnreadableField(line.path, "closing_season", "closing seasons in a CompleteSet")
        if line.is_closing and rooms_came:
            raise UnreadableField(line.path, "closing_season", "closing seasons before all rooms")


def _never_mixed(lines: Sequence[Line]) -> None:
    by_room = {bool(line.room) for line in lines if not line.is_closing}
    if len(by_room) > 1:
        first = next(line for line in lines if not line.is_closing)
        odd = next(x for x in lines if not x.is_closing and bool(x.room) != bool(first.room))
        raise UnreadableField(odd.path, "mixed", "either categories or rooms in one message")


def _no_overlaps(lines: Sequence[Line]) -> None:
    """A room is known by its InvCode alone: it can't be of two categories in one night."""
    groups: defaultdict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        groups[("room", line.room) if line.room else ("category", line.category)].append(line)
    for group in groups.values():
        for before, after in pairwise(sorted(group, key=lambda line: line.first)):
            if before.overlaps(after):
                raise UnreadableField(after.path, "overlap", "periods that do not overlap")


def _closed_is_closed(lines: Sequence[Line]) -> None:
    """Seasons do not overlap, so that the last one to begin before a line ends is the only one
    that may reach into it."""
    seasons = sorted((line for line in lines if line.is_closing), key=lambda line: line.first)
    begins = [season.first for season in seasons]
    for line in lines:
        place = bisect_right(begins, line.last)
        is_free = not line.is_closing and line.counts.available
        if is_free and place and line.overlaps(seasons[place - 1]):
            raise UnreadableField(line.path, "overlap", "no free rooms in a closing season")
