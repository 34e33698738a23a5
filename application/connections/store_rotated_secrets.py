"""Stores credentials that a provider replaced while its client used them."""

from dataclasses import dataclass

from application.retrying import in_transaction
from domain.renamed import warn_renamed
from domain.values import ConnectionId
from ports.system import Secrets
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class StoreRotatedSecrets:
    """Implements ports.providers.CredentialStore. Clients run outside any unit of work, so each
    call has its own."""

    unit_of_work: UnitOfWorkFactory

    def read(self, connection_id: ConnectionId) -> Secrets:
        with self.unit_of_work() as uow:
            if uow.connections.get(connection_id) is None:
                return {}
            return uow.connections.secrets(connection_id)

    def update(self, connection_id: ConnectionId, new: Secrets) -> None:
        """Does nothing for a connection that is not stored."""

        def update(uow: UnitOfWork) -> None:
            if uow.connections.get(connection_id) is not None:
                stored = uow.connections.secrets(connection_id)
                uow.connections.replace_secrets(connection_id, {**stored, **new})

        in_transaction(self.unit_of_work, update)

    def keep(self, connection_id: ConnectionId, new: Secrets) -> None:
        """The name of `update` for plug-ins of version 0.1."""
        warn_renamed("CredentialStore.keep", "update", stacklevel=2)
        self.update(connection_id, new)
