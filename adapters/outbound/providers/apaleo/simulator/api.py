"""The Apaleo API of the simulator: rate limit, faults, token, endpoints."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import TICKS, RoomStay
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.server.fault_responses import (
    CorruptibleFields,
    corrupt_items,
    truncated_share,
)
from adapters.outbound.provider_kit.simulation.server.issued_tokens import IssuedTokens
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.middleware import SimulatorMiddleware
from adapters.outbound.providers.apaleo.simulator.inventory import JsonObject
from adapters.outbound.providers.apaleo.simulator.rendering import ApaleoRenderer

TOKEN_PATH: Final = "/connect/token"  # noqa: S105 an address
RESERVATIONS_PATH: Final = "/booking/v1/reservations"
_INVALID_FIELDS: Final = CorruptibleFields("status", ("arrival", "timeZone", "name", "from", "id"))
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


class ApaleoSimulatorError(Exception):
    def __init__(self, status: int, *messages: str) -> None:
        super().__init__(status)
        self.status = status
        self.messages = messages


@dataclass(frozen=True, slots=True)
class SimulatedApaleoClients:
    """The only registered application. `token_seconds`: the reported lifetime of tokens."""

    client_id: str
    client_secret: str
    token_seconds: int = 3_600

    @classmethod
    def of(cls, seed: int) -> "SimulatedApaleoClients":
        return cls(f"SIM-{seed}-APP", f"simulated-secret-{seed}")

    def basic(self) -> str:
        return base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()


class SimulatedApaleoApi:
    def __init__(
        self,
        activity: ActivityGenerator,
        clients: SimulatedApaleoClients,
        tokens: IssuedTokens,
        middleware: SimulatorMiddleware,
    ) -> None:
        self._activity = activity
        self._hotel = activity.hotel
        self._clients = clients
        self._tokens = tokens
        self._middleware = middleware
        self._renderer = ApaleoRenderer(activity.hotel)
        self._sort_cache: dict[str, tuple[int, list[RoomStay]]] = {}
        inventory = self._renderer.inventory
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
            RESERVATIONS_PATH: ("reservations", self._find_stays),
            "/availability/v1/unit-groups": ("timeSlices", self._availability),
        }

    def answer(self, call: Call) -> Reply:
        parts = urlsplit(call.path)
        injected = self._middleware.faults.inject(parts.path)
        try:
            refusal = self._middleware.refusal(injected, self._clients.client_id, _status_reply)
            if refusal is not None:
                return refusal
            if parts.path == TOKEN_PATH:
                return self._token_reply(call)
            self._check_token(call)
            with self._hotel.lock:
                self._middleware.apply_faults_before_reply(self._activity, injected)
                body = self._dispatch(parts.path, dict(parse_qsl(parts.query)), injected)
        except ApaleoSimulatorError as error:
            return _status_reply(error.status, None, *error.messages)
        if body is None:
            return Reply(204)
        corrupt_items(body, injected, _INVALID_FIELDS, self._middleware.faults.pick)
        return Reply(200, orjson.dumps(body), cut=truncated_share(injected))

    def _token_reply(self, call: Call) -> Reply:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        if call.method != "POST" or form.get("grant_type") != "client_credentials":
            return Reply(400, b'{"error":"unsupported_grant_type"}')
        if call.headers.get("authorization") != f"Basic {self._clients.basic()}":
            return Reply(400, b'{"error":"invalid_client"}')
        token_response = self._tokens.issue(seconds=self._clients.token_seconds)
        return Reply(200, orjson.dumps(token_response))

    def _check_token(self, call: Call) -> None:
        if not self._tokens.is_valid(call.headers):
            raise ApaleoSimulatorError(401)

    def _dispatch(
        self, path: str, query: Mapping[str, str], injected: Sequence[Fault]
    ) -> JsonObject | None:
        route = self._routes.get(path)
        if route is not None:
            key, handler = route
            page = _page(handler(query), query)
            if key == "reservations":
                rendered = self._render_page(page, query)
                last = page[-1] if page else None
                if isinstance(last, RoomStay):
                    self._middleware.apply_faults_after_reply(self._activity, injected, last)
                page = rendered
            # The count is unreliable, as in the vendor's own sample.
            return {key: list(page), "count": 0} if page else None
        reservation_id = unquote(path.removeprefix(f"{RESERVATIONS_PATH}/"))
        return self._renderer.render_single(self._get_stay(reservation_id), _parse_expand(query))

    def _get_stay(self, reservation_id: str) -> RoomStay:
        booking_id, _, line = reservation_id.partition("-")
        booking = self._hotel.bookings.get(booking_id)
        for stay in booking.stays if booking else ():
            if str(stay.line) == line and stay.deleted is None:
                return stay
        raise ApaleoSimulatorError(404)

    def _render_page(self, page: Sequence[object], query: Mapping[str, str]) -> list[object]:
        expand = _parse_expand(query)
        return [
            self._renderer.render_listed(stay, expand)
            for stay in page
            if isinstance(stay, RoomStay)
        ]

    def _find_stays(self, query: Mapping[str, str]) -> list[RoomStay]:
        """All that match, sorted; none of another property."""
        if query.get("propertyIds", self._hotel.id) != self._hotel.id:
            return []
        found = list(
            self._filter_by_date(self._sorted_stays(query.get("sort", _DEFAULT_SORT)), query)
        )
        booking_id = query.get("bookingId")
        return [stay for stay in found if booking_id in (None, stay.booking_id)]

    def _sorted_stays(self, sort: str) -> list[RoomStay]:
        """Cached until the hotel changes. An unknown sort order is ignored."""
        cached = self._sort_cache.get(sort)
        if cached is not None and cached[0] == self._hotel.revision:
            return cached[1]
        field, _, direction = sort.partition(":")
        key = self._renderer.modified if field == "updated" else lambda stay: stay.created
        found = sorted(
            self._hotel.stays(),
            key=lambda stay: (key(stay), self._renderer.reservation_id(stay)),
            reverse=direction == "desc",
        )
        self._sort_cache[sort] = (self._hotel.revision, found)
        return found

    def _filter_by_date(
        self, stays: list[RoomStay], query: Mapping[str, str]
    ) -> Iterator[RoomStay]:
        """`from` is included, `to` is not; stays that overlap."""
        name = query.get("dateFilter")
        if name is None:
            yield from stays
            return
        low, high = _parse_instant(query, "from"), _parse_instant(query, "to")
        if (low is None and high is None) or name not in {"Modification", "Stay"}:
            raise ApaleoSimulatorError(422, "from or to has to be specified")
        first, last = low or 0, high if high is not None else 1 << 62
        for stay in stays:
            if name == "Modification":
                if first <= self._renderer.modified(stay) < last:
                    yield stay
            elif self._renderer.arrival(stay) < last and self._renderer.departure(stay) > first:
                yield stay

    def _availability(self, query: Mapping[str, str]) -> list[JsonObject]:
        try:
            first = date.fromisoformat(query["from"])
            until = date.fromisoformat(query["to"])
        except (KeyError, ValueError):
            raise ApaleoSimulatorError(422, "from and to are dates") from None
        return self._renderer.inventory.availability(first, until)


def _page(found: Sequence[object], query: Mapping[str, str]) -> Sequence[object]:
    """Everything where no page size is given."""
    size = query.get("pageSize")
    if size is None:
        return found
    number = query.get("pageNumber", "1")
    if not size.isdecimal() or not number.isdecimal() or "0" in (size, number):
        raise ApaleoSimulatorError(422, "pageNumber and pageSize count from 1")
    start = (int(number) - 1) * int(size)
    return found[start : start + int(size)]


def _parse_expand(query: Mapping[str, str]) -> frozenset[str]:
    return frozenset(query.get("expand", "").split(","))


def _parse_instant(query: Mapping[str, str], name: str) -> int | None:
    """Ticks. The vendor accepts no fraction of a second."""
    text = query.get(name)
    if text is None:
        return None
    if not _WHOLE_SECONDS.fullmatch(text):
        raise ApaleoSimulatorError(
            422, f"{name} is no date and time without a fraction, with an offset"
        )
    return int(datetime.fromisoformat(text).timestamp()) * TICKS


def _status_reply(status: int, retry_after: str | None, *messages: str) -> Reply:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    error_messages = list(messages) or [_MESSAGES.get(status, "Validation errors")]
    return Reply(status, orjson.dumps({"messages": error_messages}), headers)
