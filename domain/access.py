"""Access control: provider keys identify the partner, tokens grant hotels and scopes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.canonical_format import PersonalData
from domain.errors import InvalidField
from domain.values import HotelId


class Scope(StrEnum):
    """READ alone reads no personal data but first names and the initials of last names; the
    scopes that extend it read one class of personal data each."""

    INGEST = "ingest"
    READ = "read"
    READ_GUESTS = "read:guests"
    READ_CONTACTS = "read:contacts"
    READ_NOTES = "read:notes"
    READ_DOCUMENTS = "read:documents"
    SYNC = "sync"
    ADMIN = "admin"


PERSONAL_DATA_SCOPES: Final[Mapping[PersonalData, Scope]] = {
    PersonalData.GUEST: Scope.READ_GUESTS,
    PersonalData.CONTACT: Scope.READ_CONTACTS,
    PersonalData.NOTES: Scope.READ_NOTES,
    PersonalData.DOCUMENT: Scope.READ_DOCUMENTS,
}
READ_EXTENSIONS: Final = frozenset(PERSONAL_DATA_SCOPES.values())
FULL_READ: Final = READ_EXTENSIONS | {Scope.READ}
"""All stored data."""


def grants(scopes: frozenset[Scope], wanted: Scope) -> bool:
    """ADMIN includes the others."""
    return wanted in scopes or Scope.ADMIN in scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderKey:
    """A partner's credential for one provider (None: for reading all providers). `secret_hash`
    is SHA-256 in hex."""

    id: UUID
    provider: str | None
    partner: str
    secret_hash: str
    created_at: datetime
    revoked_at: datetime | None = None

    def is_usable(self) -> bool:
        return self.revoked_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """Grants scopes for one provider (None: all, for reading) at one or several hotels.
    `secret_hash`: SHA-256 in hex; the secret is 256 random bits, so no slow hash is needed."""

    id: UUID
    provider_key_id: UUID
    provider: str | None
    hotel_ids: tuple[HotelId, ...]
    scopes: frozenset[Scope]
    secret_hash: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.hotel_ids:
            raise InvalidField("hotels", "send at least one hotel")
        if not self.scopes:
            raise InvalidField("scopes", f"send at least one of {', '.join(Scope)}")
        if self.scopes & READ_EXTENSIONS and not grants(self.scopes, Scope.READ):
            raise InvalidField("scopes", "add read, which the scopes read:* extend")
        if self.provider is None and not self.scopes <= FULL_READ:
            raise InvalidField("scopes", "a token for all providers has scopes for reading only")
        if self.expires_at <= self.created_at:
            raise InvalidField("expires_at", "must be in the future")

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def revoked(self, now: datetime) -> "AccessToken":
        return self if self.revoked_at is not None else replace(self, revoked_at=now)

    def expiring(self, *, overlap: timedelta, now: datetime) -> "AccessToken":
        """After a rotation: expires after `overlap`, or earlier if it would have anyway."""
        return replace(self, expires_at=min(self.expires_at, now + overlap))
