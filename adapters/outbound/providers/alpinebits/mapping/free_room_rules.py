"""Rules for the lines of one free rooms message (AlpineBits, FreeRooms); a message that violates
one is rejected."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.providers.alpinebits.mapping.free_room_lines import FreeRoomLine


def check_lines(lines: Sequence[FreeRoomLine], *, is_complete: bool) -> None:
    """Raises UnreadableField with the path of the first invalid line."""
    _check_closing_seasons_first(lines, is_complete=is_complete)
    _check_not_mixed(lines)
    _check_no_overlaps(lines)
    _check_no_rooms_when_closed(lines)


def _check_closing_seasons_first(lines: Sequence[FreeRoomLine], *, is_complete: bool) -> None:
    has_seen_rooms = False
    for line in lines:
        has_seen_rooms = has_seen_rooms or not line.is_closing
        if line.is_closing and not is_complete:
            raise UnreadableField(line.path, "closing_season", "closing seasons in a CompleteSet")
        if line.is_closing and has_seen_rooms:
            raise UnreadableField(line.path, "closing_season", "closing seasons before all rooms")


def _check_not_mixed(lines: Sequence[FreeRoomLine]) -> None:
    by_room = {bool(line.room) for line in lines if not line.is_closing}
    if len(by_room) > 1:
        first = next(line for line in lines if not line.is_closing)
        mismatched = next(x for x in lines if not x.is_closing and bool(x.room) != bool(first.room))
        raise UnreadableField(mismatched.path, "mixed", "either categories or rooms in one message")


def _check_no_overlaps(lines: Sequence[FreeRoomLine]) -> None:
    """Rooms are identified by InvCode only: a room cannot be in two categories in one night. Lines
    of different content, e.g. counts and a restriction, may have the same nights."""
    groups: defaultdict[tuple[str, str, str], list[FreeRoomLine]] = defaultdict(list)
    for line in lines:
        kind, code = ("room", line.room) if line.room else ("category", line.category)
        for content in line.content():
            groups[kind, code, content].append(line)
    for group in groups.values():
        for part in _split_by_weekday(group):
            _check_no_overlap(part)


def _split_by_weekday(group: Sequence[FreeRoomLine]) -> Iterator[list[FreeRoomLine]]:
    """The lines as they are if none names weekdays; else for each weekday those that include it,
    from their first to their last night on it."""
    if all(line.is_of_every_day for line in group):
        yield list(group)
        return
    for weekday in range(7):
        clipped = [_only_on(weekday, line) for line in group if weekday in line.weekdays]
        yield [line for line in clipped if line.nights > 0]


def _only_on(weekday: int, line: FreeRoomLine) -> FreeRoomLine:
    after_first = (weekday - line.first.weekday()) % 7
    before_last = (line.last.weekday() - weekday) % 7
    return replace(
        line,
        first=line.first + timedelta(days=after_first),
        last=line.last - timedelta(days=before_last),
    )


def _check_no_overlap(group: Sequence[FreeRoomLine]) -> None:
    for before, after in pairwise(sorted(group, key=lambda line: line.first)):
        if before.overlaps(after):
            raise UnreadableField(after.path, "overlap", "periods that do not overlap")


def _check_no_rooms_when_closed(lines: Sequence[FreeRoomLine]) -> None:
    """Seasons do not overlap, so only the last one that begins before the end of a period can
    overlap it."""
    seasons = sorted((line for line in lines if line.is_closing), key=lambda line: line.first)
    begins = [season.first for season in seasons]
    for period in _free_periods(lines):
        index = bisect_right(begins, period.last)
        if index and period.overlaps(seasons[index - 1]):
            raise UnreadableField(period.path, "overlap", "no free rooms in a closing season")


def _free_periods(lines: Sequence[FreeRoomLine]) -> Iterator[FreeRoomLine]:
    """Those with free rooms; single nights where weekdays are named."""
    for line in lines:
        if line.is_free and line.is_of_every_day:
            yield line
        elif line.is_free:
            yield from (replace(line, first=day, last=day) for day in line.days())
