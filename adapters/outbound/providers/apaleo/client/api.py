"""Requests to the API; lists end with 204."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from adapters.outbound.provider_kit.http.authentication import basic_authorization, token_request
from adapters.outbound.provider_kit.http.messages import HttpRequest
from adapters.outbound.provider_kit.http.status_errors import NotFoundAtProvider
from adapters.outbound.provider_kit.http.vendor_api import (
    NO_CONTENT,
    VendorApi,
    json_object,
    read_numbered,
)
from adapters.outbound.provider_kit.parsing.enclosing_property import named_foreign
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.list_counts import require_answered
from adapters.outbound.providers.apaleo.capabilities import PAGE_SIZE
from adapters.outbound.providers.apaleo.mapping.parsing import COUNT_PATHS, ApaleoMapper
from ports.errors import UnreadableAnswer

_TOKEN_PATH: Final = "/connect/token"  # noqa: S105 an address, not a token


def request_for_token(identity_url: str, client_id: str, client_secret: str) -> HttpRequest:
    """By client credentials. RFC 6749 section 2.3.1: both parts form-encoded, then basic."""
    return token_request(
        identity_url.rstrip("/") + _TOKEN_PATH,
        {"grant_type": "client_credentials"},
        basic_authorization(quote(client_id, safe=""), quote(client_secret, safe="")),
    )


class ApaleoApi(VendorApi):
    property_id: str | None = None
    """Of the connection, once it is known."""

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Json] | None:
        """None for an empty response (204)."""
        answer = self._get(path, query)
        return None if answer.status == NO_CONTENT or not answer.body else json_object(answer)

    def find(self, path: str, query: Mapping[str, str]) -> dict[str, Json] | None:
        """None if the object does not exist (404)."""
        try:
            return self.get(path, query)
        except NotFoundAtProvider:
            return None

    def page(self, path: str, key: str, query: Mapping[str, str], number: int) -> list[Json]:
        """Empty after the last page. Without a page size the vendor sends everything. `count` says
        only whether an empty list may be."""
        paging = {"pageNumber": str(number), "pageSize": str(PAGE_SIZE)}
        answer = self.get(path, {**query, **paging})
        if answer is None:
            return []
        found = answer.get(key)
        if not isinstance(found, list):
            raise UnreadableAnswer(reason="the list is missing", path=key)
        require_answered(found, [answer], COUNT_PATHS, key, seen=(number - 1) * PAGE_SIZE)
        paths = ApaleoMapper.property_paths
        return list(named_foreign(found, [answer], paths, self.property_id))

    def pages(
        self, path: str, key: str, query: Mapping[str, str], *, first: int = 1
    ) -> Iterator[tuple[int, list[Json]]]:
        return read_numbered(lambda n: self.page(path, key, query, n), key, first=first)

    def all(self, path: str, key: str, query: Mapping[str, str]) -> list[Json]:
        return [value for _, found in self.pages(path, key, query) for value in found]
