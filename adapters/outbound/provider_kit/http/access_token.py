"""OAuth2 access tokens by client credentials (RFC 6749), without refresh tokens.

Tokens and secrets are never logged, and are dropped with the client.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from adapters.outbound.provider_kit.http.messages import HttpRequest, HttpResponse
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.parsing.errors import parsing_answer
from adapters.outbound.provider_kit.parsing.reader import reader_for
from ports.errors import CredentialsRefused, ProviderRejected
from ports.system import Clock

T = TypeVar("T")

_DEFAULT_LIFETIME_SECONDS: Final = 3_600
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
        answer = send_token_request(self._call, self._transport, self._correlation_id)
        self._token, usable_seconds, _ = read_token(answer)
        self._expires_at = requested_at + usable_seconds


def send_token_request(
    request: HttpRequest, transport: Transport, correlation_id: str
) -> HttpResponse:
    """Raises CredentialsRefused."""
    try:
        return transport.send(request, correlation_id=correlation_id)
    except ProviderRejected as error:
        # RFC 6749 section 5.2: invalid_client and invalid_grant may come as 400; 403 is a scope
        # we may not use.
        raise CredentialsRefused("the provider issued no token").of_response(error) from error


def read_token(answer: HttpResponse) -> tuple[str, float, str | None]:
    """The access token, how many seconds to use it, and the refresh token."""
    with parsing_answer():
        r = reader_for(answer.json())
        lifetime = r.optional_integer("expires_in", lenient=True) or _DEFAULT_LIFETIME_SECONDS
        usable_seconds = max(lifetime - _MARGIN_SECONDS, lifetime / 2)
        return r.text("access_token"), usable_seconds, r.optional_text("refresh_token")
