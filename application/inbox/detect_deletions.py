"""Detects bookings that the provider's API no longer returns."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from domain.connection import Connection
from domain.values import DateRange
from ports.providers import Page, Ref, RefKind
from ports.unit_of_work import UnitOfWorkFactory

CHUNK: Final = 500


def unseen_bookings(
    unit_of_work: UnitOfWorkFactory,
    connection: Connection,
    window: DateRange,
    seen: AbstractSet[str],
) -> Iterator[Sequence[Ref]]:
    """Our bookings of the window that the provider did not return, in chunks sorted by id: they
    moved out of the window, or were deleted."""
    with unit_of_work() as uow:
        ours = uow.bookings.ids_overlapping(connection.hotel_id, connection.id, window)
    unseen = sorted(set(ours) - seen)
    for start in range(0, len(unseen), CHUNK):
        yield [Ref(RefKind.BOOKING, each) for each in unseen[start : start + CHUNK]]


def detect_deletions(page: Page, refs: Sequence[Ref]) -> Sequence[str]:
    """Ids of requested bookings that the page does not contain; none if an item of the page has no
    readable id, as it may be one of them."""
    if any(item.external_id is None for item in page.items):
        return ()
    returned_ids = {item.external_id for item in page.items}
    wanted = (ref.external_id for ref in refs if ref.kind is RefKind.BOOKING)
    return [external_id for external_id in wanted if external_id not in returned_ids]
