"""Bulk lookups of what belongs to bookings, which also locate the bookings of unreadable values.

An order item or a companionship without a readable link belongs to one of the requested bookings.
They are requested in halves, until only the booking remains that it comes with.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.providers.mews.client.api import MewsConnectorApi, PagedOperation
from adapters.outbound.providers.mews.mapping.parsing import MewsReader

MAX_LOCATED_ERRORS: Final = 3
"""Unreadable values in one response that are located; more are not isolated errors."""

MAX_LOOKUP_REQUESTS: Final = 64
"""One unreadable value among a thousand bookings takes about twenty."""


@dataclass(slots=True)
class BulkLookupResult:
    """`invalid`: the errors by booking id; their values are left out of `values`, unless there were
    too many to locate."""

    values: list[Json] = field(default_factory=list)
    invalid: dict[str, UnreadableField] = field(default_factory=dict)


def bulk_lookup(
    api: MewsConnectorApi,
    listing: PagedOperation,
    ids: Sequence[str],
    read: Callable[[MewsReader], object],
) -> BulkLookupResult:
    """`read` raises UnreadableField for an unreadable link."""
    found = BulkLookupResult()
    blocks = [ids]
    requests = 0
    while blocks:
        block = blocks.pop()
        values = api.by_ids(listing, block)
        requests += 1
        faults = _find_unreadable(values, listing, read)
        if faults and len(block) == 1:
            found.values += [value for n, value in enumerate(values) if n not in faults]
            found.invalid[block[0]] = next(iter(faults.values()))
        elif 0 < len(faults) <= MAX_LOCATED_ERRORS and requests < MAX_LOOKUP_REQUESTS:
            middle = len(block) // 2
            blocks += [block[middle:], block[:middle]]
        else:
            found.values += values
    return found


def _find_unreadable(
    values: Sequence[Json], listing: PagedOperation, read: Callable[[MewsReader], object]
) -> dict[int, UnreadableField]:
    found = {}
    for position, value in enumerate(values):
        try:
            read(MewsReader(value, f"{listing.key}[{position}]"))
        except UnreadableField as fault:
            found[position] = fault
    return found
