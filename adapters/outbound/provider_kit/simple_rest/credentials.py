"""How a vendor's API knows us: one fixed header, or tokens by OAuth2 client credentials.

Neither a secret nor a token is ever logged or kept beyond the client's life.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias
from urllib.parse import urlencode

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.http_call import Answer, Call
from adapters.outbound.provider_kit.reader import Reader
from adapters.outbound.provider_kit.transport import Transport
from ports.errors import CredentialsRefused, ProviderRejected, UnreadableAnswer
from ports.providers import Account, SettingSpec
from ports.system import Clock

_LIFE_SECONDS: Final = 3_600
_MARGIN_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHeader:
    """One secret in one header of every call. A bearer token that does not end:
    `KeyHeader(secret="token", header="Authorization", prefix="Bearer ")`."""

    secret: str = "api_key"  # noqa: S105 a name
    header: str = "X-Api-Key"
    prefix: str = ""
    help: str = "the key of the API, from the vendor's own pages"

    @property
    def specs(self) -> tuple[SettingSpec, ...]:
        return (SettingSpec(name=self.secret, help=self.help, secret=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """OAuth2 (RFC 6749 section 4.4): tokens from `path` for an id and a secret, sent in the form.
    One is asked for a minute before the last one ends, and once more where one was refused."""

    path: str = "/oauth/token"
    scope: str = ""

    @property
    def specs(self) -> tuple[SettingSpec, ...]:
        return (
            SettingSpec(name="client_id", help="id of your client credentials", secret=True),
            SettingSpec(name="client_secret", help="their secret", secret=True),
        )


Credentials: TypeAlias = KeyHeader | ClientCredentials


class Pass(Protocol):
    """What gets our calls in."""

    def headers(self) -> Mapping[str, str]:
        """Raises CredentialsRefused."""
        ...

    def renewed(self) -> bool:
        """After a refusal: whether it is worth asking once more."""
        ...


def pass_of(
    credentials: Credentials, account: Account, *, base_url: str, transport: Transport, clock: Clock
) -> Pass:
    """The account has the secrets that the credentials need."""
    secrets = account.secrets
    if isinstance(credentials, KeyHeader):
        return FixedPass({credentials.header: credentials.prefix + secrets[credentials.secret]})
    form = {
        "grant_type": "client_credentials",
        "client_id": secrets["client_id"],
        "client_secret": secrets["client_secret"],
    }
    call = Call(
        method="POST",
        url=f"{base_url}{credentials.path}",
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        },
        body=urlencode(form | ({"scope": credentials.scope} if credentials.scope else {})).encode(),
        safe=True,
    )
    return TokenPass(call, transport, clock, correlation_id=account.correlation_id)


@dataclass(frozen=True, slots=True)
class FixedPass:
    said: Mapping[str, str] = field(repr=False)

    def headers(self) -> Mapping[str, str]:
        return self.said

    def renewed(self) -> bool:
        return False


class TokenPass:
    def __init__(
        self, call: Call, transport: Transport, clock: Clock, *, correlation_id: str
    ) -> None:
        self._call = call
        self._transport = transport
        self._clock = clock
        self._correlation_id = correlation_id
        self._token = ""
        self._until = 0.0

    def headers(self) -> Mapping[str, str]:
        if not self._token or self._clock.monotonic() >= self._until:
            self._ask()
        return {"Authorization": f"Bearer {self._token}"}

    def renewed(self) -> bool:
        self._token = ""
        return True

    def _ask(self) -> None:
        asked_at = self._clock.monotonic()
        try:
            answer = self._transport.send(self._call, correlation_id=self._correlation_id)
        except ProviderRejected as error:
            # RFC 6749 section 5.2: invalid_client may come as 400.
            raise CredentialsRefused("no token was given") from error
        self._take(answer, asked_at)

    def _take(self, answer: Answer, asked_at: float) -> None:
        try:
            r = Reader(answer.json())
            self._token = r.text("access_token")
            life = r.optional_integer("expires_in", lenient=True) or _LIFE_SECONDS
        except UnreadableField as fault:
            raise UnreadableAnswer(fault.message, path=fault.path) from fault
        self._until = asked_at + max(life - _MARGIN_SECONDS, life / 2)
