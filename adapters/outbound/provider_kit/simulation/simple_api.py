"""From an HTTP call to a simple vendor's answer: limit, faults, credentials, endpoint."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Final, TypeAlias, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import simplejson

from adapters.outbound.provider_kit.errors import UnreadableField
from adapters.outbound.provider_kit.field_values import as_instant
from adapters.outbound.provider_kit.simple_rest.credentials import ClientCredentials, KeyHeader
from adapters.outbound.provider_kit.simple_rest.paging import NextTokens, Offsets, PageNumbers
from adapters.outbound.provider_kit.simple_rest.vendor import Records, SimpleVendor

from .fault_answers import JsonObject, SpoiledFields, cut_of, spoil_all
from .fault_plan import Fault
from .gate import Gate
from .hotel_life import HotelLife
from .hotel_records import RoomStay
from .loopback_http import Call, Reply
from .seeded_hotel import SeededHotel
from .simple_words import SimpleWords, StayViews, instant_of, stay_id
from .token_book import TokenBook

T = TypeVar("T")

Endpoint: TypeAlias = Callable[[Mapping[str, str], Sequence[Fault]], object]
_LIST: Final = "list"
_TOKEN_SECONDS: Final = 3_600


class Refused(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class SimpleVendorApi:
    """`values`: the connection's settings and secrets, by which paths and credentials are known."""

    def __init__(
        self,
        vendor: SimpleVendor,
        words: SimpleWords,
        life: HotelLife,
        *,
        values: Mapping[str, str],
        tokens: TokenBook,
        gate: Gate,
    ) -> None:
        self.views = StayViews(life.hotel)
        self._vendor = vendor
        self._words = words
        self._life = life
        self._hotel = life.hotel
        self._values = values
        self._tokens = tokens
        self._gate = gate
        self._sorted: tuple[int, list[RoomStay]] = (-1, [])
        self._spoiled = SpoiledFields(words.state, words.needed)
        self._routes = dict(self._endpoints())
        before, _, after = self._filled(vendor.bookings.one).partition("{id}")
        self._one = re.compile(f"{re.escape(before)}([^/]+){re.escape(after)}")

    def _endpoints(self) -> Iterator[tuple[str, Endpoint]]:
        vendor, hotel = self._vendor, self._hotel
        yield self._filled(vendor.account.path), lambda _, __: self._words.account(hotel)
        yield self.bookings_path, self._listed
        if vendor.availability is not None:
            yield self._filled(vendor.availability.path), self._cells
        for declared, render in zip(vendor.records, self._words.records, strict=True):
            yield self._filled(declared.path), partial(self._recorded, declared, render)

    def _recorded(
        self,
        declared: Records,
        render: Callable[[SeededHotel], Sequence[JsonObject]],
        query: Mapping[str, str],
        _: Sequence[Fault],
    ) -> object:
        return _page(render(self._hotel), declared.items, declared.paging, query)

    @property
    def bookings_path(self) -> str:
        return self._filled(self._vendor.bookings.path)

    @property
    def token_path(self) -> str | None:
        entry = self._vendor.credentials
        return entry.path if isinstance(entry, ClientCredentials) else None

    def answer(self, call: Call) -> Reply:
        parts = urlsplit(call.path)
        struck = self._gate.faults.strike(parts.path)
        try:
            refusal = self._gate.refusal(struck, self._hotel.id, _status_reply)
            if refusal is not None:
                return refusal
            if parts.path == self.token_path:
                return self._token(call)
            self._let_in(call)
            with self._hotel.lock:
                self._gate.disturb(self._life, struck)
                said = self._asked(parts.path, dict(parse_qsl(parts.query)), struck)
        except Refused as error:
            return _status_reply(error.status, None)
        return Reply(200, _text(self._spoil(said, struck)), cut=cut_of(struck))

    def _spoil(self, said: object, struck: Sequence[Fault]) -> object:
        """An answer that is a list is spoiled as one that holds a list."""
        held: JsonObject = said if isinstance(said, dict) else {_LIST: said}
        spoil_all(held, struck, self._spoiled, self._gate.faults.pick)
        return said if isinstance(said, dict) else held[_LIST]

    def _asked(self, path: str, query: Mapping[str, str], struck: Sequence[Fault]) -> object:
        route = self._routes.get(path)
        if route is not None:
            return route(query, struck)
        named = self._one.fullmatch(path)
        if named is None:
            raise Refused(404)
        key, stay = self._vendor.bookings.item, self._stay(unquote(named[1]))
        rendered = self._words.booking(self.views.of(stay))
        return {key: rendered} if key else rendered

    def _token(self, call: Call) -> Reply:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        known = {name: self._values[name] for name in ("client_id", "client_secret")}
        if {name: form.get(name) for name in known} != known:
            return Reply(400, b'{"error":"invalid_client"}')
        return Reply(200, _text(self._tokens.give(seconds=_TOKEN_SECONDS)))

    def _let_in(self, call: Call) -> None:
        entry = self._vendor.credentials
        if isinstance(entry, KeyHeader):
            known = entry.prefix + self._values[entry.secret]
            if call.headers.get(entry.header.lower()) != known:
                raise Refused(401)
            return
        if not self._tokens.knows(call.headers):
            raise Refused(401)

    def _listed(self, query: Mapping[str, str], struck: Sequence[Fault]) -> object:
        bookings = self._vendor.bookings
        found = [stay for stay in self._in_order() if self._wanted(stay, query)]
        page = _slice(found, bookings.paging, query)
        rendered = [self._words.booking(self.views.of(stay)) for stay in page]
        if page:
            self._gate.move(self._life, struck, page[0])
        return _held(rendered, bookings.items, _next(found, bookings.paging, query))

    def _in_order(self) -> list[RoomStay]:
        """Oldest change first; kept for as long as the hotel does not change."""
        if self._sorted[0] != self._hotel.revision:
            order = sorted(
                self._hotel.stays(), key=lambda stay: (self.views.modified(stay), stay_id(stay))
            )
            self._sorted = self._hotel.revision, order
        return self._sorted[1]

    def _wanted(self, stay: RoomStay, query: Mapping[str, str]) -> bool:
        bookings = self._vendor.bookings
        since = query.get(bookings.modified_since)
        if since is not None and instant_of(self.views.modified(stay)) < _instant(since):
            return False
        first, end = query.get(bookings.stay_from or ""), query.get(bookings.stay_to or "")
        if first is not None and max(stay.nights).isoformat() < first:
            return False
        return end is None or stay.arrival.isoformat() < end

    def _stay(self, name: str) -> RoomStay:
        booking = self._hotel.bookings.get(name.rpartition("-")[0])
        for stay in booking.stays if booking else ():
            if stay_id(stay) == name and stay.deleted is None:
                return stay
        raise Refused(404)

    def _cells(self, query: Mapping[str, str], _: Sequence[Fault]) -> object:
        cells, render = self._vendor.availability, self._words.cell
        if cells is None or render is None:
            raise Refused(404)
        try:
            first, last = (date.fromisoformat(query[name]) for name in (cells.first, cells.last))
        except (KeyError, ValueError):
            raise Refused(422) from None
        found = [render(cell) for cell in self.views.cells(first, last)]
        return _page(found, cells.items, cells.paging, query)

    def _filled(self, path: str) -> str:
        for name, value in self._values.items():
            path = path.replace(f"{{{name}}}", value)
        return path


def _page(found: Sequence[object], key: str, paging: object, query: Mapping[str, str]) -> object:
    return _held(_slice(found, paging, query), key, _next(found, paging, query))


def _held(found: Sequence[object], key: str, following: JsonObject) -> object:
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
        raise Refused(422) from None


def _next(found: Sequence[object], paging: object, query: Mapping[str, str]) -> JsonObject:
    if not isinstance(paging, NextTokens):
        return {}
    start, size = _start(paging, query)
    end = start + size
    return {paging.next_key: str(end) if end < len(found) else None}


def _instant(text: str) -> datetime:
    try:
        return as_instant(text, "query")
    except UnreadableField:
        raise Refused(422) from None


def _text(value: object) -> bytes:
    return simplejson.dumps(value, use_decimal=True).encode()


def _status_reply(status: int, retry_after: str | None) -> Reply:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Reply(status, _text({"error": status}), headers)
