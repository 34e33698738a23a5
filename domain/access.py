"""Access control: provider keys identify the partner, tokens grant hotels and scopes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.errors import InvalidField
from domain.values import HotelId


class Scope(StrEnum):
    INGEST = "ingest"
    READ = "read"
    SYNC = "sync"
    ADMIN = "admin"


def grants(scopes: frozenset[Scope], wanted: Scope) -> bool:
    """ADMIN includes the others."""
    return wanted in scopes or Scope.ADMIN in scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderKey:
    """A partner's credential for one provider; `secret_hash` is SHA-256 in hex."""

    id: UUID
    provider: str
    partner: str
    secret_hash: str
    created_at: datetime
    revoked_at: datetime | None = None

    def is_usable(self) -> bool:
        return self.revoked_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """Grants scopes for one provider at one or several hotels. `secret_hash`: SHA-256 in hex; the
    secret is 256 random bits, so no slow hash is needed."""

    id: UUID
    provider_key_id: UUID
    provider: str
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
            raise InvalidField("scopes", "send at least one of ingest, read, sync, admin")
        if self.expires_at <= self.created_at:
            raise InvalidField("expires_at", "must be in the future")

    def is_usable(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at

    def revoked(self, now: datetime) -> "AccessToken":
        return self if self.revoked_at is not None else replace(self, revoked_at=now)

    def expiring(self, *, overlap: timedelta, now: datetime) -> "AccessToken":
        """After a rotation: expires after `overlap`, or earlier if it would have anyway."""
        return replace(self, expires_at=min(self.expires_at, now + overlap))
