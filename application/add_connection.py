"""Connecting a hotel to its account at a provider, and what people do with the connection later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from application.authenticate import secret_hash
from application.errors import ConnectionNotFound, HotelNotFound, InvalidRequest
from application.retrying import until_settled
from domain.hotel import Hotel, require_time_zone
from domain.sync import Connection, ConnectionState, Schedule
from domain.values import ConnectionId
from ports.directory import Directory
from ports.errors import ProviderError
from ports.providers import Account, AccountReport, Capabilities, Providers
from ports.system import Clock, IdGenerator, Randomness, Secrets
from ports.unit_of_work import UnitOfWork, UnitOfWorkFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnection:
    """`values` are the provider's settings and secrets together, by the names that its
    capabilities declare."""

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

    def __call__(self, wanted: NewConnection) -> AddedConnection:
        """A provider that is only pushed to is active at once; one that we pull must pass
        `TestConnection` first. Raises UnknownProvider, HotelNotFound, InvalidRequest,
        AlreadyExists."""
        capabilities = self.providers.get(wanted.provider).capabilities
        settings, secrets = sorted_out(capabilities, wanted.values)
        key = self.randomness.secret()
        with self.unit_of_work() as uow:
            hotel = uow.hotels.by_slug(wanted.hotel)
            if hotel is None:
                raise HotelNotFound(f"there is no hotel '{wanted.hotel}'; see `pms hotel list`")
            connection = Connection(
                id=self.ids.new(),
                hotel_id=hotel.id,
                provider=wanted.provider,
                name=wanted.name,
                settings=settings,
                key_hash=secret_hash(key),
                schedule=wanted.schedule,
                state=ConnectionState.NEW if capabilities.pulls else ConnectionState.ACTIVE,
            )
            uow.connections.add(connection, secrets)
            uow.commit()
        return AddedConnection(connection, key)


def sorted_out(
    capabilities: Capabilities, values: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """(settings, secrets). Raises InvalidRequest naming what is missing or unknown."""
    specs = {spec.name: spec for spec in capabilities.settings}
    for name in values:
        if name not in specs:
            known = ", ".join(specs) or "none"
            message = f"{name}: {capabilities.name} has no such setting; it has {known}"
            raise InvalidRequest(message, field=name)
    for spec in specs.values():
        if spec.required and spec.default is None and not values.get(spec.name):
            raise InvalidRequest(f"{spec.name}: missing; {spec.help}", field=spec.name)
    given = {
        spec.name: values.get(spec.name) or spec.default or ""
        for spec in specs.values()
        if values.get(spec.name) or spec.default is not None
    }
    secrets = {name: value for name, value in given.items() if specs[name].secret}
    return {k: v for k, v in given.items() if k not in secrets}, secrets


def account(connection: Connection, hotel: Hotel, secrets: Secrets, correlation_id: str) -> Account:
    return Account(
        connection_id=connection.id,
        time_zone=connection.settings.get("time_zone") or hotel.time_zone,
        currency=hotel.currency,
        settings=connection.settings,
        secrets=secrets,
        correlation_id=correlation_id,
    )


@dataclass(frozen=True, slots=True)
class TestedConnection:
    """`report` is None where the test failed; then `error` and `suggestions` tell why and what to
    try."""

    connection: Connection
    report: AccountReport | None
    error: str | None = None
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TestConnection:
    """Asks the provider with the stored credentials; only a passed test makes the connection
    active and its first sync due."""

    __test__ = False

    unit_of_work: UnitOfWorkFactory
    providers: Providers
    directory: Directory
    clock: Clock

    def __call__(self, connection_id: ConnectionId, *, correlation_id: str) -> TestedConnection:
        """Raises ConnectionNotFound, Unsupported, Misconfigured."""
        with self.unit_of_work() as uow:
            connection, hotel = found(uow, connection_id)
            secrets = uow.connections.secrets(connection_id)
        provider = self.providers.get(connection.provider)
        client = provider.open(account(connection, hotel, secrets, correlation_id))
        try:
            report = client.check()
        except ProviderError as error:
            return TestedConnection(connection, None, error.code, _suggestions(error))
        finally:
            client.close()
        connection = self._passed(connection_id, report)
        return TestedConnection(connection, report, suggestions=_advice(report, hotel))

    def _passed(self, connection_id: ConnectionId, report: AccountReport) -> Connection:
        def attempt() -> Connection:
            with self.unit_of_work() as uow:
                connection, _ = found(uow, connection_id)
                settings = {**connection.settings, "property_id": report.property_id}
                if report.time_zone is not None:
                    require_time_zone(report.time_zone)
                    settings["time_zone"] = report.time_zone
                tested = replace(connection, settings=settings).tested(self.clock.now())
                saved = uow.connections.save(tested)
                uow.commit()
            return saved

        return until_settled(attempt)


def _suggestions(error: ProviderError) -> tuple[str, ...]:
    known = {
        "provider_credentials_refused": (
            "check that the credentials are those of this property and environment",
            "check at the vendor that the integration is enabled",
        ),
        "provider_unavailable": ("check the base URL, then try again in a minute",),
        "provider_rate_limited": ("wait a minute; other integrations may share the limit",),
        "provider_answer_unreadable": ("check that the base URL is the API's, not a web page's",),
    }
    return (error.message, *known.get(error.code, ()))


def _advice(report: AccountReport, hotel: Hotel) -> tuple[str, ...]:
    advice = list(report.advice)
    if report.currency not in (None, hotel.currency):
        advice.append(
            f"the provider's default currency is {report.currency}, the hotel's {hotel.currency}"
        )
    if report.time_zone not in (None, hotel.time_zone):
        advice.append(
            f"stay dates follow the provider's time zone {report.time_zone}, "
            f"not the hotel's {hotel.time_zone}"
        )
    return tuple(advice)


@dataclass(frozen=True, slots=True)
class PauseConnection:
    unit_of_work: UnitOfWorkFactory

    def __call__(self, connection_id: ConnectionId) -> Connection:
        """No sync is scheduled any more; pushes and webhooks are still taken."""
        return changed(self.unit_of_work, connection_id, Connection.paused)


@dataclass(frozen=True, slots=True)
class ResumeConnection:
    unit_of_work: UnitOfWorkFactory
    clock: Clock

    def __call__(self, connection_id: ConnectionId) -> Connection:
        """The next sync is due at once. Raises InvalidRequest for one that was never tested."""
        now = self.clock.now()

        def resume(connection: Connection) -> Connection:
            if connection.state is ConnectionState.NEW:
                raise InvalidRequest("test this connection first: `pms connection test`")
            return connection.resumed(now)

        return changed(self.unit_of_work, connection_id, resume)


def changed(
    unit_of_work: UnitOfWorkFactory,
    connection_id: ConnectionId,
    change: Callable[[Connection], Connection],
) -> Connection:
    """Reads, changes and saves, again where someone was faster. Raises ConnectionNotFound."""

    def attempt() -> Connection:
        with unit_of_work() as uow:
            connection, _ = found(uow, connection_id)
            saved = uow.connections.save(change(connection))
            uow.commit()
        return saved

    return until_settled(attempt)


def found(uow: UnitOfWork, connection_id: ConnectionId) -> tuple[Connection, Hotel]:
    """Raises ConnectionNotFound."""
    connection = uow.connections.get(connection_id)
    hotel = uow.hotels.get(connection.hotel_id) if connection else None
    if connection is None or hotel is None:
        raise ConnectionNotFound
    return connection, hotel
