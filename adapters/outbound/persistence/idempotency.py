"""Idempotency keys: who holds one, and what was answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from adapters.outbound.persistence.rows import Row
from adapters.outbound.persistence.session import Session
from adapters.outbound.persistence.values import micros_of
from ports.administration import KeyCheck, KeyState

HOLDER_LIVES: Final = timedelta(minutes=1)

_TAKE = """
    INSERT INTO idempotency_keys (token_id, key, fingerprint, taken_at, expires_at)
    VALUES (%s, %s, %s, %s, %s) ON CONFLICT (token_id, key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class StoredIdempotencyKeys:
    session: Session

    def begin(
        self, token_id: UUID, key: str, *, fingerprint: str, now: datetime, expires_at: datetime
    ) -> KeyCheck:
        owner = (token_id.hex, key)
        grant = (fingerprint, micros_of(now), micros_of(expires_at))
        if self.session.run(_TAKE, (*owner, *grant)):
            return KeyCheck(KeyState.FRESH)
        held = self.session.rows(
            "SELECT fingerprint, taken_at, expires_at, status, body FROM idempotency_keys "  # noqa: S608
            f"WHERE token_id = %s AND key = %s {self.session.locking}",
            owner,
        )
        check = _check(held[0], fingerprint, now) if held else KeyCheck(KeyState.IN_FLIGHT)
        if check.state is KeyState.FRESH:
            self.session.run(
                "UPDATE idempotency_keys SET fingerprint = %s, taken_at = %s, expires_at = %s, "
                "status = NULL, body = NULL WHERE token_id = %s AND key = %s",
                (*grant, *owner),
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
            "DELETE FROM idempotency_keys WHERE (token_id, key) IN (SELECT token_id, key "
            "FROM idempotency_keys WHERE expires_at <= %s ORDER BY expires_at LIMIT %s)",
            (micros_of(now), limit),
        )


def _check(held: Row, fingerprint: str, now: datetime) -> KeyCheck:
    held_fingerprint, taken_at, expires_at, status, body = held
    if expires_at <= micros_of(now):
        return KeyCheck(KeyState.FRESH)
    if held_fingerprint != fingerprint:
        return KeyCheck(KeyState.MISMATCH)
    if status is not None:
        return KeyCheck(KeyState.REPLAY, status, body)
    died = taken_at <= micros_of(now - HOLDER_LIVES)
    return KeyCheck(KeyState.FRESH if died else KeyState.IN_FLIGHT)
