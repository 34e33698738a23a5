"""From an HTTP call to the vendor's answer: limit, faults, token, method.

What the vendor refuses comes with status 200 and `success` false.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

import orjson

from adapters.outbound.provider_kit.simulation.fault_answers import (
    SpoiledFields,
    cut_of,
    spoil_all,
)
from adapters.outbound.provider_kit.simulation.fault_plan import Fault
from adapters.outbound.provider_kit.simulation.gate import Gate
from adapters.outbound.provider_kit.simulation.hotel_life import HotelLife
from adapters.outbound.provider_kit.simulation.hotel_records import TICKS, Booking
from adapters.outbound.provider_kit.simulation.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.token_book import TokenBook

from .simulated_answers import CloudbedsWords
from .simulated_inventory import JsonObject

T = TypeVar("T")

PREFIX: Final = "/api/v1.3/"
TOKEN: Final = "access_token"  # noqa: S105 an address
RESERVATIONS: Final = "getReservationsWithRateDetails"
_MOST: Final = 100
_FORM: Final = "application/x-www-form-urlencoded"
_SPOILED: Final = SpoiledFields(
    "status", ("reservationCheckIn", "roomRateDetailed", "roomTypeName", "propertyTimezone")
)
_WORDS: Final = {
    400: "Invalid request.",
    401: "Unauthorized.",
    403: "Access denied.",
    404: "Method not found.",
    429: "Too many requests.",
    500: "Internal error.",
    503: "Temporarily unavailable, try again.",
}


class Refused(Exception):
    """Told with status 200."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the property's consent gave to the one app. `rotates`: a refresh token is good for one
    use. `api_key` goes instead of all of it."""

    client_id: str
    client_secret: str
    refresh_token: str
    api_key: str
    token_seconds: int = 3_600
    rotates: bool = False

    @classmethod
    def of(cls, seed: int) -> "Consent":
        return cls(
            f"sim_{seed}_app",
            f"simulated-secret-{seed}",
            f"simulated-refresh-{seed}-0",
            f"cbat_simulated_{seed}",
        )


class CloudbedsApi:
    def __init__(self, life: HotelLife, consent: Consent, tokens: TokenBook, gate: Gate) -> None:
        self._life = life
        self._hotel = life.hotel
        self._consent = consent
        self._tokens = tokens
        self._gate = gate
        self.words = CloudbedsWords(life.hotel)
        self._refresh = consent.refresh_token
        self._rotations = 0
        self._lock = threading.Lock()
        self._sorted: dict[bool, tuple[int, list[Booking]]] = {}
        inventory = self.words.inventory
        self._methods: dict[str, Callable[[Mapping[str, str]], JsonObject]] = {
            "getHotels": lambda query: _paged([inventory.listed_property()], query),
            "getHotelDetails": lambda _: {"data": inventory.property()},
            "getRoomTypes": self._room_types,
            "getRooms": self._rooms,
            "getRatePlans": self._rates,
            RESERVATIONS: self._reservations,
            "getReservation": self._reservation,
            "getGuest": self._guest,
            "getGuestList": self._guests,
        }

    def answer(self, call: Call) -> Reply:
        parts = urlsplit(call.path)
        struck = self._gate.faults.strike(parts.path)
        refusal = self._gate.refusal(struck, self._consent.client_id, _status_reply)
        if refusal is not None:
            return refusal
        method = parts.path.removeprefix(PREFIX)
        if method == TOKEN:
            return self._token(call)
        try:
            self._check(call)
            body = self._asked(method, dict(parse_qsl(parts.query)), struck)
        except Refused as error:
            return _reply({"success": False, "message": str(error)})
        spoil_all(body, struck, _SPOILED, self._gate.faults.pick)
        return Reply(200, orjson.dumps({"success": True, **body}), cut=cut_of(struck))

    def _token(self, call: Call) -> Reply:
        """Form-encoded; no other body is understood."""
        if call.headers.get("content-type") != _FORM:
            return _reply({"error": "invalid_request"}, 400)
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        consent = self._consent
        if form.get("grant_type") != "refresh_token":
            return _reply({"error": "unsupported_grant_type"}, 400)
        sent = (form.get("client_id"), form.get("client_secret"), form.get("refresh_token"))
        with self._lock:
            if sent != (consent.client_id, consent.client_secret, self._refresh):
                return _reply({"error": "invalid_grant"}, 400)
            if consent.rotates:
                self._rotations += 1
                self._refresh = f"simulated-refresh-{self._hotel.seed}-{self._rotations}"
            said = {
                **self._tokens.give(seconds=consent.token_seconds),
                "refresh_token": self._refresh,
                "resources": [{"type": "property", "id": self.words.inventory.property_id}],
            }
        return _reply(said)

    def _check(self, call: Call) -> None:
        by_token = self._tokens.knows(call.headers)
        by_key = call.headers.get("x-api-key") == self._consent.api_key
        if call.method != "GET" or not (by_token or by_key):
            raise Refused("Access denied: the access token is not valid")

    def _asked(self, method: str, query: Mapping[str, str], struck: Sequence[Fault]) -> JsonObject:
        ask = self._methods.get(method)
        if ask is None:
            raise Refused("Method not found")
        named = query.get("propertyID") or query.get("propertyIDs")
        ours = self.words.inventory.property_id
        if method == "getHotels" and named not in (None, ours):
            return {"data": [], "count": 0, "total": 0}
        if named not in (None, ours):
            raise Refused("You do not have permission for this property")
        with self._hotel.lock:
            self._gate.disturb(self._life, struck)
            body = ask(query)
            if method == RESERVATIONS:
                self._move(body, struck)
            return body

    def _room_types(self, query: Mapping[str, str]) -> JsonObject:
        """The vendor counts neither these nor their pages."""
        kinds = self._hotel.room_types.values()
        told = [self.words.inventory.room_type(kind) for kind in kinds]
        return {"data": _paged(told, query)["data"]}

    def _rooms(self, query: Mapping[str, str]) -> JsonObject:
        """`count` and `total` are those of properties, the pages are of rooms."""
        rooms = _paged(self.words.inventory.rooms(), query)["data"]
        data = [{"propertyID": self.words.inventory.property_id, "rooms": rooms}] if rooms else []
        return {"data": data, "count": len(data), "total": 1}

    def _rates(self, query: Mapping[str, str]) -> JsonObject:
        first, until = _day(query, "startDate"), _day(query, "endDate")
        if first is None or until is None:
            raise Refused("startDate and endDate are required")
        return {"data": self.words.inventory.rates(first, until)}

    def _reservations(self, query: Mapping[str, str]) -> JsonObject:
        found = self._in_order(newest_first=query.get("sortByRecent") == "true")
        kept = [booking for booking in found if self._matches(booking, query)]
        with_guests = query.get("includeGuestsDetails") == "true"
        return _paged(kept, query, lambda b: self.words.listed(b, with_guests=with_guests))

    def _in_order(self, *, newest_first: bool) -> list[Booking]:
        """Kept for as long as the hotel does not change."""
        kept = self._sorted.get(newest_first)
        if kept is not None and kept[0] == self._hotel.revision:
            return kept[1]
        key = self.words.modified if newest_first else lambda booking: booking.created
        found = sorted(
            self._hotel.bookings.values(), key=lambda b: (key(b), b.id), reverse=newest_first
        )
        self._sorted[newest_first] = (self._hotel.revision, found)
        return found

    def _matches(self, booking: Booking, query: Mapping[str, str]) -> bool:
        if booking.is_deleted and query.get("includeDeleted") != "true":
            return False
        ids = query.get("reservationID")
        if ids is not None and self.words.reservation_id(booking.id) not in ids.split(","):
            return False
        guest_id = query.get("guestID")
        if guest_id is not None and guest_id not in self.words.guest_ids(booking):
            return False
        left = self.words.departure(booking)
        modified = self.words.modified(booking) // TICKS
        return (
            _is_between(left, query, "reservationCheckOut", _day)
            and _is_between(modified, query, "modified", self._second)
            and _is_between(booking.created // TICKS, query, "results", self._second)
        )

    def _second(self, query: Mapping[str, str], name: str) -> int | None:
        """Wall times are the property's."""
        text = query.get(name)
        if text is None:
            return None
        try:
            local = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=self._hotel.zone)
        except ValueError:
            raise Refused(f"{name} is not a valid date") from None
        return int(local.timestamp())

    def _reservation(self, query: Mapping[str, str]) -> JsonObject:
        booking = self.words.booking(query.get("reservationID", ""))
        if booking is None or booking.is_deleted:
            raise Refused("Reservation not found")
        return {"data": self.words.single(booking)}

    def _guest(self, query: Mapping[str, str]) -> JsonObject:
        found = self.words.single_guest(query.get("guestID", ""))
        if found is None:
            raise Refused("Guest not found")
        return {"data": found}

    def _guests(self, query: Mapping[str, str]) -> JsonObject:
        """A map by guest id, whose pages are cut from the list by modification."""
        found = sorted(
            (
                (guest.updated, guest.id, guest, booking)
                for guest, booking, stay in self.words.guests()
                if _is_between(guest.updated // TICKS, query, "results", self._second)
                and _is_between(stay.departure, query, "checkOut", _day)
            ),
            reverse=True,
        )
        body = _paged(found, query, lambda row: self.words.listed_guest(row[2], row[3]))
        rows = body["data"]
        assert isinstance(rows, list)  # noqa: S101  # made above
        return {**body, "data": {row["guestID"]: row for row in rows}}

    def _move(self, body: JsonObject, struck: Sequence[Fault]) -> None:
        rows = body["data"]
        row = rows[-1] if isinstance(rows, list) and rows else None
        last = self.words.booking(row["reservationID"]) if row else None
        told = last.stays[-1] if last is not None and not last.is_deleted else None
        self._gate.move(self._life, struck, told)


def _is_between(
    value: T,
    query: Mapping[str, str],
    name: str,
    parse: Callable[[Mapping[str, str], str], T | None],
) -> bool:
    """Both ends are included."""
    low, high = parse(query, f"{name}From"), parse(query, f"{name}To")
    return (low is None or low <= value) and (high is None or value <= high)  # type: ignore[operator]  # dates or integers


def _paged(
    found: Iterable[T], query: Mapping[str, str], render: Callable[[T], object] = lambda row: row
) -> JsonObject:
    """The default sizes differ by method; the greatest is 100."""
    rows = list(found)
    size, page = query.get("pageSize", "20"), query.get("pageNumber", "1")
    if not (size.isdecimal() and page.isdecimal()) or "0" in (size, page) or int(size) > _MOST:
        raise Refused("pageNumber and pageSize are not valid")
    start = (int(page) - 1) * int(size)
    told = [render(row) for row in rows[start : start + int(size)]]
    return {"data": told, "count": len(told), "total": len(rows)}


def _day(query: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(query[name]) if name in query else None
    except ValueError:
        raise Refused(f"{name} is not a valid date") from None


def _status_reply(status: int, retry_after: str | None) -> Reply:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return _reply({"success": False, "message": _WORDS.get(status, "Error.")}, status, headers)


def _reply(
    said: Mapping[str, object], status: int = 200, headers: dict[str, str] | None = None
) -> Reply:
    return Reply(status, orjson.dumps(said), headers or {})
