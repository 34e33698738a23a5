"""Provider keys, tokens and idempotency keys in dictionaries."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from adapters.outbound.memory.tables import IdempotencyRow, Tables, delete, insert, is_due
from domain.access import AccessToken, ProviderKey
from domain.values import HotelId
from ports.administration import KeyCheck, KeyState
from ports.errors import AlreadyExists

_USAGE_TOUCH_INTERVAL: Final = timedelta(minutes=1)
_HOLDER_DEAD_AFTER: Final = timedelta(minutes=1)


class InMemoryCredentials:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def add_key(self, key: ProviderKey) -> None:
        if key.id in self._tables.keys or self.key_of_partner(key.provider, key.partner):
            raise AlreadyExists
        self._tables.keys[key.id] = key

    def key(self, key_id: UUID) -> ProviderKey | None:
        return self._tables.keys.get(key_id)

    def key_of_partner(self, provider: str | None, partner: str) -> ProviderKey | None:
        every = self._tables.keys.values()
        return next((k for k in every if (k.provider, k.partner) == (provider, partner)), None)

    def revoke_key(self, key_id: UUID, *, at: datetime) -> None:
        key = self._tables.keys.get(key_id)
        if key is not None and key.revoked_at is None:
            self._tables.keys[key_id] = replace(key, revoked_at=at)

    def add_token(self, token: AccessToken) -> None:
        insert(self._tables.tokens, {token.id: token})

    def token(self, token_id: UUID) -> AccessToken | None:
        return self._tables.tokens.get(token_id)

    def tokens_of_hotel(self, hotel_id: HotelId) -> Sequence[AccessToken]:
        of_hotel = [t for t in self._tables.tokens.values() if hotel_id in t.hotel_ids]
        return sorted(of_hotel, key=lambda token: (token.created_at, token.id), reverse=True)

    def save_token(self, token: AccessToken) -> bool:
        held = self._tables.tokens.get(token.id)
        if held is None or held.revoked_at is not None:
            return False
        self._tables.tokens[token.id] = token
        return True

    def record_use(self, token_id: UUID, *, at: datetime) -> None:
        token = self._tables.tokens.get(token_id)
        if token is not None and is_due(token.last_used_at, _USAGE_TOUCH_INTERVAL, at=at):
            self._tables.tokens[token_id] = replace(token, last_used_at=at)


class InMemoryIdempotencyKeys:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def begin(
        self, token_id: UUID, key: str, *, fingerprint: str, now: datetime, expires_at: datetime
    ) -> KeyCheck:
        held = self._tables.idempotency.get((token_id, key))
        if held is not None and held.expires_at > now:
            if held.fingerprint != fingerprint:
                return KeyCheck(KeyState.MISMATCH)
            if held.status is not None:
                return KeyCheck(KeyState.REPLAY, held.status, held.body)
            if now - held.begun_at < _HOLDER_DEAD_AFTER:
                return KeyCheck(KeyState.IN_FLIGHT)
        self._tables.idempotency[token_id, key] = IdempotencyRow(fingerprint, now, expires_at)
        return KeyCheck(KeyState.FRESH)

    def finish(self, token_id: UUID, key: str, *, status: int, body: bytes) -> None:
        held = self._tables.idempotency.get((token_id, key))
        if held is not None:
            self._tables.idempotency[token_id, key] = replace(held, status=status, body=body)

    def forget(self, token_id: UUID, key: str) -> None:
        self._tables.idempotency.pop((token_id, key), None)

    def purge(self, *, now: datetime, limit: int) -> int:
        rows = self._tables.idempotency
        return delete(rows, [key for key, row in rows.items() if row.expires_at <= now][:limit])

    def delete_containing(self, hotel_id: HotelId, texts: Collection[bytes]) -> int:
        rows, tokens = self._tables.idempotency, self._tables.tokens
        of_hotel = {token.id for token in tokens.values() if hotel_id in token.hotel_ids}
        containing = [
            key
            for key, row in rows.items()
            if key[0] in of_hotel and any(text in (row.body or b"") for text in texts)
        ]
        return delete(rows, containing)
