"""Replaces or revokes a token."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from application.access.issue_token import IssuedToken, IssueToken, sole_hotel
from application.audit.audit_trail import AuditTrail
from application.audit.audited_states import token_state
from application.errors import NotFound
from domain.audit import AuditAction
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory


class _TokenNotUsable(NotFound):
    """There is no usable token of this id; see `pms token list`."""


@dataclass(frozen=True, slots=True)
class RotateToken:
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    issue_token: IssueToken
    audit: AuditTrail

    def __call__(self, token_id: UUID, *, overlap: timedelta) -> IssuedToken:
        """The old token expires after `overlap`. Raises NotFound if it is unknown, expired or
        revoked, also concurrently."""
        now = self.clock.now()
        with self.unit_of_work() as uow:
            old = uow.credentials.token(token_id)
            key = uow.credentials.key(old.provider_key_id) if old else None
            if old is None or key is None or not old.is_usable(now):
                raise _TokenNotUsable
            expiring = old.expiring(overlap=overlap, now=now)
            if not uow.credentials.save_token(expiring):
                raise _TokenNotUsable
            token, text = self.issue_token.reissue(old, key)
            uow.credentials.add_token(token)
            self.audit.record(
                uow,
                AuditAction.TOKEN_ROTATED,
                old.id,
                hotel_id=sole_hotel(old),
                before=token_state(old),
                after=token_state(expiring),
                details={"new_token": str(token.id)},
            )
            uow.commit()
        return IssuedToken(token=token, secret_text=text, provider_key_text=None)


@dataclass(frozen=True, slots=True)
class RevokeToken:
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    audit: AuditTrail

    def __call__(self, token_id: UUID) -> None:
        """Idempotent. Raises NotFound."""
        with self.unit_of_work() as uow:
            token = uow.credentials.token(token_id)
            if token is None:
                raise NotFound("there is no token of this id; see `pms token list`")
            revoked = token.revoked(self.clock.now())
            uow.credentials.save_token(revoked)
            self.audit.record(
                uow,
                AuditAction.TOKEN_REVOKED,
                token.id,
                hotel_id=sole_hotel(token),
                before=token_state(token),
                after=token_state(revoked),
            )
            uow.commit()
