"""Requests to the API: pages, and errors that come with status 200."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from adapters.outbound.provider_kit.http.messages import HttpResponse
from adapters.outbound.provider_kit.http.status_errors import NotFoundAtProvider
from adapters.outbound.provider_kit.http.vendor_api import VendorApi, json_object
from adapters.outbound.provider_kit.http.vendor_errors import build_vendor_error
from adapters.outbound.provider_kit.parsing.enclosing_property import named_foreign
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.list_counts import require_answered
from adapters.outbound.providers.cloudbeds import capabilities
from adapters.outbound.providers.cloudbeds.mapping.parsing import COUNT_PATHS, PROPERTY_PATHS
from ports.errors import (
    CredentialsRefused,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    UnreadableAnswer,
)

_ERRORS_BY_MESSAGE: Final[tuple[tuple[re.Pattern[str], type[ProviderError]], ...]] = (
    (re.compile(r"rate limit|too many requests|throttl"), RateLimited),
    (
        re.compile(
            r"access.denied|unauthori[sz]ed|not authori[sz]ed|not authenticated|api key|token"
            r"|permission|scope|connection is not active"
        ),
        CredentialsRefused,
    ),
    (re.compile(r"not found|does ?n[o']t exist|not exist"), NotFoundAtProvider),
    (re.compile(r"try again|temporar|unavailable|time.?out|internal"), ProviderUnavailable),
)
"""By the text of the message, which has no code. The text itself is kept out of our errors: it may
quote the request."""


class CloudbedsApi(VendorApi):
    property_id: str | None = None

    def get(self, method: str, query: Mapping[str, str]) -> dict[str, Json]:
        """The response. Raises NotFoundAtProvider if the vendor's message says so."""
        property_header = {"X-PROPERTY-ID": self.property_id} if self.property_id else {}
        return self._authenticator.answer(
            lambda proof: check_success(
                self._send_get(f"/{method}", query, {**proof, **property_header})
            )
        )

    def data(self, method: str, query: Mapping[str, str]) -> dict[str, Json]:
        answer = self.get(method, query)
        found = answer.get("data")
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        if not isinstance(found, dict):
            raise UnreadableAnswer(reason="the object is missing", path="data")
        (named,) = self._named_foreign([found], answer)
        return named if isinstance(named, dict) else found

    def pages(
        self, method: str, query: Mapping[str, str], *, first: int = 1
    ) -> Iterator[tuple[int, list[Json]]]:
        """Up to `total` received items: the vendor's pages may be smaller than requested."""
        number, previous, seen = first, None, (first - 1) * capabilities.PAGE_SIZE
        while True:
            answer = self.get(method, {**query, **page_query(number)})
            found = self._parse_data(answer)
            require_answered(found, [answer], COUNT_PATHS, "data", seen=seen)
            if not found:
                return
            if found == previous:
                raise UnreadableAnswer(reason="the page does not move", path="data")
            yield number, found
            seen += len(found)
            total = answer.get("total")
            if first == 1 and type(total) is int and seen >= total:
                return
            number, previous = number + 1, found

    def values(self, method: str, query: Mapping[str, str]) -> list[Json]:
        """Of one page."""
        return self._parse_data(self.get(method, query))

    def _parse_data(self, answer: dict[str, Json]) -> list[Json]:
        return list(self._named_foreign(parse_list(answer, "data"), answer))

    def _named_foreign(self, values: Sequence[Json], answer: Json) -> Sequence[Json]:
        return named_foreign(values, [answer], PROPERTY_PATHS, self.property_id)

    def all(self, method: str, query: Mapping[str, str]) -> list[Json]:
        return [value for _, found in self.pages(method, query) for value in found]


def check_success(answer: HttpResponse) -> dict[str, Json]:
    """Raises the error that the response reports; UnreadableAnswer without a `success` field."""
    value = json_object(answer)
    success = value.get("success")
    if success is True or success in (1, "true"):
        return value
    if "success" not in value:
        raise UnreadableAnswer(reason="success is missing", path="success")
    message = value.get("message")
    error = _error_for_message(message)
    error.path = error.path or answer.path or None
    if isinstance(message, str):
        error.vendor_error = build_vendor_error(message, message=message)
    raise error


def _error_for_message(message: Json) -> ProviderError:
    text = message.lower() if isinstance(message, str) else ""
    for pattern, error in _ERRORS_BY_MESSAGE:
        if pattern.search(text):
            return error(reason="success is false")
    return ProviderRejected(reason="success is false")


def parse_list(answer: dict[str, Json], key: str) -> list[Json]:
    """A list, or a map by id, which PHP sends instead. Raises UnreadableAnswer."""
    found = answer.get(key)
    if isinstance(found, dict):
        return list(found.values())
    if isinstance(found, list):
        return found
    if key in answer and not found:
        return []
    raise UnreadableAnswer(reason="the list is missing", path=key)


def page_query(number: int, size: int | None = None) -> dict[str, str]:
    """`size` None: of the capabilities."""
    return {"pageNumber": str(number), "pageSize": str(size or capabilities.PAGE_SIZE)}
