"""Cancellations and deletions without a stay: they end a stored booking, or leave a tombstone."""

from typing import Final

from adapters.outbound.provider_kit.parsing.reader import Reader
from domain.status import BookingStatus
from domain.values import ABSENT

_EMPTY: Final = (ABSENT, None, "")


def is_cancellation_without(
    r: Reader, status: BookingStatus, *day_keys: str, is_deleted: bool = False
) -> bool:
    """Whether nothing is sent under `day_keys` of a canceled or deleted booking: its stay is absent
    then. Of any other booking a missing stay is an error."""
    if status is not BookingStatus.CANCELED and not is_deleted:
        return False
    return all(r.peek(key) in _EMPTY for key in day_keys)
