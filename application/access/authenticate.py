"""Authenticates a caller: the partner by its provider key; hotel and scopes by its token."""

import hashlib
import hmac
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from application.errors import Forbidden, Unauthenticated
from application.stored_hotels import get_enabled_hotel
from domain.access import AccessToken, ProviderKey, Scope, grants
from domain.values import HotelId
from ports.directory import Directory
from ports.errors import ConcurrentChange, StoreUnavailable
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory

C = TypeVar("C", AccessToken, ProviderKey)

TOKEN_PREFIX: Final = "pmst"  # noqa: S105  # a public prefix, no secret
KEY_PREFIX: Final = "pmsk"
LAST_USED_INTERVAL: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller. `hotel_id`: the hotel that this request is for."""

    token_id: UUID
    partner: str
    provider: str | None
    """None: all providers."""
    hotel_id: HotelId
    scopes: frozenset[Scope]
    other_hotels: tuple[HotelId, ...] = ()

    def has(self, scope: Scope) -> bool:
        return grants(self.scopes, scope)

    def require(self, scope: Scope) -> None:
        """Raises Forbidden."""
        if not self.has(scope):
            message = f"this token lacks the scope '{scope}'; issue one with it"
            raise Forbidden(message, scope=scope)

    def covers_provider(self, provider: str) -> bool:
        return self.provider in (None, provider)

    def require_provider(self, provider: str) -> None:
        """Raises Forbidden."""
        if not self.covers_provider(provider):
            raise Forbidden("this token is for another provider", provider=provider)


def format_credential(prefix: str, credential_id: UUID, secret: str) -> str:
    """The text form: readable prefix, id, secret."""
    return f"{prefix}_{credential_id.hex}_{secret}"


def secret_hash(secret: str) -> str:
    """SHA-256 in hex; it suffices, as secrets are 256 random bits."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Records a token's use once a minute. `recorded_uses`: the last one by this process."""

    directory: Directory
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    recorded_uses: dict[UUID, datetime] = field(default_factory=dict)

    def __call__(
        self, *, provider_key: str | None, token: str | None, hotel: str | None = None
    ) -> Principal:
        """`hotel`: the slug of one of the token's hotels; by default its first one.

        Raises Unauthenticated, without the part that was wrong, HotelDisabled, Forbidden.
        """
        access = _authentic(token, TOKEN_PREFIX, self.directory.token)
        key = _authentic(provider_key, KEY_PREFIX, self.directory.provider_key)
        if access is None or key is None or access.provider_key_id != key.id:
            raise Unauthenticated
        if not access.is_usable(self.clock.now()) or not key.is_usable():
            raise Unauthenticated
        hotel_id = access.hotel_ids[0] if hotel is None else self._select_hotel(access, hotel)
        get_enabled_hotel(self.directory, hotel_id)
        self._record_use(access)
        return Principal(
            token_id=access.id,
            partner=key.partner,
            provider=access.provider,
            hotel_id=hotel_id,
            scopes=access.scopes,
            other_hotels=tuple(h for h in access.hotel_ids if h != hotel_id),
        )

    def at_hotel(self, principal: Principal, slug: str) -> Principal:
        """The same caller for another of its hotels. Raises Forbidden."""
        wanted = self.directory.hotel_by_slug(slug)
        allowed = (principal.hotel_id, *principal.other_hotels)
        if wanted is None or wanted.id not in allowed:
            raise Forbidden("this token is not for that hotel")
        get_enabled_hotel(self.directory, wanted.id)
        others = tuple(h for h in allowed if h != wanted.id)
        return replace(principal, hotel_id=wanted.id, other_hotels=others)

    def _record_use(self, access: AccessToken) -> None:
        """A busy store does not lock the caller out."""
        now = self.clock.now()
        recorded_uses = self.recorded_uses.get(access.id) or access.last_used_at
        if recorded_uses is not None and now - recorded_uses < LAST_USED_INTERVAL:
            return
        self.recorded_uses[access.id] = now
        with suppress(StoreUnavailable, ConcurrentChange), self.unit_of_work() as uow:
            uow.credentials.record_use(access.id, at=now)
            uow.commit()

    def _select_hotel(self, access: AccessToken, slug: str) -> HotelId:
        hotel = self.directory.hotel_by_slug(slug)
        if hotel is None or hotel.id not in access.hotel_ids:
            raise Forbidden("this token is not for that hotel")
        return hotel.id


def _authentic(text: str | None, prefix: str, load: Callable[[UUID], C | None]) -> C | None:
    """The credential of this text, if its secret is right."""
    parts = _parts(text, prefix)
    found = load(parts[0]) if parts else None
    if parts is None or found is None:
        return None
    return found if hmac.compare_digest(found.secret_hash, secret_hash(parts[1])) else None


def find_token_id(text: str | None) -> UUID | None:
    """The public part of a token's text; None if it does not look like one."""
    parts = _parts(text, TOKEN_PREFIX)
    return parts[0] if parts else None


def _parts(text: str | None, prefix: str) -> tuple[UUID, str] | None:
    if not text or len(text) > 200 or not text.isascii():
        return None
    kind, _, rest = text.partition("_")
    identity, _, secret = rest.partition("_")
    if kind != prefix or len(identity) != 32 or not secret:
        return None
    try:
        return UUID(hex=identity), secret
    except ValueError:
        return None
