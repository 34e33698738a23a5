"""Which inbox rows are processed together: rows with the same references share one fetch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Protocol, TypeVar

from application.inbox.parse_rows import ParsedRow
from application.ingest.apply_items import ItemResult
from ports.providers import Ref

MAX_REFS: Final = 50
"""Of one fetch, unless a single row has more."""
PARTS: Final = 8


class Tried(Protocol):
    @property
    def attempts(self) -> int: ...


R = TypeVar("R", bound=Tried)


def split_tried(rows: Sequence[R]) -> list[Sequence[R]]:
    """New rows together, then those that were tried, the least tried first and in PARTS: a row
    that kills its worker, or fails with every row beside it, is alone after some attempts."""
    new = [row for row in rows if not row.attempts]
    tried = sorted((row for row in rows if row.attempts), key=lambda row: row.attempts)
    return [*([new] if new else []), *_split(tried)]


def refs_of(parsed: Iterable[ParsedRow]) -> list[Ref]:
    """Each once, sorted."""
    refs = frozenset[Ref]().union(*(each.refs for each in parsed))
    return sorted(refs, key=lambda ref: (ref.kind, ref.external_id))


def split_for_fetch(parsed: Sequence[ParsedRow]) -> list[list[ParsedRow]]:
    """In the order of arrival; each part is one fetch. A reference of several rows is fetched once,
    unless they have others too that do not fit into one part."""
    parts: list[list[ParsedRow]] = []
    refs: set[Ref] = set()
    for same in _group_by_refs(parsed):
        wanted = same[0].refs
        if not parts or (len(refs | wanted) > MAX_REFS and not wanted <= refs):
            parts.append([])
            refs = set()
        parts[-1] += same
        refs |= wanted
    return parts


def split_refused(part: Sequence[ParsedRow]) -> list[list[ParsedRow]]:
    """Smaller parts; one only if all rows have the same references."""
    groups = _group_by_refs(part)
    return [[row for group in some for row in group] for some in _split(groups)]


def results_by_row(
    results: Sequence[ItemResult], parsed: Sequence[ParsedRow]
) -> list[Sequence[ItemResult]]:
    """For each row the results of its references, and those that no row names, such as guests."""
    named = {ref.external_id for each in parsed for ref in each.refs}
    by_id = defaultdict(list)
    for result in results:
        external_id = result.item.external_id
        by_id[external_id if external_id in named else None].append(result)
    return [
        [*by_id[None], *(r for ref in each.refs if ref.external_id for r in by_id[ref.external_id])]
        for each in parsed
    ]


def _group_by_refs(parsed: Sequence[ParsedRow]) -> list[list[ParsedRow]]:
    groups: defaultdict[frozenset[Ref], list[ParsedRow]] = defaultdict(list)
    for each in parsed:
        groups[each.refs].append(each)
    return list(groups.values())


T = TypeVar("T")


def _split(rows: Sequence[T]) -> list[Sequence[T]]:
    """At most PARTS, of about the same length."""
    length = -(-len(rows) // PARTS) or 1
    return [rows[start : start + length] for start in range(0, len(rows), length)]
