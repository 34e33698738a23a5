"""Store of erased identities, the keys of their hashes, and the privacy requests."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from domain.erasure import PrivacyRequest
from domain.values import HotelId


class ShredDeleted(Protocol):
    def __call__(self) -> None:
        """Removes what deleted rows left in the database's files, as far as the database can."""
        ...


class Erasures(Protocol):
    """Identities are stored as keyed hashes only, for ever, under a key of the hotel's own that
    never changes."""

    def add_key(self, hotel_id: HotelId, key: bytes) -> None:
        """Stores it sealed. Does nothing if the hotel has a key."""
        ...

    def key(self, hotel_id: HotelId) -> bytes | None:
        """None: the hotel has no erased identities. Until the unit of work ends no erasure of the
        hotel begins; an erasure in progress is waited for."""
        ...

    def lock_key(self, hotel_id: HotelId) -> bytes:
        """For an erasure: until the unit of work ends no other one reads the key. Raises
        Unsealable if there is none."""
        ...

    def add(self, hotel_id: HotelId, hashes: Collection[str], *, at: datetime) -> None:
        """Those stored before stay as they are."""
        ...

    def among(self, hotel_id: HotelId, hashes: Collection[str]) -> frozenset[str]:
        """The stored ones of these hashes."""
        ...

    def record(self, request: PrivacyRequest) -> None: ...

    def requests(self, hotel_id: HotelId) -> Sequence[PrivacyRequest]:
        """Newest first."""
        ...
