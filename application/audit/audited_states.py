"""What the audit log shows of hotels, connections and credentials."""

from typing import Final
from urllib.parse import urlsplit

from domain.access import AccessToken, ProviderKey
from domain.audit import AuditState, Hidden
from domain.connection import Connection
from domain.hotel import Hotel
from domain.retention import Retention
from ports.system import Secrets

NO_SECRETS: Final[Secrets] = {}


def hotel_state(hotel: Hotel) -> AuditState:
    return {
        "slug": hotel.slug,
        "name": hotel.name,
        "time_zone": hotel.time_zone,
        "currency": hotel.currency,
        "enabled": hotel.enabled,
    }


def retention_state(retention: Retention) -> AuditState:
    return {f"{kind}_days": days for kind, days in retention.days_by_kind.items()}


def connection_state(connection: Connection, secrets: Secrets = NO_SECRETS) -> AuditState:
    schedule = connection.schedule
    return {
        "provider": connection.provider,
        "name": connection.name,
        "state": str(connection.state),
        "delta_every_seconds": int(schedule.delta_every.total_seconds()),
        "reconcile_every_seconds": int(schedule.reconcile_every.total_seconds()),
        "webhook_key": Hidden(connection.key_hash),
        **{f"settings.{name}": _setting(value) for name, value in connection.settings.items()},
        **{f"secrets.{name}": Hidden(value) for name, value in secrets.items()},
    }


def token_state(token: AccessToken) -> AuditState:
    return {
        "provider": token.provider,
        "key_id": str(token.provider_key_id),
        "hotel_ids": [str(each) for each in token.hotel_ids],
        "scopes": sorted(token.scopes),
        "expires_at": token.expires_at.isoformat(),
        "revoked": token.revoked_at is not None,
        "secret": Hidden(token.secret_hash),
    }


def key_state(key: ProviderKey) -> AuditState:
    return {
        "provider": key.provider,
        "partner": key.partner,
        "revoked": key.revoked_at is not None,
        "secret": Hidden(key.secret_hash),
    }


def _setting(value: str) -> str | Hidden:
    """A URL may carry a password, a signature or an access key."""
    if "://" not in value:
        return value
    try:
        url = urlsplit(value)
    except ValueError:
        return Hidden(value)
    return Hidden(value) if "@" in url.netloc or url.query or url.fragment else value
