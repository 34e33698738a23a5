"""Pages of a query by opaque cursors."""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from application.errors import BadCursor, require_in_range
from ports.queries import Keyset, Slice

MAX_FIRST: Final = 200

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[R]):
    """`cursors[i]` continues after `rows[i]`."""

    rows: Sequence[R]
    cursors: Sequence[str]
    has_next: bool

    @property
    def next_cursor(self) -> str | None:
        """Of the next page; None on the last one."""
        return self.cursors[-1] if self.has_next else None


def find_page(
    query_slice: Callable[[Keyset | None], Slice[R]],
    *,
    query: str,
    first: int,
    after: str | None,
) -> ResultPage[R]:
    """`query`: its name and conditions. Raises InvalidRequest (`first`), and BadCursor for a cursor
    of another query."""
    require_in_range("first", first, 1, MAX_FIRST)
    query_hash = hashlib.sha256(query.encode()).hexdigest()[:16]
    found = query_slice(_position(after, query_hash) if after is not None else None)
    return ResultPage(found.rows, [_cursor(p, query_hash) for p in found.positions], found.more)


def _cursor(position: Keyset, query_hash: str) -> str:
    text = json.dumps([query_hash, *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _position(cursor: str, query_hash: str) -> Keyset:
    if len(cursor) > 1_000:
        raise BadCursor(field="after")
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError) as error:
        raise BadCursor(field="after") from error
    match parts:
        case [str(theirs), str(key), str(row)] if theirs == query_hash:
            return key, row
    raise BadCursor(field="after")
