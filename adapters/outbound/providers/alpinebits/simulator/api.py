"""The server side of AlpineBits: one address, basic auth, multipart forms, actions."""

import re
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.parsing.json_text import Json, dumps, loads
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.provider_kit.simulation.hotel.activity import ActivityGenerator
from adapters.outbound.provider_kit.simulation.hotel.records import TICKS, SimulatedBooking
from adapters.outbound.provider_kit.simulation.server.fault_plan import Fault, FaultKind
from adapters.outbound.provider_kit.simulation.server.fault_responses import (
    NEW_FIELD,
    SENSITIVE_VALUES,
    UNKNOWN_STATE,
    truncated_share,
)
from adapters.outbound.provider_kit.simulation.server.loopback_http import Call, Reply
from adapters.outbound.provider_kit.simulation.server.middleware import SimulatorMiddleware
from adapters.outbound.providers.alpinebits.mapping.documents import (
    READ_ACTION,
    REPORT_ACTION,
    SUPPORTED_ACTIONS,
    element,
)
from adapters.outbound.providers.alpinebits.mapping.protocol_versions import PING
from adapters.outbound.providers.alpinebits.simulator.dialect import (
    BookingView,
    BookingViews,
    instant_text,
)
from adapters.outbound.providers.alpinebits.simulator.reservations import ReservationWriter
from ports.errors import UnreadableMessage

PATH: Final = "/alpinebits"
VERSIONS: Final = ("2020-10", "2018-10")
MAX_HANDED_OUT: Final = 200
_XML_TYPE: Final = "text/xml; charset=utf-8"
_ADDED_ATTRIBUTES: Final = {
    FaultKind.NEW_FIELD: {NEW_FIELD: "true"},
    FaultKind.SENSITIVE_FIELD: dict(
        zip(("CardHolderName", "CardExpireDate", "PassportNumber"), SENSITIVE_VALUES, strict=True)
    ),
}
_BOUNDARY: Final = re.compile(r"boundary=\"?([^\";]+)")
_FIELD: Final = re.compile(rb'name="?([a-z]+)"?')


class AlpineBitsSimulatorError(Exception):
    """A response to requests that are not AlpineBits requests at all."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class SimulatedLogin:
    username: str
    password: str

    @classmethod
    def of(cls, seed: int) -> "SimulatedLogin":
        return cls(f"simulated-{seed}", f"simulated-password-{seed}")

    def basic(self) -> str:
        return "Basic " + b64encode(f"{self.username}:{self.password}".encode()).decode()


class SimulatedAlpineBitsApi:
    """`served` counts requests by action: all have one path."""

    def __init__(
        self,
        activity: ActivityGenerator,
        views: BookingViews,
        login: SimulatedLogin,
        middleware: SimulatorMiddleware,
    ) -> None:
        self._activity = activity
        self._hotel = activity.hotel
        self._views = views
        self._writer = ReservationWriter(views)
        self._login = login
        self._middleware = middleware
        self._handed_out: dict[str, int] = {}
        self._delivered: dict[str, int] = {}
        self._lock = threading.Lock()
        self.served: dict[str, int] = {}
        self._actions: dict[str, Callable[[XmlElement, Sequence[Fault]], XmlElement]] = {
            PING: self._answer_ping,
            READ_ACTION: self._answer_read,
            REPORT_ACTION: self._answer_report,
        }

    def answer(self, call: Call) -> Reply:
        """Faults match the action as a part of the path."""
        try:
            action, document = _parse_form(call)
        except AlpineBitsSimulatorError as error:
            return _error_reply(error.status, None, error.text)
        action_path = f"{PATH}/{action}"
        with self._lock:
            self.served[action_path] = self.served.get(action_path, 0) + 1
        injected = self._middleware.faults.inject(action_path)
        injected_reply = self._middleware.refusal(injected, self._login.username, _error_reply)
        if injected_reply is not None:
            return injected_reply
        return self._dispatch(call, action, document, injected)

    def _dispatch(
        self, call: Call, action: str, document: bytes, injected: Sequence[Fault]
    ) -> Reply:
        try:
            handler = self._authorize(call, action)
            request_element = parse_xml(document)
            with self._hotel.lock:
                self._middleware.apply_faults_before_reply(self._activity, injected)
                root = handler(request_element, injected)
        except AlpineBitsSimulatorError as error:
            return _error_reply(error.status, None, error.text)
        except UnreadableMessage:
            return _error_reply(400, None, "ERROR:unreadable request")
        return Reply(200, write_xml(root), content_type=_XML_TYPE, cut=truncated_share(injected))

    def _authorize(self, call: Call, action: str) -> Callable[..., XmlElement]:
        if call.headers.get("authorization") != self._login.basic():
            raise AlpineBitsSimulatorError(401, "ERROR:invalid or missing username/password")
        if not call.headers.get("x-alpinebits-clientprotocolversion"):
            raise AlpineBitsSimulatorError(400, "ERROR:no valid protocol version given")
        handler = self._actions.get(action)
        if handler is None:
            raise AlpineBitsSimulatorError(400, "ERROR:unknown or missing action")
        return handler

    def _answer_ping(self, request_element: XmlElement, _: Sequence[Fault]) -> XmlElement:
        """The client's capabilities, and those that both sides have (2018-10, section 4.2)."""
        echo_data = request_element.child("EchoData")
        text = echo_data.value if echo_data is not None else ""
        try:
            common_versions = _common_versions(loads(text))
        except UnreadableMessage:
            common_versions = []
        capabilities_warning = element(
            "Warning",
            text=dumps({"versions": common_versions}),
            Type="11",
            Status="ALPINEBITS_HANDSHAKE",
        )
        return element(
            "OTA_PingRS",
            element("Success"),
            element("Warnings", capabilities_warning),
            element("EchoData", text=text),
            Version="8.000",
        )

    def _answer_read(self, request_element: XmlElement, injected: Sequence[Fault]) -> XmlElement:
        views = self._middleware.cap_list(list(self._views_for(request_element)))
        listed = [self._writer.reservation(view) for view in views]
        self._move_items([view.booking for view in views], injected)
        return element(
            "OTA_ResRetrieveRS",
            element("Success"),
            element(
                "ReservationsList", *_invalidate(listed, injected, self._middleware.faults.pick)
            ),
            Version="8.000",
            TimeStamp=instant_text(self._hotel.now),
        )

    def _views_for(self, request_element: XmlElement) -> Iterator[BookingView]:
        """All bookings made after an instant, or the next ones that were not acknowledged in their
        present state."""
        since = _parse_since(request_element)
        found = [self._views.of(booking) for _, booking in sorted(self._hotel.bookings.items())]
        if since is not None:
            yield from (view for view in found if view.booking.created >= since)
            return
        new = [view for view in found if self._delivered.get(view.booking.id) != view.changed]
        for view in new[:MAX_HANDED_OUT]:
            self._handed_out[view.booking.id] = view.changed
            yield view

    def _answer_report(self, request_element: XmlElement, _: Sequence[Fault]) -> XmlElement:
        """A booking that changed after it was delivered stays pending."""
        for name in _reported_ids(request_element):
            if name in self._handed_out:
                self._delivered[name] = self._handed_out[name]
        return element("OTA_NotifReportRS", element("Success"), Version="8.000")

    def _move_items(
        self, bookings_sent: Sequence[SimulatedBooking], injected: Sequence[Fault]
    ) -> None:
        """After the response, its last booking and a random one get newer time stamps."""
        if not bookings_sent or not any(fault.kind is FaultKind.MOVING_ITEMS for fault in injected):
            return
        others = list(self._hotel.bookings.values())
        for booking in (bookings_sent[-1], others[self._middleware.faults.pick(len(others))]):
            self._activity.commands.touch(booking.stays[0])


def _parse_form(call: Call) -> tuple[str, bytes]:
    """(action, request) of a multipart form."""
    boundary = _BOUNDARY.search(call.headers.get("content-type", ""))
    if call.method != "POST" or boundary is None:
        raise AlpineBitsSimulatorError(400, "ERROR:multipart/form-data expected")
    fields: dict[bytes, bytes] = {}
    for part in call.body.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = _FIELD.search(head)
        if name is not None:
            fields[name[1]] = value.removesuffix(b"\r\n")
    return fields.get(b"action", b"").decode("ascii", "replace"), fields.get(b"request", b"")


def _parse_since(request_element: XmlElement) -> int | None:
    """Ticks."""
    requests = request_element.child("ReadRequests")
    hotel = requests.child("HotelReadRequest") if requests is not None else None
    if hotel is None:
        raise AlpineBitsSimulatorError(400, "ERROR:no HotelReadRequest")
    criteria = hotel.child("SelectionCriteria")
    if criteria is None:
        return None
    return int(datetime.fromisoformat(criteria.get("Start") or "").timestamp()) * TICKS


def _reported_ids(request_element: XmlElement) -> Iterator[str]:
    parent: XmlElement | None = request_element
    for name in ("NotifDetails", "HotelNotifReport", "HotelReservations"):
        parent = parent.child(name) if parent is not None else None
    for reservation in parent.all("HotelReservation") if parent is not None else ():
        unique = reservation.child("UniqueID")
        if unique is not None:
            yield unique.get("ID") or ""


def _common_versions(echo_data: Json) -> list[Json]:
    """Versions that client and server share, with the actions that both support."""
    versions = echo_data.get("versions") if isinstance(echo_data, dict) else None
    listed = versions if isinstance(versions, list) else []
    return [
        {"version": each["version"], "actions": _common_actions(each.get("actions"))}
        for each in listed
        if isinstance(each, dict) and each.get("version") in VERSIONS
    ]


def _common_actions(actions: Json) -> list[Json]:
    listed = actions if isinstance(actions, list) else []
    named = [each.get("action") for each in listed if isinstance(each, dict)]
    return [{"action": name} for name in named if name in SUPPORTED_ACTIONS]


def _error_reply(
    status: int, retry_after: str | None, text: str = "ERROR:try again later"
) -> Reply:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Reply(status, text.encode(), headers, "text/plain")


def _invalidate(
    listed: Sequence[XmlElement], injected: Sequence[Fault], pick: Callable[[int], int]
) -> Sequence[XmlElement]:
    """Corrupts one reservation (new-field, sensitive-field: all) of a response."""
    reservations = list(listed)
    for fault in injected:
        if not reservations:
            break
        position = pick(len(reservations))
        for name, text in _added_attributes(fault).items():
            reservations = [_with_attribute(each, name, text) for each in reservations]
        reservations[position] = _corrupt(reservations[position], fault)
    return reservations


def _added_attributes(fault: Fault) -> Mapping[str, str]:
    added = _ADDED_ATTRIBUTES.get(fault.kind, {})
    if fault.kind is FaultKind.SENSITIVE_FIELD and fault.field:
        return {**added, fault.field: SENSITIVE_VALUES[0]}
    return added


def _corrupt(reservation: XmlElement, fault: Fault) -> XmlElement:
    match fault.kind:
        case FaultKind.UNKNOWN_STATE:
            return _with_attribute(reservation, "ResStatus", UNKNOWN_STATE)
        case FaultKind.MISSING_FIELD:
            return _without_name(reservation, fault.field or "UniqueID")
        case FaultKind.WRONG_TYPES:
            return _with_attribute(reservation, fault.field or "LastModifyDateTime", "seventeen")
        case _:
            return reservation


def _with_attribute(reservation: XmlElement, attribute: str, value: str) -> XmlElement:
    return replace(reservation, attributes={**reservation.attributes, attribute: value})


def _without_name(reservation: XmlElement, name: str) -> XmlElement:
    """A copy without the attributes and children of this name."""
    attributes = {key: value for key, value in reservation.attributes.items() if key != name}
    children = tuple(child for child in reservation.children if child.name != name)
    return replace(reservation, attributes=attributes, children=children)
