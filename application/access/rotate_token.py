"""Replaces or revokes a token."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.access.issue_token import IssuedToken, IssueToken
from application.errors import NotFound
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory


class _TokenNotUsable(NotFound):
    """There is no usable token of this id; see `pms token list`."""


@dataclass(frozen=True, slots=True)
class RotateToken:
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    issue_token: IssueToken

    def __call__(self, token_id: UUID, *, overlap: timedelta) -> IssuedToken:
        """The old token expires after `overlap`. Raises NotFound if it is unknown, expired or
        revoked, also concurrently."""
        now = self.clock.now()
        with self.unit_of_work() as uow:
            old = uow.credentials.token(token_id)
            key = uow.credentials.key(old.provider_key_id) if old else None
            if old is None or key is None or not old.is_usable(now):
                raise _TokenNotUsable
            if not uow.credentials.save_token(old.expiring(overlap=overlap, now=now)):
                raise _TokenNotUsable
            token, text = self.issue_token.reissue(old, key)
            uow.credentials.add_token(token)
            uow.commit()
        return IssuedToken(token=token, secret_text=text, provider_key_text=None)


@dataclass(frozen=True, slots=True)
class RevokeToken:
    unit_of_work: UnitOfWorkFactory
    clock: Clock

    def __call__(self, token_id: UUID) -> None:
        """Idempotent. Raises NotFound."""
        with self.unit_of_work() as uow:
            token = uow.credentials.token(token_id)
            if token is None:
                raise NotFound("there is no token of this id; see `pms token list`")
            uow.credentials.save_token(token.revoked(self.clock.now()))
            uow.commit()
