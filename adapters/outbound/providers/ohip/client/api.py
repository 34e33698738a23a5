"""Requests to the API."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlencode

from adapters.outbound.provider_kit.http.authentication import (
    RequestAuthenticator,
    basic_authorization,
    token_request,
)
from adapters.outbound.provider_kit.http.messages import HttpRequest, HttpResponse
from adapters.outbound.provider_kit.http.status_errors import NotFoundAtProvider
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.http.vendor_api import NO_CONTENT, VendorApi
from adapters.outbound.provider_kit.parsing.json_text import Json

Query: TypeAlias = Sequence[tuple[str, str]]
"""Ordered, names may repeat: the vendor takes lists this way (`multi`)."""

_TOKEN_PATH: Final = "/oauth/v1/tokens"  # noqa: S105 an address, not a token


@dataclass(frozen=True, slots=True, kw_only=True)
class OhipCredentials:
    """With a `username` tokens are requested by password, else by client credentials."""

    app_key: str = field(repr=False)
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    scope: str | None = None
    enterprise_id: str | None = None

    def request_for_token(self, base_url: str) -> HttpRequest:
        headers = {"x-app-key": self.app_key}
        headers |= {"enterpriseId": self.enterprise_id} if self.enterprise_id else {}
        headers |= basic_authorization(self.client_id, self.client_secret)
        return token_request(base_url + _TOKEN_PATH, self._form(), headers)

    def _form(self) -> dict[str, str]:
        if self.username is not None:
            fields = {"username": self.username, "password": self.password or ""}
            return {"grant_type": "password", **fields}
        scope = {"scope": self.scope} if self.scope else {}
        return {"grant_type": "client_credentials", **scope}


class OhipApi(VendorApi):
    def __init__(
        self,
        transport: Transport,
        tokens: RequestAuthenticator,
        *,
        base_url: str,
        correlation_id: str,
        hotel_id: str,
        app_key: str,
    ) -> None:
        super().__init__(transport, tokens, base_url=base_url, correlation_id=correlation_id)
        self.hotel_id = hotel_id
        self._headers = {"x-app-key": app_key, "x-hotelid": hotel_id}

    def find(self, path: str, query: Query = ()) -> Json:
        """A single object; None if it does not exist (204, 404)."""
        try:
            return self.listed(path, query)
        except NotFoundAtProvider:
            return None

    def listed(self, path: str, query: Query) -> Json:
        """None for an empty list (204). A 404 comes from the hotel or the gateway and is raised:
        read as an empty list, it would mean that every booking was deleted."""
        answer = self._request(path, query)
        return None if answer.status == NO_CONTENT else answer.json()

    def take_once(self, path: str, query: Query) -> HttpResponse:
        """For what the vendor deletes when it responds: sent once, since a retry would lose the
        first response."""
        return self._request(path, query, is_idempotent=False)

    def _request(self, path: str, query: Query, *, is_idempotent: bool = True) -> HttpResponse:
        target = f"{path}?{urlencode(query)}" if query else path
        return self._authenticator.answer(
            lambda proof: self._send_get(
                target, {}, {**proof, **self._headers}, is_idempotent=is_idempotent
            )
        )
