"""Replaces the secret part of a connection's webhook URL, if the old one leaked."""

from dataclasses import dataclass, replace

from application.access.authenticate import secret_hash
from application.audit.audit_trail import AuditTrail
from application.connections.add_connection import AddedConnection
from application.connections.stored_connections import update_connection
from domain.audit import AuditAction
from domain.values import ConnectionId
from ports.system import Randomness
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class RotateWebhookKey:
    unit_of_work: UnitOfWorkFactory
    randomness: Randomness
    audit: AuditTrail

    def __call__(self, connection_id: ConnectionId) -> AddedConnection:
        """The old URL stops working; enter the new one at the vendor. Raises
        ConnectionNotFound."""
        key = self.randomness.secret()
        saved = update_connection(
            self.unit_of_work,
            self.audit,
            AuditAction.CONNECTION_KEY_ROTATED,
            connection_id,
            lambda connection: replace(connection, key_hash=secret_hash(key)),
        )
        return AddedConnection(saved, key)
