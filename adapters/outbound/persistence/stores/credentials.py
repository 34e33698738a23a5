"""Provider keys and access tokens, their secrets as hashes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import micros_from_instant
from adapters.outbound.persistence.engine.session import Session
from adapters.outbound.persistence.schema.models import (
    AccessTokenRow,
    ProviderKeyRow,
    TokenHotelRow,
)
from domain.access import READ_EXTENSIONS, AccessToken, ProviderKey, Scope, grants
from domain.values import HotelId

LAST_USED_INTERVAL: Final = timedelta(minutes=1)
_ALL_PROVIDERS: Final = "*"
"""Stored for the provider None; no provider has this name."""


@dataclass(frozen=True, slots=True)
class StoredCredentials:
    session: Session

    def add_key(self, key: ProviderKey) -> None:
        columns = asdict(key) | {"provider": key.provider or _ALL_PROVIDERS}
        self.session.write(ProviderKeyRow.insert(columns))

    def key(self, key_id: UUID) -> ProviderKey | None:
        return self._key(ProviderKeyRow.id == key_id)

    def key_of_partner(self, provider: str | None, partner: str) -> ProviderKey | None:
        stored_provider = ProviderKeyRow.provider == (provider or _ALL_PROVIDERS)
        return self._key(stored_provider & (ProviderKeyRow.partner == partner))

    def revoke_key(self, key_id: UUID, *, at: datetime) -> None:
        self.session.run(
            "UPDATE provider_keys SET revoked_at = %s WHERE id = %s AND revoked_at IS NULL",
            (micros_from_instant(at), key_id.hex),
        )

    def add_token(self, token: AccessToken) -> None:
        self.session.write(AccessTokenRow.insert(_token_columns(token)))
        self._add_hotels(token)

    def token(self, token_id: UUID) -> AccessToken | None:
        found = self._tokens(AccessTokenRow.id == token_id)
        return found[0] if found else None

    def tokens_of_hotel(self, hotel_id: HotelId) -> Sequence[AccessToken]:
        ids = TokenHotelRow.select(TokenHotelRow.token_id).where(TokenHotelRow.hotel_id == hotel_id)
        return self._tokens(AccessTokenRow.id.in_(ids))

    def save_token(self, token: AccessToken) -> bool:
        usable = AccessTokenRow.revoked_at.is_null()
        query = AccessTokenRow.update(_token_columns(token)).where(
            AccessTokenRow.id == token.id, usable
        )
        if not self.session.write(query):
            return False
        self.session.run("DELETE FROM token_hotels WHERE token_id = %s", (token.id.hex,))
        self._add_hotels(token)
        return True

    def record_use(self, token_id: UUID, *, at: datetime) -> None:
        self.session.run(
            "UPDATE access_tokens SET last_used_at = %s "
            "WHERE id = %s AND (last_used_at IS NULL OR last_used_at <= %s)",
            (micros_from_instant(at), token_id.hex, micros_from_instant(at - LAST_USED_INTERVAL)),
        )

    def _add_hotels(self, token: AccessToken) -> None:
        self.session.run_many(
            "INSERT INTO token_hotels (hotel_id, token_id, position) VALUES (%s, %s, %s)",
            [(hotel.hex, token.id.hex, position) for position, hotel in enumerate(token.hotel_ids)],
        )

    def _key(self, condition: Any) -> ProviderKey | None:
        found = self.session.select(ProviderKeyRow.select().where(condition))
        return ProviderKey(**_with_provider(found[0])) if found else None

    def _tokens(self, condition: Any) -> list[AccessToken]:
        """Newest first."""
        query = AccessTokenRow.select().where(condition)
        newest = (AccessTokenRow.created_at.desc(), AccessTokenRow.id.desc())
        rows = self.session.select(query.order_by(*newest))
        hotels: dict[UUID, list[HotelId]] = {row["id"]: [] for row in rows}
        token_hotels = TokenHotelRow.select().where(TokenHotelRow.token_id.in_(list(hotels)))
        for token_hotel in self.session.select(token_hotels.order_by(TokenHotelRow.position)):
            hotels[token_hotel["token_id"]].append(token_hotel["hotel_id"])
        return [_token_from_row(row, tuple(hotels[row["id"]])) for row in rows]


def _token_from_row(row: dict[str, Any], hotel_ids: tuple[HotelId, ...]) -> AccessToken:
    """Tokens of version 0.1 without `read` may have its extensions by the column's default."""
    row = _with_provider(row)
    scopes = frozenset(map(Scope, row["scopes"].split()))
    extensions = frozenset(map(Scope, row.pop("read_extensions").split()))
    if grants(scopes, Scope.READ):
        scopes |= extensions
    return AccessToken(**row | {"hotel_ids": hotel_ids, "scopes": scopes})


def _with_provider(row: dict[str, Any]) -> dict[str, Any]:
    provider = row["provider"]
    return row | {"provider": None if provider == _ALL_PROVIDERS else provider}


def _token_columns(token: AccessToken) -> dict[str, Any]:
    columns = asdict(token)
    del columns["hotel_ids"]
    return columns | {
        "provider": token.provider or _ALL_PROVIDERS,
        "scopes": " ".join(sorted(token.scopes - READ_EXTENSIONS)),
        "read_extensions": " ".join(sorted(token.scopes & READ_EXTENSIONS)),
    }
