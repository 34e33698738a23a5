"""Store of providers' error responses in their own words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.messages import VendorErrorText
from domain.values import HotelId


class VendorErrorTexts(Protocol):
    """Sealed, bound to hotel, connection and subject. Each subject has its newest."""

    def keep(self, texts: Sequence[VendorErrorText]) -> None: ...

    def get(self, hotel_id: HotelId, subject_id: UUID) -> VendorErrorText | None:
        """Raises Unsealable."""
        ...

    def delete_of_hotel(self, hotel_id: HotelId) -> None:
        """For an erasure: which of them name the guest cannot be known."""
        ...

    def purge(self, *, received_before: datetime, limit: int) -> int: ...
