"""Providers' error responses in a dictionary."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from adapters.outbound.memory.tables import Tables, delete
from domain.messages import VendorErrorText
from domain.values import HotelId


class InMemoryVendorErrorTexts:
    def __init__(self, tables: Tables) -> None:
        self._texts = tables.vendor_error_texts

    def keep(self, texts: Sequence[VendorErrorText]) -> None:
        self._texts.update({(each.hotel_id, each.subject_id): each for each in texts})

    def get(self, hotel_id: HotelId, subject_id: UUID) -> VendorErrorText | None:
        return self._texts.get((hotel_id, subject_id))

    def delete_of_hotel(self, hotel_id: HotelId) -> None:
        delete(self._texts, [key for key in self._texts if key[0] == hotel_id])

    def purge(self, *, received_before: datetime, limit: int) -> int:
        old = [key for key, each in self._texts.items() if each.received_at < received_before]
        return delete(self._texts, sorted(old, key=lambda k: self._texts[k].received_at)[:limit])
