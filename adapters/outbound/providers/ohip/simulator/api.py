"""The OPERA Cloud API of the simulator: rate limit, faults, token and key, endpoints."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final
from urllib.parse import parse_qs, unquote

from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.server.fault_responses import (
    CorruptibleFields,
    JsonObject,
    corrupt_items,
)
from adapters.outbound.provider_kit.simulation.server.issued_tokens import IssuedTokens
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.middleware import SimulatorMiddleware
from adapters.outbound.provider_kit.simulation.server.simulator_api import (
    RegisteredClient,
    RequestRejected,
    SimulatorApi,
)
from adapters.outbound.providers.ohip.simulator.events import BusinessEventRenderer, EventQueue
from adapters.outbound.providers.ohip.simulator.inventory import statistics
from adapters.outbound.providers.ohip.simulator.rendering import OhipRenderer
from adapters.outbound.providers.ohip.simulator.reservations import (
    Reservation,
    SimulatedReservations,
)

TOKEN_PATH: Final = "/oauth/v1/tokens"  # noqa: S105 an address
MAX_EVENTS_PER_CALL: Final = 20
MAX_STATISTICS_DAYS: Final = 62
_INVALID_FIELDS: Final = CorruptibleFields("reservationStatus", ("roomStay", "statisticDate"))
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
    "arrival": lambda reservation: reservation.stay.arrival,
    "departure": lambda reservation: reservation.stay.departure,
}
_INSTANTS: Final[dict[str, Callable[[Reservation], int | None]]] = {
    "createdOnStartDate": lambda reservation: reservation.stay.created,
    "cancelledOn": lambda reservation: reservation.stay.canceled,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedOhipClients(RegisteredClient):
    app_key: str
    external_system: str = "SIMX"

    @classmethod
    def of(cls, seed: int) -> "SimulatedOhipClients":
        return cls(
            app_key=f"00000000-0000-4000-8000-{seed % 16**12:012x}",
            client_id=f"SIM-{seed}-CLIENT",
            client_secret=f"simulated-secret-{seed}",
        )


class SimulatedOhipApi(SimulatorApi):
    def __init__(
        self,
        simulated_reservations: SimulatedReservations,
        clients: SimulatedOhipClients,
        tokens: IssuedTokens,
        middleware: SimulatorMiddleware,
    ) -> None:
        super().__init__(
            simulated_reservations.activity,
            tokens,
            middleware,
            client=clients.client_id,
        )
        self._reservations = simulated_reservations
        self._clients = clients
        self.renderer = OhipRenderer(simulated_reservations)
        self.event_renderer = BusinessEventRenderer(simulated_reservations, self.renderer)
        self.queue = EventQueue()
        hotel = f"/v1/hotels/{self._hotel.id}"
        events = f"/int/v1/externalSystem/{clients.external_system}/hotels/{self._hotel.id}"
        self._routes: dict[str, Callable[[Query], object]] = {
            f"/rsv{hotel}/reservations": self._list_reservations,
            f"/bof{hotel}/businessDate": lambda _: self._business_date(),
            f"/inv{hotel}/inventoryStatistics": self._statistics,
            f"{events}/businessEvents": self._events,
        }
        self._by_id: dict[str, Callable[[str, Query], object]] = {
            f"/rsv{hotel}/reservations/": self._single,
            "/crm/v1/profiles/": lambda profile_id, _: self._profile(profile_id),
        }

    @property
    def token_path(self) -> str:
        return TOKEN_PATH

    def _issue_token(self, call: Call) -> Reply:
        form = parse_qs(call.body.decode("utf-8", "replace"))
        is_known = call.headers.get("authorization") == f"Basic {self._clients.basic()}"
        if not is_known or call.headers.get("x-app-key") != self._clients.app_key:
            raise RequestRejected(401, "Failed to authenticate application")
        if form.get("grant_type") not in (["client_credentials"], ["password"]):
            raise RequestRejected(400, "unsupported grant type")
        payload = self._tokens.issue(seconds=self._clients.token_seconds)
        return Reply(200, self._dump_json(payload))

    def _authenticate(self, call: Call) -> None:
        known = self._tokens.is_valid(call.headers)
        if not known or call.headers.get("x-app-key") != self._clients.app_key:
            raise RequestRejected(401)
        if call.headers.get("x-hotelid") != self._hotel.id:
            raise RequestRejected(403, "the hotel is not the application's")

    def _dispatch(self, path: str, query: str, injected: Sequence[Fault]) -> object:
        body = self._find_handler(path)(parse_qs(query))
        self._middleware.apply_faults_after_reply(self._activity, injected)
        return body

    def _find_handler(self, path: str) -> Callable[[Query], object]:
        route = self._routes.get(path)
        if route is not None:
            return route
        for prefix, handler in self._by_id.items():
            if path.startswith(prefix):
                return partial(handler, unquote(path.removeprefix(prefix)))
        raise RequestRejected(404)

    def _render(self, body: object, injected: Sequence[Fault]) -> bytes:
        _invalidate(body, injected, self._middleware.faults.pick)
        return self._dump_json(body)

    def _error_body(self, status: int, *details: str) -> JsonObject:
        """exceptionDetailType."""
        return {
            "type": "https://www.rfc-editor.org/rfc/rfc9110",
            "title": _TITLES.get(status, "Error"),
            "status": status,
            "detail": "".join(details),
            "o:errorCode": f"SIM{status:05}",
        }

    def _list_reservations(self, query: Query) -> object:
        found = self._filter_reservations(query)
        limit, offset = _parse_number(query, "limit", 20), _parse_number(query, "offset", 0)
        page = self._middleware.cap_list(found)[offset : offset + limit]
        if not page:
            return None
        wanted = frozenset(query.get("fetchInstructions", ()))
        return {
            "reservations": {
                "reservationInfo": [
                    self.renderer.render_listed(reservation, wanted) for reservation in page
                ],
                "limit": limit,
                "offset": offset,
                "hasMore": offset + limit < len(found),
                "totalResults": len(found),
            }
        }

    def _filter_reservations(self, query: Query) -> list[Reservation]:
        """All given filters must match."""
        ids = query.get("reservationIdList")
        return [
            reservation
            for reservation in self._reservations.by_arrival()
            if (ids is None or reservation.id in ids) and self._has_days(reservation, query)
        ]

    def _has_days(self, reservation: Reservation, query: Query) -> bool:
        is_within = all(
            _is_within(
                day_of(reservation),
                _parse_day(query, f"{name}StartDate"),
                _parse_day(query, f"{name}EndDate"),
            )
            for name, day_of in _DAYS.items()
        )
        return is_within and all(
            (day := _parse_day(query, name)) is None or self._is_on(day, instant_of(reservation))
            for name, instant_of in _INSTANTS.items()
        )

    def _is_on(self, day: date, instant: int | None) -> bool:
        return instant is not None and self._reservations.day_of(instant) == day

    def _single(self, reservation_id: str, query: Query) -> object:
        wanted = frozenset(query.get("fetchInstructions", ()))
        for reservation in self._reservations.reservations():
            if reservation.id == reservation_id:
                return {
                    "reservations": {
                        "reservation": [self.renderer.render_single(reservation, wanted)]
                    }
                }
        raise RequestRejected(404, "no such reservation")

    def _profile(self, profile_id: str) -> object:
        guest = self.renderer.guest_of(profile_id)
        if guest is None or guest.merged_into is not None:
            raise RequestRejected(404, "no such profile")
        ids = [{"id": profile_id, "type": "Profile"}]
        return {"profileIdList": ids, "profileDetails": self.renderer.profile(guest.id)}

    def _business_date(self) -> JsonObject:
        day = self._reservations.business_date.isoformat()
        return {"hotels": [{"hotelId": self._hotel.id, "businessDate": day}]}

    def _statistics(self, query: Query) -> object:
        first, last = _parse_day(query, "dateRangeStart"), _parse_day(query, "dateRangeEnd")
        if first is None or last is None or not 0 <= (last - first).days < MAX_STATISTICS_DAYS:
            raise RequestRejected(400, f"a range of at most {MAX_STATISTICS_DAYS} days")
        names, values = query.get("parameterName", []), query.get("parameterValue", [])
        pairs = zip(names, values, strict=False)
        asked = [name for name, value in pairs if value == "Y"]
        return statistics(self._hotel, first, last, asked)

    def _events(self, query: Query) -> object:
        limit = _parse_number(query, "limit", MAX_EVENTS_PER_CALL)
        if limit > MAX_EVENTS_PER_CALL:
            raise RequestRejected(400, f"at most {MAX_EVENTS_PER_CALL}")
        taken = self.queue.take(limit)
        return self.event_renderer.body(taken) if taken else None


def _invalidate(body: object, injected: Sequence[Fault], pick: Callable[[int], int]) -> None:
    """The items are one level down. Events are not corrupted: they would be lost."""
    inner = body.get("reservations") if isinstance(body, dict) else body
    if isinstance(inner, list):
        statistics_of = inner[0]["statistics"][1]
        inner = {"nights": statistics_of["statisticDate"]}
    if isinstance(inner, dict):
        corrupt_items(inner, injected, _INVALID_FIELDS, pick)


def _is_within(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or day >= first) and (last is None or day <= last)


def _parse_day(query: Query, name: str) -> date | None:
    if name not in query:
        return None
    try:
        return date.fromisoformat(query[name][0])
    except ValueError:
        raise RequestRejected(400, f"{name} is a date") from None


def _parse_number(query: Query, name: str, default: int) -> int:
    text = query.get(name, [str(default)])[0]
    if not text.isdecimal():
        raise RequestRejected(400, f"{name} is a number")
    return int(text)
