"""OAuth2 access tokens by client credentials (RFC 6749), without refresh tokens.

Tokens and secrets are never logged, and are dropped with the client.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from adapters.outbound.provider_kit.http.messages import HttpRequest, HttpResponse
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.parsing.errors import parsing_answer
from adapters.outbound.provider_kit.parsing.reader import Reader
from ports.errors import CredentialsRefused, ProviderRejected
from ports.system import Clock

T = TypeVar("T")

DEFAULT_LIFETIME_SECONDS: Final = 3_600
_MARGIN_SECONDS: Final = 60.0


class TokenSource:
    """`call` requests a token: a minute before the old one expires, or when it was refused."""

    def __init__(
        self, call: HttpRequest, transport: Transport, clock: Clock, *, correlation_id: str
    ) -> None:
        self._call = call
        self._transport = transport
        self._clock = clock
        self._correlation_id = correlation_id
        self._token = ""
        self._expires_at = 0.0

    def answer(self, send: Callable[[Mapping[str, str]], T]) -> T:
        """Calls `send` with the token's header. A refused token may have been withdrawn, so that a
        new one is requested, once. Raises CredentialsRefused."""
        header = self.header()
        try:
            return send(header)
        except CredentialsRefused:
            self._token = ""
            return send(self.header())

    def header(self) -> Mapping[str, str]:
        """Raises CredentialsRefused."""
        if not self._token or self._clock.monotonic() >= self._expires_at:
            self._request_token()
        return {"Authorization": f"Bearer {self._token}"}

    def _request_token(self) -> None:
        requested_at = self._clock.monotonic()
        try:
            answer = self._transport.send(self._call, correlation_id=self._correlation_id)
        except ProviderRejected as error:
            # RFC 6749 section 5.2: invalid_client may come as 400; 403 is a scope we may not use.
            raise CredentialsRefused("the provider issued no token") from error
        self._store_token(answer, requested_at)

    def _store_token(self, answer: HttpResponse, requested_at: float) -> None:
        with parsing_answer():
            r = Reader(answer.json(), blank_is_null=True)
            self._token = r.text("access_token")
            lifetime = r.optional_integer("expires_in", lenient=True) or DEFAULT_LIFETIME_SECONDS
        self._expires_at = requested_at + max(lifetime - _MARGIN_SECONDS, lifetime / 2)
