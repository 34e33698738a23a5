"""Bulk questions about bookings, and whose answer is bad where one can't be told from the answer.

An order item or a companionship without a readable link belongs to one of the bookings that were
asked for. Half of them is asked for at a time, until the booking that it comes with stands alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.providers.mews.api import ConnectorApi, Listing
from adapters.outbound.providers.mews.vendor_object import VendorObject

MOST_SOUGHT: Final = 3
"""Bad ones in one answer that are looked for; where there are more, they are no stray ones."""

MOST_QUESTIONS: Final = 64
"""In a thousand bookings a bad one is found in about twenty."""


@dataclass(slots=True)
class Linked:
    """`spoiled`: ids of bookings with an unreadable value among theirs, which is not in `values`.
    Where there were too many to look for, they are in `values`."""

    values: list[Json] = field(default_factory=list)
    spoiled: dict[str, UnreadableField] = field(default_factory=dict)


def ask_linked(
    api: ConnectorApi, listing: Listing, ids: Sequence[str], read: Callable[[VendorObject], object]
) -> Linked:
    """`read` raises UnreadableField where the link is unreadable."""
    found = Linked()
    blocks = [ids]
    questions = 0
    while blocks:
        block = blocks.pop()
        values = api.by_ids(listing, block)
        questions += 1
        faults = _faults(values, listing, read)
        if faults and len(block) == 1:
            found.values += [value for n, value in enumerate(values) if n not in faults]
            found.spoiled[block[0]] = next(iter(faults.values()))
        elif 0 < len(faults) <= MOST_SOUGHT and questions < MOST_QUESTIONS:
            middle = len(block) // 2
            blocks += [block[middle:], block[:middle]]
        else:
            found.values += values
    return found


def _faults(
    values: Sequence[Json], listing: Listing, read: Callable[[VendorObject], object]
) -> dict[int, UnreadableField]:
    found = {}
    for position, value in enumerate(values):
        try:
            read(VendorObject(value, f"{listing.key}[{position}]"))
        except UnreadableField as fault:
            found[position] = fault
    return found
