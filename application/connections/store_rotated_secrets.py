"""Credentials that a provider's client was given anew while it asked."""

from dataclasses import dataclass

from application.retrying import retry_on_conflict
from domain.values import ConnectionId
from ports.system import Secrets
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class StoreRotatedSecrets:
    """ports.providers.SecretVault. A client asks outside of every unit of work, so that each call
    has its own."""

    unit_of_work: UnitOfWorkFactory

    def read(self, connection_id: ConnectionId) -> Secrets:
        with self.unit_of_work() as uow:
            if uow.connections.get(connection_id) is None:
                return {}
            return uow.connections.secrets(connection_id)

    def update(self, connection_id: ConnectionId, new: Secrets) -> None:
        """A connection that is not stored keeps nothing."""

        def attempt() -> None:
            with self.unit_of_work() as uow:
                if uow.connections.get(connection_id) is None:
                    return
                stored = uow.connections.secrets(connection_id)
                uow.connections.replace_secrets(connection_id, {**stored, **new})
                uow.commit()

        retry_on_conflict(attempt)
