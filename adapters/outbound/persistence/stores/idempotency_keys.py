"""Idempotency keys: acquired by a request, later with its response."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from adapters.outbound.persistence.engine.column_values import Row, micros_from_instant
from adapters.outbound.persistence.engine.session import Session
from domain.values import HotelId
from ports.administration import KeyCheck, KeyState

IN_FLIGHT_TIMEOUT: Final = timedelta(minutes=1)

_ACQUIRE_SQL = """
    INSERT INTO idempotency_keys (token_id, key, fingerprint, acquired_at, expires_at)
    VALUES (%s, %s, %s, %s, %s) ON CONFLICT (token_id, key) DO NOTHING
"""

_EXPIRED = "FROM idempotency_keys WHERE expires_at <= %s ORDER BY expires_at LIMIT %s"


@dataclass(frozen=True, slots=True)
class StoredIdempotencyKeys:
    session: Session

    def begin(
        self, token_id: UUID, key: str, *, fingerprint: str, now: datetime, expires_at: datetime
    ) -> KeyCheck:
        key_columns = (token_id.hex, key)
        acquired_columns = (fingerprint, micros_from_instant(now), micros_from_instant(expires_at))
        if self.session.run(_ACQUIRE_SQL, (*key_columns, *acquired_columns)):
            return KeyCheck(KeyState.FRESH)
        stored = self.session.rows(
            "SELECT fingerprint, acquired_at, expires_at, status, body FROM idempotency_keys "  # noqa: S608
            f"WHERE token_id = %s AND key = %s {self.session.for_update}",
            key_columns,
        )
        check = (
            _check_stored(stored[0], fingerprint, now) if stored else KeyCheck(KeyState.IN_FLIGHT)
        )
        if check.state is KeyState.FRESH:
            self.session.run(
                "UPDATE idempotency_keys SET fingerprint = %s, acquired_at = %s, expires_at = %s, "
                "status = NULL, body = NULL WHERE token_id = %s AND key = %s",
                (*acquired_columns, *key_columns),
            )
        return check

    def finish(self, token_id: UUID, key: str, *, status: int, body: bytes) -> None:
        self.session.run(
            "UPDATE idempotency_keys SET status = %s, body = %s WHERE token_id = %s AND key = %s",
            (status, body, token_id.hex, key),
        )

    def forget(self, token_id: UUID, key: str) -> None:
        self.session.run(
            "DELETE FROM idempotency_keys WHERE token_id = %s AND key = %s", (token_id.hex, key)
        )

    def purge(self, *, now: datetime, limit: int) -> int:
        return self.session.run(
            f"DELETE FROM idempotency_keys WHERE {self.session.among(_EXPIRED)}",  # noqa: S608  # constant
            (micros_from_instant(now), limit),
        )

    def delete_containing(self, hotel_id: HotelId, texts: Collection[bytes]) -> int:
        found = self.session.rows(
            "SELECT token_id, key, body FROM idempotency_keys WHERE body IS NOT NULL "
            "AND token_id IN (SELECT token_id FROM token_hotels WHERE hotel_id = %s)",
            (hotel_id.hex,),
        )
        containing = [
            (token_id, key)
            for token_id, key, body in found
            if any(text in bytes(body) for text in texts)
        ]
        return self.session.run_many(
            "DELETE FROM idempotency_keys WHERE token_id = %s AND key = %s", containing
        )


def _check_stored(stored: Row, fingerprint: str, now: datetime) -> KeyCheck:
    stored_fingerprint, acquired_at, expires_at, status, body = stored
    if expires_at <= micros_from_instant(now):
        return KeyCheck(KeyState.FRESH)
    if stored_fingerprint != fingerprint:
        return KeyCheck(KeyState.MISMATCH)
    if status is not None:
        return KeyCheck(KeyState.REPLAY, status, body)
    is_holder_dead = acquired_at <= micros_from_instant(now - IN_FLIGHT_TIMEOUT)
    return KeyCheck(KeyState.FRESH if is_holder_dead else KeyState.IN_FLIGHT)
