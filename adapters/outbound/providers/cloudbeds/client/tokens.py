"""OAuth2 with refresh tokens, which the vendor may replace at each use.

Access and refresh tokens are stored sealed with the connection's other secrets, so that no other
worker requests a token that exists or uses one that was replaced. Neither is ever logged.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, TypeVar
from uuid import UUID

from adapters.outbound.provider_kit.http.access_token import read_token, send_token_request
from adapters.outbound.provider_kit.http.authentication import token_request
from adapters.outbound.provider_kit.http.messages import HttpResponse
from adapters.outbound.provider_kit.http.transport import Transport
from ports.errors import CredentialsRefused
from ports.providers import CredentialStore
from ports.system import Clock, Secrets

T = TypeVar("T")

TOKEN_PATH: Final = "/access_token"  # noqa: S105 an address, not a token
_ACCESS: Final = "access_token"
_REFRESH: Final = "refresh_token"
_UNTIL: Final = "access_token_until"
_CREDENTIALS_DIGEST: Final = "access_token_of"
"""Digest of the credentials that the access token belongs to."""


@dataclass(frozen=True, slots=True)
class OAuthApplication:
    """The OAuth client, and the connection that the tokens are stored with."""

    client_id: str
    client_secret: str = field(repr=False)
    connection_id: UUID
    correlation_id: str


class OAuthAuthentication:
    """http.authentication.RequestAuthenticator."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        credential_store: CredentialStore | None,
        *,
        base_url: str,
        application: OAuthApplication,
        secrets: Secrets,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._credential_store = credential_store
        self._url = base_url.rstrip("/") + TOKEN_PATH
        self._application = application
        self._secrets = dict(secrets)

    def answer(self, send: Callable[[Mapping[str, str]], T]) -> T:
        """A refused token is replaced, once. Raises CredentialsRefused."""
        sent = self._headers()
        try:
            return send(sent)
        except CredentialsRefused:
            self._on_refused(sent)
            return send(self._headers())

    def _headers(self) -> dict[str, str]:
        if not self._is_fresh():
            self._reload_secrets()
        if not self._is_fresh():
            self._refresh()
        return _bearer(self._secrets[_ACCESS])

    def _on_refused(self, sent: Mapping[str, str]) -> None:
        """The next headers have another token, stored meanwhile or new."""
        if self._secrets.get(_ACCESS) and sent == _bearer(self._secrets[_ACCESS]):
            self._secrets[_UNTIL] = ""
            store, connection_id = self._credential_store, self._application.connection_id
            stored = store.read(connection_id) if store else {}
            if stored.get(_ACCESS) and sent == _bearer(stored[_ACCESS]):
                self._store_secrets({_UNTIL: ""})

    def _is_fresh(self) -> bool:
        until = self._secrets.get(_UNTIL)
        digest = self._credentials_digest(self._secrets[_REFRESH])
        is_ours = self._secrets.get(_CREDENTIALS_DIGEST) == digest
        if not until or not self._secrets.get(_ACCESS) or not is_ours:
            return False
        return self._clock.now() < datetime.fromisoformat(until)

    def _reload_secrets(self) -> None:
        if self._credential_store is not None:
            self._secrets.update(self._credential_store.read(self._application.connection_id))

    def _refresh(self) -> None:
        used = self._secrets[_REFRESH]
        try:
            self._accept_token(self._request_token(used))
        except CredentialsRefused:
            # Another worker may have used it a moment ago, and stored its successor.
            self._reload_secrets()
            if self._secrets[_REFRESH] == used or not self._is_fresh():
                raise

    def _request_token(self, refresh_token: str) -> HttpResponse:
        form = {
            "grant_type": "refresh_token",
            "client_id": self._application.client_id,
            "client_secret": self._application.client_secret,
            "refresh_token": refresh_token,
        }
        # Idempotent: if the first use invalidated it, the next run would be refused as well.
        call = token_request(self._url, form)
        return send_token_request(call, self._transport, self._application.correlation_id)

    def _accept_token(self, answer: HttpResponse) -> None:
        value = answer.json()
        if isinstance(value, dict) and _ACCESS not in value:
            raise CredentialsRefused("the provider issued no token")
        token, usable_seconds, refresh_token = read_token(answer)
        until = self._clock.now() + timedelta(seconds=usable_seconds)
        new = {_ACCESS: token, _UNTIL: until.astimezone(UTC).isoformat()}
        new[_REFRESH] = refresh_token or self._secrets[_REFRESH]
        new[_CREDENTIALS_DIGEST] = self._credentials_digest(new[_REFRESH])
        self._secrets.update(new)
        self._store_secrets(new)

    def _credentials_digest(self, refresh_token: str) -> str:
        return sha256(f"{self._application.client_id}/{refresh_token}".encode()).hexdigest()

    def _store_secrets(self, new: Secrets) -> None:
        if self._credential_store is not None:
            self._credential_store.update(self._application.connection_id, new)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
