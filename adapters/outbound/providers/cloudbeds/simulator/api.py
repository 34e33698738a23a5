"""The Cloudbeds API of the simulator: rate limit, faults, token, methods.

A rejected request is answered with status 200 and `success` false.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import TICKS, SimulatedBooking
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
    RequestRejected,
    SimulatorApi,
)
from adapters.outbound.providers.cloudbeds.simulator.rendering import CloudbedsRenderer

T = TypeVar("T")

PREFIX: Final = "/api/v1.3/"
TOKEN: Final = "access_token"  # noqa: S105 an address
RESERVATIONS: Final = "getReservationsWithRateDetails"
_MAX_PAGE_SIZE: Final = 100
_FORM: Final = "application/x-www-form-urlencoded"
_INVALID_FIELDS: Final = CorruptibleFields(
    "status", ("reservationCheckIn", "roomRateDetailed", "roomTypeName", "propertyTimezone")
)
_MESSAGES: Final = {
    400: "Invalid request.",
    401: "Unauthorized.",
    403: "Access denied.",
    404: "Method not found.",
    429: "Too many requests.",
    500: "Internal error.",
    503: "Temporarily unavailable, try again.",
}


@dataclass(frozen=True, slots=True)
class SimulatedConsent:
    """The credentials of the one app that the property consented to. `rotates`: a refresh token can
    be used once. `api_key` is an alternative to all of it."""

    client_id: str
    client_secret: str
    refresh_token: str
    api_key: str
    token_seconds: int = 3_600
    rotates: bool = False

    @classmethod
    def of(cls, seed: int) -> "SimulatedConsent":
        return cls(
            f"sim_{seed}_app",
            f"simulated-secret-{seed}",
            f"simulated-refresh-{seed}-0",
            f"cbat_simulated_{seed}",
        )


class SimulatedCloudbedsApi(SimulatorApi):
    def __init__(
        self,
        activity: ActivityGenerator,
        credentials: SimulatedConsent,
        tokens: IssuedTokens,
        middleware: SimulatorMiddleware,
        *,
        has_blank_modifications: bool = False,
    ) -> None:
        super().__init__(activity, tokens, middleware, client=credentials.client_id)
        self._credentials = credentials
        self.renderer = CloudbedsRenderer(
            activity.hotel, has_blank_modifications=has_blank_modifications
        )
        self._refresh_token = credentials.refresh_token
        self._rotations = 0
        self._lock = threading.Lock()
        self._sort_cache: dict[bool, tuple[int, list[SimulatedBooking]]] = {}
        inventory = self._inventory = self.renderer.inventory
        self._methods: dict[str, Callable[[Mapping[str, str]], JsonObject]] = {
            "getHotels": lambda query: _page([inventory.listed_property()], query),
            "getHotelDetails": lambda _: {"data": inventory.property()},
            "getRoomTypes": self._room_types,
            "getRooms": self._rooms,
            "getRatePlans": self._rates,
            RESERVATIONS: self._reservations,
            "getReservation": self._reservation,
            "getGuest": self._guest,
            "getGuestList": self._guests,
        }

    @property
    def token_path(self) -> str:
        return f"{PREFIX}{TOKEN}"

    def _issue_token(self, call: Call) -> Reply:
        """Form-encoded; any other body is rejected."""
        if call.headers.get("content-type") != _FORM:
            return self._reply({"error": "invalid_request"}, 400)
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        credentials = self._credentials
        if form.get("grant_type") != "refresh_token":
            return self._reply({"error": "unsupported_grant_type"}, 400)
        sent = (form.get("client_id"), form.get("client_secret"), form.get("refresh_token"))
        with self._lock:
            if sent != (credentials.client_id, credentials.client_secret, self._refresh_token):
                return self._reply({"error": "invalid_grant"}, 400)
            if credentials.rotates:
                self._rotations += 1
                self._refresh_token = f"simulated-refresh-{self._hotel.seed}-{self._rotations}"
            payload = {
                **self._tokens.issue(seconds=credentials.token_seconds),
                "refresh_token": self._refresh_token,
                "resources": [{"type": "property", "id": self._inventory.property_id}],
            }
        return self._reply(payload)

    def _authenticate(self, call: Call) -> None:
        by_token = self._tokens.is_valid(call.headers)
        by_key = call.headers.get("x-api-key") == self._credentials.api_key
        if call.method != "GET" or not (by_token or by_key):
            raise RequestRejected(200, "Access denied: the access token is not valid")

    def _dispatch(self, path: str, query: str, injected: Sequence[Fault]) -> JsonObject:
        method, parameters = path.removeprefix(PREFIX), dict(parse_qsl(query))
        handler = self._methods.get(method)
        if handler is None:
            raise RequestRejected(200, "Method not found")
        named = parameters.get("propertyID") or parameters.get("propertyIDs")
        if named not in (None, self._inventory.property_id):
            if method == "getHotels":
                return {"data": [], "count": 0, "total": 0}
            raise RequestRejected(200, "You do not have permission for this property")
        body = handler(parameters)
        if method == RESERVATIONS:
            self._move_items(body, injected)
        return body

    def _render(self, body: object, injected: Sequence[Fault]) -> bytes:
        if not isinstance(body, dict):
            return self._dump_json(body)
        corrupt_items(body, injected, _INVALID_FIELDS, self._middleware.faults.pick)
        return self._dump_json({"success": True, **body})

    def _error_body(self, status: int, *messages: str) -> JsonObject:
        message = "".join(messages) or _MESSAGES.get(status, "Error.")
        return {"success": False, "message": message}

    def _reply(self, payload: Mapping[str, object], status: int = 200) -> Reply:
        return Reply(status, self._dump_json(payload))

    def _room_types(self, query: Mapping[str, str]) -> JsonObject:
        """The vendor returns no counts for these."""
        kinds = self._hotel.room_types.values()
        return {"data": _page(kinds, query, self._inventory.room_type)["data"]}

    def _rooms(self, query: Mapping[str, str]) -> JsonObject:
        """`count` and `total` count properties, the pages contain rooms."""
        rooms = _page(self._inventory.rooms(), query)["data"]
        data = [{"propertyID": self._inventory.property_id, "rooms": rooms}] if rooms else []
        return {"data": data, "count": len(data), "total": 1}

    def _rates(self, query: Mapping[str, str]) -> JsonObject:
        first, until = _day(query, "startDate"), _day(query, "endDate")
        if first is None or until is None:
            raise RequestRejected(200, "startDate and endDate are required")
        return {"data": self._inventory.rates(first, until)}

    def _reservations(self, query: Mapping[str, str]) -> JsonObject:
        found = self._sorted_bookings(newest_first=query.get("sortByRecent") == "true")
        matching = [booking for booking in found if self._matches(booking, query)]
        with_guests = query.get("includeGuestsDetails") == "true"
        render = partial(self.renderer.render_listed, with_guests=with_guests)
        page = _page(self._middleware.cap_list(matching), query, render)
        return {**page, "total": len(matching)}

    def _sorted_bookings(self, *, newest_first: bool) -> list[SimulatedBooking]:
        """Cached until the hotel changes."""
        cached = self._sort_cache.get(newest_first)
        if cached is not None and cached[0] == self._hotel.revision:
            return cached[1]
        key = self.renderer.modified if newest_first else lambda booking: booking.created
        found = sorted(
            self._hotel.bookings.values(), key=lambda b: (key(b), b.id), reverse=newest_first
        )
        self._sort_cache[newest_first] = (self._hotel.revision, found)
        return found

    def _matches(self, booking: SimulatedBooking, query: Mapping[str, str]) -> bool:
        if booking.is_deleted and query.get("includeDeleted") != "true":
            return False
        if "modifiedFrom" in query and self.renderer.is_blank(booking):
            return False
        if not self._has_ids(booking, query):
            return False
        departure = self.renderer.departure(booking)
        modified = self.renderer.modified(booking) // TICKS
        return (
            _is_between(departure, query, "reservationCheckOut", _day)
            and _is_between(modified, query, "modified", self._parse_seconds)
            and _is_between(booking.created // TICKS, query, "results", self._parse_seconds)
        )

    def _has_ids(self, booking: SimulatedBooking, query: Mapping[str, str]) -> bool:
        ids, guest_id = query.get("reservationID"), query.get("guestID")
        if ids is not None and self.renderer.reservation_id(booking.id) not in ids.split(","):
            return False
        return guest_id is None or guest_id in self.renderer.guest_ids(booking)

    def _parse_seconds(self, query: Mapping[str, str], name: str) -> int | None:
        """Wall times are the property's."""
        text = query.get(name)
        if text is None:
            return None
        try:
            local = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=self._hotel.zone)
        except ValueError:
            raise RequestRejected(200, f"{name} is not a valid date") from None
        return int(local.timestamp())

    def _reservation(self, query: Mapping[str, str]) -> JsonObject:
        booking = self.renderer.booking(query.get("reservationID", ""))
        if booking is None or booking.is_deleted:
            raise RequestRejected(200, "Reservation not found")
        return {"data": self.renderer.render_single(booking)}

    def _guest(self, query: Mapping[str, str]) -> JsonObject:
        found = self.renderer.render_single_guest(query.get("guestID", ""))
        if found is None:
            raise RequestRejected(200, "Guest not found")
        return {"data": found}

    def _guests(self, query: Mapping[str, str]) -> JsonObject:
        """A map by guest id; its pages are cut from the list sorted by modification."""
        found = sorted(
            (
                (guest.updated, guest.id, guest, booking)
                for guest, booking, stay in self.renderer.guests()
                if _is_between(guest.updated // TICKS, query, "results", self._parse_seconds)
                and _is_between(stay.departure, query, "checkOut", _day)
            ),
            reverse=True,
        )
        body = _page(found, query, lambda row: self.renderer.render_listed_guest(row[2], row[3]))
        rows = body["data"]
        assert isinstance(rows, list)  # noqa: S101  # made above
        return {**body, "data": {row["guestID"]: row for row in rows}}

    def _move_items(self, body: JsonObject, injected: Sequence[Fault]) -> None:
        rows = body["data"]
        row = rows[-1] if isinstance(rows, list) and rows else None
        last = self.renderer.booking(row["reservationID"]) if row else None
        stay = last.stays[-1] if last is not None and not last.is_deleted else None
        self._middleware.apply_faults_after_reply(self._activity, injected, stay)


def _is_between(
    value: T,
    query: Mapping[str, str],
    name: str,
    parse: Callable[[Mapping[str, str], str], T | None],
) -> bool:
    """Both ends are included."""
    low, high = parse(query, f"{name}From"), parse(query, f"{name}To")
    return (low is None or low <= value) and (high is None or value <= high)  # type: ignore[operator]  # dates or integers


def _page(
    found: Iterable[T], query: Mapping[str, str], render: Callable[[T], object] = lambda row: row
) -> JsonObject:
    """Default page sizes differ by method; the maximum is 100."""
    rows = list(found)
    size, page = query.get("pageSize", "20"), query.get("pageNumber", "1")
    is_valid = size.isdecimal() and page.isdecimal() and "0" not in (size, page)
    if not is_valid or int(size) > _MAX_PAGE_SIZE:
        raise RequestRejected(200, "pageNumber and pageSize are not valid")
    start = (int(page) - 1) * int(size)
    rows_of_page = [render(row) for row in rows[start : start + int(size)]]
    return {"data": rows_of_page, "count": len(rows_of_page), "total": len(rows)}


def _day(query: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(query[name]) if name in query else None
    except ValueError:
        raise RequestRejected(200, f"{name} is not a valid date") from None
