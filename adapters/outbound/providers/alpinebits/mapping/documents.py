"""Requests to an AlpineBits server (AlpineBits 2018-10 and 2020-10)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from adapters.outbound.provider_kit.parsing.json_text import Json, dumps
from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, write_xml

NAMESPACE: Final = "http://www.opentravel.org/OTA/2003/05"
ROOT_PATH: Final = "(root element)"
"""The path of a root whose name is none of ours: it may be anything."""
READ_ACTION: Final = "OTA_Read:GuestRequests"
REPORT_ACTION: Final = "OTA_NotifReport:GuestRequests"
SUPPORTED_ACTIONS: Final = ("action_OTA_Ping", "action_OTA_Read")

_BOUNDARY: Final = "----------------alpinebits-7d4f2c91b6a8e035"
"""Fixed: no generated XML document contains it."""

CONTENT_TYPE: Final = f"multipart/form-data; boundary={_BOUNDARY}"


def element(name: str, *children: XmlElement, text: str = "", **attributes: str) -> XmlElement:
    return XmlElement(
        name=name, namespace=NAMESPACE, attributes=attributes, text=text, children=children
    )


def form(action: str, document: bytes) -> bytes:
    """A request body with the parameters `action` and `request`."""
    pieces = []
    for name, value in (("action", action.encode()), ("request", document)):
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        pieces += [head.encode(), value, b"\r\n"]
    return b"".join([*pieces, f"--{_BOUNDARY}--\r\n".encode()])


def ping_request(version: str) -> bytes:
    """With our version and capabilities, as JSON."""
    actions: list[Json] = [{"action": name} for name in SUPPORTED_ACTIONS]
    capabilities = dumps({"versions": [{"version": version, "actions": actions}]})
    return write_xml(element("OTA_PingRQ", element("EchoData", text=capabilities), Version="8.000"))


def read_request_document(hotel_code: str | None, since: datetime | None) -> bytes:
    """Without `since`: unacknowledged reservations. With it: all since then."""
    criteria = []
    if since is not None:
        start = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        criteria.append(element("SelectionCriteria", Start=start))
    hotel = {"HotelCode": hotel_code} if hotel_code else {}
    read_request = element("HotelReadRequest", *criteria, **hotel)
    return write_xml(element("OTA_ReadRQ", element("ReadRequests", read_request), Version="8.000"))


def report_request(reservation_ids: Sequence[tuple[str, str]]) -> bytes:
    """Acknowledges reservations, given as (type, id)."""
    named = [
        element("HotelReservation", element("UniqueID", Type=kind, ID=name))
        for kind, name in reservation_ids
    ]
    notified = element("HotelNotifReport", element("HotelReservations", *named))
    details = element("NotifDetails", notified)
    return write_xml(element("OTA_NotifReportRQ", element("Success"), details, Version="8.000"))
