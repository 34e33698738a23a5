"""From an HTTP call to the vendor's answer: limit, faults, token, endpoint."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from adapters.outbound.provider_kit.simulation.fault_answers import (
    SpoiledFields,
    cut_of,
    spoil_all,
)
from adapters.outbound.provider_kit.simulation.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.gate import Gate
from adapters.outbound.provider_kit.simulation.hotel_life import HotelLife
from adapters.outbound.provider_kit.simulation.hotel_records import TICKS, RoomStay
from adapters.outbound.provider_kit.simulation.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.token_book import TokenBook

from .simulated_answers import ApaleoWords
from .simulated_inventory import JsonObject

TOKEN_PATH: Final = "/connect/token"  # noqa: S105 an address
RESERVATIONS_PATH: Final = "/booking/v1/reservations"
_SPOILED: Final = SpoiledFields("status", ("arrival", "timeZone", "name", "from", "id"))
_MESSAGES: Final = {
    401: "You are unauthorized.",
    403: "Forbidden.",
    404: "The Request-URI could not be found.",
    408: "Request timeout.",
    409: "Conflict.",
    429: "Too many requests.",
    500: "An unexpected error occurred.",
    503: "The server is currently unavailable. Please try later.",
}
_WHOLE_SECONDS: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
_DEFAULT_SORT: Final = "created:asc"


class Refused(Exception):
    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(status)
        self.status = status
        self.messages = messages


@dataclass(frozen=True, slots=True)
class Clients:
    """The one application that is registered. `token_seconds` is what it is told."""

    client_id: str
    client_secret: str
    token_seconds: int = 3_600

    @classmethod
    def of(cls, seed: int) -> "Clients":
        return cls(f"SIM-{seed}-APP", f"simulated-secret-{seed}")

    def basic(self) -> str:
        return base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()


class ApaleoApi:
    def __init__(self, life: HotelLife, clients: Clients, tokens: TokenBook, gate: Gate) -> None:
        self._life = life
        self._hotel = life.hotel
        self._clients = clients
        self._tokens = tokens
        self._gate = gate
        self._words = ApaleoWords(life.hotel)
        self._sorted: dict[str, tuple[int, list[RoomStay]]] = {}
        inventory = self._words.inventory
        self._routes: dict[str, tuple[str, Callable[[Mapping[str, str]], Sequence[object]]]] = {
            "/inventory/v1/properties": (
                "properties",
                lambda _: [inventory.property()],
            ),
            "/inventory/v1/unit-groups": (
                "unitGroups",
                lambda _: inventory.unit_groups(),
            ),
            "/inventory/v1/units": ("units", lambda _: inventory.units()),
            RESERVATIONS_PATH: ("reservations", self._stays),
            "/availability/v1/unit-groups": ("timeSlices", self._availability),
        }

    def answer(self, call: Call) -> Reply:
        parts = urlsplit(call.path)
        struck = self._gate.faults.strike(parts.path)
        try:
            refusal = self._gate.refusal(struck, self._clients.client_id, _status_reply)
            if refusal is not None:
                return refusal
            if parts.path == TOKEN_PATH:
                return self._token(call)
            self._check_token(call)
            with self._hotel.lock:
                self._gate.disturb(self._life, struck)
                body = self._asked(parts.path, dict(parse_qsl(parts.query)), struck)
        except Refused as error:
            return _status_reply(error.status, None, *error.messages)
        if body is None:
            return Reply(204)
        spoil_all(body, struck, _SPOILED, self._gate.faults.pick)
        return Reply(200, orjson.dumps(body), cut=cut_of(struck))

    def _token(self, call: Call) -> Reply:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        if call.method != "POST" or form.get("grant_type") != "client_credentials":
            return Reply(400, b'{"error":"unsupported_grant_type"}')
        if call.headers.get("authorization") != f"Basic {self._clients.basic()}":
            return Reply(400, b'{"error":"invalid_client"}')
        said = self._tokens.give(seconds=self._clients.token_seconds)
        return Reply(200, orjson.dumps(said))

    def _check_token(self, call: Call) -> None:
        if not self._tokens.knows(call.headers):
            raise Refused(401)

    def _asked(
        self, path: str, query: Mapping[str, str], struck: Sequence[Fault]
    ) -> JsonObject | None:
        route = self._routes.get(path)
        if route is not None:
            key, ask = route
            page = _paged(ask(query), query)
            if key == "reservations":
                rendered = self._rendered(page, query)
                last = page[-1] if page else None
                if isinstance(last, RoomStay):
                    self._gate.move(self._life, struck, last)
                page = rendered
            # As in the vendor's own sample the count is not to be trusted.
            return {key: list(page), "count": 0} if page else None
        reservation_id = unquote(path.removeprefix(f"{RESERVATIONS_PATH}/"))
        return self._words.single(self._stay(reservation_id), _expanded(query))

    def _stay(self, reservation_id: str) -> RoomStay:
        booking_id, _, line = reservation_id.partition("-")
        booking = self._hotel.bookings.get(booking_id)
        for stay in booking.stays if booking else ():
            if str(stay.line) == line and stay.deleted is None:
                return stay
        raise Refused(404)

    def _rendered(self, page: Sequence[object], query: Mapping[str, str]) -> list[object]:
        expand = _expanded(query)
        return [
            self._words.reservation(stay, expand) for stay in page if isinstance(stay, RoomStay)
        ]

    def _stays(self, query: Mapping[str, str]) -> list[RoomStay]:
        """All that are asked for, in order; nothing of another property."""
        if query.get("propertyIds", self._hotel.id) != self._hotel.id:
            return []
        found = list(self._between(self._in_order(query.get("sort", _DEFAULT_SORT)), query))
        booking_id = query.get("bookingId")
        return [stay for stay in found if booking_id in (None, stay.booking_id)]

    def _in_order(self, sort: str) -> list[RoomStay]:
        """Kept for as long as the hotel does not change. An unknown order is ignored."""
        kept = self._sorted.get(sort)
        if kept is not None and kept[0] == self._hotel.revision:
            return kept[1]
        field, _, direction = sort.partition(":")
        key = self._words.modified if field == "updated" else lambda stay: stay.created
        found = sorted(
            self._hotel.stays(),
            key=lambda stay: (key(stay), self._words.reservation_id(stay)),
            reverse=direction == "desc",
        )
        self._sorted[sort] = (self._hotel.revision, found)
        return found

    def _between(self, stays: list[RoomStay], query: Mapping[str, str]) -> Iterator[RoomStay]:
        """`from` is included, `to` is not; stays that overlap."""
        name = query.get("dateFilter")
        if name is None:
            yield from stays
            return
        low, high = _instant(query, "from"), _instant(query, "to")
        if (low is None and high is None) or name not in {"Modification", "Stay"}:
            raise Refused(422, "from or to has to be specified")
        first, last = low or 0, high if high is not None else 1 << 62
        for stay in stays:
            if name == "Modification":
                if first <= self._words.modified(stay) < last:
                    yield stay
            elif self._words.arrival(stay) < last and self._words.departure(stay) > first:
                yield stay

    def _availability(self, query: Mapping[str, str]) -> list[JsonObject]:
        try:
            first = date.fromisoformat(query["from"])
            until = date.fromisoformat(query["to"])
        except (KeyError, ValueError):
            raise Refused(422, "from and to are dates") from None
        return self._words.inventory.availability(first, until)


def _paged(found: Sequence[object], query: Mapping[str, str]) -> Sequence[object]:
    """Without a page size all is sent."""
    size = query.get("pageSize")
    if size is None:
        return found
    number = query.get("pageNumber", "1")
    if not size.isdecimal() or not number.isdecimal() or "0" in (size, number):
        raise Refused(422, "pageNumber and pageSize count from 1")
    start = (int(number) - 1) * int(size)
    return found[start : start + int(size)]


def _expanded(query: Mapping[str, str]) -> frozenset[str]:
    return frozenset(query.get("expand", "").split(","))


def _instant(query: Mapping[str, str], name: str) -> int | None:
    """Ticks. The vendor takes no fraction of a second."""
    text = query.get(name)
    if text is None:
        return None
    if not _WHOLE_SECONDS.fullmatch(text):
        raise Refused(422, f"{name} is no date and time without a fraction, with an offset")
    return int(datetime.fromisoformat(text).timestamp()) * TICKS


def _status_reply(status: int, retry_after: str | None, *messages: str) -> Reply:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    told = list(messages) or [_MESSAGES.get(status, "Validation errors")]
    return Reply(status, orjson.dumps({"messages": told}), headers)
