"""The server side of AlpineBits: one address, basic auth, multipart, actions."""

import re
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.simulation.fault_answers import (
    NEW_FIELD,
    UNKNOWN_STATE,
    cut_of,
)
from adapters.outbound.provider_kit.simulation.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.gate import Gate
from adapters.outbound.provider_kit.simulation.hotel_life import HotelLife
from adapters.outbound.provider_kit.simulation.hotel_records import TICKS, Booking
from adapters.outbound.provider_kit.simulation.loopback_http import Call, Reply
from adapters.outbound.provider_kit.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.providers.alpinebits.documents import (
    OURS,
    READ_ACTION,
    REPORT_ACTION,
    element,
)
from adapters.outbound.providers.alpinebits.simulated_dialect import View, Views, instant_text
from adapters.outbound.providers.alpinebits.simulated_reservations import ReservationWriter
from adapters.outbound.providers.alpinebits.standard import PING
from ports.errors import UnreadableMessage

PATH: Final = "/alpinebits"
VERSIONS: Final = ("2020-10", "2018-10")
HANDED_OUT_AT_ONCE: Final = 200
_XML_TYPE: Final = "text/xml; charset=utf-8"
_BOUNDARY: Final = re.compile(r"boundary=\"?([^\";]+)")
_FIELD: Final = re.compile(rb'name="?([a-z]+)"?')


class Refused(Exception):
    """In the words of a server that does not take a request as AlpineBits at all."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class Login:
    username: str
    password: str

    @classmethod
    def of(cls, seed: int) -> "Login":
        return cls(f"simulated-{seed}", f"simulated-password-{seed}")

    def basic(self) -> str:
        return "Basic " + b64encode(f"{self.username}:{self.password}".encode()).decode()


class AlpineBitsApi:
    """`served` counts requests by action: all have one path."""

    def __init__(self, life: HotelLife, views: Views, login: Login, gate: Gate) -> None:
        self._life = life
        self._hotel = life.hotel
        self._views = views
        self._writer = ReservationWriter(views)
        self._login = login
        self._gate = gate
        self._handed: dict[str, int] = {}
        self._delivered: dict[str, int] = {}
        self._lock = threading.Lock()
        self.served: dict[str, int] = {}
        self._actions: dict[str, Callable[[XmlElement, Sequence[Fault]], XmlElement]] = {
            PING: self._ping,
            READ_ACTION: self._read,
            REPORT_ACTION: self._report,
        }

    def answer(self, call: Call) -> Reply:
        """Faults strike by the action as a part of the path."""
        try:
            action, document = _parameters(call)
        except Refused as error:
            return _refusal(error.status, None, error.text)
        place = f"{PATH}/{action}"
        with self._lock:
            self.served[place] = self.served.get(place, 0) + 1
        struck = self._gate.faults.strike(place)
        instead = self._gate.refusal(struck, self._login.username, _refusal)
        if instead is not None:
            return instead
        return self._answered(call, action, document, struck)

    def _answered(self, call: Call, action: str, document: bytes, struck: Sequence[Fault]) -> Reply:
        try:
            act = self._admitted(call, action)
            asked = parse_xml(document)
            with self._hotel.lock:
                self._gate.disturb(self._life, struck)
                root = act(asked, struck)
        except Refused as error:
            return _refusal(error.status, None, error.text)
        except UnreadableMessage:
            return _refusal(400, None, "ERROR:unreadable request")
        return Reply(200, write_xml(root), content_type=_XML_TYPE, cut=cut_of(struck))

    def _admitted(self, call: Call, action: str) -> Callable[..., XmlElement]:
        if call.headers.get("authorization") != self._login.basic():
            raise Refused(401, "ERROR:invalid or missing username/password")
        if not call.headers.get("x-alpinebits-clientprotocolversion"):
            raise Refused(400, "ERROR:no valid protocol version given")
        act = self._actions.get(action)
        if act is None:
            raise Refused(400, "ERROR:unknown or missing action")
        return act

    def _ping(self, asked: XmlElement, _: Sequence[Fault]) -> XmlElement:
        """The whole that was sent, and what both can do (2018-10, section 4.2)."""
        said = asked.child("EchoData")
        text = said.value if said is not None else ""
        try:
            both = _in_common(loads(text))
        except UnreadableMessage:
            both = []
        agreed = element(
            "Warning", text=dumps({"versions": both}), Type="11", Status="ALPINEBITS_HANDSHAKE"
        )
        return element(
            "OTA_PingRS",
            element("Success"),
            element("Warnings", agreed),
            element("EchoData", text=text),
            Version="8.000",
        )

    def _read(self, asked: XmlElement, struck: Sequence[Fault]) -> XmlElement:
        views = list(self._asked_for(asked))
        listed = [self._writer.reservation(view) for view in views]
        self._move([view.booking for view in views], struck)
        return element(
            "OTA_ResRetrieveRS",
            element("Success"),
            element("ReservationsList", *_spoiled(listed, struck, self._gate.faults.pick)),
            Version="8.000",
            TimeStamp=instant_text(self._hotel.now),
        )

    def _asked_for(self, asked: XmlElement) -> Iterator[View]:
        """All that were made after an instant, or some of what was not acknowledged as it is."""
        since = _since(asked)
        found = [self._views.of(booking) for _, booking in sorted(self._hotel.bookings.items())]
        if since is not None:
            yield from (view for view in found if view.booking.created >= since)
            return
        new = [view for view in found if self._delivered.get(view.booking.id) != view.changed]
        for view in new[:HANDED_OUT_AT_ONCE]:
            self._handed[view.booking.id] = view.changed
            yield view

    def _report(self, asked: XmlElement, _: Sequence[Fault]) -> XmlElement:
        """What changed since it was handed out stays to be delivered."""
        for name in _reported(asked):
            if name in self._handed:
                self._delivered[name] = self._handed[name]
        return element("OTA_NotifReportRS", element("Success"), Version="8.000")

    def _move(self, told: Sequence[Booking], struck: Sequence[Fault]) -> None:
        """After it was told, its last one and any other get newer."""
        if not told or not any(fault.kind is FaultKind.MOVING_ITEMS for fault in struck):
            return
        others = list(self._hotel.bookings.values())
        for booking in (told[-1], others[self._gate.faults.pick(len(others))]):
            self._life.desk.touch(booking.stays[0])


def _parameters(call: Call) -> tuple[str, bytes]:
    """(action, request) of a multipart form."""
    boundary = _BOUNDARY.search(call.headers.get("content-type", ""))
    if call.method != "POST" or boundary is None:
        raise Refused(400, "ERROR:multipart/form-data expected")
    fields: dict[bytes, bytes] = {}
    for part in call.body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = _FIELD.search(head)
        if name is not None:
            fields[name[1]] = value.removesuffix(b"\r\n")
    return fields.get(b"action", b"").decode("ascii", "replace"), fields.get(b"request", b"")


def _since(asked: XmlElement) -> int | None:
    """Ticks."""
    requests = asked.child("ReadRequests")
    hotel = requests.child("HotelReadRequest") if requests is not None else None
    if hotel is None:
        raise Refused(400, "ERROR:no HotelReadRequest")
    criteria = hotel.child("SelectionCriteria")
    if criteria is None:
        return None
    return int(datetime.fromisoformat(criteria.get("Start") or "").timestamp()) * TICKS


def _reported(asked: XmlElement) -> Iterator[str]:
    place: XmlElement | None = asked
    for name in ("NotifDetails", "HotelNotifReport", "HotelReservations"):
        place = place.child(name) if place is not None else None
    for reservation in place.all("HotelReservation") if place is not None else ():
        unique = reservation.child("UniqueID")
        if unique is not None:
            yield unique.get("ID") or ""


def _in_common(said: Json) -> list[Json]:
    """Versions of ours that the client has too, with the actions that both have."""
    told = said.get("versions") if isinstance(said, dict) else None
    listed = told if isinstance(told, list) else []
    return [
        {"version": each["version"], "actions": _shared(each.get("actions"))}
        for each in listed
        if isinstance(each, dict) and each.get("version") in VERSIONS
    ]


def _shared(actions: Json) -> list[Json]:
    listed = actions if isinstance(actions, list) else []
    named = [each.get("action") for each in listed if isinstance(each, dict)]
    return [{"action": name} for name in named if name in OURS]


def _refusal(status: int, retry_after: str | None, text: str = "ERROR:try again later") -> Reply:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Reply(status, text.encode(), headers, "text/plain")


def _spoiled(
    listed: Sequence[XmlElement], struck: Sequence[Fault], pick: Callable[[int], int]
) -> Sequence[XmlElement]:
    """One reservation (new-field: all) of an answer."""
    told = list(listed)
    for fault in struck:
        if not told:
            break
        position = pick(len(told))
        if fault.kind is FaultKind.NEW_FIELD:
            told = [_with(each, NEW_FIELD, "true") for each in told]
        elif fault.kind is FaultKind.UNKNOWN_STATE:
            told[position] = _with(told[position], "ResStatus", UNKNOWN_STATE)
        elif fault.kind is FaultKind.MISSING_FIELD:
            told[position] = _without(told[position], fault.field or "UniqueID")
        elif fault.kind is FaultKind.WRONG_TYPES:
            told[position] = _with(told[position], fault.field or "CreateDateTime", "seventeen")
    return told


def _with(reservation: XmlElement, attribute: str, value: str) -> XmlElement:
    return replace(reservation, attributes={**reservation.attributes, attribute: value})


def _without(reservation: XmlElement, name: str) -> XmlElement:
    """Without an attribute or a child of this name."""
    attributes = {key: value for key, value in reservation.attributes.items() if key != name}
    children = tuple(child for child in reservation.children if child.name != name)
    return replace(reservation, attributes=attributes, children=children)
