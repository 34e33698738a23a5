"""Requests to the API.

Tokens and secrets are never logged, and are dropped with the client.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlencode

from adapters.outbound.provider_kit.http.access_token import TokenSource
from adapters.outbound.provider_kit.http.messages import HttpRequest, HttpResponse
from adapters.outbound.provider_kit.http.status_errors import NotFoundAtProvider
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.parsing.json_text import Json
from domain.sync_run import TransportCounts

Query: TypeAlias = Sequence[tuple[str, str]]
"""Ordered, names may repeat: the vendor takes lists this way (`multi`)."""

_TOKEN_PATH: Final = "/oauth/v1/tokens"  # noqa: S105 an address, not a token
_EMPTY: Final = 204


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """With a `username` tokens are requested by password, else by client credentials."""

    app_key: str = field(repr=False)
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    scope: str | None = None
    enterprise_id: str | None = None

    def call(self, base_url: str) -> HttpRequest:
        """The request for a token."""
        return HttpRequest(
            method="POST",
            url=base_url + _TOKEN_PATH,
            headers=self.headers(),
            body=self.form(),
            is_idempotent=True,
        )

    def headers(self) -> dict[str, str]:
        pair = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        fields = {
            "Authorization": f"Basic {pair}",
            "x-app-key": self.app_key,
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        return fields | ({"enterpriseId": self.enterprise_id} if self.enterprise_id else {})

    def form(self) -> bytes:
        if self.username is not None:
            fields = {"username": self.username, "password": self.password or ""}
            return urlencode({"grant_type": "password", **fields}).encode()
        scope = {"scope": self.scope} if self.scope else {}
        return urlencode({"grant_type": "client_credentials", **scope}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAddress:
    """The API's address, and the hotel that requests are for."""

    base_url: str
    hotel_id: str
    correlation_id: str


class OhipApi:
    """For one connection. Every method may raise the ProviderError family."""

    def __init__(
        self, transport: Transport, tokens: TokenSource, *, address: ApiAddress, app_key: str
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._address = address
        self._app_key = app_key

    @property
    def hotel_id(self) -> str:
        return self._address.hotel_id

    def counts(self) -> TransportCounts:
        return self._transport.counts()

    def close(self) -> None:
        self._transport.close()

    def find(self, path: str, query: Query = ()) -> Json:
        """A single object; None if it does not exist (204, 404)."""
        try:
            return self.listed(path, query)
        except NotFoundAtProvider:
            return None

    def listed(self, path: str, query: Query) -> Json:
        """None for an empty list (204). A 404 comes from the hotel or the gateway and is raised:
        read as an empty list, it would mean that every booking was deleted."""
        answer = self._send(path, query, is_idempotent=True)
        return None if answer.status == _EMPTY else answer.json()

    def take_once(self, path: str, query: Query) -> HttpResponse:
        """For what the vendor deletes when it responds: sent once, since a retry would lose the
        first response."""
        return self._send(path, query, is_idempotent=False)

    def _send(self, path: str, query: Query, *, is_idempotent: bool) -> HttpResponse:
        query_string = f"?{urlencode(query)}" if query else ""

        def send(proof: Mapping[str, str]) -> HttpResponse:
            call = HttpRequest(
                method="GET",
                url=f"{self._address.base_url}{path}{query_string}",
                headers={
                    **proof,
                    "x-app-key": self._app_key,
                    "x-hotelid": self._address.hotel_id,
                    "Accept": "application/json",
                },
                is_idempotent=is_idempotent,
            )
            return self._transport.send(call, correlation_id=self._address.correlation_id)

        return self._tokens.answer(send)
