"""Tests a connection's credentials before anything is pulled with them."""

from contextlib import closing
from dataclasses import dataclass, replace

from application.audit.audit_trail import AuditTrail
from application.connections.stored_connections import load_account, update_connection
from domain.audit import AuditAction
from domain.connection import Connection
from domain.hotel import Hotel, require_time_zone
from domain.values import ConnectionId
from ports.errors import ProviderError
from ports.providers import AccountReport, Providers
from ports.system import Clock
from ports.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class VerifiedConnection:
    """`report` is None if the test failed: see `error` (its code) and `suggestions`."""

    connection: Connection
    report: AccountReport | None
    error: str | None = None
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifyConnection:
    """Calls the provider with the stored credentials; only a passed test activates the connection
    and makes its first sync due."""

    unit_of_work: UnitOfWorkFactory
    providers: Providers
    clock: Clock
    audit: AuditTrail

    def __call__(self, connection_id: ConnectionId, *, correlation_id: str) -> VerifiedConnection:
        """Raises ConnectionNotFound, Unsupported, Misconfigured."""
        connection, hotel, account = load_account(self.unit_of_work, connection_id, correlation_id)
        provider = self.providers.get(connection.provider)
        with closing(provider.open(account)) as client:
            try:
                report = client.check()
            except ProviderError as error:
                return VerifiedConnection(connection, None, error.code, _suggestions(error))
        connection = self._activate(connection_id, report)
        return VerifiedConnection(connection, report, suggestions=_advice(report, hotel))

    def _activate(self, connection_id: ConnectionId, report: AccountReport) -> Connection:
        now = self.clock.now()

        def activated(connection: Connection) -> Connection:
            settings = {**connection.settings, "property_id": report.property_id}
            if report.time_zone is not None:
                require_time_zone(report.time_zone)
                settings["time_zone"] = report.time_zone
            return replace(connection, settings=settings).tested(now)

        action = AuditAction.CONNECTION_TESTED
        return update_connection(
            self.unit_of_work, self.audit, action, connection_id, activated, control_at=now
        )


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
    vendor = (f"the provider: {error.vendor_message}",) if error.vendor_message else ()
    return (error.message, *vendor, *known.get(error.code, ()))


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
