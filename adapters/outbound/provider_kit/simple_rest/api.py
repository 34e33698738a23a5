"""One connection's calls: paths filled in, passes shown, lists and single things taken out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from adapters.outbound.provider_kit.http_call import Answer, Call
from adapters.outbound.provider_kit.json_text import Json
from adapters.outbound.provider_kit.simple_rest.credentials import Pass
from adapters.outbound.provider_kit.simple_rest.paging import Paging
from adapters.outbound.provider_kit.status_errors import NotFoundAtProvider
from adapters.outbound.provider_kit.transport import Transport
from domain.sync import TransportCounts
from ports.errors import ProviderRejected, UnreadableAnswer

_NO_CONTENT = 204
_GONE = frozenset({404, 410})


class Listed(NamedTuple):
    """`place` of the next page; None where the list ended."""

    values: Sequence[Json]
    place: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCall:
    path: str
    key: str
    paging: Paging
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleApi:
    """Every method may raise the ProviderError family. `settings` fill the paths."""

    transport: Transport
    entry: Pass
    base_url: str
    settings: Mapping[str, str]
    correlation_id: str

    def counts(self) -> TransportCounts:
        return self.transport.counts()

    def close(self) -> None:
        self.transport.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Json:
        """None where the vendor has nothing to say (204)."""
        answer = self._answered(self._filled(path), query or {})
        return None if answer.status == _NO_CONTENT or not answer.body else answer.json()

    def find(self, path: str, external_id: str, key: str) -> Json | None:
        """None where it is gone."""
        try:
            value = self.get(path.replace("{id}", quote(external_id, safe="")))
        except ProviderRejected as error:
            if error.details.get("status") in _GONE:
                return None
            raise
        return _under(value, key)

    def page(self, call: ListCall, place: str | None = None) -> Listed:
        try:
            answer = self.get(call.path, {**call.query, **call.paging.query(place)})
        except NotFoundAtProvider:
            if place is None or not call.paging.past_end_is_404:
                raise
            return Listed((), None)
        if answer is None:
            return Listed((), None)
        found = _under(answer, call.key)
        if not isinstance(found, list):
            raise UnreadableAnswer(reason="the list is missing", path=call.key or None)
        return Listed(found, call.paging.after(place, answer, len(found)))

    def pages(self, call: ListCall, first: Listed | None = None) -> Iterator[Sequence[Json]]:
        """`first`: the first page where it was asked for already."""
        found, place = first or self.page(call)
        yield found
        while place is not None:
            before = found
            found, place = self.page(call, place)
            if found and found == before:
                # A vendor that does not heed the page would be asked for ever.
                raise UnreadableAnswer(reason="the page does not move")
            yield found

    def _filled(self, path: str) -> str:
        for name, value in self.settings.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return path

    def _answered(self, path: str, query: Mapping[str, str]) -> Answer:
        def send(proof: Mapping[str, str]) -> Answer:
            call = Call(
                method="GET",
                url=f"{self.base_url}{path}",
                headers={**proof, "Accept": "application/json"},
                query=query,
                safe=True,
            )
            return self.transport.send(call, correlation_id=self.correlation_id)

        return self.entry.answer(send)


def _under(value: Json, key: str) -> Json:
    return value.get(key) if key and isinstance(value, dict) else value
