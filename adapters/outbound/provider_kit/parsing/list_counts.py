"""Lists that are empty although their own count is not: their items were lost, and silence would
be taken for success."""

from collections.abc import Iterable, Sequence, Sized
from decimal import Decimal
from typing import Final, TypeAlias

from adapters.outbound.provider_kit.parsing.json_fields import value_at
from adapters.outbound.provider_kit.parsing.json_text import Json
from ports.errors import UnreadableAnswer, UnreadableMessage

CountPaths: TypeAlias = Sequence[tuple[str, ...]]
"""Where an object around a list may count its items; of all pages, or of this one."""

_MISCOUNTED: Final = "the list is empty, but its count is not"
_MAX_DIGITS: Final = 18


def require_listed(found: Sized, around: Iterable[Json], paths: CountPaths, path: str) -> None:
    """Of a pushed message. Raises UnreadableMessage."""
    if is_miscounted(found, around, paths):
        raise UnreadableMessage(_MISCOUNTED, path=path)


def require_answered(
    found: Sized, around: Iterable[Json], paths: CountPaths, path: str | None, *, seen: int = 0
) -> None:
    """Of an API's response; `seen`: items of earlier pages, at least. Raises UnreadableAnswer."""
    if is_miscounted(found, around, paths, seen):
        raise UnreadableAnswer(reason=_MISCOUNTED, path=path)


def is_miscounted(found: Sized, around: Iterable[Json], paths: CountPaths, seen: int = 0) -> bool:
    if found:
        return False
    return any(_as_count(value_at(each, *path)) > seen for each in around for path in paths)


def _as_count(value: Json) -> int:
    """0 for anything else, which the vendor does not mean as a count."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() and len(value) <= _MAX_DIGITS else 0
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return 0
    return int(value) if 0 < value < 10**_MAX_DIGITS else 0
