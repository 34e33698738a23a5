"""Erased identities and privacy requests in dictionaries."""

from collections.abc import Collection, Sequence
from datetime import datetime

from adapters.outbound.memory.tables import Tables, insert
from domain.erasure import PrivacyRequest
from domain.values import HotelId
from ports.errors import Unsealable


class InMemoryErasures:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add_key(self, hotel_id: HotelId, key: bytes) -> None:
        self._tables.erasure_keys.setdefault(hotel_id, key)

    def key(self, hotel_id: HotelId) -> bytes | None:
        return self._tables.erasure_keys.get(hotel_id)

    def lock_key(self, hotel_id: HotelId) -> bytes:
        key = self.key(hotel_id)
        if key is None:
            raise Unsealable
        return key

    def add(self, hotel_id: HotelId, hashes: Collection[str], *, at: datetime) -> None:
        for each in hashes:
            self._tables.erased_identities.setdefault((hotel_id, each), at)

    def among(self, hotel_id: HotelId, hashes: Collection[str]) -> frozenset[str]:
        stored = self._tables.erased_identities
        return frozenset(each for each in hashes if (hotel_id, each) in stored)

    def record(self, request: PrivacyRequest) -> None:
        insert(self._tables.privacy_requests, {request.id: request})

    def requests(self, hotel_id: HotelId) -> Sequence[PrivacyRequest]:
        of_hotel = [r for r in self._tables.privacy_requests.values() if r.hotel_id == hotel_id]
        return sorted(of_hotel, key=lambda request: request.id, reverse=True)
