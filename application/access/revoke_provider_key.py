"""Revokes a partner's provider key, and with it all tokens issued under it."""

from dataclasses import dataclass, replace

from application.audit.audit_trail import AuditTrail
from application.audit.audited_states import key_state
from application.errors import NotFound
from domain.access import ProviderKey
from domain.audit import AuditAction
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class RevokeProviderKey:
    unit_of_work: UnitOfWorkFactory
    clock: Clock
    audit: AuditTrail

    def __call__(self, provider: str | None, partner: str) -> ProviderKey:
        """`provider` None: the key for all providers. Its tokens are refused from then on, and no
        new ones are issued. Idempotent. Raises NotFound."""
        with self.unit_of_work() as uow:
            key = uow.credentials.key_of_partner(provider, partner)
            if key is None:
                raise NotFound("this partner has no key for this provider")
            now = self.clock.now()
            uow.credentials.revoke_key(key.id, at=now)
            self.audit.record(
                uow,
                AuditAction.KEY_REVOKED,
                key.id,
                before=key_state(key),
                after=key_state(replace(key, revoked_at=key.revoked_at or now)),
                details={"partner": partner, "provider": provider},
            )
            uow.commit()
        return key
