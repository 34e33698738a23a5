"""The requests of one connection to its vendor's API."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from adapters.outbound.provider_kit.http.authentication import RequestAuthenticator, StaticHeaders
from adapters.outbound.provider_kit.http.messages import HttpRequest, HttpResponse
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.parsing.json_text import Json
from domain.sync_run import TransportCounts
from ports.errors import UnreadableAnswer

NO_CONTENT: Final = 204


class VendorApi:
    """Every method may raise the ProviderError family. Tokens and secrets are never logged, and
    are dropped with the client."""

    def __init__(
        self,
        transport: Transport,
        authenticator: RequestAuthenticator | None = None,
        *,
        base_url: str,
        correlation_id: str,
    ) -> None:
        self._transport = transport
        self._authenticator = authenticator or StaticHeaders()
        self._base_url = base_url.rstrip("/")
        self._correlation_id = correlation_id

    def counts(self) -> TransportCounts:
        return self._transport.counts()

    def close(self) -> None:
        self._transport.close()

    def _get(self, path: str, query: Mapping[str, str]) -> HttpResponse:
        return self._authenticator.answer(lambda proof: self._send_get(path, query, proof))

    def _send_get(
        self,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        *,
        is_idempotent: bool = True,
    ) -> HttpResponse:
        request = HttpRequest(
            method="GET",
            url=f"{self._base_url}{path}",
            headers={**headers, "Accept": "application/json"},
            query=query,
            is_idempotent=is_idempotent,
        )
        return self._send(request)

    def _send(self, request: HttpRequest) -> HttpResponse:
        return self._transport.send(request, correlation_id=self._correlation_id)


def json_object(answer: HttpResponse) -> dict[str, Json]:
    """Raises UnreadableAnswer."""
    value = answer.json()
    if not isinstance(value, dict):
        raise UnreadableAnswer(reason="not an object", status=answer.status)
    return value


def read_numbered(
    fetch: Callable[[int], list[Json]], path: str, *, first: int = 1
) -> Iterator[tuple[int, list[Json]]]:
    """Up to an empty page: one shorter than requested is not the last, since the vendor may have a
    limit of its own. Raises UnreadableAnswer if a page repeats: the vendor ignores paging."""
    number, before = first, None
    while found := fetch(number):
        if found == before:
            raise UnreadableAnswer(reason="the page does not move", path=path)
        yield number, found
        number, before = number + 1, found
