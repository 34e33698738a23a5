"""The requests of one connection: paths filled in, authentication, lists and single objects."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from adapters.outbound.provider_kit.declarative.vendor import (
    Availability,
    Bookings,
    ListDeclaration,
    field_paths,
)
from adapters.outbound.provider_kit.http.authentication import RequestAuthenticator
from adapters.outbound.provider_kit.http.status_errors import NotFoundAtProvider
from adapters.outbound.provider_kit.http.transport import Transport
from adapters.outbound.provider_kit.http.vendor_api import NO_CONTENT, VendorApi
from adapters.outbound.provider_kit.parsing.enclosing_property import named_foreign
from adapters.outbound.provider_kit.parsing.json_text import Json
from adapters.outbound.provider_kit.parsing.list_counts import require_answered
from ports.errors import ProviderRejected, UnreadableAnswer

_GONE = frozenset({404, 410})


class ListPage(NamedTuple):
    """`page_ref`: of the next page; None at the end of the list."""

    values: Sequence[Json]
    page_ref: str | None


class ListCall(NamedTuple):
    declared: ListDeclaration
    query: Mapping[str, str]


class DeclarativeApi(VendorApi):
    """`settings` fill the paths. `property_id`: of the connection, once it is known."""

    property_id: str | None = None

    def __init__(
        self,
        transport: Transport,
        authenticator: RequestAuthenticator,
        *,
        settings: Mapping[str, str],
        correlation_id: str,
    ) -> None:
        base_url = settings["base_url"]
        super().__init__(transport, authenticator, base_url=base_url, correlation_id=correlation_id)
        self._settings = settings

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        """None for an empty answer (204)."""
        answer = self._get(self._fill_path(path), query or {})
        return None if answer.status == NO_CONTENT or not answer.body else answer.json()

    def find(self, bookings: Bookings, external_id: str) -> Json | None:
        """None if the booking does not exist any more."""
        try:
            value = self.get(bookings.one.replace("{id}", quote(external_id, safe="")))
        except ProviderRejected as error:
            if error.status in _GONE:
                return None
            raise
        found = _value_at_key(value, bookings.item)
        (named,) = self._named_foreign(bookings, [found], value) if bookings.item else [found]
        return named

    def page(self, call: ListCall, page_ref: str | None = None) -> ListPage:
        declared, paging = call.declared, call.declared.paging
        try:
            answer = self.get(declared.path, {**call.query, **paging.query(page_ref)})
        except NotFoundAtProvider:
            if page_ref is None or not paging.past_end_is_404:
                raise
            return ListPage((), None)
        if answer is None:
            return ListPage((), None)
        found = _value_at_key(answer, declared.items)
        if not isinstance(found, list):
            raise UnreadableAnswer(reason="the list is missing", path=declared.items or None)
        if page_ref is None:
            require_answered(found, [answer], field_paths(declared.count), declared.items or None)
        values = self._named_foreign(declared, found, answer)
        return ListPage(values, paging.after(page_ref, answer, len(found)))

    def _named_foreign(
        self, declared: ListDeclaration, values: Sequence[Json], answer: Json
    ) -> Sequence[Json]:
        path = declared.property if isinstance(declared, Bookings | Availability) else ""
        return named_foreign(values, [answer], field_paths(path), self.property_id)

    def pages(self, call: ListCall) -> Iterator[Sequence[Json]]:
        first = self.page(call)
        yield first.values
        yield from self.further_pages(call, first)

    def further_pages(self, call: ListCall, first: ListPage) -> Iterator[Sequence[Json]]:
        """After `first`. Raises UnreadableAnswer if a page repeats: the vendor ignores paging."""
        values, page_ref = first
        while page_ref is not None:
            before = values
            values, page_ref = self.page(call, page_ref)
            if values and values == before:
                raise UnreadableAnswer(reason="the page does not move")
            yield values

    def _fill_path(self, path: str) -> str:
        for name, value in self._settings.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return path


def _value_at_key(value: Json, key: str) -> Json:
    return value.get(key) if key and isinstance(value, dict) else value
