"""Splits documents with reservations into entries, one per reservation.

OTA_HotelResNotifRQ (pushed), OTA_HotelResModifyNotifRQ (its older form) and OTA_ResRetrieveRS
(pulled), each bare or in a SOAP envelope, in any namespace or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from adapters.outbound.provider_kit.parsing.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.providers.alpinebits.mapping.code_tables import PAYMENT_NAMES
from ports.errors import TooManyItems, UnreadableMessage

_CONTAINERS: Final = {
    "OTA_HotelResNotifRQ": ("HotelReservations", "HotelReservation"),
    "OTA_HotelResModifyNotifRQ": ("HotelResModifies", "HotelResModify"),
    "OTA_ResRetrieveRS": ("ReservationsList", "HotelReservation"),
}
_BOOKING_ID_TYPES: Final = ("14", "15", None)
"""OTA code list UIT: a reservation, a cancellation, or no type (SMX, HTNG). 16 is the message."""


@dataclass(frozen=True, slots=True)
class AlpineBitsEntry:
    """One reservation: its `path` in the document, its element, and the document's root, of whose
    children only the point of sale (POS) is kept: it applies to all reservations."""

    path: str
    element: XmlElement
    root: XmlElement

    def text(self) -> bytes:
        """A document with this reservation only, which is read to the same result. Without means of
        payment and without the envelope, whose header has a password."""
        container, _ = _CONTAINERS[self.root.name]
        listed = XmlElement(
            name=container, namespace=self.root.namespace, children=(remove_payment(self.element),)
        )
        children = (*self.root.children, listed)
        return write_xml(replace(self.root, text="", tail="", children=children))


def split_documents(bodies: Sequence[bytes], *, limit: int) -> list[AlpineBitsEntry]:
    """Raises UnreadableMessage, TooManyItems."""
    found: list[AlpineBitsEntry] = []
    for body in bodies:
        found += split_document(unwrap_envelope(parse_xml(body)))
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def unwrap_envelope(root: XmlElement) -> XmlElement:
    """The content of a SOAP envelope, or the document itself. Raises UnreadableMessage."""
    if root.name != "Envelope":
        return root
    body = root.child("Body")
    if body is None or not body.children:
        raise UnreadableMessage("the SOAP body is empty", path="Envelope/Body")
    return body.children[0]


def split_document(root: XmlElement) -> list[AlpineBitsEntry]:
    """Raises UnreadableMessage for other kinds of documents."""
    if root.name not in _CONTAINERS:
        raise UnreadableMessage("not a document of reservations", path=root.name[:60])
    if root.child("Errors") is not None:
        raise UnreadableMessage(
            "the document has errors instead of reservations", path=f"{root.name}/Errors"
        )
    container, item = _CONTAINERS[root.name]
    shared = replace(root, children=root.all("POS")[:1])
    elements = [element for parent in root.all(container) for element in parent.all(item)]
    return [
        AlpineBitsEntry(f"{container}/{item}[{n}]", element, shared)
        for n, element in enumerate(elements)
    ]


class ReservationId(NamedTuple):
    """A UniqueID as an acknowledgement repeats it."""

    type: str
    value: str


def find_unique_id(reservation: XmlElement) -> ReservationId | None:
    unique_ids = reservation.all("UniqueID")
    for wanted in _BOOKING_ID_TYPES:
        for element in unique_ids:
            kind = (element.get("Type") or "").strip() or None
            name = (element.get("ID") or "").strip()
            if kind == wanted and name:
                return ReservationId(element.get("Type") or "14", name)
    return None


def remove_payment(element: XmlElement) -> XmlElement:
    kept = {name: text for name, text in element.attributes.items() if name not in PAYMENT_NAMES}
    children = [
        remove_payment(child) for child in element.children if child.name not in PAYMENT_NAMES
    ]
    return replace(element, attributes=kept, children=tuple(children))
