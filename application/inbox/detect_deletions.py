"""Which bookings the provider's API has no more."""

from collections.abc import Sequence

from ports.providers import Page, Ref, RefKind


def detect_deletions(page: Page, refs: Sequence[Ref]) -> Sequence[str]:
    """Bookings that were asked for and did not come; none where something came that can't be told
    apart: it may be one of them."""
    if any(item.external_id is None for item in page.items):
        return ()
    returned_ids = {item.external_id for item in page.items}
    wanted = (ref.external_id for ref in refs if ref.kind is RefKind.BOOKING)
    return [external_id for external_id in wanted if external_id not in returned_ids]
