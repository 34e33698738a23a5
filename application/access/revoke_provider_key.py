"""Revokes a partner's provider key, and with it all tokens issued under it."""

from dataclasses import dataclass

from application.errors import NotFound
from domain.access import ProviderKey
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class RevokeProviderKey:
    unit_of_work: UnitOfWorkFactory
    clock: Clock

    def __call__(self, provider: str | None, partner: str) -> ProviderKey:
        """`provider` None: the key for all providers. Its tokens are refused from then on, and no
        new ones are issued. Idempotent. Raises NotFound."""
        with self.unit_of_work() as uow:
            key = uow.credentials.key_of_partner(provider, partner)
            if key is None:
                raise NotFound("this partner has no key for this provider")
            uow.credentials.revoke_key(key.id, at=self.clock.now())
            uow.commit()
        return key
