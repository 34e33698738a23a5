"""Detects bookings that the provider's API no longer returns."""

from collections.abc import Sequence

from ports.providers import Page, Ref, RefKind


def detect_deletions(page: Page, refs: Sequence[Ref]) -> Sequence[str]:
    """Ids of requested bookings that the page does not contain; none if an item of the page has no
    readable id, as it may be one of them."""
    if any(item.external_id is None for item in page.items):
        return ()
    returned_ids = {item.external_id for item in page.items}
    wanted = (ref.external_id for ref in refs if ref.kind is RefKind.BOOKING)
    return [external_id for external_id in wanted if external_id not in returned_ids]
