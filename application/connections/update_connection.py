"""Changes the settings and credentials of a stored connection."""

from collections.abc import Mapping
from dataclasses import dataclass

from application.audit.audit_trail import AuditTrail
from application.audit.audited_states import connection_state
from application.connections.add_connection import split_settings
from application.connections.stored_connections import (
    build_account,
    get_connection,
    record_change,
    require_openable,
)
from application.retrying import in_transaction
from domain.audit import AuditAction
from domain.connection import Connection
from domain.values import ConnectionId
from ports.providers import Capabilities, Providers
from ports.system import Clock, Secrets
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class UpdateConnection:
    unit_of_work: UnitOfWorkFactory
    providers: Providers
    clock: Clock
    audit: AuditTrail

    def __call__(self, connection_id: ConnectionId, values: Mapping[str, str]) -> Connection:
        """`values` replace those of the same names, an empty value removes one; all others stay,
        as do cursor and webhook key. A stopped connection must pass `VerifyConnection` again.

        Raises ConnectionNotFound, InvalidRequest; Misconfigured if no client can be opened with
        these values (a host that is not allowed). Nothing is stored then.
        """
        with self.unit_of_work() as uow:
            stored_connection, _ = get_connection(uow, connection_id)
        # Not in the transaction: the first call loads every plug-in.
        provider = self.providers.get(stored_connection.provider)

        def update(uow: UnitOfWork) -> Connection:
            uow.connections.apply_control(connection_id, at=self.clock.now())
            connection, hotel = get_connection(uow, connection_id)
            stored_secrets = uow.connections.secrets(connection_id)
            settings, secrets = _merged(provider.capabilities, connection, stored_secrets, values)
            changed = connection.changed(settings)
            require_openable(provider, build_account(changed, hotel, secrets, ""))
            uow.connections.replace_secrets(connection_id, secrets)
            # The values may name another property, where a checkpoint has no meaning.
            last_run = uow.sync_runs.last_ended(connection)
            if last_run and last_run.checkpoint:
                uow.sync_runs.save(last_run.without_checkpoint())
            saved = uow.connections.save(changed)
            record_change(
                uow,
                self.audit,
                AuditAction.CONNECTION_CHANGED,
                hotel,
                saved,
                before=connection_state(connection, stored_secrets),
                after=connection_state(saved, secrets),
            )
            return saved

        return in_transaction(self.unit_of_work, update)


def _merged(
    capabilities: Capabilities,
    connection: Connection,
    stored_secrets: Secrets,
    values: Mapping[str, str],
) -> tuple[dict[str, str], dict[str, str]]:
    """(settings, secrets), including values that the connection test found and nobody set."""
    declared = {spec.name for spec in capabilities.settings}
    stored = {**connection.settings, **stored_secrets}
    given = {name: value for name, value in stored.items() if name in declared}
    settings, secrets = split_settings(capabilities, {**given, **values})
    return _undeclared(connection.settings, declared) | settings, _undeclared(
        stored_secrets, declared
    ) | secrets


def _undeclared(stored: Mapping[str, str], declared: set[str]) -> dict[str, str]:
    return {name: value for name, value in stored.items() if name not in declared}
