"""The Apaleo API of the simulator: rate limit, faults, token, endpoints."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qsl, unquote

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import TICKS, SimulatedRoomStay
from adapters.outbound.provider_kit.simulation.server import fault_responses
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.server.issued_tokens import IssuedTokens
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.middleware import SimulatorMiddleware
from adapters.outbound.provider_kit.simulation.server.simulator_api import (
    RegisteredClient,
    RequestRejected,
    SimulatorApi,
)
from adapters.outbound.providers.apaleo.simulator.rendering import ApaleoRenderer

TOKEN_PATH: Final = "/connect/token"  # noqa: S105 an address
RESERVATIONS_PATH: Final = "/booking/v1/reservations"
FOLIOS_PATH: Final = "/finance/v1/folios"
_INVALID_FIELDS: Final = fault_responses.CorruptibleFields(
    "status", ("arrival", "timeZone", "name", "from", "id")
)
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


@dataclass(frozen=True, slots=True)
class SimulatedApaleoClients(RegisteredClient):
    @classmethod
    def of(cls, seed: int) -> "SimulatedApaleoClients":
        return cls(client_id=f"SIM-{seed}-APP", client_secret=f"simulated-secret-{seed}")


class SimulatedApaleoApi(SimulatorApi):
    def __init__(
        self,
        activity: ActivityGenerator,
        clients: SimulatedApaleoClients,
        tokens: IssuedTokens,
        middleware: SimulatorMiddleware,
    ) -> None:
        super().__init__(activity, tokens, middleware, client=clients.client_id)
        self._clients = clients
        self._renderer = ApaleoRenderer(activity.hotel)
        self._sort_cache: dict[str, tuple[int, list[SimulatedRoomStay]]] = {}
        inventory = self._renderer.inventory
        self._routes: dict[str, tuple[str, Callable[[Mapping[str, str]], Sequence[object]]]] = {
            "/inventory/v1/properties": ("properties", lambda _: [inventory.property()]),
            "/inventory/v1/unit-groups": ("unitGroups", lambda _: inventory.unit_groups()),
            "/inventory/v1/units": ("units", lambda _: inventory.units()),
            RESERVATIONS_PATH: ("reservations", self._find_stays),
            "/availability/v1/unit-groups": ("timeSlices", self._availability),
        }

    @property
    def token_path(self) -> str:
        return TOKEN_PATH

    def _issue_token(self, call: Call) -> Reply:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        if call.method != "POST" or form.get("grant_type") != "client_credentials":
            return Reply(400, b'{"error":"unsupported_grant_type"}')
        if call.headers.get("authorization") != f"Basic {self._clients.basic()}":
            return Reply(400, b'{"error":"invalid_client"}')
        token_response = self._tokens.issue(seconds=self._clients.token_seconds)
        return Reply(200, self._dump_json(token_response))

    def _authenticate(self, call: Call) -> None:
        if not self._tokens.is_valid(call.headers):
            raise RequestRejected(401)

    def _render(self, body: object, injected: Sequence[Fault]) -> bytes:
        if isinstance(body, dict):
            fault_responses.corrupt_items(
                body, injected, _INVALID_FIELDS, self._middleware.faults.pick
            )
        return self._dump_json(body)

    def _error_body(self, status: int, *messages: str) -> fault_responses.JsonObject:
        return {"messages": list(messages) or [_MESSAGES.get(status, "Validation errors")]}

    def _dispatch(
        self, path: str, query: str, injected: Sequence[Fault]
    ) -> fault_responses.JsonObject | None:
        parameters = dict(parse_qsl(query))
        route = self._routes.get(path)
        if route is not None:
            key, handler = route
            found = handler(parameters)
            if key == "reservations":
                found = self._middleware.cap_list(found)
            page = _page(found, parameters)
            if key == "reservations":
                rendered = self._render_page(page, parameters)
                last = page[-1] if page else None
                if isinstance(last, SimulatedRoomStay):
                    self._middleware.apply_faults_after_reply(self._activity, injected, last)
                page = rendered
            # The count is unreliable, as in the vendor's own sample.
            return {key: list(page), "count": 0} if page else None
        if path.startswith(f"{FOLIOS_PATH}/"):
            return self._folio(unquote(path.removeprefix(f"{FOLIOS_PATH}/")))
        stay = self._hotel.find_stay(unquote(path.removeprefix(f"{RESERVATIONS_PATH}/")))
        if stay is None:
            raise RequestRejected(404)
        return self._renderer.render_single(stay, _parse_expand(parameters))

    def _folio(self, folio_id: str) -> fault_responses.JsonObject:
        """A reservation's id and a number."""
        stay = self._hotel.find_stay(folio_id.rpartition("-")[0])
        if stay is None:
            raise RequestRejected(404)
        reservation = {"id": stay.id, "bookingId": stay.booking_id}
        return {"id": folio_id, "type": "Guest", "reservation": reservation}

    def _render_page(self, page: Sequence[object], query: Mapping[str, str]) -> list[object]:
        expand = _parse_expand(query)
        return [
            self._renderer.render_listed(stay, expand)
            for stay in page
            if isinstance(stay, SimulatedRoomStay)
        ]

    def _find_stays(self, query: Mapping[str, str]) -> list[SimulatedRoomStay]:
        """All that match, sorted; none of another property."""
        if query.get("propertyIds", self._hotel.id) != self._hotel.id:
            return []
        found = list(
            self._filter_by_date(self._sorted_stays(query.get("sort", _DEFAULT_SORT)), query)
        )
        booking_id = query.get("bookingId")
        return [stay for stay in found if booking_id in (None, stay.booking_id)]

    def _sorted_stays(self, sort: str) -> list[SimulatedRoomStay]:
        """Cached until the hotel changes. An unknown sort order is ignored."""
        cached = self._sort_cache.get(sort)
        if cached is not None and cached[0] == self._hotel.revision:
            return cached[1]
        field, _, direction = sort.partition(":")
        key = self._hotel.last_change if field == "updated" else lambda stay: stay.created
        found = sorted(
            self._hotel.stays(),
            key=lambda stay: (key(stay), stay.id),
            reverse=direction == "desc",
        )
        self._sort_cache[sort] = (self._hotel.revision, found)
        return found

    def _filter_by_date(
        self, stays: list[SimulatedRoomStay], query: Mapping[str, str]
    ) -> Iterator[SimulatedRoomStay]:
        """`from` is included, `to` is not; stays that overlap."""
        name = query.get("dateFilter")
        if name is None:
            yield from stays
            return
        low, high = _parse_instant(query, "from"), _parse_instant(query, "to")
        if (low is None and high is None) or name not in {"Modification", "Stay"}:
            raise RequestRejected(422, "from or to has to be specified")
        first, last = low or 0, high if high is not None else 1 << 62
        matches = self._is_modified if name == "Modification" else self._overlaps
        yield from (stay for stay in stays if matches(stay, first, last))

    def _is_modified(self, stay: SimulatedRoomStay, first: int, last: int) -> bool:
        return first <= self._hotel.last_change(stay) < last

    def _overlaps(self, stay: SimulatedRoomStay, first: int, last: int) -> bool:
        return self._renderer.arrival(stay) < last and self._renderer.departure(stay) > first

    def _availability(self, query: Mapping[str, str]) -> list[fault_responses.JsonObject]:
        try:
            first = date.fromisoformat(query["from"])
            until = date.fromisoformat(query["to"])
        except (KeyError, ValueError):
            raise RequestRejected(422, "from and to are dates") from None
        return self._renderer.inventory.availability(first, until)


def _page(found: Sequence[object], query: Mapping[str, str]) -> Sequence[object]:
    """Everything where no page size is given."""
    size = query.get("pageSize")
    if size is None:
        return found
    number = query.get("pageNumber", "1")
    if not size.isdecimal() or not number.isdecimal() or "0" in (size, number):
        raise RequestRejected(422, "pageNumber and pageSize count from 1")
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
        raise RequestRejected(422, f"{name} is no date and time without a fraction, with an offset")
    return int(datetime.fromisoformat(text).timestamp()) * TICKS
