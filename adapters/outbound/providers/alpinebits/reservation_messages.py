"""Documents that carry reservations, taken apart: one entry for each reservation.

OTA_HotelResNotifRQ (pushed), OTA_HotelResModifyNotifRQ (its older sister), OTA_ResRetrieveRS
(pulled), each bare or in a SOAP envelope, in any namespace or none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.outbound.provider_kit.xml_text import XmlElement, parse_xml, write_xml
from adapters.outbound.providers.alpinebits.ota_words import MEANS_OF_PAYMENT
from ports.errors import TooManyItems, UnreadableMessage

_CONTAINERS: Final = {
    "OTA_HotelResNotifRQ": ("HotelReservations", "HotelReservation"),
    "OTA_HotelResModifyNotifRQ": ("HotelResModifies", "HotelResModify"),
    "OTA_ResRetrieveRS": ("ReservationsList", "HotelReservation"),
}
_BOOKING_ID_TYPES: Final = ("14", "15", None)
"""OTA's UIT: a reservation, a cancellation; SMX and HTNG leave the type out. 16 is the message."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One reservation: `path` in its document, its element, the document's root without it."""

    path: str
    element: XmlElement
    root: XmlElement
    source: XmlElement | None
    """The point of sale that the document tells for all its reservations."""

    def text(self) -> bytes:
        """A document of this reservation alone, which reads as it did in its own; without means of
        payment and without the envelope, whose header holds a password."""
        container, _ = _CONTAINERS[self.root.name]
        listed = XmlElement(
            name=container, namespace=self.root.namespace, children=(without_payment(self.element),)
        )
        around = (self.source,) if self.source is not None else ()
        return write_xml(replace(self.root, text="", tail="", children=(*around, listed)))


def entries_of(bodies: Sequence[bytes], *, limit: int) -> list[Entry]:
    """Raises UnreadableMessage, TooManyItems."""
    found: list[Entry] = []
    for body in bodies:
        found += entries_in(message_in(parse_xml(body)))
        if len(found) > limit:
            raise TooManyItems(limit=limit)
    return found


def message_in(root: XmlElement) -> XmlElement:
    """What a SOAP envelope holds, or the document itself. Raises UnreadableMessage."""
    if root.name != "Envelope":
        return root
    body = root.child("Body")
    if body is None or not body.children:
        raise UnreadableMessage("the SOAP body is empty", path="Envelope/Body")
    return body.children[0]


def entries_in(root: XmlElement) -> list[Entry]:
    """Raises UnreadableMessage for a document that carries no reservations by its kind."""
    if root.name not in _CONTAINERS:
        raise UnreadableMessage("no document of reservations", path=root.name[:60])
    if root.child("Errors") is not None:
        raise UnreadableMessage("the document tells errors instead", path=f"{root.name}/Errors")
    container, item = _CONTAINERS[root.name]
    bare = replace(root, children=())
    elements = [each for held in root.all(container) for each in held.all(item)]
    return [
        Entry(f"{container}/{item}[{n}]", element, bare, root.child("POS"))
        for n, element in enumerate(elements)
    ]


def unique_id(reservation: XmlElement) -> tuple[str, XmlElement] | None:
    """The reservation's id and the UniqueID that tells it: what an acknowledgement names."""
    told = reservation.all("UniqueID")
    for wanted in _BOOKING_ID_TYPES:
        for each in told:
            kind = (each.get("Type") or "").strip() or None
            name = (each.get("ID") or "").strip()
            if kind == wanted and name:
                return name, each
    return None


def without_payment(element: XmlElement) -> XmlElement:
    kept = {name: text for name, text in element.attributes.items() if name not in MEANS_OF_PAYMENT}
    return replace(element, attributes=kept, children=tuple(_kept_children(element)))


def _kept_children(element: XmlElement) -> Iterator[XmlElement]:
    for child in element.children:
        if child.name not in MEANS_OF_PAYMENT:
            yield without_payment(child)
