"""OAuth2 with refresh tokens, which the vendor may replace at each use.

Access token and refresh token are kept sealed with the connection's other secrets, so that another
worker, or the next one, neither asks for a token that is there nor uses one that was replaced.
Neither is ever logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.http_call import Answer, Call
from adapters.outbound.provider_kit.transport import Transport
from adapters.outbound.providers.cloudbeds.reading import opened
from ports.errors import CredentialsRefused, ProviderRejected, UnreadableAnswer
from ports.providers import SecretVault
from ports.system import Clock, Secrets

TOKEN_PATH: Final = "/access_token"  # noqa: S105 an address, not a token
_ACCESS: Final = "access_token"
_REFRESH: Final = "refresh_token"
_UNTIL: Final = "access_token_until"
_MARK: Final = "access_token_of"
"""Tells a token of these credentials from one of those that were there before."""

_LIFE_SECONDS: Final = 3_600
_MARGIN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Application:
    """Who asks, and for which connection the tokens are kept."""

    client_id: str
    client_secret: str = field(repr=False)
    connection_id: UUID
    correlation_id: str


class TokenAuthority:
    """api.Authority."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        vault: SecretVault | None,
        *,
        base_url: str,
        application: Application,
        secrets: Secrets,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._vault = vault
        self._url = base_url.rstrip("/") + TOKEN_PATH
        self._application = application
        self._secrets = dict(secrets)

    def headers(self) -> Mapping[str, str]:
        """Raises CredentialsRefused."""
        if not self._is_fresh():
            self._reread()
        if not self._is_fresh():
            self._refresh()
        return _bearer(self._secrets[_ACCESS])

    def refused(self, sent: Mapping[str, str]) -> bool:
        """True: the next headers are others, of a token that someone kept meanwhile or of a new
        one."""
        if self._secrets.get(_ACCESS) and sent == _bearer(self._secrets[_ACCESS]):
            self._secrets[_UNTIL] = ""
            kept = self._vault.read(self._application.connection_id) if self._vault else {}
            if kept.get(_ACCESS) and sent == _bearer(kept[_ACCESS]):
                self._vault_keep({_UNTIL: ""})
        return True

    def _is_fresh(self) -> bool:
        until = self._secrets.get(_UNTIL)
        mark = self._mark(self._secrets[_REFRESH])
        if not until or not self._secrets.get(_ACCESS) or self._secrets.get(_MARK) != mark:
            return False
        return self._clock.now() < datetime.fromisoformat(until)

    def _reread(self) -> None:
        if self._vault is not None:
            self._secrets.update(self._vault.read(self._application.connection_id))

    def _refresh(self) -> None:
        used = self._secrets[_REFRESH]
        try:
            self._take(self._ask(used))
        except CredentialsRefused:
            # Another worker may have used it a moment ago, and kept what came for it.
            self._reread()
            if self._secrets[_REFRESH] == used or not self._is_fresh():
                raise

    def _ask(self, refresh_token: str) -> Answer:
        form = {
            "grant_type": "refresh_token",
            "client_id": self._application.client_id,
            "client_secret": self._application.client_secret,
            "refresh_token": refresh_token,
        }
        call = Call(
            method="POST",
            url=self._url,
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=urlencode(form).encode(),
            # Where the first use was its last, the next run would be refused as well.
            safe=True,
        )
        try:
            return self._transport.send(call, correlation_id=self._application.correlation_id)
        except ProviderRejected as error:
            # RFC 6749 section 5.2: invalid_grant comes as 400.
            raise CredentialsRefused("no token was given") from error

    def _take(self, answer: Answer) -> None:
        value = answer.json()
        if isinstance(value, dict) and _ACCESS not in value:
            raise CredentialsRefused("no token was given")
        try:
            r = opened(value)
            life = r.optional_integer("expires_in", lenient=True) or _LIFE_SECONDS
            new = {_ACCESS: r.text(_ACCESS), _UNTIL: self._until(life)}
            new[_REFRESH] = r.optional_text(_REFRESH) or self._secrets[_REFRESH]
            new[_MARK] = self._mark(new[_REFRESH])
        except UnreadableField as fault:
            raise UnreadableAnswer(fault.message, path=fault.path) from fault
        self._secrets.update(new)
        self._vault_keep(new)

    def _mark(self, refresh_token: str) -> str:
        return sha256(f"{self._application.client_id}/{refresh_token}".encode()).hexdigest()

    def _until(self, life_seconds: int) -> str:
        life = timedelta(seconds=life_seconds)
        return (self._clock.now() + max(life - _MARGIN, life / 2)).astimezone(UTC).isoformat()

    def _vault_keep(self, new: Secrets) -> None:
        if self._vault is not None:
            self._vault.keep(self._application.connection_id, new)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
