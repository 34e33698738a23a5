"""Connects a hotel to its account at a provider."""

from collections.abc import Mapping
from dataclasses import dataclass

from application.access.authenticate import secret_hash
from application.audit.audit_trail import AuditTrail
from application.audit.audited_states import connection_state
from application.connections.stored_connections import (
    build_account,
    record_change,
    require_openable,
)
from application.errors import AlreadyConnected, InvalidRequest
from application.stored_hotels import get_hotel_by_slug
from domain.audit import AuditAction
from domain.connection import Connection, ConnectionState
from domain.schedule import Schedule
from ports.providers import Capabilities, Providers
from ports.system import Clock, IdGenerator, Randomness
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnection:
    """`values`: settings and secrets together, by the names in the provider's capabilities."""

    hotel: str
    provider: str
    name: str
    values: Mapping[str, str]
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class AddedConnection:
    """`key` is the secret part of the webhook URL, shown once."""

    connection: Connection
    key: str


@dataclass(frozen=True, slots=True)
class AddConnection:
    unit_of_work: UnitOfWorkFactory
    providers: Providers
    clock: Clock
    ids: IdGenerator
    randomness: Randomness
    audit: AuditTrail

    def __call__(self, wanted: NewConnection) -> AddedConnection:
        """A push-only connection is active at once; one that is pulled must pass
        `VerifyConnection` first. Raises UnknownProvider, HotelNotFound, InvalidRequest,
        AlreadyConnected: bookings are identified by hotel, provider and external id, so that two
        connections would overwrite each other's; Misconfigured if no client can be opened."""
        provider = self.providers.get(wanted.provider)
        capabilities = provider.capabilities
        settings, secrets = split_settings(capabilities, wanted.values)
        is_pulled = capabilities.pulls_with(settings)
        key = self.randomness.secret()
        with self.unit_of_work() as uow:
            hotel = get_hotel_by_slug(uow, wanted.hotel)
            connection = Connection(
                id=self.ids.new(),
                hotel_id=hotel.id,
                provider=wanted.provider,
                name=wanted.name,
                settings=settings,
                key_hash=secret_hash(key),
                schedule=wanted.schedule,
                state=ConnectionState.NEW if is_pulled else ConnectionState.ACTIVE,
            )
            require_openable(provider, build_account(connection, hotel, secrets, ""))
            _require_first(uow, connection)
            uow.connections.add(connection, secrets)
            action, after = AuditAction.CONNECTION_ADDED, connection_state(connection, secrets)
            record_change(uow, self.audit, action, hotel, connection, after=after)
            uow.commit()
        return AddedConnection(connection, key)


def _require_first(uow: UnitOfWork, connection: Connection) -> None:
    uow.hotels.lock(connection.hotel_id)
    for other in uow.connections.of_hotel(connection.hotel_id):
        if other.provider == connection.provider:
            raise AlreadyConnected(connection=other.name, provider=other.provider)


def split_settings(
    capabilities: Capabilities, values: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """(settings, secrets). Raises InvalidRequest for a missing or unknown name."""
    _reject_unknown(capabilities, values)
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for spec in capabilities.settings:
        value = values.get(spec.name) or spec.default
        if value is not None:
            (secrets if spec.secret else settings)[spec.name] = value
        elif spec.required:
            raise InvalidRequest(f"{spec.name}: missing; {spec.help}", field=spec.name)
    return settings, secrets


def _reject_unknown(capabilities: Capabilities, values: Mapping[str, str]) -> None:
    known = [spec.name for spec in capabilities.settings]
    for name in values:
        if name not in known:
            names = ", ".join(known) or "none"
            message = f"{name}: {capabilities.name} has no such setting; it has {names}"
            raise InvalidRequest(message, field=name)
