"""The HTTP API of a declared vendor's simulator: rate limit, faults, credentials, endpoints."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Final, TypeAlias, TypeVar
from urllib.parse import parse_qsl, unquote

import simplejson

from adapters.outbound.provider_kit.declarative.credentials import ClientCredentials, KeyHeader
from adapters.outbound.provider_kit.declarative.paging import NextTokens, Offsets, PageNumbers
from adapters.outbound.provider_kit.declarative.vendor import Records, VendorDeclaration
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_instant
from adapters.outbound.provider_kit.simulation.declarative_renderer import (
    SimulatorRenderer,
    StayViews,
    instant_from_ticks,
)
from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import SimulatedRoomStay
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.server import fault_responses
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.server.issued_tokens import IssuedTokens
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.middleware import SimulatorMiddleware
from adapters.outbound.provider_kit.simulation.server.simulator_api import (
    RequestRejected,
    SimulatorApi,
)

T = TypeVar("T")

Endpoint: TypeAlias = Callable[[Mapping[str, str], Sequence[Fault]], object]
_LIST: Final = "list"
_TOKEN_SECONDS: Final = 3_600


class DeclarativeSimulatorApi(SimulatorApi):
    """`values`: the connection's settings and secrets; they fill the paths and are the valid
    credentials."""

    def __init__(
        self,
        vendor: VendorDeclaration,
        renderer: SimulatorRenderer,
        activity: ActivityGenerator,
        *,
        values: Mapping[str, str],
        tokens: IssuedTokens,
        middleware: SimulatorMiddleware,
    ) -> None:
        super().__init__(activity, tokens, middleware, client=activity.hotel.id)
        self.views = StayViews(activity.hotel)
        self._vendor = vendor
        self._renderer = renderer
        self._values = values
        self._sorted_stays: tuple[int, list[SimulatedRoomStay]] = (-1, [])
        self._corruptible_fields = fault_responses.CorruptibleFields(
            renderer.state, renderer.needed
        )
        self._routes = dict(self._endpoints())
        before, _, after = self._fill_path(vendor.bookings.one).partition("{id}")
        self._one = re.compile(f"{re.escape(before)}([^/]+){re.escape(after)}")

    def _endpoints(self) -> Iterator[tuple[str, Endpoint]]:
        vendor, hotel = self._vendor, self._hotel
        yield self._fill_path(vendor.account.path), lambda _, __: self._renderer.account(hotel)
        yield self.bookings_path, self._list_bookings
        if vendor.availability is not None:
            yield self._fill_path(vendor.availability.path), self._cells
        for declared, render in zip(vendor.records, self._renderer.records, strict=True):
            yield self._fill_path(declared.path), partial(self._list_records, declared, render)

    def _list_records(
        self,
        declared: Records,
        render: Callable[[SeededHotel], Sequence[fault_responses.JsonObject]],
        query: Mapping[str, str],
        _: Sequence[Fault],
    ) -> object:
        return _page(render(self._hotel), declared.items, declared.paging, query)

    @property
    def bookings_path(self) -> str:
        return self._fill_path(self._vendor.bookings.path)

    @property
    def token_path(self) -> str | None:
        credentials_spec = self._vendor.credentials
        return credentials_spec.path if isinstance(credentials_spec, ClientCredentials) else None

    def _render(self, body: object, injected: Sequence[Fault]) -> bytes:
        """A body that is a list is corrupted as the only list of an object."""
        wrapper: fault_responses.JsonObject = body if isinstance(body, dict) else {_LIST: body}
        fault_responses.corrupt_items(
            wrapper, injected, self._corruptible_fields, self._middleware.faults.pick
        )
        return self._dump_json(body if isinstance(body, dict) else wrapper[_LIST])

    def _dump_json(self, body: object) -> bytes:
        return simplejson.dumps(body, use_decimal=True).encode()

    def _error_body(self, status: int, *_: str) -> fault_responses.JsonObject:
        return {"error": status}

    def _dispatch(self, path: str, query: str, injected: Sequence[Fault]) -> object:
        route = self._routes.get(path)
        if route is not None:
            return route(dict(parse_qsl(query)), injected)
        named = self._one.fullmatch(path)
        stay = self._hotel.find_stay(unquote(named[1])) if named is not None else None
        if stay is None:
            raise RequestRejected(404)
        key = self._vendor.bookings.item
        rendered = self._renderer.booking(self.views.of(stay))
        return {key: rendered} if key else rendered

    def _issue_token(self, call: Call) -> Reply:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        known = {name: self._values[name] for name in ("client_id", "client_secret")}
        if {name: form.get(name) for name in known} != known:
            return Reply(400, b'{"error":"invalid_client"}')
        return Reply(200, self._dump_json(self._tokens.issue(seconds=_TOKEN_SECONDS)))

    def _authenticate(self, call: Call) -> None:
        credentials_spec = self._vendor.credentials
        if isinstance(credentials_spec, KeyHeader):
            known = credentials_spec.prefix + self._values[credentials_spec.secret]
            if call.headers.get(credentials_spec.header.lower()) != known:
                raise RequestRejected(401)
            return
        if not self._tokens.is_valid(call.headers):
            raise RequestRejected(401)

    def _list_bookings(self, query: Mapping[str, str], injected: Sequence[Fault]) -> object:
        bookings = self._vendor.bookings
        found = [stay for stay in self._stays_by_change() if self._matches_query(stay, query)]
        listed = self._middleware.cap_list(found)
        page = _slice(listed, bookings.paging, query)
        rendered = [self._renderer.booking(self.views.of(stay)) for stay in page]
        if page:
            self._middleware.apply_faults_after_reply(self._activity, injected, page[0])
        return _wrap_list(
            rendered, bookings.items, _next_page_field(listed, bookings.paging, query)
        )

    def _stays_by_change(self) -> list[SimulatedRoomStay]:
        """Oldest change first; cached until the hotel changes."""
        if self._sorted_stays[0] != self._hotel.revision:
            order = sorted(self._hotel.stays(), key=lambda stay: (self._changed(stay), stay.id))
            self._sorted_stays = self._hotel.revision, order
        return self._sorted_stays[1]

    def _changed(self, stay: SimulatedRoomStay) -> int:
        return self._hotel.last_change_or_payment(stay)

    def _matches_query(self, stay: SimulatedRoomStay, query: Mapping[str, str]) -> bool:
        bookings = self._vendor.bookings
        since = query.get(bookings.modified_since)
        if since is not None and instant_from_ticks(self._changed(stay)) < _instant(since):
            return False
        first, end = query.get(bookings.stay_from or ""), query.get(bookings.stay_to or "")
        if first is not None and max(stay.nights).isoformat() < first:
            return False
        return end is None or stay.arrival.isoformat() < end

    def _cells(self, query: Mapping[str, str], _: Sequence[Fault]) -> object:
        cells, render = self._vendor.availability, self._renderer.cell
        if cells is None or render is None:
            raise RequestRejected(404)
        try:
            first, last = (date.fromisoformat(query[name]) for name in (cells.first, cells.last))
        except (KeyError, ValueError):
            raise RequestRejected(422) from None
        found = [render(cell) for cell in self.views.cells(first, last)]
        return _page(found, cells.items, cells.paging, query)

    def _fill_path(self, path: str) -> str:
        for name, value in self._values.items():
            path = path.replace(f"{{{name}}}", value)
        return path


def _page(found: Sequence[object], key: str, paging: object, query: Mapping[str, str]) -> object:
    return _wrap_list(_slice(found, paging, query), key, _next_page_field(found, paging, query))


def _wrap_list(found: Sequence[object], key: str, following: fault_responses.JsonObject) -> object:
    return {key: list(found), **following} if key else list(found)


def _slice(found: Sequence[T], paging: object, query: Mapping[str, str]) -> Sequence[T]:
    start, size = _start(paging, query)
    return found[start : start + size]


def _start(paging: object, query: Mapping[str, str]) -> tuple[int, int]:
    try:
        match paging:
            case PageNumbers():
                size = int(query[paging.size_query])
                return (int(query[paging.number_query]) - paging.first) * size, size
            case Offsets():
                return int(query[paging.offset_query]), int(query[paging.size_query])
            case NextTokens():
                return int(query.get(paging.token_query, 0)), int(query[paging.size_query])
            case _:
                return 0, 1 << 62
    except (KeyError, ValueError):
        raise RequestRejected(422) from None


def _next_page_field(
    found: Sequence[object], paging: object, query: Mapping[str, str]
) -> fault_responses.JsonObject:
    if not isinstance(paging, NextTokens):
        return {}
    start, size = _start(paging, query)
    end = start + size
    return {paging.next_key: str(end) if end < len(found) else None}


def _instant(text: str) -> datetime:
    try:
        return as_instant(text, "query")
    except UnreadableField:
        raise RequestRejected(422) from None
