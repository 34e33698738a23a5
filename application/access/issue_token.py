"""Issues credentials for partners: shown once, stored hashed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from application.access.authenticate import KEY_PREFIX, TOKEN_PREFIX, format_credential, secret_hash
from application.audit.audit_trail import AuditTrail
from application.audit.audited_states import token_state
from application.errors import InvalidRequest
from application.stored_hotels import get_hotel_by_slug
from domain.access import AccessToken, ProviderKey, Scope
from domain.audit import AuditAction
from domain.values import HotelId
from ports.providers import Providers
from ports.system import Clock, IdGenerator, Randomness
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """`hotels` are slugs. `provider` None: all providers, for reading. The partner's provider key
    is issued with its first token."""

    provider: str | None
    partner: str
    hotels: tuple[str, ...]
    scopes: frozenset[Scope]
    lifetime: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedToken:
    """`secret_text` and `provider_key_text` are shown only once; the latter is None if the partner
    has a key already."""

    token: AccessToken
    secret_text: str
    provider_key_text: str | None


@dataclass(frozen=True, slots=True)
class IssueToken:
    unit_of_work: UnitOfWorkFactory
    providers: Providers
    clock: Clock
    ids: IdGenerator
    randomness: Randomness
    audit: AuditTrail

    def __call__(self, request: TokenRequest) -> IssuedToken:
        """Raises UnknownProvider, HotelNotFound, InvalidField; InvalidRequest for a partner whose
        key was revoked."""
        if request.provider is not None:
            self.providers.get(request.provider)
        with self.unit_of_work() as uow:
            hotel_ids = tuple(get_hotel_by_slug(uow, slug).id for slug in request.hotels)
            key, key_text = self._key(uow, request)
            token, text = self._token(key, hotel_ids, request.scopes, request.lifetime)
            uow.credentials.add_token(token)
            self._record(uow, token, request, has_new_key=key_text is not None)
            uow.commit()
        return IssuedToken(token=token, secret_text=text, provider_key_text=key_text)

    def reissue(self, old: AccessToken, key: ProviderKey) -> tuple[AccessToken, str]:
        """A new token with the rights and the lifetime of an old one."""
        lifetime = old.expires_at - old.created_at
        return self._token(key, old.hotel_ids, old.scopes, lifetime)

    def _record(
        self, uow: UnitOfWork, token: AccessToken, request: TokenRequest, *, has_new_key: bool
    ) -> None:
        self.audit.record(
            uow,
            AuditAction.TOKEN_ISSUED,
            token.id,
            hotel_id=sole_hotel(token),
            after=token_state(token),
            details={
                "hotels": list(request.hotels),
                "partner": request.partner,
                "key": "issued" if has_new_key else "unchanged",
            },
        )

    def _key(self, uow: UnitOfWork, request: TokenRequest) -> tuple[ProviderKey, str | None]:
        known = uow.credentials.key_of_partner(request.provider, request.partner)
        if known is not None:
            return known, None
        secret = self.randomness.secret()
        key = ProviderKey(
            id=self.ids.new(),
            provider=request.provider,
            partner=request.partner,
            secret_hash=secret_hash(secret),
            created_at=self.clock.now(),
        )
        uow.credentials.add_key(key)
        return key, format_credential(KEY_PREFIX, key.id, secret)

    def _token(
        self,
        key: ProviderKey,
        hotel_ids: Sequence[HotelId],
        scopes: frozenset[Scope],
        lifetime: timedelta,
    ) -> tuple[AccessToken, str]:
        if not key.is_usable():
            message = "partner: its key was revoked permanently; issue under another name"
            raise InvalidRequest(message, field="partner")
        secret, now = self.randomness.secret(), self.clock.now()
        token = AccessToken(
            id=self.ids.new(),
            provider_key_id=key.id,
            provider=key.provider,
            hotel_ids=tuple(hotel_ids),
            scopes=scopes,
            secret_hash=secret_hash(secret),
            created_at=now,
            expires_at=now + lifetime,
        )
        return token, format_credential(TOKEN_PREFIX, token.id, secret)


def sole_hotel(token: AccessToken) -> HotelId | None:
    """Its hotel, if it is for one only."""
    return token.hotel_ids[0] if len(token.hotel_ids) == 1 else None
