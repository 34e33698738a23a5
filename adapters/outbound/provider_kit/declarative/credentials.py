"""How requests are authenticated: a fixed header, or OAuth2 client credentials.

Tokens and secrets are never logged, and are dropped with the client.
"""

from dataclasses import dataclass
from typing import TypeAlias

from adapters.outbound.provider_kit.http.access_token import TokenSource
from adapters.outbound.provider_kit.http.authentication import (
    RequestAuthenticator,
    StaticHeaders,
    token_request,
)
from adapters.outbound.provider_kit.http.transport import Transport
from ports.providers import Account, SettingSpec
from ports.system import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHeader:
    """One secret in one header of every request. A bearer token that does not expire:
    `KeyHeader(secret="token", header="Authorization", prefix="Bearer ")`."""

    secret: str = "api_key"  # noqa: S105 a name
    header: str = "X-Api-Key"
    prefix: str = ""
    help: str = "the API key, from the vendor's own pages"

    @property
    def specs(self) -> tuple[SettingSpec, ...]:
        return (SettingSpec(name=self.secret, help=self.help, secret=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """OAuth2 (RFC 6749 section 4.4): tokens from `path` for an id and a secret in the form. A new
    one is requested a minute before the old one expires, and once if it was refused."""

    path: str = "/oauth/token"
    scope: str = ""

    @property
    def specs(self) -> tuple[SettingSpec, ...]:
        return (
            SettingSpec(name="client_id", help="id of your client credentials", secret=True),
            SettingSpec(name="client_secret", help="their secret", secret=True),
        )


Credentials: TypeAlias = KeyHeader | ClientCredentials


def authenticator_for(
    credentials: Credentials, account: Account, *, base_url: str, transport: Transport, clock: Clock
) -> RequestAuthenticator:
    """The account must have the secrets that the credentials need."""
    secrets = account.secrets
    if isinstance(credentials, KeyHeader):
        return StaticHeaders({credentials.header: credentials.prefix + secrets[credentials.secret]})
    form = {
        "grant_type": "client_credentials",
        "client_id": secrets["client_id"],
        "client_secret": secrets["client_secret"],
    }
    scope = {"scope": credentials.scope} if credentials.scope else {}
    call = token_request(f"{base_url}{credentials.path}", form | scope)
    return TokenSource(call, transport, clock, correlation_id=account.correlation_id)
