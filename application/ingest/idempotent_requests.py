"""`Idempotency-Key` as in draft-ietf-httpapi-idempotency-key-header-07."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from application.caller_ids import holds_card_or_secret
from application.errors import ApplicationError
from domain.errors import ErrorKind
from ports.administration import KeyState
from ports.system import CardMask, Clock
from ports.unit_of_work import UnitOfWorkFactory

KEY_RETENTION: Final = timedelta(hours=24)
MAX_KEY: Final = 255


class KeyInFlight(ApplicationError, code="idempotency_key_in_flight", kind=ErrorKind.CONFLICT):
    """A request with this Idempotency-Key is being processed; try again in a moment."""


class KeyReused(ApplicationError, code="idempotency_key_reused", kind=ErrorKind.INVALID):
    """This Idempotency-Key came before with another payload; use a new key for a new request."""


class BadKey(ApplicationError, code="bad_idempotency_key", kind=ErrorKind.INVALID):
    """Idempotency-Key: send 1 to 255 printable ASCII characters, no card number, no credential."""


@dataclass(frozen=True, slots=True)
class StoredResponse:
    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class IdempotentRequests:
    """The work itself is idempotent: if its holder dies before the response is stored, the same
    request is executed again and changes nothing."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    mask_cards: CardMask

    def begin(self, token_id: UUID, key: str, *, request: bytes) -> StoredResponse | None:
        """The stored response; None: the caller does the work and calls `finish`. `request`
        identifies method, path and payload.

        Raises BadKey, KeyInFlight, KeyReused.
        """
        now = self.clock.now()
        with self.unit_of_work() as uow:
            check = uow.idempotency.begin(
                token_id,
                self._parse(key),
                fingerprint=hashlib.sha256(request).hexdigest(),
                now=now,
                expires_at=now + KEY_RETENTION,
            )
            uow.commit()
        match check.state:
            case KeyState.IN_FLIGHT:
                raise KeyInFlight
            case KeyState.MISMATCH:
                raise KeyReused
            case KeyState.REPLAY:
                return StoredResponse(check.status or 500, check.body or b"")
            case KeyState.FRESH:
                return None

    def finish(self, token_id: UUID, key: str, response: StoredResponse) -> None:
        with self.unit_of_work() as uow:
            uow.idempotency.finish(
                token_id, self._parse(key), status=response.status, body=response.body
            )
            uow.commit()

    def release_key(self, token_id: UUID, key: str) -> None:
        """The work failed on our side: the same key may be used again."""
        with self.unit_of_work() as uow:
            uow.idempotency.forget(token_id, self._parse(key))
            uow.commit()

    def _parse(self, key: str) -> str:
        """Keys are stored and logged as they are. Raises BadKey."""
        text = parse_idempotency_key(key)
        if holds_card_or_secret(text, self.mask_cards):
            raise BadKey
        return text


def parse_idempotency_key(key: str) -> str:
    """Raises BadKey."""
    text = key.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not 1 <= len(text) <= MAX_KEY or not text.isascii() or not text.isprintable():
        raise BadKey
    return text
