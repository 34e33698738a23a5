"""Which guests and bookings of a page were erased, and what may be stored of them.

Erased identities are kept as keyed hashes (HMAC-SHA-256) of provider and external id, so that
later syncs and pushes do not bring the person back.
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol, TypeAlias

from domain.erasure import erase_parties, parties_of
from domain.messages import ERASED_BODY, ItemKind
from domain.snapshots import BookingSnapshot, GuestSnapshot, Party, Snapshot
from domain.values import HotelId
from ports.providers import ReadItem
from ports.unit_of_work import UnitOfWork

Identity: TypeAlias = tuple[ItemKind, str]
"""GUEST or BOOKING, and the external id."""

_MAX_TOKENS: Final = 2_000
_TOKENS: Final = re.compile(rb'"([^"\\<>]{1,200})"|>([^<>]{1,200})<|(?<![\w.])(\d{1,40})(?![\w.])')
"""Texts of JSON and XML, and numbers, of an item that could not be mapped."""


def identity_hash(key: bytes, provider: str, identity: Identity) -> str:
    """HMAC-SHA-256 in hex."""
    text = "\0".join((identity[0], provider, identity[1]))
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class ErasedIdentities:
    """Those among the guests and bookings of some items. `key` is None, and nothing erased, for a
    hotel without erasures."""

    identities: frozenset[Identity] = frozenset()
    key: bytes | None = field(default=None, repr=False)

    def is_erased_guest(self, snapshot: Snapshot | None) -> bool:
        if not self.identities or not isinstance(snapshot, GuestSnapshot):
            return False
        return not self.identities.isdisjoint(_guest_identities(snapshot))

    def redact(self, item: ReadItem) -> ReadItem:
        """The item without personal data of erased guests, its raw text replaced if it had any."""
        if not self.identities:
            return item
        if item.snapshot is None:
            is_named = not self.identities.isdisjoint(_named_identities(item.raw))
            return replace(item, raw=ERASED_BODY) if is_named else item
        if self.is_erased_guest(item.snapshot):
            return replace(item, raw=ERASED_BODY)
        redacted = self.redact_snapshot(item.snapshot)
        if redacted is item.snapshot:
            return item
        return replace(item, snapshot=redacted, raw=ERASED_BODY)

    def redact_snapshot(self, snapshot: Snapshot) -> Snapshot:
        """The same object if nothing in it was erased."""
        if isinstance(snapshot, BookingSnapshot) and self.affects(snapshot):
            return erase_parties(snapshot, self.is_erased_party)
        return snapshot

    def affects(self, snapshot: BookingSnapshot) -> bool:
        return not self.identities.isdisjoint(_booking_identities(snapshot))

    def is_erased_party(self, party: Party) -> bool:
        """On an affected booking nobody is left who cannot be told from the erased guest."""
        return party.guest_id is None or (ItemKind.GUEST, party.guest_id) in self.identities


NOTHING_ERASED: Final = ErasedIdentities()


def load_erased(
    uow: UnitOfWork, hotel_id: HotelId, provider: str, items: Iterable[ReadItem]
) -> ErasedIdentities:
    """Until the unit of work ends, no further erasure of this hotel begins."""
    key = uow.erasures.key(hotel_id)
    if key is None:
        return NOTHING_ERASED
    identities = {identity for item in items for identity in _identities(item)}
    by_hash = {identity_hash(key, provider, each): each for each in identities}
    erased = uow.erasures.among(hotel_id, by_hash.keys())
    return ErasedIdentities(frozenset(by_hash[each] for each in erased), key)


def add_related(
    uow: UnitOfWork,
    erased: ErasedIdentities,
    snapshots: Iterable[Snapshot | None],
    context: "PageContext",
) -> None:
    """Adds later bookings of erased guests, and guests merged into erased ones: a partial update of
    them need not name the erased guest."""
    if erased.key is None or not erased.identities:
        return
    related = {identity for each in snapshots for identity in _related(erased, each)}
    hashes = {
        identity_hash(erased.key, context.provider, each) for each in related - erased.identities
    }
    uow.erasures.add(context.hotel_id, hashes, at=context.now)


class PageContext(Protocol):
    @property
    def hotel_id(self) -> HotelId: ...
    @property
    def provider(self) -> str: ...
    @property
    def now(self) -> datetime: ...


def _related(erased: ErasedIdentities, snapshot: Snapshot | None) -> Iterable[Identity]:
    if snapshot is None:
        return
    if erased.is_erased_guest(snapshot):
        yield ItemKind.GUEST, snapshot.external_id
    elif isinstance(snapshot, BookingSnapshot) and erased.affects(snapshot):
        yield ItemKind.BOOKING, snapshot.external_id


def _identities(item: ReadItem) -> Collection[Identity]:
    match item.snapshot:
        case BookingSnapshot() as booking:
            return _booking_identities(booking)
        case GuestSnapshot() as guest:
            return _guest_identities(guest)
        case None:
            return _named_identities(item.raw)
        case _:
            return ()


def _booking_identities(snapshot: BookingSnapshot) -> set[Identity]:
    guests = {(ItemKind.GUEST, p.guest_id) for p in parties_of(snapshot) if p.guest_id}
    return guests | {(ItemKind.BOOKING, snapshot.external_id)}


def _guest_identities(snapshot: GuestSnapshot) -> set[Identity]:
    ids = {snapshot.external_id}
    if isinstance(snapshot.merged_into, str):
        ids.add(snapshot.merged_into)
    return {(ItemKind.GUEST, each) for each in ids}


def _named_identities(raw: bytes) -> set[Identity]:
    texts = [next(filter(None, each)) for each in _TOKENS.findall(raw)[:_MAX_TOKENS] if any(each)]
    names = {text.decode("utf-8", "replace").strip() for text in texts}
    return {(kind, name) for name in names for kind in (ItemKind.GUEST, ItemKind.BOOKING)}
