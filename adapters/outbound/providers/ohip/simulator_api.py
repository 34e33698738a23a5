"""From an HTTP call to the vendor's answer: limit, faults, token and key, endpoint."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from adapters.outbound.provider_kit.simulation.fault_answers import (
    SpoiledFields,
    cut_of,
    spoil_all,
)
from adapters.outbound.provider_kit.simulation.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.gate import Gate
from adapters.outbound.provider_kit.simulation.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.token_book import TokenBook

from .simulated_events import EventQueue, EventTeller
from .simulated_inventory import statistics
from .simulated_rooms import House, Reservation
from .simulated_words import JsonObject, ReservationWords

TOKEN_PATH: Final = "/oauth/v1/tokens"  # noqa: S105 an address
MOST_EVENTS: Final = 20
MOST_DAYS: Final = 62
_SPOILED: Final = SpoiledFields("reservationStatus", ("roomStay", "statisticDate"))
_TITLES: Final = {
    400: "Invalid request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    429: "Too many requests",
    500: "Internal error",
    503: "Service unavailable",
}
Query = Mapping[str, list[str]]
_DAYS: Final[dict[str, Callable[[Reservation], date]]] = {
    "arrival": lambda one: one.stay.arrival,
    "departure": lambda one: one.stay.departure,
}
_INSTANTS: Final[dict[str, Callable[[Reservation], int | None]]] = {
    "createdOnStartDate": lambda one: one.stay.created,
    "cancelledOn": lambda one: one.stay.canceled,
}


class Refused(Exception):
    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Clients:
    """The one application that is registered. `token_seconds` is what it is told."""

    app_key: str
    client_id: str
    client_secret: str
    external_system: str = "SIMX"
    token_seconds: int = 3_600

    @classmethod
    def of(cls, seed: int) -> "Clients":
        key = f"00000000-0000-4000-8000-{seed % 16**12:012x}"
        return cls(key, f"SIM-{seed}-CLIENT", f"simulated-secret-{seed}")

    def basic(self) -> str:
        return base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()


class OhipApi:
    def __init__(self, house: House, clients: Clients, tokens: TokenBook, gate: Gate) -> None:
        self._house = house
        self._hotel = house.hotel
        self._clients = clients
        self._tokens = tokens
        self._gate = gate
        self.words = ReservationWords(house)
        self.teller = EventTeller(house, self.words)
        self.queue = EventQueue()
        hotel = f"/v1/hotels/{self._hotel.id}"
        events = f"/int/v1/externalSystem/{clients.external_system}/hotels/{self._hotel.id}"
        self._routes: dict[str, Callable[[Query], object]] = {
            f"/rsv{hotel}/reservations": self._list,
            f"/bof{hotel}/businessDate": lambda _: self._business_date(),
            f"/inv{hotel}/inventoryStatistics": self._statistics,
            f"{events}/businessEvents": self._events,
        }
        self._by_id: dict[str, Callable[[str, Query], object]] = {
            f"/rsv{hotel}/reservations/": self._single,
            "/crm/v1/profiles/": lambda profile_id, _: self._profile(profile_id),
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
            self._check(call)
            with self._hotel.lock:
                self._gate.disturb(self._house.life, struck)
                body = self._asked(parts.path, parse_qs(parts.query))
                self._gate.move(self._house.life, struck)
        except Refused as error:
            return _status_reply(error.status, None, error.detail)
        if body is None:
            return Reply(204)
        _spoil(body, struck, self._gate.faults.pick)
        return Reply(200, orjson.dumps(body), cut=cut_of(struck))

    def _token(self, call: Call) -> Reply:
        form = parse_qs(call.body.decode("utf-8", "replace"))
        is_known = call.headers.get("authorization") == f"Basic {self._clients.basic()}"
        if not is_known or call.headers.get("x-app-key") != self._clients.app_key:
            return _status_reply(401, None, "Failed to authenticate application")
        if form.get("grant_type") not in (["client_credentials"], ["password"]):
            return _status_reply(400, None, "unsupported grant type")
        said = self._tokens.give(seconds=self._clients.token_seconds)
        return Reply(200, orjson.dumps(said))

    def _check(self, call: Call) -> None:
        known = self._tokens.knows(call.headers)
        if not known or call.headers.get("x-app-key") != self._clients.app_key:
            raise Refused(401)
        if call.headers.get("x-hotelid") != self._hotel.id:
            raise Refused(403, "the hotel is not the application's")

    def _asked(self, path: str, query: Query) -> object:
        route = self._routes.get(path)
        if route is not None:
            return route(query)
        for prefix, ask in self._by_id.items():
            if path.startswith(prefix):
                return ask(unquote(path.removeprefix(prefix)), query)
        raise Refused(404)

    def _list(self, query: Query) -> object:
        found = self._fitting(query)
        limit, offset = _number(query, "limit", 20), _number(query, "offset", 0)
        page = found[offset : offset + limit]
        if not page:
            return None
        wanted = frozenset(query.get("fetchInstructions", ()))
        return {
            "reservations": {
                "reservationInfo": [self.words.listed(one, wanted) for one in page],
                "limit": limit,
                "offset": offset,
                "hasMore": offset + limit < len(found),
                "totalResults": len(found),
            }
        }

    def _fitting(self, query: Query) -> list[Reservation]:
        """All filters together; each is looked at only where it is asked for."""
        found = self._house.by_arrival()
        ids = query.get("reservationIdList")
        if ids is not None:
            found = [one for one in found if one.id in ids]
        for name, day_of in _DAYS.items():
            first, last = _day(query, f"{name}StartDate"), _day(query, f"{name}EndDate")
            if first is not None:
                found = [one for one in found if day_of(one) >= first]
            if last is not None:
                found = [one for one in found if day_of(one) <= last]
        for name, instant_of in _INSTANTS.items():
            day = _day(query, name)
            if day is not None:
                found = [one for one in found if self._is_on(day, instant_of(one))]
        return found

    def _is_on(self, day: date, instant: int | None) -> bool:
        return instant is not None and self._house.day_of(instant) == day

    def _single(self, reservation_id: str, query: Query) -> object:
        wanted = frozenset(query.get("fetchInstructions", ()))
        for one in self._house.reservations():
            if one.id == reservation_id:
                return {"reservations": {"reservation": [self.words.single(one, wanted)]}}
        raise Refused(404, "no such reservation")

    def _profile(self, profile_id: str) -> object:
        guest = self.words.guest_of(profile_id)
        if guest is None or guest.merged_into is not None:
            raise Refused(404, "no such profile")
        ids = [{"id": profile_id, "type": "Profile"}]
        return {"profileIdList": ids, "profileDetails": self.words.profile(guest.id)}

    def _business_date(self) -> JsonObject:
        day = self._house.business_date.isoformat()
        return {"hotels": [{"hotelId": self._hotel.id, "businessDate": day}]}

    def _statistics(self, query: Query) -> object:
        first, last = _day(query, "dateRangeStart"), _day(query, "dateRangeEnd")
        if first is None or last is None or not 0 <= (last - first).days < MOST_DAYS:
            raise Refused(400, f"a range of at most {MOST_DAYS} days")
        names, values = query.get("parameterName", []), query.get("parameterValue", [])
        pairs = zip(names, values, strict=False)
        asked = [name for name, value in pairs if value == "Y"]
        return statistics(self._hotel, first, last, asked)

    def _events(self, query: Query) -> object:
        limit = _number(query, "limit", MOST_EVENTS)
        if limit > MOST_EVENTS:
            raise Refused(400, f"at most {MOST_EVENTS}")
        taken = self.queue.take(limit)
        return self.teller.body(taken) if taken else None


def _spoil(body: object, struck: Sequence[Fault], pick: Callable[[int], int]) -> None:
    """The items lie one level down. Events stay whole: what is spoiled in them is lost."""
    inner = body.get("reservations") if isinstance(body, dict) else body
    if isinstance(inner, list):
        statistics_of = inner[0]["statistics"][1]
        inner = {"nights": statistics_of["statisticDate"]}
    if isinstance(inner, dict):
        spoil_all(inner, struck, _SPOILED, pick)


def _day(query: Query, name: str) -> date | None:
    if name not in query:
        return None
    try:
        return date.fromisoformat(query[name][0])
    except ValueError:
        raise Refused(400, f"{name} is a date") from None


def _number(query: Query, name: str, default: int) -> int:
    text = query.get(name, [str(default)])[0]
    if not text.isdecimal():
        raise Refused(400, f"{name} is a number")
    return int(text)


def _status_reply(status: int, retry_after: str | None, detail: str = "") -> Reply:
    """exceptionDetailType."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    said = {
        "type": "https://www.rfc-editor.org/rfc/rfc9110",
        "title": _TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "o:errorCode": f"SIM{status:05}",
    }
    return Reply(status, orjson.dumps(said), headers)
