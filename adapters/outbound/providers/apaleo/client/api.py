"""Requests to the API; lists end with 204.

Tokens and secrets are never logged, and are dropped with the client.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from adapters.outbound.provider_kit.http.access_token import TokenSource
from adapters.outbound.provider_kit.http.messages import HttpRequest, HttpResponse
from adapters.outbound.provider_kit.http.status_errors import NotFoundAtProvider
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.providers.apaleo.capabilities import PAGE_SIZE
from domain.sync_run import TransportCounts
from ports.errors import UnreadableAnswer

_TOKEN_PATH: Final = "/connect/token"  # noqa: S105 an address, not a token
_EMPTY: Final = 204


@dataclass(frozen=True, slots=True)
class Credentials:
    client_id: str
    client_secret: str = field(repr=False)

    def header(self) -> str:
        """RFC 6749 section 2.3.1: both parts form-encoded, then basic."""
        pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
        return "Basic " + b64encode(pair.encode()).decode()

    def call(self, identity_url: str) -> HttpRequest:
        """The request for a token, by client credentials."""
        return HttpRequest(
            method="POST",
            url=identity_url.rstrip("/") + _TOKEN_PATH,
            headers={
                "Authorization": self.header(),
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            body=b"grant_type=client_credentials",
            is_idempotent=True,
        )


class ApaleoApi:
    """For one connection. Every method may raise the ProviderError family."""

    def __init__(
        self, transport: Transport, tokens: TokenSource, *, base_url: str, correlation_id: str
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._base_url = base_url.rstrip("/")
        self._correlation_id = correlation_id

    def counts(self) -> TransportCounts:
        return self._transport.counts()

    def close(self) -> None:
        self._transport.close()

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Json] | None:
        """None for an empty response (204)."""
        answer = self._authorized(path, query)
        if answer.status == _EMPTY or not answer.body:
            return None
        value = answer.json()
        if not isinstance(value, dict):
            raise UnreadableAnswer(reason="not an object", status=answer.status)
        return value

    def find(self, path: str, query: Mapping[str, str]) -> dict[str, Json] | None:
        """None if the object does not exist (404)."""
        try:
            return self.get(path, query)
        except NotFoundAtProvider:
            return None

    def page(self, path: str, key: str, query: Mapping[str, str], number: int) -> list[Json]:
        """Empty after the last page. Without a page size the vendor sends everything. `count` is
        ignored: the vendor's own sample has 0 with two items."""
        paging = {"pageNumber": str(number), "pageSize": str(PAGE_SIZE)}
        answer = self.get(path, {**query, **paging})
        if answer is None:
            return []
        found = answer.get(key)
        if not isinstance(found, list):
            raise UnreadableAnswer(reason="the list is missing", path=key)
        return found

    def pages(
        self, path: str, key: str, query: Mapping[str, str], *, first: int = 1
    ) -> Iterator[tuple[int, list[Json]]]:
        """A page shorter than requested is not the last: the vendor may have a limit of its own."""
        number, before = first, None
        while found := self.page(path, key, query, number):
            if found == before:
                raise UnreadableAnswer(reason="the page does not move", path=key)
            yield number, found
            number, before = number + 1, found

    def all(self, path: str, key: str, query: Mapping[str, str]) -> list[Json]:
        return [value for _, found in self.pages(path, key, query) for value in found]

    def _authorized(self, path: str, query: Mapping[str, str]) -> HttpResponse:
        return self._tokens.answer(lambda proof: self._send(path, query, proof))

    def _send(self, path: str, query: Mapping[str, str], proof: Mapping[str, str]) -> HttpResponse:
        call = HttpRequest(
            method="GET",
            url=f"{self._base_url}{path}",
            headers={**proof, "Accept": "application/json"},
            query=query,
            is_idempotent=True,
        )
        return self._transport.send(call, correlation_id=self._correlation_id)
